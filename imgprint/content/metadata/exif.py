"""Exif: IFD0, Exif and GPS directories by Pillow's parser, over known bytes."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, cast

from PIL.ExifTags import GPSTAGS, TAGS
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from imgprint.content.formats import tiff
from imgprint.content.metadata.text import user_comment
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Block
    from imgprint.content.formats.tiff import Directory, Entry, Tiff
    from imgprint.content.sparse import SparseBytes

EXIF_IFD, GPS_IFD, MAKER_NOTE, USER_COMMENT = 0x8769, 0x8825, 0x927C, 0x9286
XMP, IPTC, PHOTOSHOP, ICC, C2PA = 0x2BC, 0x83BB, 0x8649, 0x8773, 0xCD41
ELIDED = "..."
UTF8 = 129

# Blobs whose text says nothing: blocks of their own, previews, JPEG tables,
# layers, private data. In the record they are ELIDED, and never worth a request.
BLOBS = {MAKER_NOTE, XMP, IPTC, PHOTOSHOP, ICC, C2PA, 0x002E, 0x0127, 0x015B}
BLOBS |= {0x501B, 0x935C, 0xC634, 0xC740, 0xC741, 0xC74E}
# Tables for decoding the picture: where it lies, and DNG's way to colours. Long
# in large files, and of no use.
TABLES = {0x111, 0x117, 0x144, 0x145, *range(0xC612, 0xCD61)}
MAX_VALUE = 16_384
MAX_TABLE = 1024
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
    with warnings.catch_warnings():
        # Pillow warns of malformed values; the rest of them still counts.
        warnings.simplefilter("ignore", UserWarning)
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
        names.get(tag, str(tag)): _text(tag, value, structure.order)
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
        head = image[start : min(start + 6, stop)]
        if head == b"Exif\0\0":
            start += 6
        elif head[:3] == bytes(3) and len(head) == 6:
            # Some writers count the length itself, or leave it at 0.
            start += 4 if head[4:] in (b"Ex", b"II", b"MM") else 4 + head[3]
    return range(start, max(start, stop))


class _Reader:
    """Decode directories with Pillow, past values that are missing or too long.

    Pillow reads through a window in which the entries of such values are
    replaced: by one of no known type, which Pillow skips, or by one of a single
    byte, which keeps the place of the tag.
    """

    def __init__(self, image: SparseBytes, structure: Tiff, holes: list[range]):
        self.image = image
        self.tiff = structure
        self.holes = holes
        self.left = MAX_VALUES
        self.known = range(0)
        for known in image.spans:
            if structure.base in known:
                self.known = range(known.start, min(known.stop, structure.stop))
        self.near = len(self.known) <= MAX_BLOCK
        self.buffer: bytearray | None = None

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
        veil: dict[int, bytes] = {}
        elided, texts = set(), set()
        place = range(self.tiff.base + offset, self.tiff.base + offset + ifd.size)
        self.near = self.near and self._inside(place)
        for entry in ifd.entries.values():
            kept: bool | None = True
            if entry.tag in BLOBS or not entry.inline:
                kept = self._judge(entry)
                if kept is None:
                    elided.add(entry.tag)
            if entry.type == UTF8:
                texts.add(entry.tag)
            if not kept or entry.type == UTF8:
                veil[entry.at - self.tiff.base] = self._veil(entry, kept)
        window = self._file(veil)
        # This form makes Pillow read BigTIFF in either byte order.
        start = b"II+\0" + bytes(12) if self.tiff.big else b"II*\0" + bytes(4)
        prefix = b"II" if self.tiff.order == "<" else b"MM"
        info = ImageFileDirectory_v2(start, prefix=prefix, group=group)
        window.seek(offset)
        info.load(window)
        # Pillow's Exif lists IFD0 through a set; keep its order.
        result: Values = {}
        for tag in info if group else set(info):
            value = ELIDED if tag in elided else _single(info, tag)
            if tag in texts and isinstance(value, bytes):
                value = value.rstrip(b"\0").decode(errors="ignore")
            if value is not None:
                result[tag] = value
        return result

    def _judge(self, entry: Entry) -> bool | None:
        """Return True to read the value, False to leave it out, None to elide it."""
        length = len(entry.span)
        if entry.tag in BLOBS or length > MAX_VALUE:
            return None
        if entry.tag in TABLES and length > MAX_TABLE:
            return None
        if entry.span.stop > self.tiff.stop or not length:
            return False
        self.left -= length
        if self.left < 0:
            return None
        if self._inside(entry.span):
            return True
        if self.image.has(entry.span):
            self.near = False
            return True
        self.holes.extend(self.image.missing(entry.span))
        return False

    def _inside(self, span: range) -> bool:
        return span.start >= self.known.start and span.stop <= self.known.stop

    def _file(self, veil: dict[int, bytes]) -> IO[bytes]:
        """Return the structure as a file in which *veil* replaces entries."""
        if not self.near:
            return cast("IO[bytes]", _Window(self.image, self.tiff, veil))
        # The common case, all in one run of known bytes, at the speed of C.
        if self.buffer is None:
            self.buffer = bytearray(self.image[self.tiff.base : self.known.stop])
        for at, entry in veil.items():
            self.buffer[at : at + len(entry)] = entry
        return io.BytesIO(self.buffer)

    def _veil(self, entry: Entry, kept: bool | None) -> bytes:
        if kept is False:
            return bytes(20 if self.tiff.big else 12)
        if kept:
            # Pillow skips UTF-8 text; as bytes it comes through.
            data = self.image[entry.at : entry.at + (20 if self.tiff.big else 12)]
            return data[:2] + struct.pack(self.tiff.order + "H", 7) + data[4:]
        form = self.tiff.order + ("HHQ8s" if self.tiff.big else "HHL4s")
        return struct.pack(form, entry.tag, 7, 1, b".")


class _Window(io.RawIOBase):
    """The TIFF structure as a seekable file, with replaced entries."""

    def __init__(self, image: SparseBytes, structure: Tiff, veil: dict[int, bytes]):
        self.image = image
        self.base = structure.base
        self.length = structure.stop - structure.base
        self.veil = veil
        self.position = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset + (0, self.position, self.length)[whence]
        return self.position

    def tell(self) -> int:
        return self.position

    def read(self, size: int = -1) -> bytes:
        position = self.position
        data = self.veil.get(position)
        if data is None:
            start = self.base + position
            data = self.image[start : start + min(size, self.length - position)]
        self.position = position + len(data)
        return data


def _single(info: ImageFileDirectory_v2, tag: int) -> Any:
    """Return one value, a tuple of several, or None if it makes no sense."""
    try:
        value = info[tag]
    except (KeyError, ValueError, TypeError, OverflowError, struct.error):
        return None
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _text(tag: int, value: Any, order: str) -> str:
    if tag == USER_COMMENT and isinstance(value, bytes):
        return user_comment(value, order) or ELIDED
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="ignore")
    return str(value)
