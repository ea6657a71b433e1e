import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.exif import MAKER_NOTE, Exif, read_exif
from imgprint.content.metadata.makernote import read_makernote
from tests.support.samples import tiff, whole

SERIAL = b"1234567\0"
APPLE = (
    b"Apple iOS\0\0\1MM\0\1"
    + b"\0\x15\0\2\0\0\0\x08\0\0\0\x20"
    + bytes(4)
    + b"ID-1234\0"
)


def read(note, make=None):
    # The exif directory by itself, as in CR3.
    data = tiff((MAKER_NOTE, 7, note))
    image = whole(data)
    found = Exif()
    read_exif(image, range(len(data)), found, None)
    return read_makernote(image, found.tiff, found.ifd0.get(MAKER_NOTE), make)


def test_nikon():
    inner = tiff((0x1D, 2, SERIAL))
    assert read(b"Nikon\0\2\x10\0\0" + inner) == {"serial_number": "1234567"}


def test_fujifilm():
    directory = tiff((0x10, 2, SERIAL))[8:]
    # Its offsets count from the start of the note, where the TIFF header was.
    data = b"FUJIFILM\x0c\0\0\0" + directory.replace(b"\x1a\0\0\0", b"\x1e\0\0\0", 1)
    assert read(data) == {"serial_number": "1234567"}


def test_canon():
    number = tiff((0x0C, 4, (123).to_bytes(4, "little")), (0x28, 1, b"\1\0\0\0"))[8:]
    assert read(number, "Canon") == {"serial_number": "123"}


def test_apple():
    assert read(APPLE) == {"image_unique_id": "ID-1234"}


@pytest.mark.parametrize(
    "note", [b"", b"x", b"unknown maker", b"Nikon\0\2junk and more junk"]
)
def test_others(note):
    if note:
        assert read(note) == {}


@given(
    st.sampled_from(
        [
            b"OLYMPUS\0II\3\0",
            b"Nikon\0\2\x10\0\0II*\0",
            APPLE,
            b"FUJIFILM",
            b"Panasonic\0\0\0",
            b"",
        ]
    ),
    st.binary(max_size=80),
)
def test_read_makernote_survives_junk(start, junk):
    if start + junk:
        read(start + junk, "Canon")


def shifted(entries, start):
    """Return a directory that begins at *start*; values are behind it."""
    data = struct.pack("<H", len(entries))
    values, after = b"", start + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack("<L", after + len(values))
            values += value
        count = len(value) // (4 if kind in (4, 13) else 1)
        data += struct.pack("<HHL", tag, kind, count) + place
    return data + bytes(4) + values


@pytest.mark.parametrize(
    ("head", "tag", "value"),
    [
        (b"PENTAX \0II\0\0"[:10], 0x229, SERIAL),
        (b"FUJIFILM\x0c\0\0\0", 0x10, SERIAL),
        (b"OLYMPUS\0II\3\0", 0x404, SERIAL),
    ],
)
def test_notes_with_offsets_of_their_own(head, tag, value):
    note = head + shifted([(tag, 2, value)], len(head))
    assert read(note) == {"serial_number": "1234567"}


@pytest.mark.parametrize("head", [b"OLYMPUS\0II\3\0", b"OM SYSTEM\0\0\0II\4\0"])
def test_the_equipment_of_olympus(head):
    start = len(head) + 2 + 12 + 4
    equipment = shifted([(0x101, 2, SERIAL), (0x203, 2, b"LENS 12-40\0")], start)
    pointer = [(0x2010, 13, struct.pack("<L", start))]
    note = head + shifted(pointer, len(head)) + equipment
    assert read(note) == {"serial_number": "1234567", "lens": "LENS 12-40"}
    damaged = head + shifted([(0x2010, 13, b"\xff" * 4)], len(head))
    assert read(damaged) == {}


def test_the_serial_number_of_old_nikons():
    # Tag 0x1D of a D50 holds its model.
    inner = tiff((0x1D, 2, b"D50\0"), (0xA0, 2, b"NO= 30001f63\0"))
    number = read(b"Nikon\0\2\x10\0\0" + inner)["serial_number"]
    assert number == "NO= 30001f63"


def test_leading_nulls_of_a_value():
    # Offsets count from the TIFF header in front of the note.
    data = tiff((MAKER_NOTE, 7, bytes(80)))
    place = len(data) - 80
    head = b"Panasonic\0\0\0"
    note = head + shifted([(0x25, 7, b"\0\0\0" + SERIAL)], place + len(head))
    assert read(note.ljust(80, b"\0")) == {"serial_number": "1234567"}
