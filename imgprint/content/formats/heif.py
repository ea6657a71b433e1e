"""HEIF and AVIF: the items that a meta box lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgprint.content.formats.layout import Block, Layout
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.sparse import SparseBytes

MAX_META = 262_144
MAX_ITEMS = 4096
MAX_EXTENTS = 64
UNSIZED = 1 << 62
CONTAINERS = (b"trak", b"mdia", b"minf", b"stbl")


class _Reader:
    """Big-endian integers of bytes, one after the other."""

    def __init__(self, data: bytes, offset: int = 0):
        self.data = data
        self.offset = offset

    def take(self, size: int) -> int:
        stop = self.offset + size
        if stop > len(self.data):
            raise ValueError("HEIF box ends within a field")
        value = int.from_bytes(self.data[self.offset : stop], "big")
        self.offset = stop
        return value


def read_meta(image: SparseBytes, span: range, layout: Layout) -> None:
    """Fill *layout* from the meta box with data at *span*.

    Raise MissingBytes for all of the box, ValueError if it is malformed.

    Source: ISO/IEC 14496-12 section 8.11; ISO/IEC 23008-12 sections 6 and A.2.
    """
    if len(span) > MAX_META:
        raise ValueError(f"Meta box of {len(span)} bytes")
    try:
        data = image[span.start : span.stop]
    except MissingBytes:
        raise MissingBytes(span) from None
    # QuickTime's meta box has no version and flags.
    children = _boxes(data, 0 if data[4:8] == b"hdlr" else 4, len(data))
    parts = {name: (start, stop) for name, start, stop in children}
    kinds = _items(data, *parts.get(b"iinf", (0, 0)))
    idat = span.start + parts[b"idat"][0] if b"idat" in parts else None
    places = _places(data, *parts.get(b"iloc", (0, 0)), idat)
    for item, kind in kinds.items():
        spans = tuple(
            s for s in places.get(item, ()) if s.start < (image.size or s.stop)
        )
        if kind in ("exif", "xmp", "c2pa") and spans:
            layout.blocks.append(Block(kind, spans))
    primary = _primary(data, *parts.get(b"pitm", (0, 0)))
    tiles = _tiles(data, *parts.get(b"iref", (0, 0)))
    main = tiles.get(primary, primary)
    if main is not None and (extents := places.get(main)):
        layout.picture, layout.picture_stop = extents[0].start, extents[0].stop
    if b"iprp" in parts:
        _properties(data, *parts[b"iprp"], primary, span.start, layout)


def count_samples(image: SparseBytes, moov: range) -> int | None:
    """Return the frames of the longest track, None if it isn't known.

    Source: ISO/IEC 14496-12 sections 8.1 to 8.7.3 (stsz, stz2).
    """
    if len(moov) > MAX_META:
        return None
    try:
        data = image[moov.start : moov.stop]
        counts = _samples(data, 0, len(data), 0)
    except (MissingBytes, ValueError):
        return None
    return max(counts, default=0) or None


def _samples(data: bytes, start: int, stop: int, depth: int) -> list[int]:
    counts: list[int] = []
    for name, begin, end in _boxes(data, start, stop)[:MAX_EXTENTS]:
        if name in CONTAINERS and depth < len(CONTAINERS):
            counts += _samples(data, begin, end, depth + 1)
        elif name in (b"stsz", b"stz2") and end - begin >= 12:
            counts.append(int.from_bytes(data[begin + 8 : begin + 12], "big"))
    return counts


def _boxes(data: bytes, start: int, stop: int) -> list[tuple[bytes, int, int]]:
    """Return (type, start, stop) of the data of each box in data[start:stop]."""
    found: list[tuple[bytes, int, int]] = []
    while start + 8 <= stop and len(found) < MAX_ITEMS:
        length = int.from_bytes(data[start : start + 4], "big") or stop - start
        if length < 8:
            raise ValueError(f"Invalid box at byte {start} of a meta box")
        found.append(
            (data[start + 4 : start + 8], start + 8, min(start + length, stop))
        )
        start += length
    return found


def _items(data: bytes, start: int, stop: int) -> dict[int, str]:
    """Return the kind of each metadata item (ISO/IEC 14496-12 section 8.11.6)."""
    if stop - start < 6:
        return {}
    kinds = {}
    for name, begin, end in _boxes(data, start + (8 if data[start] else 6), stop):
        if name != b"infe" or end - begin < 12 or data[begin] < 2:
            continue
        at = begin + 4
        width = 4 if data[begin] > 2 else 2
        item = int.from_bytes(data[at : at + width], "big")
        kind = data[at + width + 2 : at + width + 6]
        rest = data[at + width + 6 : end]
        if kind == b"Exif":
            kinds[item] = "exif"
        elif kind == b"mime" and b"application/rdf+xml" in rest:
            kinds[item] = "xmp"
        elif kind == b"jumb":
            kinds[item] = "c2pa"
    return kinds


def _places(
    data: bytes, start: int, stop: int, idat: int | None
) -> dict[int, list[range]]:
    """Return the file spans of each item (ISO/IEC 14496-12 section 8.11.3)."""
    if stop - start < 8:
        return {}
    box = _Reader(data[:stop], start)
    version = box.take(1)
    box.take(3)
    sizes = box.take(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    places: dict[int, list[range]] = {}
    for _ in range(min(box.take(wide), MAX_ITEMS)):
        item = box.take(wide)
        method = box.take(2) & 15 if version else 0
        box.take(2)
        base = box.take(base_size)
        origin = idat if method == 1 else 0
        spans: list[range] = []
        for _ in range(box.take(2)):
            box.take(index_size)
            begin = base + box.take(offset_size)
            length = box.take(length_size)
            if origin is not None and method < 2 and len(spans) < MAX_EXTENTS:
                start = min(origin + begin, UNSIZED)
                spans.append(range(start, min(start + length, UNSIZED)))
            if not (offset_size or length_size or index_size):
                break
        places[item] = spans
    return places


def _primary(data: bytes, start: int, stop: int) -> int | None:
    if stop - start < 6:
        return None
    return int.from_bytes(data[start + 4 : start + (8 if data[start] else 6)], "big")


def _tiles(data: bytes, start: int, stop: int) -> dict[int | None, int]:
    """Return the first tile of each derived item, such as the grid of a phone.

    Source: ISO/IEC 14496-12 section 8.11.12; ISO/IEC 23008-12 section 6.6.2.
    """
    if stop - start < 4:
        return {}
    wide = 4 if data[start] else 2
    tiles: dict[int | None, int] = {}
    for name, begin, end in _boxes(data, start + 4, stop):
        if name == b"dimg" and end - begin >= 2 * wide + 2:
            box = _Reader(data[:end], begin)
            item = box.take(wide)
            box.take(2)
            tiles[item] = box.take(wide)
    return tiles


def _properties(
    data: bytes, start: int, stop: int, primary: int | None, base: int, layout: Layout
) -> None:
    """Read size, depth and ICC profile of the primary item.

    Source: ISO/IEC 23008-12 section 6.5; ISO/IEC 14496-12 section 12.1.5.
    """
    parts = _boxes(data, start, stop)
    shared = [
        (n, a, b)
        for name, x, y in parts
        if name == b"ipco"
        for n, a, b in _boxes(data, x, y)
    ]
    links: list[int] = []
    for name, begin, end in parts:
        if name == b"ipma":
            links += _links(data, begin, end, primary)
    own = [shared[i - 1] for i in links if 0 < i <= len(shared)]
    for name, begin, end in own or shared:
        if name == b"ispe" and end - begin >= 12:
            layout.width = int.from_bytes(data[begin + 4 : begin + 8], "big")
            layout.height = int.from_bytes(data[begin + 8 : begin + 12], "big")
        elif name == b"pixi" and end - begin >= 6:
            layout.bit_depth = data[begin + 5]
        elif name == b"av1C" and end - begin >= 4 and not layout.bit_depth:
            flags = data[begin + 2]
            layout.bit_depth = 12 if flags & 0x60 == 0x60 else 10 if flags & 0x40 else 8
    layout.frames = 1
    # The profile of a grid may be linked to its tiles alone.
    for name, begin, end in own + shared:
        if name == b"colr" and data[begin : begin + 4] in (b"prof", b"rICC"):
            layout.add("icc", range(base + begin + 4, base + end))
            return


def _links(data: bytes, start: int, stop: int, primary: int | None) -> list[int]:
    """Return the indices of the properties of item *primary*, from 1."""
    box = _Reader(data[:stop], start)
    version = box.take(1)
    flags = box.take(3)
    for _ in range(min(box.take(4), MAX_ITEMS)):
        item = box.take(4 if version else 2)
        wide = flags & 1
        links = [
            box.take(1 + wide) & (0x7FFF if wide else 0x7F) for _ in range(box.take(1))
        ]
        if item == primary:
            return links
    return []
