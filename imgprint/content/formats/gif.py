"""GIF: screen size, and the extensions and frames within the known bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

MAX_BLOCKS = 4000
PAGE = 16_384


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the logical screen and the blocks behind it.

    Integers are little-endian. ``frames`` is known only when every block is;
    it is not worth a request, and neither is what stands behind the first
    picture.

    Raise MissingBytes where an extension before the first picture ends out of
    reach, or, if the header is short, ValueError.

    Source: GIF89a specification, sections 18 to 26.
    """
    if len(image[0:13]) < 13:
        raise ValueError("Short GIF header")
    data = image[0 : image.spans[0].stop]
    layout.width = int.from_bytes(data[6:8], "little")
    layout.height = int.from_bytes(data[8:10], "little")
    layout.bit_depth = (data[10] & 7) + 1
    layout.frames = _read_blocks(data, 13 + _table_size(data[10]), layout)
    layout.unseen = layout.frames is None
    if not layout.unseen or layout.picture is not None:
        layout.settled = True
    elif image.missing(range(len(data), len(data) + 1)) and (
        image.size is None or len(data) < image.size
    ):
        # Exactly so much that it is not taken for the header of a block.
        raise MissingBytes(range(len(data), len(data) + PAGE))


def _table_size(packed: int) -> int:
    """Return the bytes of the colour table that *packed* announces."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _read_blocks(data: bytes, offset: int, layout: Layout) -> int | None:
    """Return the number of frames, None if *data* ends before the trailer."""
    frames = 0
    for _ in range(MAX_BLOCKS):
        head = data[offset : offset + 14]
        if head[:1] == b";":
            return frames
        if head[:1] == b",":
            if len(head) < 10:
                return None
            if not frames:
                layout.picture = offset
                layout.progressive = bool(head[9] & 0x40)
            frames += 1
            offset = _skip(data, offset + 11 + _table_size(head[9]))
        elif head[:1] == b"!":
            offset = _read_extension(data, offset, head, layout)
        else:
            return None
    return None


def _read_extension(data: bytes, offset: int, head: bytes, layout: Layout) -> int:
    start = offset + 2
    if head[1:2] == b"\xff" and head[3:14] == b"XMP DataXMP":
        # XMP stands unwrapped; a 258-byte trailer leads any reader out of it.
        end = _skip(data, start + 12)
        layout.add("xmp", range(start + 12, max(start + 12, end - 258)))
        return end
    end = _skip(data, start)
    if head[1:2] == b"\xfe":
        layout.add("comment", range(start, end), "gif")
    elif head[3:14] == b"ICCRGBG1012":
        layout.add("icc", range(start + 12, end), "gif")
    return end


def _skip(data: bytes, offset: int) -> int:
    """Return the offset after the data sub-blocks that start at *offset*.

    An offset behind the end of *data* is where they reach at least.
    """
    while offset < len(data):
        length = data[offset]
        offset += 1 + length
        if not length:
            break
    return offset
