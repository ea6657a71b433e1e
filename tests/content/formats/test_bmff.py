from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.describe import describe
from imgprint.content.formats import bmff
from imgprint.content.formats.layout import Layout
from imgprint.content.sparse import MissingBytes
from tests.support.samples import (
    box,
    check_truncations,
    exif,
    partial,
    picture,
    tiff,
    whole,
)

CODESTREAM = b"\xff\x0a\x49\x02" + bytes(30)


def read(data, format):
    layout = Layout(format=format)
    bmff.read(whole(data), layout)
    return layout


def kinds(layout):
    return [(block.kind, block.coding) for block in layout.blocks]


JXL = (
    b"\0\0\0\x0cJXL \r\n\x87\n"
    + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    + box(b"jxlc", CODESTREAM)
    + box(b"Exif", b"\0\0\0\0" + exif()[6:])
    + box(b"xml ", b"<a/>")
    + box(b"brob", b"Exif" + b"compressed")
    + box(b"brob", b"jbrd" + b"compressed")
)
CR3 = (
    box(b"ftyp", b"crx \0\0\0\1crx isom")
    + box(
        b"moov",
        box(
            b"uuid",
            bmff.CANON
            + box(b"CMT1", tiff((0x10F, 2, b"Canon\0")))
            + box(b"CMT2", tiff((0x8827, 3, b"\x64\0")))
            + box(b"CMT4", tiff((1, 2, b"N\0"))),
        ),
    )
    + box(b"uuid", bmff.XMP + b"<x/>")
    + box(b"mdat", b"pixels")
)
JP2 = (
    b"\0\0\0\x0cjP  \r\n\x87\n"
    + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    + box(
        b"jp2h",
        box(b"ihdr", b"\0\0\0\x0a\0\0\0\x14\0\3\7\7\0\0")
        + box(b"colr", b"\2\0\0profile"),
    )
    + box(b"uuid", bmff.EXIF[0] + exif()[6:])
    + box(b"jp2c", b"\xff\x4f\xff\x51")
)


def test_read_jxl():
    layout = read(JXL, "jxl")
    assert (layout.width, layout.height) == (40, 40)
    assert kinds(layout) == [("exif", ""), ("xmp", ""), ("exif", "brotli")]
    assert read(CODESTREAM, "jxl").width == 40


def test_read_cr3():
    layout = read(CR3, "cr3")
    assert kinds(layout) == [
        ("exif", ""),
        ("exif ifd", ""),
        ("gps ifd", ""),
        ("xmp", ""),
    ]


def test_exif_of_cr3_is_in_four_blocks():
    found = describe(whole(CR3), blocks="exif")
    assert found.exif == {
        "Make": "Canon",
        "ISOSpeedRatings": "100",
        "GPSLatitudeRef": "N",
    }
    for known in range(16, len(CR3)):
        image = partial(CR3, known)
        with suppress(MissingBytes):
            assert describe(image, blocks="exif").exif == found.exif


def test_read_jp2():
    layout = read(JP2, "jp2")
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)
    assert kinds(layout) == [("icc", ""), ("exif", "")]


def test_read_pillow_jp2():
    layout = read(picture("jpeg2000", (20, 10)), "jp2")
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)
    layout = read(picture("jpeg2000", (20, 10), no_jp2=True), "jp2")
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)


def test_read_asks_for_the_rest():
    with pytest.raises(MissingBytes) as excinfo:
        bmff.read(partial(JXL, JXL.index(b"Exif") - 4), Layout(format="jxl"))
    assert excinfo.value.span == range(JXL.index(b"Exif") - 4, len(JXL))


@pytest.mark.parametrize(("data", "format"), [(JXL, "jxl"), (CR3, "cr3"), (JP2, "jp2")])
def test_read_truncated(data, format):
    check_truncations(bmff.read, data, format)


@given(st.sampled_from([JXL, CR3, JP2]), st.binary(max_size=100), st.integers(12, 100))
def test_read_survives_junk(data, junk, cut):
    with suppress(ValueError):
        bmff.read(whole(data[:cut] + junk), Layout(format="jxl"))


@pytest.mark.parametrize("name", [b"moov", b"jp2h", b"uuid"])
def test_nesting_ends(name):
    data = b""
    for _ in range(3000):
        data = box(name, bmff.CANON + data if name == b"uuid" else data)
    assert read(data, "cr3").blocks == []
