import io
import struct
import warnings
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from imgprint.content.metadata.exif import (
    EXIF_IFD,
    GPS_IFD,
    Exif,
    read_exif,
)
from imgprint.content.sparse import MissingBytes, SparseBytes
from tests.support.samples import exif, partial, tiff, whole

BLOCK = exif()[6:]


def read(data, role=None):
    found = Exif()
    read_exif(whole(data), range(len(data)), found, role)
    return found


def test_read_exif_is_flat_and_as_pillow_has_it():
    pillow = Image.Exif()
    pillow.load(BLOCK)
    tags = read(BLOCK).tags
    assert tags["Make"] == pillow[0x10F] == "Maker"
    assert tags["ExifOffset"] == str(pillow[EXIF_IFD])
    assert tags["BodySerialNumber"] == "S123"
    assert tags["GPSLatitude"] == "(10.0, 30.0, 0.0)"
    assert "GPSInfo" not in tags


@pytest.mark.parametrize(
    "prefix",
    [
        b"Exif\0\0",
        b"Exif\0\0Exif\0\0",
        b"\0\0\0\0",
        b"\0\0\0\6Exif\0\0",
        b"\0\0\0\0Exif\0\0",
    ],
)
def test_read_exif_behind_a_prefix(prefix):
    assert read(prefix + BLOCK).tags == read(BLOCK).tags


@pytest.mark.parametrize("order", "<>")
def test_read_bigtiff(order):
    magic = b"II" if order == "<" else b"MM"
    data = magic + struct.pack(order + "HHHQQ", 43, 8, 0, 16, 2)
    data += struct.pack(order + "HHQHHHH", 0x112, 3, 1, 6, 0, 0, 0)
    data += struct.pack(order + "HHQ8s", 0x10F, 2, 6, b"Maker\0\0\0") + bytes(8)
    assert read(data).tags == {"Orientation": "6", "Make": "Maker"}


def test_read_exif_by_role():
    found = read(tiff((0x8827, 3, b"\x64\0")), EXIF_IFD)
    read_exif(whole(tiff((1, 2, b"N\0"))), range(99), found, GPS_IFD)
    assert found.tags == {"ISOSpeedRatings": "100", "GPSLatitudeRef": "N"}


@pytest.mark.parametrize("text", ["Ä", "Zoë from Łódź"])
def test_utf8_of_exif_3(text):
    data = bytearray(tiff((0x13B, 2, text.encode() + b"\0")))
    data[12] = 129
    assert read(bytes(data)).tags == {"Artist": text}


@pytest.mark.parametrize(
    ("tag", "kind", "value", "text"),
    [
        (0x13B, 2, "Zoë Łódź\0".encode(), "Zoë Łódź"),
        (0x13B, 2, "Zoë\0".encode("latin-1"), "Zoë"),
        (0x10E, 2, "\u201cgate\u201d\0".encode("cp1252"), "\u201cgate\u201d"),
        (0x10F, 2, b"Maker\0\0\0\0", "Maker"),
        (0x8298, 2, b"Ann\0Bob\0", "Ann; Bob"),
        (0x9C9D, 1, "Jos\u00e9 \u20ac\0".encode("utf-16-le"), "Jos\u00e9 \u20ac"),
        (0x9C9B, 1, "gate".encode("utf-16-le"), "gate"),
        (0x9101, 7, b"\1\2\3\0", "\1\2\3\0"),
        (0xA40B, 7, b"device\0\0", "device"),
    ],
)
def test_texts_are_readable(tag, kind, value, text):
    assert list(read(tiff((tag, kind, value))).tags.values()) == [text]


def test_blobs_and_long_values_are_elided():
    entries = (
        (0x927C, 7, b"maker note"),
        (0x2BC, 1, b"<xmp/>"),
        (0x131, 2, b"x" * 20_000),
    )
    tags = read(tiff(*entries)).tags
    assert tags == {"MakerNote": "...", "XMLPacket": "...", "Software": "..."}


def test_offsets_and_small_tables_are_kept():
    tags = read(tiff((0x111, 4, bytes(8)), (0x201, 4, b"\x08\0\0\0"))).tags
    assert tags == {"StripOffsets": "(0, 0)", "JpegIFOffset": "8"}
    assert read(tiff((0x111, 4, bytes(1100)))).tags == {"StripOffsets": "..."}


