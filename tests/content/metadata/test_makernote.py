import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.exif import MAKER_NOTE, Exif, read_exif
from imgprint.content.metadata.makernote import read_makernote
from tests.content.samples import tiff, whole

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
        [b"Nikon\0\2\x10\0\0II*\0", APPLE, b"FUJIFILM", b"Panasonic\0\0\0", b""]
    ),
    st.binary(max_size=80),
)
def test_read_makernote_survives_junk(start, junk):
    if start + junk:
        read(start + junk, "Canon")
