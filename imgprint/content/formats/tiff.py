"""TIFF and BigTIFF: directories, for files and for the TIFF block of Exif."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal, NamedTuple

from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

# Bytes of one value by type, TIFF 6.0 section 2; IFD by TIFF Technical Note 1;
# LONG8, SLONG8 and IFD8 by BigTIFF; UTF-8 by Exif 3.0 section 4.6.2.
UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
UNITS |= {13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
INTEGERS = {1: "B", 3: "H", 4: "L", 8: "h", 9: "l", 13: "L", 16: "Q", 17: "q", 18: "Q"}
ORDERS = {b"II": "<", b"MM": ">"}
NAMES: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}
# An entry, and how many bytes of it are for the value or its offset.
ENTRY = {(order, False): (struct.Struct(order + "HHLL"), 4) for order in "<>"}
ENTRY |= {(order, True): (struct.Struct(order + "HHQQ"), 8) for order in "<>"}

MAX_ENTRIES = 512
MAX_PAGES = 64
PAGE = 16_384
UNSIZED = 1 << 62

NEW_SUBFILE_TYPE, WIDTH, HEIGHT, BITS, SUB_IFDS = 0xFE, 0x100, 0x101, 0x102, 0x14A
STRIPS, TILES, THUMBNAIL, MAKE, DNG_VERSION = 0x111, 0x144, 0x201, 0x10F, 0xC612
RAW_DATA = 0x118
# XMP, IPTC, Exif, Photoshop's resources, ICC, GPS, C2PA
METADATA = {0x2BC, 0x83BB, 0x8769, 0x8649, 0x8773, 0x8825, 0xCD41}
CROP_ORIGIN, SR2_PRIVATE, SENSOR_WIDTH, SENSOR_HEIGHT = 0xC61F, 0xC634, 0x02, 0x03


class Tiff(NamedTuple):
    """A TIFF structure: offsets in it count from ``base``, end before ``stop``.

    ``order`` is "<" or ">"; ``first`` the offset of the first directory.
    """

    base: int
    stop: int
    order: str
    big: bool
    first: int


class Entry(NamedTuple):
    """One directory entry; ``start`` and ``length`` are the place of its value."""

    tag: int
    type: int
    amount: int
    start: int
    length: int
    inline: bool

    @property
    def span(self) -> range:
        """Where the value lies."""
        return range(self.start, self.start + self.length)


Fields = tuple[int, int, int, int, int, bool]


class Directory(NamedTuple):
    """The entries of one IFD by tag, the first of each, and the next offset.

    ``entries`` are tuples as those of Entry, which take a third of the time.
    """

    entries: dict[int, Fields]
    size: int
    next: int

    def get(self, tag: int) -> Entry | None:
        """Return the entry of *tag*."""
        fields = self.entries.get(tag)
        return Entry(*fields) if fields else None


def header(image: SparseBytes, span: range) -> Tiff:
    """Return what the header of the TIFF structure at *span* says.

    Raise MissingBytes, or ValueError if there is none.

    Source: TIFF 6.0 section 2; BigTIFF (AWare Systems). ORF and RW2 put their
    own magic number in the place of 42.
    """
    head = image.read(span.start, min(span.start + 16, span.stop))
    order = ORDERS.get(head[:2])
    if order is None or len(head) < 8:
        raise ValueError("No TIFF header")
    name = NAMES[order]
    magic = int.from_bytes(head[2:4], name)
    big = magic == 43
    if big and len(head) < 16:
        raise ValueError("Short BigTIFF header")
    if magic not in (42, 43, 0x2A00, 0x4F52, 0x5352, 0x55):
        raise ValueError(f"TIFF magic {magic}")
    first = int.from_bytes(head[8:] if big else head[4:8], name)
    stop = span.stop if image.size is None else min(span.stop, image.size)
    return Tiff(span.start, stop, order, big, first)


def directory(image: SparseBytes, tiff: Tiff, offset: int) -> Directory:
    """Return the IFD at *offset* of *tiff*, as far as it lies within.

    Raise MissingBytes, with a page around the IFD: libtiff writes values
    before it, others behind. Raise ValueError if there can be none.

    Source: TIFF 6.0 section 2.
    """
    base, end, order, big, _ = tiff
    lead, size, tail = (8, 20, 8) if big else (2, 12, 4)
    first = base + offset + lead
    if offset < 8 or first > end:
        raise ValueError(f"No TIFF directory at {offset}")
    name = NAMES[order]
    try:
        count = int.from_bytes(image.read(first - lead, first), name)
        if not 0 < count <= MAX_ENTRIES:
            raise ValueError(f"TIFF directory of {count} entries at {offset}")
        data = image.read(first, min(first + count * size + tail, end))
    except MissingBytes:
        begin = max(base, base + offset - PAGE // 2)
        raise MissingBytes(range(begin, min(begin + PAGE, end))) from None
    entries = _entries(data, tiff, first, count)
    after = data[count * size :]
    return Directory(entries, lead + len(data), int.from_bytes(after, name))


def _entries(data: bytes, tiff: Tiff, at: int, count: int) -> dict[int, Fields]:
    """Return the whole entries in *data*, which starts at file offset *at*."""
    base, _, order, big, _ = tiff
    form, room = ENTRY[order, big]
    size, unit = form.size, UNITS.get
    entries: dict[int, Fields] = {}
    whole = min(count, len(data) // size) * size
    at += size - room
    for tag, kind, amount, value in form.iter_unpack(data[:whole]):
        length = amount * unit(kind, 0)
        if tag not in entries:
            if length <= room:
                entries[tag] = tag, kind, amount, at, length, True
            elif big:
                begin, length = min(base + value, UNSIZED), min(length, UNSIZED)
                entries[tag] = tag, kind, amount, begin, length, False
            else:
                entries[tag] = tag, kind, amount, base + value, length, False
        at += size
    return entries


def integers(image: SparseBytes, tiff: Tiff, entry: Fields | None) -> tuple[int, ...]:
    """Return the first integers of *entry*, 64 at most, () if it has none."""
    if entry is None:
        return ()
    _, kind, amount, start, _, _ = entry
    if kind not in INTEGERS:
        return ()
    unit = UNITS[kind]
    stop = start + unit * min(amount, 64)
    if stop > tiff.stop:
        return ()
    data = image.read(start, stop)
    return struct.unpack(f"{tiff.order}{len(data) // unit}{INTEGERS[kind]}", data)


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the directories of a TIFF, BigTIFF or raw file.

    The picture is the first directory, or the largest of its SubIFDs where the
    first holds a preview (NewSubfileType bit 0), as in DNG and NEF. Size and
    depth are unknown where that directory is out of reach, and in CR2, whose
    first directory holds a preview.

    Raise MissingBytes for the first directory only, ValueError if there is
    none.
    """
    span = range(0, UNSIZED if image.size is None else image.size)
    layout.add("tiff", span)
    tiff = header(image, span)
    first = directory(image, tiff, tiff.first)
    layout.settled = True
    try:
        layout.format = raw_format(image, tiff, first) or layout.format
        layout.picture = _first(image, tiff, first, STRIPS, TILES, RAW_DATA)
        main = _main(image, tiff, first) if layout.format != "cr2" else None
        if main:
            layout.width = _first(image, tiff, main, WIDTH, SENSOR_WIDTH)
            layout.height = _first(image, tiff, main, HEIGHT, SENSOR_HEIGHT)
            layout.bit_depth = _first(image, tiff, main, BITS)
            layout.picture = _first(image, tiff, main, STRIPS, TILES, RAW_DATA)
        layout.frames = _pages(image, tiff, first, layout)
    except MissingBytes:
        layout.unseen = True
    except ValueError:
        pass


