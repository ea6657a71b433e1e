"""Exif: IFD0, Exif and GPS directories, read from known bytes as Pillow does."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL.ExifTags import GPSTAGS, TAGS
from PIL.TiffTags import TAGS_V2, TAGS_V2_GROUPS

from imgprint.content.formats import tiff
from imgprint.content.formats.layout import Block
from imgprint.content.formats.tiff import Directory, Tiff
from imgprint.content.metadata.plain import exact
from imgprint.content.metadata.text import exif_text, user_comment, wide_text
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from PIL.TiffTags import TagInfo

    from imgprint.content.sparse import SparseBytes

EXIF_IFD, GPS_IFD, MAKER_NOTE, USER_COMMENT = 0x8769, 0x8825, 0x927C, 0x9286
XMP, IPTC, PHOTOSHOP, ICC, C2PA = 0x2BC, 0x83BB, 0x8649, 0x8773, 0xCD41
PHOTOMETRIC = 0x106
XP_TAGS = range(0x9C9B, 0x9CA0)
# GPSProcessingMethod and GPSAreaInformation: with a charset, as UserComment.
CHARSETS = {27, 28}
ELIDED = "..."

# Types of values (TIFF 6.0 section 2; BigTIFF; Exif 3.0 section 4.6.2 for UTF-8),
# but for those that Pillow does not read. Numbers: struct's letter, bytes each.
BYTE, ASCII, UNDEFINED, UTF8 = 1, 2, 7, 129
NUMBERS = {3: ("H", 2), 4: ("L", 4), 5: ("L", 4), 6: ("b", 1), 8: ("h", 2)}
NUMBERS |= {9: ("l", 4), 10: ("l", 4), 11: ("f", 4), 12: ("d", 8), 13: ("L", 4)}
NUMBERS |= {16: ("Q", 8)}
RATIONALS = {5, 10}
BYTES = {BYTE, UNDEFINED}
READ = {ASCII, UTF8, *BYTES, *NUMBERS}


class Known(NamedTuple):
    """What Pillow knows of tags: texts that it translates, tags with one value."""

    enums: dict[int, dict[Any, Any]]
    single: set[int]


def _known(group: dict[int, TagInfo]) -> Known:
    enums = {tag: info.enum for tag, info in group.items() if info.enum}
    return Known(enums, {tag for tag, info in group.items() if info.length == 1})


# Those of IFD0 (None), Exif and GPS.
KNOWN = {None: _known(TAGS_V2), EXIF_IFD: _known(TAGS_V2_GROUPS[EXIF_IFD])}
KNOWN[GPS_IFD] = _known(TAGS_V2_GROUPS[GPS_IFD])

# Blobs whose text says nothing: blocks of their own, previews, JPEG tables,
# layers, private data. In the record they are ELIDED, and never worth a request.
BLOBS = {MAKER_NOTE, XMP, IPTC, PHOTOSHOP, ICC, C2PA, 0x002E, 0x0127, 0x015B}
BLOBS |= {0x501B, 0x935C, 0xC634, 0xC740, 0xC741, 0xC74E}
# Tables for decoding the picture: where it lies, and DNG's way to colours. Long
# in large files, and of no use.
TABLES = {0x111, 0x117, 0x144, 0x145, *range(0xC612, 0xCD61)}
MAX_VALUE = 16_384
# Longest values that are read, in bytes, where it is not MAX_VALUE.
LIMITS = dict.fromkeys(TABLES, 1024) | dict.fromkeys(BLOBS, -1)
# All values together: what decodes in a few milliseconds at worst.
MAX_VALUES = 65_536
MAX_BLOCK = 131_072

Values = dict[int, Any]


@dataclass(slots=True)
class Exif:
    """What one TIFF structure says.

    ``tags`` is flat: Pillow's names of the tags of IFD0, Exif and GPS, with
    ``str`` values. ``main`` (IFD0 and Exif) and ``gps`` are Pillow's values by
    tag. ``holes`` are the spans of what is left out because bytes are missing.
    """

    tags: dict[str, str] = field(default_factory=dict)
    main: Values = field(default_factory=dict)
    gps: Values = field(default_factory=dict)
    holes: list[range] = field(default_factory=list)
    tiff: Tiff | None = None
    ifd0: Directory | None = None
    exif: Directory | None = None
    blocks: list[Block] = field(default_factory=list)

    def fill(self, other: Exif) -> None:
        """Take over from *other*, of the same file, what this one has not."""
        self.tags = other.tags | self.tags
        self.main = other.main | self.main
        self.gps = self.gps or other.gps
        self.blocks += other.blocks


def read_exif(
    image: SparseBytes, span: range, found: Exif, role: int | None = None
) -> None:
    """Add to *found* what the TIFF structure at *span* holds.

    *role* says what its first directory is: IFD0 (None), EXIF_IFD or GPS_IFD,
    as in the separate structures of CR3.

    Raise MissingBytes if not even the first directory is known, ValueError if
    there is none.

    Source: CIPA DC-008-2019 sections 4.5 and 4.6.
    """
    structure = tiff.header(image, _unprefixed(image, span))
    first = tiff.directory(image, structure, structure.first)
    reader = _Reader(image, structure, found.holes)
    values = reader.values(structure.first, first, role)
    if role == GPS_IFD:
        found.gps = values
    else:
        found.main.update(values)
    if role is None:
        found.tiff, found.ifd0 = structure, first
        found.exif, values = reader.sub(first, EXIF_IFD)
        found.main.update(values)
        found.gps = reader.sub(first, GPS_IFD)[1]
        found.main.pop(GPS_IFD, None)
    found.tags = {
        names.get(tag) or str(tag): (
            _text(tag, value, structure.order)
            if type(value) is bytes
            else exif_text(value)
            if type(value) is str
            else str(value)
        )
        for names, group in ((TAGS, found.main), (GPSTAGS, found.gps))
        for tag, value in group.items()
    }


def _unprefixed(image: SparseBytes, span: range) -> range:
    """Return *span* from its TIFF header on.

    Containers may leave JPEG's prefix there, or HEIF's: the length of what
    stands before the header (ISO/IEC 23008-12 section A.2.1).
    """
    start, stop = span.start, span.stop
    for _ in range(3):
        head = image.read(start, min(start + 6, stop))
        if head == b"Exif\0\0":
            start += 6
        elif head[:3] == bytes(3) and len(head) == 6:
            # Some writers count the length itself, or leave it at 0.
            start += 4 if head[4:] in (b"Ex", b"II", b"MM") else 4 + head[3]
        else:
            break
    return range(start, max(start, stop))


class _Reader:
    """Decode the values of directories, past those that are missing or too long.

    What comes of each value, and in which order, is what Pillow makes of it;
    tests/content/metadata/test_exif.py compares. Pillow itself takes four times
    as long: as much as all the rest that is done about an image.
    """

    def __init__(self, image: SparseBytes, structure: Tiff, holes: list[range]):
        self.image = image
        self.tiff = structure
        self.holes = holes
        self.left = MAX_VALUES
        # Where the run of known bytes that has the header ends.
        start, stop = 0, len(image.head)
        if structure.base >= stop:
            known = next(known for known in image.spans if structure.base in known)
            start, stop = known.start, known.stop
        self.stop = min(stop, structure.stop)
        self.near = self.stop - start <= MAX_BLOCK

    def sub(self, parent: Directory, pointer: int) -> tuple[Directory | None, Values]:
        """Return the directory that entry *pointer* of *parent* leads to."""
        try:
            offsets = tiff.integers(self.image, self.tiff, parent.entries.get(pointer))
            if offsets:
                found = tiff.directory(self.image, self.tiff, offsets[0])
                return found, self.values(offsets[0], found, pointer)
        except MissingBytes as missing:
            self.holes.append(missing.span)
        except ValueError:
            pass
        return None, {}

    def values(self, offset: int, ifd: Directory, group: int | None) -> Values:
        """Return Pillow's values of *ifd*, in Pillow's order."""
        self.near = self.near and self.tiff.base + offset + ifd.size <= self.stop
        image, order, known = self.image, self.tiff.order, KNOWN[group]
        head, near, run, end = image.head, len(image.head), self.stop, self.tiff.stop
        left = self.left
        kept: Values = {}
        for tag, kind, _, start, length, inline in ifd.entries.values():
            stop = start + length
            if length > LIMITS.get(tag, MAX_VALUE):
                kept[tag] = ELIDED
                continue
            if not inline:
                if stop > end:
                    continue
                left -= length
                if left < 0:
                    kept[tag] = ELIDED
                    continue
                if stop > run and not self._reaches(start, stop):
                    continue
            if length and kind in READ:
                data = head[start:stop] if stop <= near else image.read(start, stop)
                kept[tag] = _value(data, tag, kind, order, known)
        if self.left - left > run - self.tiff.base:
            self._cut(kept, ifd)
        self.left = left
        # Pillow lists directories by a set, IFD0 by a set of that; keep its order.
        tags = set(kept) | set()
        if not group:
            tags = set(iter(tags))
        return {tag: kept[tag] for tag in tags if kept[tag] is not None}

    def _reaches(self, start: int, stop: int) -> bool:
        """Note the holes in a value outside that run; return whether it has none."""
        gaps = self.image.missing(range(start, stop))
        self.holes.extend(gaps)
        self.near = self.near and bool(gaps)
        return not gaps

    def _cut(self, kept: Values, ifd: Directory) -> None:
        """Drop what is more in all than there are bytes: values that overlap."""
        stop = self.stop if self.near else self.tiff.stop
        left = stop - self.tiff.base
        for tag in list(kept):
            *_, length, inline = ifd.entries[tag]
            if not inline and kept[tag] is not ELIDED:
                left -= length
                if left < 0:
                    del kept[tag]


def _value(data: bytes, tag: int, kind: int, order: str, known: Known) -> Any:
    """Return one value, a tuple of several, or None if it makes no sense."""
    if kind == ASCII:
        text = data.removesuffix(b"\0").decode("latin-1")
        return known.enums[tag].get(text, text) if tag in known.enums else text
    if kind in BYTES:
        return data
    if kind == UTF8:
        return data.rstrip(b"\0").decode(errors="ignore")
    letter, size = NUMBERS[kind]
    if kind in RATIONALS:
        pairs = struct.iter_unpack(order + letter + letter, data)
        values = tuple([n / d if d else math.nan for n, d in pairs])
    else:
        values = struct.unpack(f"{order}{len(data) // size}{letter}", data)
    if len(values) == 1:
        return values[0]
    if tag in known.single:
        return None if tag == PHOTOMETRIC else values[0]
    return values


def _text(tag: int, value: bytes, order: str) -> str:
    if tag == USER_COMMENT:
        return exact(value[8:], user_comment(value, order) or ELIDED)
    if tag in XP_TAGS:
        return exact(value, wide_text(value))
    if tag in CHARSETS:
        return exact(value, user_comment(value, order) or "")
    text = value.decode("utf-8", errors="ignore")
    padless = text.rstrip("\0")
    return exact(value, padless if padless and padless.isprintable() else text)
