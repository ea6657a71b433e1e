from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import riff
from imgprint.content.formats.layout import Layout
from tests.support.samples import (
    XMP,
    check_truncations,
    crawl,
    exif,
    lay_out,
    picture,
    whole,
)


@pytest.mark.parametrize("lossless", [False, True])
def test_read_lone_bitstream(lossless):
    layout = lay_out(riff.read, whole(picture("webp", (20, 10), lossless=lossless)))
    assert (layout.width, layout.height, layout.bit_depth, layout.frames) == (
        20,
        10,
        8,
        1,
    )
    assert layout.blocks == []


def test_read_extended():
    data = picture("webp", (20, 10), exif=exif(), xmp=XMP, icc_profile=b"icc")
    layout = lay_out(riff.read, whole(data))
    assert (layout.width, layout.height, layout.frames) == (20, 10, 1)
    assert sorted(block.kind for block in layout.blocks) == ["exif", "icc", "xmp"]
    xmp = next(block for block in layout.blocks if block.kind == "xmp").spans[0]
    assert data[xmp.start : xmp.stop] == XMP


def test_chunks_that_no_flag_announces():
    data = bytearray(picture("webp", (20, 10), exif=exif()))
    data[20] = 0
    assert [block.kind for block in lay_out(riff.read, whole(bytes(data))).blocks] == [
        "exif"
    ]


def test_plain_costs_no_request():
    data = picture("webp", (200, 200), lossless=True)
    assert len(data) > 20_000
    assert crawl(data)[1] == []


def test_late_exif_is_one_request():
    data = picture("webp", (200, 200), lossless=True, exif=exif() + bytes(3000))
    description, spans = crawl(data, "exif")
    assert description.exif["Make"] == "Maker"
    assert len(spans) == 1


def test_animation():
    from PIL import Image

    frames = [Image.effect_noise((300, 200), 60 + i) for i in range(4)]
    data = picture(
        "webp",
        (300, 200),
        save_all=True,
        append_images=frames,
        exif=exif(),
        lossless=True,
    )
    assert len(data) > 100_000
    assert lay_out(riff.read, whole(data)).frames == 5
    description, spans = crawl(data, "exif")
    assert description.exif["Make"] == "Maker"
    assert len(spans) <= 1


def test_read_truncated():
    check_truncations(riff.read, picture("webp", (4, 4), exif=exif(), xmp=XMP))


@given(st.binary(max_size=100), st.integers(12, 40))
def test_read_survives_junk(junk, cut):
    data = b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\x2f\0\0\0\1\0\0\1\0\0EXIF\4\0\0\0abcd"
    with suppress(ValueError):
        riff.read(whole(data[:cut] + junk), Layout())