def raw_format(image: SparseBytes, tiff: Tiff, first: Directory) -> str | None:
    """Return dng, nef or arw where the first directory says so.

    Source: DNG 1.7 chapter 4 (DNGVersion); NEF and ARW have no specification:
    the maker's name and the private tags that each writes.
    """
    entries = first.entries
    if DNG_VERSION in entries:
        return "dng"
    make = first.get(MAKE)
    if make is None or SUB_IFDS not in entries or not image.has(make.span):
        return None
    name = image.read(make.span.start, min(make.span.stop, make.span.start + 5))
    if name == b"NIKON":
        kind = integers(image, tiff, entries.get(NEW_SUBFILE_TYPE))
        return "nef" if kind == (1,) else None
    return "arw" if name[:4] == b"SONY" and SR2_PRIVATE in entries else None


def _main(image: SparseBytes, tiff: Tiff, first: Directory) -> Directory | None:
    """Return the directory of the picture, None if it is out of reach."""
    best, missing = first, False
    kind = integers(image, tiff, first.entries.get(NEW_SUBFILE_TYPE))
    if WIDTH in first.entries and not (kind and kind[0] & 1):
        return first
    for offset in integers(image, tiff, first.entries.get(SUB_IFDS))[:8]:
        try:
            sub = directory(image, tiff, offset)
        except MissingBytes:
            missing = True
            continue
        except ValueError:
            continue
        if _first(image, tiff, sub, NEW_SUBFILE_TYPE) == 0:
            return sub
        if (_first(image, tiff, sub, WIDTH) or 0) > (
            _first(image, tiff, best, WIDTH) or 0
        ):
            best = sub
    return None if missing else best


def _first(image: SparseBytes, tiff: Tiff, ifd: Directory, *tags: int) -> int | None:
    """Return the first number of the first of *tags* that *ifd* has."""
    for tag in tags:
        if found := integers(image, tiff, ifd.entries.get(tag)):
            return found[0]
    return None


def _pages(
    image: SparseBytes, tiff: Tiff, ifd: Directory, layout: Layout
) -> int | None:
    """Return the number of directories in the chain, None if it leads too far.

    Metadata of other pages than the first are left alone, which *layout* says.
    """
    pages = 1
    while ifd.next and pages < MAX_PAGES:
        ifd = directory(image, tiff, ifd.next)
        pages += 1
        layout.unseen |= not METADATA.isdisjoint(ifd.entries)
    layout.unseen |= bool(ifd.next)
    return None if ifd.next else pages
