from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import gif
from imgprint.content.formats.layout import Layout
from tests.support.samples import (
    XMP,
    check_truncations,
    lay_out,
    partial,
    picture,
    whole,
)

FRAME = b",\0\0\0\0\1\0\1\0\x40\2\2D\1\0"
GIF = (
    b"GIF89a\x14\0\x0a\0\x80\0\0"
    + bytes(6)  # screen, two colours
    + b"!\xfe\2hi\3 an\0"
    + b"!\xff\x0bXMP DataXMP"
    + XMP
    + b"\1"
    + bytes(range(255, -1, -1))
    + b"\0"
    + FRAME * 2
    + b";"
)


def test_read():
    layout = lay_out(gif.read, whole(GIF))
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 1)
    assert (layout.frames, layout.progressive) == (2, True)
    assert layout.picture == GIF.index(FRAME)
    comment, xmp = layout.blocks
    assert GIF[comment.spans[0].start : comment.spans[0].stop] == b"\2hi\3 an\0"
    assert GIF[xmp.spans[0].start : xmp.spans[0].stop] == XMP


def test_read_pillow():
    assert lay_out(gif.read, whole(picture("gif"))).frames == 1


def test_frames_are_unknown_if_the_end_is():
    layout = lay_out(gif.read, partial(GIF, len(GIF) - 3))
    assert (layout.width, layout.frames) == (20, None)


def test_read_truncated():
    check_truncations(gif.read, GIF)


@given(st.binary(max_size=200), st.integers(13, 60))
def test_read_survives_junk(junk, cut):
    with suppress(ValueError):
        gif.read(whole(GIF[:cut] + junk), Layout())
