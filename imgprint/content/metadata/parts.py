"""A metadata block by itself: its parts joined, its wrapping taken off."""

from __future__ import annotations

import binascii
import re
import zlib
from typing import TYPE_CHECKING

from imgprint.content.sparse import SparseBytes

if TYPE_CHECKING:
    from collections.abc import Sequence

# Nothing that is kept comes near; a bomb ends here.
MAX_UNPACKED = 1 << 18
MAX_SUBBLOCKS = 4096


def join(image: SparseBytes, spans: Sequence[range]) -> SparseBytes:
    """Return the known bytes of *spans*, one after the other, as a file."""
    limit = image.size
    cut = [
        range(s.start, max(s.start, s.stop if limit is None else min(s.stop, limit)))
        for s in spans
    ]
    part = SparseBytes(sum(map(len, cut)))
    offset = 0
    for span in cut:
        for known in image.spans:
            start, stop = max(span.start, known.start), min(span.stop, known.stop)
            if start < stop:
                part.add(offset + start - span.start, image[start:stop])
        offset += len(span)
    return part


def place(spans: Sequence[range], part: range) -> list[range]:
    """Return where *part* of the joined *spans* lies in the file.

    >>> place([range(10, 14), range(20, 24)], range(2, 6))
    [range(12, 14), range(20, 22)]
    """
    found = []
    offset = 0
    for span in spans:
        start = max(part.start - offset, 0)
        stop = min(part.stop - offset, len(span))
        if start < stop:
            found.append(range(span.start + start, span.start + stop))
        offset += len(span)
    return found


def prefix(part: SparseBytes, limit: int) -> bytes:
    """Return the first bytes of *part*, up to *limit* or the first gap."""
    known = part.spans[:1]
    return part[0 : min(known[0].stop, limit)] if known and not known[0].start else b""


def unwrap(data: bytes, coding: str) -> bytes:
    """Return what *data* holds below *coding*, as much as *data* reaches.

    Raise ValueError if it is not of that coding.

    Sources: W3C PNG sections 11.3.3 and 11.3.4; GIF89a section 15; RFC 7932;
    raw profiles are ImageMagick's (coders/png.c): a name, a length, hex.
    """
    if coding == "gif":
        return _subblocks(data)
    if coding == "brotli":
        return _brotli(data)
    if coding == "iccp":
        return inflate(data.partition(b"\0")[2][1:])
    if coding == "bmff":
        # version and flags, purpose, offset of the merkle box: C2PA section A.5.1
        return data[4:].partition(b"\0")[2][8:]
    if coding[1:4] == "TXt" or coding[1:4] == "EXt":
        text = png_text(data, coding[:4])[1]
        return _raw_profile(text) if coding.endswith("/raw") else text
    return data


def inflate(data: bytes) -> bytes:
    """Return what zlib *data* holds, cut where *data* or patience ends."""
    try:
        return zlib.decompressobj().decompress(data, MAX_UNPACKED)
    except zlib.error as error:
        raise ValueError(str(error)) from None


def png_text(data: bytes, name: str) -> tuple[str, bytes]:
    """Return keyword and text of a tEXt, zTXt or iTXt chunk.

    The text of the first two is Latin-1, that of iTXt UTF-8.
    """
    key, _, rest = data.partition(b"\0")
    if name == "zTXt":
        # Some writers name the chunk zTXt and leave the text as it is.
        try:
            rest = inflate(rest[1:])
        except ValueError:
            rest = rest[1:]
    elif name == "iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        rest = inflate(rest) if packed else rest
    return key.decode("latin-1"), rest


def _raw_profile(text: bytes) -> bytes:
    words = text.strip().split(b"\n", 2)
    digits = re.sub(rb"\s+", b"", words[2] if len(words) > 2 else b"")
    if len(words) > 1 and (stated := words[1].strip()).isdigit() and len(stated) < 10:
        digits = digits[: 2 * int(stated)]  # junk may follow
    try:
        data = binascii.unhexlify(digits[: len(digits) & ~1])
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    # An APP1 profile is one of two blocks.
    if data.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        return data.partition(b"\0")[2]
    return data


def _subblocks(data: bytes) -> bytes:
    parts: list[bytes] = []
    offset = 0
    while offset < len(data) and data[offset] and len(parts) < MAX_SUBBLOCKS:
        parts.append(data[offset + 1 : offset + 1 + data[offset]])
        offset += 1 + data[offset]
    return b"".join(parts)


def _brotli(data: bytes) -> bytes:
    import brotli  # type: ignore[import-untyped]

    try:
        unpacked: bytes = brotli.Decompressor().process(
            data, output_buffer_limit=MAX_UNPACKED
        )
    except brotli.error as error:
        raise ValueError(str(error)) from None
    return unpacked


def as_file(data: bytes) -> SparseBytes:
    """Return *data* as a file that is wholly known."""
    part = SparseBytes(len(data))
    part.add(0, data)
    return part
