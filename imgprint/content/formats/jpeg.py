"""JPEG: marker segments up to the scan."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from imgprint.content.formats import tiff
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

SOI, EOI, SOS, DQT, DHT, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xFE
APP1, APP2, APP11, APP13 = 0xE1, 0xE2, 0xEB, 0xED
METADATA = {APP1, APP2, APP11, APP13, COM}
TABLES = {DQT, DHT}
LAST = {EOI, SOS}
STANDALONE = {0x01, *range(0xD0, 0xD9)}
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}

# No camera or editor comes near; a crafted file should not cost more.
MAX_SEGMENTS = 500
MAX_RESYNC = 4096
SEGMENT, FRAME = struct.Struct(">BBH"), struct.Struct(">BHH")
MARKER = re.compile(rb"\xff[^\x00\xff]")

# Some writers end it with more than the NUL.
XMP = b"http://ns.adobe.com/xap/1.0/"
PHOTOSHOP = b"Photoshop 3.0\0"
ICC = b"ICC_PROFILE\0"
MP_ENTRIES = 0xB002


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the segments between SOI and the first scan.

    *image* starts with SOI. Integers are big-endian; a segment length counts
    its own two bytes. Bytes between segments are skipped, as libjpeg does.

    Raise MissingBytes where *image* does not reach far enough, ValueError if a
    segment is malformed.

    Source: ITU-T T.81 section B.1.1.
    """
    layout.frames = 1
    known, tables = image.head, layout.tables
    near = len(known) - 4
    offset = 2
    for _ in range(MAX_SEGMENTS):
        prefix = marker = length = 0
        if offset <= near:
            prefix, marker, length = SEGMENT.unpack_from(known, offset)
        if prefix != 0xFF or not 0 < marker < 0xFF:
            offset, marker, length = _marker(image, offset)
        if marker in LAST:
            layout.picture = offset
            layout.settled = True
            return
        if marker in STANDALONE:
            offset += 2
            continue
        if length < 2:
            raise ValueError(f"Invalid JPEG segment at byte {offset}")
        start, offset = offset + 4, offset + 2 + length
        span = range(start, offset)
        if marker in TABLES:
            # APPn and COM come first in all but a handful of files.
            layout.settled = True
            tables.append((marker, span))
        elif marker in FRAMES:
            _read_frame(image, span, layout, marker)
            tables.append((marker, span))
        elif marker in METADATA:
            _read_segment(image, marker, span, layout)
            if marker == APP11:
                offset = _after(image, span, layout)
    raise ValueError("Too many JPEG segments")


def _marker(image: SparseBytes, offset: int) -> tuple[int, int, int]:
    """Return offset, code and length of the next marker at or after *offset*.

    At the end of the file, where no length follows, it is EOI.
    """
    offset = _next_marker(image, offset)
    head = image.read(offset, offset + 4)
    if len(head) < 4:
        return offset, EOI, 0
    return offset, head[1], int.from_bytes(head[2:], "big")


def _next_marker(image: SparseBytes, offset: int) -> int:
    """Return the offset of the 0xFF of the next marker at or after *offset*."""
    two = image.read(offset, offset + 2)
    if len(two) == 2 and two[0] == 0xFF and two[1] not in (0x00, 0xFF):
        return offset
    try:
        found = MARKER.search(image.read(offset, offset + MAX_RESYNC))
    except MissingBytes as missing:
        found = MARKER.search(image.read(offset, missing.span.start))
        if not found:
            raise
    if found:
        return offset + found.start()
    raise ValueError(f"No JPEG marker at byte {offset}")


def _read_frame(image: SparseBytes, span: range, layout: Layout, marker: int) -> None:
    """Read precision, height and width. Source: ITU-T T.81 section B.2.2."""
    frame = image.read(span.start, span.start + 5)
    if len(frame) < 5:
        raise ValueError(f"Short JPEG frame header at byte {span.start}")
    layout.bit_depth, height, width = FRAME.unpack(frame)
    # A height of 0 is given after the first scan (DNL): unknown here.
    layout.height, layout.width = height or None, width or None
    layout.progressive = marker in PROGRESSIVE
    layout.settled = True


def _read_segment(image: SparseBytes, marker: int, span: range, layout: Layout) -> None:
    """Note the block that an APPn or COM segment holds, if any.

    Sources: CIPA DC-008-2019 section 4.7.2 (Exif); Adobe XMP part 3 section
    1.1.3; ICC.1:2022 section B.4; ISO/IEC 19566-5 section D.2 (JUMBF).
    """
    if marker == COM:
        layout.add("comment", span)
        return
    start, stop = span.start, span.stop
    head = image.read(start, min(start + 32, stop))
    if marker == APP1 and head[:4] == b"Exif":
        layout.add("exif", range(start + 6, stop))
    elif marker == APP1 and head.startswith(XMP):
        layout.add("xmp", range(start + len(XMP), stop))
    elif marker == APP2 and head.startswith(ICC):
        layout.extend("icc", range(start + 14, stop))
    elif marker == APP2 and head[:4] == b"MPF\0":
        layout.frames = _count_frames(image, range(start + 4, stop)) or 1
    elif marker == APP11 and head[:2] == b"JP":
        # The box header is repeated in every segment of one superbox.
        if int.from_bytes(head[4:8], "big") == 1:
            layout.add("c2pa", range(start + 8, stop))
        else:
            layout.extend("c2pa", range(start + 16, stop))
    elif marker == APP13 and head.startswith(PHOTOSHOP):
        layout.extend("photoshop", range(start + len(PHOTOSHOP), stop))


def _count_frames(image: SparseBytes, span: range) -> int:
    """Return how many views an MPF index lists, 0 if it is not known.

    Previews (types 0x01....) and what has no type, as gain maps, are no views.

    Source: CIPA DC-007-2021 section 5.2.3 (MP index IFD).
    """
    try:
        structure = tiff.header(image, span)
        index = tiff.directory(image, structure, structure.first)
        place = tiff.Entry(*index.entries[MP_ENTRIES]).span
        entries = image.read(place.start, min(place.stop, span.stop))
    except (MissingBytes, ValueError, KeyError):
        return 0
    types = [
        kind >> 16 & 0xFF
        for kind, *_ in struct.iter_unpack(
            structure.order + "LLLHH", entries[: len(entries) & ~15]
        )
    ]
    return sum(kind in (2, 3) for kind in types)


def _after(image: SparseBytes, span: range, layout: Layout) -> int:
    """Return where the segment after the APP11 segment at *span* starts.

    A JUMBF superbox is cut into APP11 segments of equal size, all but the
    last; its length is in the first, so one jump passes all of them.

    Source: ISO/IEC 19566-5 section D.2.
    """
    if len(span) < 64:
        return span.stop
    try:
        image.read(span.stop, span.stop + 4)
    except MissingBytes:
        head = image.read(span.start, span.start + 16)
        part = len(span) - 16
        box = int.from_bytes(head[8:12], "big") - 8
        if head[:2] != b"JP" or int.from_bytes(head[4:8], "big") != 1 or box < part:
            return span.stop
        offset = span.stop
        for _ in range(min(-(-box // part), MAX_SEGMENTS) - 1):
            box -= part
            begin = offset + 20
            offset = begin + min(part, box)
            layout.extend("c2pa", range(begin, offset))
        return offset
    return span.stop
