"""JPEG: marker segments up to the scan."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from imgprint.content.formats import tiff
from imgprint.content.formats.jpeg_runs import (
    APP1,
    APP2,
    APP11,
    APP13,
    EXTENDED_XMP,
    ICC,
    MAX_SEGMENTS,
    PHOTOSHOP,
    pass_run,
)
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

SOI, EOI, SOS, DQT, DHT, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xFE
METADATA = {APP1, APP2, APP11, APP13, COM}
TABLES = {DQT, DHT}
LAST = {EOI, SOS}
STANDALONE = {0x01, *range(0xD0, 0xD9)}
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}

MAX_RESYNC = 4096
SEGMENT, FRAME = struct.Struct(">BBH"), struct.Struct(">BHH")
MARKER = re.compile(rb"\xff[^\x00\xff]")

# Some writers end it with more than the NUL, or begin it otherwise.
XMP = b"ns.adobe.com/xap/1.0/"
PACKETS = (b"<?xpacket", b"<x:xmpmeta")
RUNS = {APP1, APP2, APP11, APP13}
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
    try:
        _read_segments(image, layout)
    except MissingBytes as missing:
        layout.unseen = True
        layout.resume = missing.span.start
        raise


def _read_segments(image: SparseBytes, layout: Layout) -> None:
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
            if offset > near and marker in RUNS:
                offset = pass_run(image, marker, span, layout)
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
    if marker == APP1:
        _read_app1(head, span, layout)
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


def _read_app1(head: bytes, span: range, layout: Layout) -> None:
    """Note Exif and XMP. Exif longer than a segment goes on in the next one."""
    start, stop = span.start, span.stop
    if head[:4] == b"Exif":
        goes_on = head[6:8] not in (b"II", b"MM")
        if goes_on and any(block.kind == "exif" for block in layout.blocks):
            layout.extend("exif", range(start + 6, stop))
        else:
            layout.add("exif", range(start + 6, stop))
    elif 0 <= (at := head.find(XMP)) < 8:
        layout.add("xmp", range(start + at + len(XMP), stop))
    elif head.startswith(PACKETS):
        layout.add("xmp", span)
    elif head.startswith(EXTENDED_XMP[:32]):
        layout.unseen = True  # the rest of a packet, too long for most to read


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
