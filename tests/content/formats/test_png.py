import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import png
from imgprint.content.formats.layout import Layout
from tests.support.samples import check_truncations, crawl, exif, lay_out, whole


def chunk(name, data=b""):
    return (
        len(data).to_bytes(4, "big")
        + name
        + data
        + zlib.crc32(name + data).to_bytes(4, "big")
    )


def file(*chunks):
    header = chunk(b"IHDR", b"\0\0\0\x14\0\0\0\x0a\x08\x02\0\0\1")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND")


TEXTS = (
    chunk(b"acTL", b"\0\0\0\3\0\0\0\0"),
    chunk(b"iCCP", b"name\0\0" + zlib.compress(b"profile")),
    chunk(b"tEXt", b"Title\0A title"),
    chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<a/>"),
    chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n 2\n4949")),
    chunk(b"eXIf", b"II*\0"),
)


def test_read():
    layout = lay_out(png.read, whole(file(*TEXTS, chunk(b"IDAT", b"x"))))
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)
    assert (layout.progressive, layout.frames) == (True, 3)
    assert [(block.kind, block.coding) for block in layout.blocks] == [
        ("icc", "iccp"),
        ("text", "tEXt"),
        ("xmp", "iTXt"),
        ("exif", "zTXt/raw"),
        ("exif", ""),
    ]


def idats(size, count):
    return [chunk(b"IDAT", bytes(size))] * count + [chunk(b"IDAT", bytes(999))]


@pytest.mark.parametrize("size", [8192, 32_768, 65_536])
def test_nothing_behind_the_picture_costs_no_request(size):
    assert crawl(file(*idats(size, 5)))[1] == []


@pytest.mark.parametrize("size", [8192, 32_768, 65_536, 200_001])
@pytest.mark.parametrize("padding", [0, 12_000, 40_000])
def test_exif_behind_the_picture(size, padding):
    block = exif()[6:] + bytes(padding)
    count = 0 if size == 200_001 else 5
    late = chunk(b"eXIf", block), chunk(b"tEXt", b"date:create\0now")
    data = file(
        *(idats(size, count) if count else [chunk(b"IDAT", bytes(size))]), *late
    )
    description, spans = crawl(data, "exif")
    assert description.exif["Make"] == "Maker"
    assert description.complete
    assert len(spans) <= 3
    assert sum(map(len, spans)) < 2 * padding + 20_000


def test_read_truncated():
    check_truncations(png.read, file(*TEXTS, chunk(b"IDAT", b"x"), TEXTS[2]))


@given(st.binary(max_size=200), st.integers(0, 60))
def test_read_survives_junk(junk, cut):
    with suppress(ValueError):
        png.read(whole(file(*TEXTS)[: 33 + cut] + junk), Layout())
