"""ISO base media files and their kin: HEIF, AVIF, CR3, JPEG XL, JPEG 2000."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgprint.content.formats import heif, jxl
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

MAX_BOXES = 500
MAX_DEPTH = 4
MAX_READ = 65_536
PAGE = 16_384
UNSIZED = 1 << 62

CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
EXIF = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
CMT = {b"CMT1": "exif", b"CMT2": "exif ifd", b"CMT4": "gps ifd"}
PLAIN = {b"Exif": "exif", b"xml ": "xmp", b"jumb": "c2pa"}


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the boxes of the file.

    Integers are big-endian; a box is its length (0: to the end of the file; 1:
    in the next 8 bytes), its type and its data.

    Raise MissingBytes where a box that may hold metadata is out of reach,
    ValueError if one is malformed.

    Sources: ISO/IEC 14496-12 section 4.2; ISO/IEC 15444-1 annex I (JPEG 2000);
    ISO/IEC 18181-2 (JPEG XL); CR3 has no specification (canon_cr3, L. Hutterer).
    """
    if image[0:2] == b"\xff\x0a":
        jxl.read(image, 0, layout)
        return
    if image[0:2] == b"\xff\x4f":
        _read_siz(image, 0, layout)
        layout.settled = True
        return
    _read_boxes(image, range(UNSIZED if image.size is None else image.size), layout, 0)
    layout.settled = True


def boxes(image: SparseBytes, span: range) -> Iterator[tuple[bytes, range]]:
    """Yield type and data span of the boxes in *span*."""
    offset = span.start
    for _ in range(MAX_BOXES):
        if offset + 8 > span.stop:
            return
        head = image[offset : min(offset + 16, span.stop)]
        length, skip = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, skip = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = span.stop - offset
        if length < skip:
            raise ValueError(f"Invalid box at byte {offset}")
        yield head[4:8], range(offset + skip, min(offset + length, span.stop))
        offset += length
    raise ValueError("Too many boxes")


def _read_boxes(image: SparseBytes, span: range, layout: Layout, depth: int) -> None:
    offset = span.start
    still = layout.format in ("heic", "heif", "avif")
    has_items = False
    try:
        for name, data in boxes(image, span):
            offset = data.stop
            if name == b"mdat" and depth == 0 and layout.format == "cr3":
                layout.picture, layout.picture_stop = data.start, data.stop
                layout.unseen = data.stop != image.size
                return
            _read_box(image, name, data, layout, depth)
            if name == b"meta" and depth == 0 and still and layout.width:
                has_items = True
    except MissingBytes as missing:
        if has_items:
            # Items lie anywhere, and boxes behind their list say nothing of them.
            layout.unseen = True
            return
        if missing.span.start == offset and depth == 0 and image.size is not None:
            rest = image.size - offset
            page = rest if rest <= MAX_READ else PAGE
            raise MissingBytes(range(offset, offset + page)) from None
        raise


def _read_box(
    image: SparseBytes, name: bytes, data: range, layout: Layout, depth: int
) -> None:
    if name in PLAIN:
        # The superbox header belongs to the JUMBF block.
        start = data.start - 8 if name == b"jumb" else data.start
        layout.add(PLAIN[name], range(start, data.stop))
    elif name in CMT:
        layout.add(CMT[name], data)
    elif name == b"meta":
        heif.read_meta(image, data, layout)
    elif name == b"uuid":
        _read_uuid(image, data, layout, depth)
    elif name == b"brob":
        kind = PLAIN.get(image[data.start : data.start + 4])
        if kind:
            layout.add(kind, range(data.start + 4, data.stop), "brotli")
    elif name in (b"jxlc", b"jxlp"):
        start = min(data.start + (4 if name == b"jxlp" else 0), data.stop)
        layout.pictures.append(range(start, data.stop))
        if layout.picture is None:
            layout.picture = start
            jxl.read(image, start, layout)
    elif name == b"moov" and layout.format in ("heic", "heif", "avif"):
        layout.frames = heif.count_samples(image, data)
    elif name in (b"moov", b"jp2h") and depth < MAX_DEPTH:
        _read_boxes(image, data, layout, depth + 1)
    elif name == b"ihdr":
        _read_ihdr(image[data.start : data.start + 14], layout)
    elif name == b"colr" and image[data.start : data.start + 1] in (b"\2", b"\3"):
        layout.add("icc", range(data.start + 3, data.stop))
    elif name in (b"mdat", b"jp2c") and layout.picture is None:
        layout.picture = data.start
        if name == b"jp2c":
            layout.picture_stop = data.stop
            if layout.width is None:
                _read_siz(image, data.start, layout)


def _read_uuid(image: SparseBytes, data: range, layout: Layout, depth: int) -> None:
    key = image[data.start : min(data.start + 16, data.stop)]
    rest = range(data.start + 16, max(data.stop, data.start + 16))
    if key in EXIF:
        layout.add("exif", rest)
    elif key == XMP:
        layout.add("xmp", rest)
    elif key == IPTC:
        layout.add("iptc", rest)
    elif key == C2PA:
        layout.add("c2pa", rest, "bmff")
    elif key == CANON and depth < MAX_DEPTH:
        _read_boxes(image, rest, layout, depth + 1)


def _read_ihdr(header: bytes, layout: Layout) -> None:
    """Read an image header box (ISO/IEC 15444-1 section I.5.3.1)."""
    if len(header) < 14:
        raise ValueError("Short JPEG 2000 image header")
    layout.height = int.from_bytes(header[:4], "big")
    layout.width = int.from_bytes(header[4:8], "big")
    layout.bit_depth = (header[10] & 0x7F) + 1 if header[10] != 255 else None
    layout.frames = 1


def _read_siz(image: SparseBytes, offset: int, layout: Layout) -> None:
    """Read the SIZ segment of a bare codestream (ISO/IEC 15444-1 section A.5.1)."""
    siz = image[offset + 8 : offset + 43]
    if len(siz) < 35:
        raise ValueError("Short JPEG 2000 codestream")
    right, bottom, left, top = [
        int.from_bytes(siz[i : i + 4], "big") for i in range(0, 16, 4)
    ]
    layout.width, layout.height = (
        max(right - left, 0) or None,
        max(bottom - top, 0) or None,
    )
    layout.bit_depth = (siz[34] & 0x7F) + 1
    layout.frames = 1
    layout.picture = offset
