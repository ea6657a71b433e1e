"""Runs of JPEG segments that hold one long block, passed by one computed jump."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imgprint.content.formats import psd
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

APP1, APP2, APP11, APP13 = 0xE1, 0xE2, 0xEB, 0xED
# No camera or editor comes near; a crafted file should not cost more.
MAX_SEGMENTS = 500
# Shorter segments are all of their block.
LONG = 64
PHOTOSHOP = b"Photoshop 3.0\0"
ICC = b"ICC_PROFILE\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"


class Run(NamedTuple):
    """What a first segment says of those that go on with its block.

    ``kind`` is the block's, None if its bytes say nothing; ``header`` the bytes
    of each segment before its part of the block; ``left`` the bytes of the
    block in the segments that follow; ``whole`` whether the last of them ends
    with the block.
    """

    kind: str | None
    header: int
    left: int
    whole: bool = True


def pass_run(image: SparseBytes, marker: int, span: range, layout: Layout) -> int:
    """Return where the segment after that at *span*, and those it announces, is.

    All segments of a run but the last are of equal size. Without a run, or
    where the next segment is known, that is the end of *span*. Note the parts
    of the block that the segments hold.
    """
    offset = span.stop
    if len(span) < LONG:
        return offset
    try:
        image.read(offset, offset + 4)
    except MissingBytes:
        run = _announced(image, marker, span)
    else:
        return offset
    part = len(span) - (run.header if run else 0)
    if run is None or part <= 0 or run.left <= 0:
        return offset
    left = run.left
    count = -(-left // part) if run.whole else left // part
    for _ in range(min(count, MAX_SEGMENTS)):
        begin = offset + 4 + run.header
        offset = begin + min(part, left)
        left -= part
        if run.kind:
            layout.extend(run.kind, range(begin, offset))
    return offset


def _announced(image: SparseBytes, marker: int, span: range) -> Run | None:
    """Return the run that the segment at *span* begins, None if there is none.

    Sources: ISO/IEC 19566-5 section D.2 (JUMBF); ICC.1:2022 section B.4 and
    7.2.2 (the size of a profile); Adobe XMP part 3 section 1.1.3.1; ExifTool's
    FLIR tags (number and last number of a segment).
    """
    head = image.read(span.start, span.start + min(len(span), 80))
    if marker == APP11 and head[:2] == b"JP":
        if int.from_bytes(head[4:8], "big") != 1:
            return None
        box = int.from_bytes(head[8:12], "big") - 8
        return Run("c2pa", 16, box - (len(span) - 16))
    if marker == APP2 and head.startswith(ICC) and head[12:13] == b"\1":
        total = int.from_bytes(head[14:18], "big")
        return Run("icc", 14, total - (len(span) - 14))
    if marker == APP1 and head.startswith(EXTENDED_XMP):
        total, at = (int.from_bytes(head[i : i + 4], "big") for i in (67, 71))
        return Run(None, 75, total - at - (len(span) - 75))
    if marker == APP1 and head.startswith(b"FLIR\0"):
        # How long the last one is, it says itself.
        return Run(None, 0, (head[7] - head[6] - 1) * len(span))
    if marker == APP13 and head.startswith(PHOTOSHOP):
        return _resource_run(image, range(span.start + len(PHOTOSHOP), span.stop))
    return None


def _resource_run(image: SparseBytes, span: range) -> Run | None:
    """Return how far the last image resource in *span* reaches beyond it."""
    try:
        ends = [place.stop for _, place in psd.resources(image, span)]
    except MissingBytes:
        return None
    if not ends:
        return None
    return Run("photoshop", len(PHOTOSHOP), ends[-1] - span.stop, whole=False)
