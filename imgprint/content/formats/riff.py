"""WebP: the chunks of a RIFF file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

MAX_CHUNKS = 200
PAGE = 16_384
MAX_READ = 65_536
ICC, EXIF, XMP, ANIMATION = 0x20, 0x08, 0x04, 0x02
LATE = re.compile(rb"(EXIF|XMP[ \0]|C2PA)(....)", re.DOTALL)


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the chunks of a WebP file.

    Integers are little-endian; a chunk is padded to an even length. The flags of
    the VP8X chunk say which metadata there is; what they do not say is read, but
    not worth a request.

    Raise MissingBytes where a chunk that the flags announce is out of reach,
    ValueError if a chunk is malformed.

    Source: RFC 9649 sections 2.3 to 2.7.
    """
    first = image[12:30]
    layout.bit_depth = 8
    flags = 0
    if first[:4] == b"VP8X" and len(first) == 18:
        flags = first[8]
        layout.width = 1 + int.from_bytes(first[12:15], "little")
        layout.height = 1 + int.from_bytes(first[15:18], "little")
        if not flags & ANIMATION:
            layout.frames = 1
    else:
        layout.frames = 1
        _read_bitstream(image, layout)
    layout.settled = not flags & (ICC | EXIF | XMP)
    _read_chunks(image, layout, flags)
    layout.settled = True


def _read_bitstream(image: SparseBytes, layout: Layout) -> None:
    """Read the size in a lone VP8 or VP8L chunk (RFC 6386 section 9.1)."""
    data = image[12:30]
    layout.picture = 12
    layout.picture_stop = 20 + int.from_bytes(data[4:8], "little")
    if data[:4] == b"VP8 " and data[11:14] == b"\x9d\x01\x2a":
        layout.width = int.from_bytes(data[14:16], "little") & 0x3FFF
        layout.height = int.from_bytes(data[16:18], "little") & 0x3FFF
    elif data[:4] == b"VP8L" and data[8:9] == b"\x2f":
        bits = int.from_bytes(data[9:13], "little")
        layout.width = 1 + (bits & 0x3FFF)
        layout.height = 1 + (bits >> 14 & 0x3FFF)
    else:
        raise ValueError("No WebP bitstream")


def _read_chunks(image: SparseBytes, layout: Layout, flags: int) -> None:
    wanted = {
        b"ICCP": ("icc", flags & ICC),
        b"EXIF": ("exif", flags & EXIF),
        b"XMP ": ("xmp", flags & XMP),
        # ImageMagick's name of it
        b"XMP\0": ("xmp", flags & XMP),
        b"C2PA": ("c2pa", 0),
    }
    left = len({kind for kind, flag in wanted.values() if flag})
    offset, frames = 12, 0
    for _ in range(MAX_CHUNKS):
        try:
            head = image[offset : offset + 8]
        except MissingBytes:
            layout.unseen = True
            if not left:
                return
            _read_late(image, layout, offset)
            return
        if len(head) < 8:
            if flags & ANIMATION:
                layout.frames = frames or None
            return
        length = int.from_bytes(head[4:], "little")
        span = range(offset + 8, offset + 8 + length)
        if head[:4] in wanted:
            kind, flag = wanted[head[:4]]
            layout.add(kind, span)
            left -= bool(flag)
        elif head[:4] in (b"VP8 ", b"VP8L", b"ANMF") and layout.picture is None:
            layout.picture, layout.picture_stop = offset, span.stop
        frames += head[:4] == b"ANMF"
        offset = span.stop + length % 2
    layout.unseen = True


def _read_late(image: SparseBytes, layout: Layout, offset: int) -> None:
    """Find EXIF and XMP chunks behind the picture, from the end of the file.

    They are last (RFC 9649 section 2.7), so a run of chunks that ends with the
    file is them. Raise MissingBytes for the rest of the file behind *offset*,
    or its last page if frames of an animation stand between.
    """
    if image.size is None:
        raise MissingBytes(range(offset, offset + PAGE))
    known = image.spans[-1]
    tail = image[known.start : image.size] if known.stop == image.size else b""
    if offset >= known.start or image.size - offset <= MAX_READ:
        raise MissingBytes(range(offset, image.size))
    found = []
    ends = {image.size, image.size - 1}
    for match in reversed(list(LATE.finditer(tail))):
        start = known.start + match.start()
        length = int.from_bytes(match[2], "little")
        if start + 8 + length + length % 2 in ends:
            ends = {start, start - 1}
            found.append((match[1], range(start + 8, start + 8 + length)))
    if not found and len(tail) < PAGE:
        raise MissingBytes(range(image.size - PAGE - len(tail), known.start))
    for name, span in reversed(found):
        kind = {b"EXIF": "exif", b"C2PA": "c2pa"}.get(name, "xmp")
        layout.add(kind, span)