def test_what_is_missing_is_left_out_and_named():
    data = tiff((0x10F, 2, b"Maker\0"), (0x110, 2, b"Model\0"), (0x112, 3, b"\6\0"))
    found = Exif()
    hole = data.index(b"Model")
    image = partial(data, hole)
    image.add(hole + 6, data[hole + 6 :])
    read_exif(image, range(len(data)), found)
    assert found.tags == {"Make": "Maker", "Orientation": "6"}
    assert found.holes == [range(hole, hole + 6)]


def test_bulk_that_is_missing_is_no_hole():
    data = tiff((0x927C, 7, bytes(9000)), (0x131, 2, b"x" * 20_000))
    found = Exif()
    read_exif(partial(data, 60), range(len(data)), found)
    assert found.tags == {"MakerNote": "...", "Software": "..."}
    assert found.holes == []


def test_values_outside_the_block_do_not_end_the_directory():
    entry = struct.pack("<HHLL", 0x10F, 2, 99, 5000)
    data = tiff((0x10E, 2, b"a\0"), (0x112, 3, b"\6\0"))
    data = data[:10] + entry + data[22:]
    assert read(data).tags == {"Orientation": "6"}


def test_read_exif_truncated():
    for known in range(len(BLOCK)):
        found = Exif()
        try:
            read_exif(partial(BLOCK, known), range(len(BLOCK)), found)
        except MissingBytes as missing:
            assert known < 200, missing  # noqa: PT017
        read = found.tags.items()
        assert known >= len(BLOCK) - 4 or found.holes or not read
        with suppress(ValueError):
            read_exif(whole(BLOCK[:known]), range(known), Exif())


@given(
    st.lists(
        st.tuples(st.integers(8, len(BLOCK) - 1), st.integers(0, 255)), max_size=20
    ),
    st.integers(0, len(BLOCK)),
)
def test_read_exif_survives_junk(changes, known):
    data = bytearray(BLOCK)
    for place, value in changes:
        data[place] = value
    image = SparseBytes(len(data))
    image.add(0, bytes(data[:known]))
    with warnings.catch_warnings(), suppress(ValueError, MissingBytes):
        warnings.simplefilter("error")
        found = Exif()
        read_exif(image, range(len(data)), found)
        for text in found.tags.values():
            text.encode()


# Bytes of one value by type; 14 and 99 are none.
UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
UNITS |= {13: 4, 14: 1, 16: 8, 99: 1}
# Of known length one, of several, with names for values, and unknown.
TAGS = [0x100, 0x102, 0x103, 0x106, 0x10F, 0x112, 0x11A, 0x11C, 0x128, 0x132, 0x9999]
TAGS += [0x1, 0x2, 0x8827, 0x829A, 0x9000, 0x9201, 0x9214, 0xA002, 0xA217, 0xC635]
NAMES = [b"JPEG\0", b"inch\0", b"RGB", b"LZW\0\0"]
entry = st.tuples(
    st.sampled_from(TAGS),
    st.sampled_from(sorted(UNITS)),
    st.one_of(st.sampled_from(NAMES), st.binary(max_size=40)),
)


def directory(entries, order):
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HL", 42, 8)
    table, values = b"", b""
    after = 8 + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        count = len(value) // UNITS[kind]
        value = value[: count * UNITS[kind]]
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack(order + "L", after + len(values))
            values += value
        table += struct.pack(order + "HHL", tag, kind, count) + place
    return head + struct.pack(order + "H", len(entries)) + table + bytes(4) + values


@given(
    st.lists(entry, min_size=1, max_size=8, unique_by=lambda e: e[0]),
    st.sampled_from("<>"),
    st.sampled_from([None, EXIF_IFD, GPS_IFD]),
)
def test_values_and_their_order_are_pillows(entries, order, role):
    data = directory(entries, order)
    pillow = ImageFileDirectory_v2(data[:8], group=role)
    file = io.BytesIO(data)
    file.seek(8)
    expected = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pillow.load(file)
        for tag in pillow if role else set(pillow):
            with suppress(KeyError, ValueError, TypeError):
                value = pillow[tag]
                alone = isinstance(value, tuple) and len(value) == 1
                expected[tag] = value[0] if alone else value
    found = read(data, role)
    values = found.gps if role == GPS_IFD else found.main
    assert list(values) == list(expected)
    assert repr(values) == repr(expected)
