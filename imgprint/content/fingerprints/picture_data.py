"""Fingerprints of the picture data, which outlive changes to the metadata."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from imgprint.content.formats import png
from imgprint.content.formats.jpeg import DQT, FRAMES, PROGRESSIVE
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

# 10,241 bytes hold this and 8 KB of metadata: most images of the web need no
# request more. It is two to ten rows of JPEG blocks.
DATA = 2048
# Of fewer bytes than this nothing can be said.
LEAST = 256
# The last 1,024 bytes of coded pictures have 150 values and more; of a white
# page, some 20.
PLAIN_SAMPLE, PLAIN = 1024, 64
TABLES = 4096  # quantisation and Huffman tables take 600 bytes, rarely 2,000
MAX_CHUNKS = 64
BYTES = bytes(range(256))
# Formats whose metadata precedes the data often enough to be worth a request.
WORTH = {"jpeg", "png", "webp", "avif", "heic", "heif", "gif", "jxl", "jp2", "tiff"}
WORTH |= {"psd", "dng", "nef", "cr2", "cr3", "arw", "rw2"}


class DataKey(NamedTuple):
    """A d1 key, and whether the data are too plain to tell pictures apart."""

    key: str
    plain: bool


def data_key(image: SparseBytes, layout: Layout) -> DataKey | None:
    """Return a key of the picture data, whatever the metadata.

    Recipe d1, never to change: SHA-256 over the name of the container ("jpeg",
    "png", "webp", "heif", or the format), a line feed, what follows, and the
    first 2,048 bytes of the data, fewer if that is all.

    - JPEG: "p" if progressive, else "s"; the frame header without component
      identifiers; the quantisation table of each component, as in the file. The
      data are those of the first scan, after its header.
    - PNG: data of IHDR and of PLTE. The data are those of the IDAT chunks,
      without their headers.
    - WebP: the type of the first chunk of picture data, and its data.
    - HEIC, HEIF, AVIF: the first extent of the primary item, or of its first
      tile.
    - others: from the first picture data on (JPEG XL: of the codestream).

    None where the format has no such data, or there are under 256 bytes of it.
    Raise MissingBytes where they are not known, ValueError where malformed.

    Huffman coding is part of the data: a copy that was coded anew without loss
    (``jpegtran`` from baseline to progressive, or dropping restart markers) is
    another one.
    """
    if layout.format not in WORTH or (layout.picture is None and not layout.tables):
        return None
    name = "heif" if layout.format in ("avif", "heic", "heif") else layout.format
    if name == "jpeg":
        prefix, data = _jpeg(image, layout)
    elif name == "png":
        prefix, data = _png(image, layout)
    elif name == "webp":
        assert layout.picture is not None
        prefix = image.read(layout.picture, layout.picture + 4)
        data = _run(image, layout.picture + 8, layout.picture_stop)
    else:
        assert layout.picture is not None
        prefix, data = b"", _first_run(image, layout)
    if len(data) < LEAST:
        return None
    digest = sha256(name.encode() + b"\n" + prefix + data).hexdigest()
    return DataKey(f"d1:{digest}", distinct(data[-PLAIN_SAMPLE:]) < PLAIN)


def distinct(data: bytes) -> int:
    """Return how many different bytes *data* has.

    >>> distinct(b"abca")
    3
    """
    # ``len(set(data))`` takes twenty times as long.
    return 256 - len(BYTES.translate(None, data))


def _first_run(image: SparseBytes, layout: Layout) -> bytes:
    """Return the first bytes of the data, joined where boxes part it."""
    assert layout.picture is not None
    if not layout.pictures:
        return _run(image, layout.picture, layout.picture_stop)
    data = b""
    for part in layout.pictures:
        data += image.read(part.start, min(part.stop, part.start + DATA - len(data)))
    return data


def _run(image: SparseBytes, start: int, stop: int | None) -> bytes:
    end = start + DATA
    return image.read(start, end if stop is None else min(stop, end))


def _jpeg(image: SparseBytes, layout: Layout) -> tuple[bytes, bytes]:
    """Return the tables in one order, and the data of the first scan.

    Source: ITU-T T.81 sections B.2.2 (frame), B.2.3 (scan), B.2.4.1 (tables).
    """
    if layout.picture is None:
        last = layout.resume or layout.tables[-1][1].stop
        raise MissingBytes(range(last, last + TABLES + DATA))
    length = image.read(layout.picture + 2, layout.picture + 4)
    start = layout.picture + 2 + int.from_bytes(length, "big")
    data = _run(image, start, None)
    if len(data) < DATA:  # the file ends first; junk may follow the picture
        data = data.partition(b"\xff\xd9")[0]
    prefix, tables = b"", quantisation(quantisation_segments(image, layout))
    for marker, span in layout.tables:
        if marker in FRAMES:
            frame = image.read(span.start, span.stop)
            prefix = b"p" if marker in PROGRESSIVE else b"s"
            prefix += frame[:6] + frame[7::3]
            prefix += b"".join([tables.get(number, b"") for number in frame[8::3]])
    return prefix, data


def quantisation_segments(image: SparseBytes, layout: Layout) -> tuple[bytes, ...]:
    """Return the data of the DQT segments before the first scan."""
    spans = [span for marker, span in layout.tables if marker == DQT]
    return tuple([image.read(span.start, span.stop) for span in spans])


def quantisation(segments: Iterable[bytes]) -> dict[int, bytes]:
    """Return each quantisation table by its number, in zigzag order, as stored.

    64 bytes, or 128 where values take two (ITU-T T.81 section B.2.4.1).
    """
    tables: dict[int, bytes] = {}
    for data in segments:
        at, stop = 0, len(data)
        while at < stop:
            head = data[at]
            size = 128 if head >> 4 else 64
            tables[head & 15] = data[at + 1 : at + 1 + size]
            at += 1 + size
    return tables


def _png(image: SparseBytes, layout: Layout) -> tuple[bytes, bytes]:
    """Return IHDR and PLTE, and the data of the IDAT chunks."""
    assert layout.picture is not None
    prefix = image.read(16, 29)
    if prefix[9:10] == b"\3":
        prefix += _palette(image, layout.picture)
    data, offset = b"", layout.picture
    for _ in range(MAX_CHUNKS):
        if len(data) == DATA:
            break
        head = image.read(offset, offset + 8)
        if head[4:] != b"IDAT":
            break
        length = int.from_bytes(head[:4], "big")
        start = offset + 8
        try:
            data += image.read(start, start + min(length, DATA - len(data)))
        except MissingBytes as missing:  # with the headers of small chunks
            first = missing.span.start
            raise MissingBytes(range(first, first + DATA)) from None
        offset = start + length + 4
    return prefix, data


def _palette(image: SparseBytes, picture: int) -> bytes:
    offset = 33
    while offset < picture:
        head = image.read(offset, offset + 8)
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"PLTE":
            return image.read(offset + 8, offset + 8 + length)
        offset += length + 12
    return b""


TRAILER = re.compile(rb"\0\0\0\0IEND\xaeB`\x82\Z")


def png_adler32(image: SparseBytes, layout: Layout) -> str | None:
    """Return the checksum of all pixels of a PNG file, 8 hexadecimal digits.

    Recipe: the last four bytes of the last IDAT chunk, the Adler-32 of the
    filtered pixels (RFC 1950 section 2.2). It stays when the same filtered
    pixels are compressed or cut into chunks anew, and when metadata change.

    None if the end of the file is not known or does not show where the picture
    data end.
    """
    size = image.size
    if layout.format != "png" or layout.picture is None or size is None:
        return None
    known = image.spans[-1]
    tail = image.read(known.start, size) if known.stop == size else b""
    tail = tail[-1024:]
    if len(tail) < 24 or not TRAILER.search(tail):
        return None
    run = png.last_chunks(tail)
    at = next((i for i, (_, name, _) in enumerate(run) if name == b"IDAT"), None)
    if at is not None:
        end = [part for part in run if part[1] == b"IDAT"][-1]
        stop = end[0] + 8 + end[2]
    else:
        stop = run[0][0] - 4
        if not _is_data(image, layout, size - len(tail) + stop, tail[:stop]):
            return None
    return tail[stop - 4 : stop].hex() if stop >= 4 else None


def _is_data(image: SparseBytes, layout: Layout, end: int, before: bytes) -> bool:
    """Return whether an IDAT chunk, not some text, ends at *end*.

    Its header is out of reach: either the first chunk reaches that far, or the
    bytes *before* are too varied for text.
    """
    assert layout.picture is not None
    length = int.from_bytes(image.read(layout.picture, layout.picture + 4), "big")
    return layout.picture + 8 + length == end or distinct(before[-256:]) > 128
