from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import bmp
from imgprint.content.formats.layout import Layout
from tests.support.samples import check_truncations, lay_out, picture, whole


def test_read():
    layout = lay_out(bmp.read, whole(picture("bmp")))
    assert (layout.width, layout.height, layout.bit_depth, layout.frames) == (
        20,
        10,
        24,
        1,
    )


def test_read_top_down_and_core_header():
    top_down = (
        b"BM" + bytes(8) + b"\x36\0\0\0\x28\0\0\0\x14\0\0\0\xf6\xff\xff\xff\1\0\x18\0"
    )
    assert lay_out(bmp.read, whole(top_down)).height == 10
    core = b"BM" + bytes(8) + b"\x1a\0\0\0\x0c\0\0\0\x14\0\x0a\0\1\0\x18\0"
    layout = lay_out(bmp.read, whole(core))
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 24)


def test_read_ico():
    data = picture("ico", (256, 256), sizes=[(16, 16), (256, 256)])
    layout = lay_out(bmp.read_ico, whole(data))
    assert (layout.width, layout.height, layout.frames) == (256, 256, 2)


def test_read_truncated():
    check_truncations(bmp.read, picture("bmp", (2, 2)))
    check_truncations(bmp.read_ico, picture("ico", (16, 16))[:60])


@given(st.binary(max_size=60))
def test_read_survives_junk(junk):
    for read in (bmp.read, bmp.read_ico):
        with suppress(ValueError):
            read(whole(junk), Layout())
