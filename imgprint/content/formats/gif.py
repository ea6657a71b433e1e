"""GIF: screen size, and the extensions and frames within the known bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

MAX_BLOCKS = 4000


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the logical screen and the blocks behind it.

    Integers are little-endian. ``frames`` is known only when every block is;
    it is not worth a request, and neither is a comment behind the pictures.

    Raise ValueError if the header is short.

    Source: GIF89a specification, sections 18 to 26.
    """
    screen = image[6:13]
    if len(screen) < 7:
        raise ValueError("Short GIF header")
    layout.width = int.from_bytes(screen[:2], "little")
    layout.height = int.from_bytes(screen[2:4], "little")
    layout.bit_depth = (screen[4] & 7) + 1
    layout.settled = True
    try:
        layout.frames = _read_blocks(image, 13 + _table_size(screen[4]), layout)
    except MissingBytes:
        if layout.picture is None:
            layout.settled = False
            raise


def _table_size(packed: int) -> int:
    """Return the bytes of the colour table that *packed* announces."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _read_blocks(image: SparseBytes, offset: int, layout: Layout) -> int | None:
    frames = 0
    for _ in range(MAX_BLOCKS):
        head = image[offset : offset + 14]
        if head[:1] == b";" or not head:
            return frames
        if head[:1] == b",":
            if len(head) < 10:
                raise ValueError(f"Short GIF frame at byte {offset}")
            if not frames:
                layout.picture = offset
                layout.progressive = bool(head[9] & 0x40)
            frames += 1
            offset = _skip(image, offset + 11 + _table_size(head[9]))
        elif head[:1] == b"!":
            offset = _read_extension(image, offset, head, layout)
        else:
            raise ValueError(f"Invalid GIF block at byte {offset}")
    return None


def _read_extension(
    image: SparseBytes, offset: int, head: bytes, layout: Layout
) -> int:
    start = offset + 2
    if head[1:2] == b"\xff" and head[3:14] == b"XMP DataXMP":
        # XMP stands unwrapped; a 258-byte trailer leads any reader out of it.
        end = _skip(image, start + 12)
        layout.add("xmp", range(start + 12, max(start + 12, end - 258)))
        return end
    end = _skip(image, start)
    if head[1:2] == b"\xfe":
        layout.add("comment", range(start, end), "gif")
    elif head[3:14] == b"ICCRGBG1012":
        layout.add("icc", range(start + 12, end), "gif")
    return end


def _skip(image: SparseBytes, offset: int) -> int:
    """Return the offset after the data sub-blocks that start at *offset*."""
    for _ in range(MAX_BLOCKS):
        length = image[offset : offset + 1]
        if not length:
            raise ValueError("GIF data ends within a block")
        offset += 1 + length[0]
        if not length[0]:
            return offset
    raise ValueError("Too many GIF data blocks")
