from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import bmff, heif
from imgprint.content.formats.layout import Layout
from tests.support.samples import XMP, box, check_truncations, exif, picture, whole

META = b"\0\0\0\0" + b"".join(
    (
        box(b"hdlr", bytes(24)),
        box(b"pitm", b"\0\0\0\0\0\1"),
        box(
            b"iinf",
            b"\0\0\0\0\0\2"
            + box(b"infe", b"\2\0\0\0\0\1\0\0hvc1\0")
            + box(b"infe", b"\2\0\0\0\0\2\0\0Exif\0"),
        ),
        box(
            b"iloc",
            b"\1\0\0\0\x44\0\0\2"
            b"\0\1\0\0\0\0\0\1\0\0\1\0\0\0\0\x50"
            b"\0\2\0\1\0\0\0\1\0\0\0\0\0\0\0\4",  # in idat
        ),
        box(b"idat", b"exif"),
        box(
            b"iprp",
            box(
                b"ipco",
                box(b"ispe", b"\0\0\0\0\0\0\0\x14\0\0\0\x0a")
                + box(b"pixi", b"\0\0\0\0\3\x0a\x0a\x0a")
                + box(b"colr", b"profile"),
            )
            + box(b"ipma", b"\0\0\0\0\0\0\0\1\0\1\3\1\2\3"),
        ),
    )
)


def test_read_meta():
    layout = Layout()
    heif.read_meta(whole(META), range(len(META)), layout)
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 10)
    assert layout.picture == 0x100
    block, icc = layout.blocks
    assert META[block.spans[0].start : block.spans[0].stop] == b"exif"
    assert META[icc.spans[0].start : icc.spans[0].stop] == b"ile"


def test_read_pillow_avif():
    data = picture("avif", (20, 10), exif=exif(), xmp=XMP, icc_profile=b"profile")
    layout = Layout(format="avif")
    bmff.read(whole(data), layout)
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)
    assert {block.kind for block in layout.blocks} == {"exif", "xmp", "icc"}
    xmp = next(block for block in layout.blocks if block.kind == "xmp").spans[0]
    assert data[xmp.start : xmp.stop] == XMP


def test_read_truncated():
    data = box(b"ftyp", b"heic\0\0\0\0heic") + box(b"meta", META)
    check_truncations(bmff.read, data, "heic")


@given(st.binary(max_size=100), st.integers(0, len(META)))
def test_read_survives_junk(junk, cut):
    data = META[:cut] + junk + META[cut + len(junk) :]
    with suppress(ValueError):
        heif.read_meta(whole(data), range(len(data)), Layout())
