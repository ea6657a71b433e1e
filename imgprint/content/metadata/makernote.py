"""MakerNotes: serial numbers and image identities of a few makers."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from imgprint.content.formats import tiff
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.tiff import Directory, Entry, Tiff
    from imgprint.content.sparse import SparseBytes

SERIAL, OWNER, IMAGE_ID, LENS = "serial_number", "owner", "image_unique_id", "lens"
LENS_SERIAL = "lens_serial_number"


class Note(NamedTuple):
    """How one maker writes: signature, place of the IFD, tags that count.

    ``header`` is where a TIFF header of the note's own lies, None for none;
    ``own`` says that offsets count from the start of the note.
    """

    signature: bytes
    ifd: int
    header: int | None
    own: bool
    order: str | None
    tags: dict[int, str]
    within: Within | None = None


class Within(NamedTuple):
    """A directory that an entry of a note leads to, and its tags that count."""

    pointer: int
    tags: dict[int, str]


# Equipment (0x2010): serial number, model of the lens, that of its serial number.
OLYMPUS = Within(0x2010, {0x101: SERIAL, 0x203: LENS, 0x202: LENS_SERIAL})

# Source: none of them is published; the tags are those that ExifTool's
# documentation lists (https://exiftool.org/TagNames/).
NOTES = (
    Note(b"Nikon\0\2", 0, 10, True, None, {0x1D: SERIAL, 0xA0: SERIAL}),
    # Olympus: cameras of the 2000s, then of today; its own IFD of equipment.
    Note(b"OLYMPUS\0", 12, None, True, None, {0x404: SERIAL}, OLYMPUS),
    Note(b"OM SYSTEM\0", 16, None, True, None, {0x404: SERIAL}, OLYMPUS),
    Note(b"OLYMP\0", 8, None, False, None, {0x404: SERIAL}, OLYMPUS),
    Note(b"SIGMA\0\0\0", 10, None, False, None, {0x02: SERIAL}),
    Note(b"FOVEON\0\0", 10, None, False, None, {0x02: SERIAL}),
    Note(b"PENTAX \0", 10, None, True, None, {0x229: SERIAL}),
    Note(b"SONY DSC ", 12, None, False, None, {0x2031: SERIAL}),
    Note(b"SONY CAM ", 12, None, False, None, {0x2031: SERIAL}),
    Note(b"FUJIFILM", 12, None, True, "<", {0x10: SERIAL}),
    Note(b"Panasonic\0", 12, None, False, None, {0x25: SERIAL, 0x51: LENS}),
    Note(b"Apple iOS\0", 14, None, True, ">", {0x15: IMAGE_ID}),
    Note(b"Ricoh\0", 8, None, False, None, {0x05: SERIAL}),
    Note(b"AOC\0", 6, None, False, None, {0x229: SERIAL}),
)
CANON = Note(
    b"", 0, None, False, None, {0x0C: SERIAL, 0x09: OWNER, 0x28: IMAGE_ID, 0x95: LENS}
)


def read_makernote(
    image: SparseBytes, structure: Tiff, entry: Entry, make: str | None
) -> dict[str, str]:
    """Return serial_number, owner, lens and image_unique_id, as far as known.

    Bytes that are missing are not worth a request. Malformed notes give {}.
    """
    start = entry.start
    try:
        head = image[start : start + min(20, entry.length)]
        for note in NOTES:
            if head.startswith(note.signature):
                return _read(image, structure, start, note)
        if make == "Canon":
            return _read(image, structure, start, CANON)
    except (MissingBytes, ValueError):
        pass
    return {}


def _read(
    image: SparseBytes, structure: Tiff, start: int, note: Note
) -> dict[str, str]:
    stop = structure.stop
    if note.header is not None:
        inner = tiff.header(image, range(start + note.header, stop))
        offset = inner.first
    else:
        base = start if note.own else structure.base
        inner = tiff.Tiff(base, stop, note.order or structure.order, False, 0)
        offset = start + note.ifd - base
    if note.signature.startswith((b"OLYMPUS", b"OM SYS", b"PENTAX ")):
        # The byte order of the note is its own, told before its directory.
        mark = image[start + note.ifd - 4 : start + note.ifd]
        order = ">" if b"MM" in mark else "<" if b"II" in mark else inner.order
        inner = tiff.Tiff(inner.base, stop, order, False, 0)
    ifd = tiff.directory(image, inner, offset)
    found = _texts(image, inner, ifd, note.tags)
    if note.within and (pointer := ifd.get(note.within.pointer)):
        with suppress(MissingBytes, ValueError):
            # An IFD by its offset; of old cameras an UNDEFINED value that is one.
            place = (
                pointer.start - inner.base
                if pointer.length > 4
                else tiff.integers(image, inner, pointer)[0]
            )
            within = tiff.directory(image, inner, place)
            found |= _texts(image, inner, within, note.within.tags)
    return found


def _texts(
    image: SparseBytes, inner: Tiff, ifd: Directory, tags: dict[int, str]
) -> dict[str, str]:
    """Return the texts of *tags* by their names; the last that is known counts."""
    found = {}
    for tag, name in tags.items():
        try:
            text = _value(image, inner, ifd.get(tag))
        except MissingBytes:
            continue
        if text:
            found[name] = text
    return found


def _value(image: SparseBytes, inner: Tiff, entry: Entry | None) -> str | None:
    if entry is None or not 0 < entry.length <= 256 or entry.span.stop > inner.stop:
        return None
    if entry.type in (3, 4):
        number = tiff.integers(image, inner, entry)[0]
        return str(number) if number else None
    data = image[entry.span.start : entry.span.stop]
    if entry.tag == 0x28 and len(data) == 16:
        return data.hex() if any(data) else None
    # Some values begin with NULs; those within end them.
    text = data.lstrip(b"\0").partition(b"\0")[0].decode("latin-1").strip()
    return text if re.search(r"[0-9A-Za-z]", text) and text.isprintable() else None
