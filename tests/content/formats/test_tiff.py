import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import tiff
from imgprint.content.formats.layout import Layout
from imgprint.content.sparse import MissingBytes, SparseBytes
from tests.support.samples import check_truncations, crawl, lay_out, picture, whole
from tests.support.samples import tiff as file

SIZE = (0x100, 3, b"\x14\0"), (0x101, 3, b"\x0a\0"), (0x102, 3, b"\x08\0" * 3)


def test_read():
    layout = lay_out(tiff.read, whole(file(*SIZE, (0x111, 4, b"\x99\0\0\0"))))
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)
    assert (layout.frames, layout.picture) == (1, 0x99)


def test_read_big_endian():
    layout = lay_out(tiff.read, whole(file((0x100, 3, b"\0\x14"), order=">")))
    assert layout.width == 20


@pytest.mark.parametrize("order", "<>")
def test_read_bigtiff(order):
    magic = b"II" if order == "<" else b"MM"
    data = magic + struct.pack(order + "HHHQQ", 43, 8, 0, 16, 1)
    data += struct.pack(order + "HHQHHHHQ", 0x100, 3, 1, 20, 0, 0, 0, 0)
    image = whole(data)
    assert lay_out(tiff.read, image).width == 20


def test_read_takes_the_large_picture_of_a_raw_file():
    preview = file((0xFE, 4, b"\1\0\0\0"), *SIZE[:2], (0x14A, 4, b"\x60\0\0\0"))
    preview = preview.ljust(0x60, b"\0")
    entry = struct.pack("<HHLHH", 0x100, 3, 1, 4000, 0)
    data = preview + struct.pack("<H", 1) + entry + bytes(4)
    assert lay_out(tiff.read, whole(data)).width == 4000


def test_read_pages():
    from PIL import Image

    data = picture("tiff", save_all=True, append_images=[Image.new("L", (5, 5))] * 2)
    assert lay_out(tiff.read, whole(data)).frames == 3


def test_directory_asks_for_a_page_around_itself():
    image = SparseBytes(1_000_000)
    image.add(0, b"II*\0" + struct.pack("<L", 500_000) + bytes(10_000))
    with pytest.raises(MissingBytes) as excinfo:
        lay_out(tiff.read, image)
    span = excinfo.value.span
    assert len(span) == 16_384
    assert span.start < 500_000 < span.stop - 2


def test_values_before_the_last_directory_are_one_request():
    data = picture("tiff", (200, 200), software="x" * 400, description="y" * 3000)
    assert len(data) > 100_000
    description, spans = crawl(data, "exif")
    assert description.exif["Software"] == "x" * 400
    assert description.complete
    assert len(spans) <= 1


def test_read_truncated():
    check_truncations(
        tiff.read, file(*SIZE, (0x10F, 2, b"NIKON\0"), (0x14A, 4, b"\x08\0\0\0"))
    )


@given(st.binary(max_size=200), st.integers(4, 60))
def test_read_survives_junk(junk, cut):
    with suppress(ValueError):
        tiff.read(whole(file(*SIZE)[:cut] + junk), Layout())
