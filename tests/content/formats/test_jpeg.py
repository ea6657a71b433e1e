from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import jpeg
from imgprint.content.formats.layout import Layout
from imgprint.content.sparse import MissingBytes
from tests.support.samples import (
    check_truncations,
    exif,
    lay_out,
    partial,
    picture,
    tiff,
    whole,
)

JPEG = (
    b"\xff\xd8"  # SOI
    b"\xff\xe0\x00\x04JF"  # APP0
    b"\xff\xe1\x00\x10Exif\0\0II*\0\x08\0\0\0"  # APP1: TIFF header at 18
    b"\xff\xe1\x00\x22http://ns.adobe.com/xap/1.0/\0<a>"
    b"\xff\xe2\x00\x11ICC_PROFILE\0\1\2a"  # at 80
    b"\xff\xe2\x00\x11ICC_PROFILE\0\2\2b"
    b"\xff\xed\x00\x12Photoshop 3.0\x008B"
    b"\xff\xfe\x00\x04hi"
    b"\xff\xc2\x00\x0b\x08\x00\x0a\x00\x14\1\1\x11\0"  # SOF2
    b"\xff\xda"  # SOS
    b"\x00\x08"
)


def test_read():
    layout = lay_out(jpeg.read, whole(JPEG))
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)
    assert layout.progressive
    assert layout.frames == 1
    assert layout.picture == JPEG.index(b"\xff\xda")
    kinds = [block.kind for block in layout.blocks]
    assert kinds == ["exif", "xmp", "icc", "photoshop", "comment"]
    assert layout.blocks[0].spans == (range(18, 26),)
    parts = layout.blocks[2].spans
    assert [JPEG[part.start : part.stop] for part in parts] == [b"a", b"b"]


def test_read_asks_for_the_next_segment():
    with pytest.raises(MissingBytes) as excinfo:
        lay_out(jpeg.read, partial(JPEG, 26))
    assert excinfo.value.span.start == 26


def test_read_skips_bytes_between_segments():
    data = b"\xff\xd8\0\0\xff" + JPEG[2:]
    assert lay_out(jpeg.read, whole(data)).width == 20


def test_read_jumps_over_jumbf():
    # Two full segments and a rest, of a superbox of 8 + 100 + 100 + 30 bytes.
    head = b"JP\0\1\0\0\0%c\0\0\0\xeejumb"
    full = [b"\xff\xeb\0\x76" + head % number + bytes(100) for number in (1, 2)]
    rest = b"\xff\xeb\0\x30" + head % 3 + bytes(30)
    end = b"\xff\xc0\x00\x0b\x08\x00\x0a\x00\x14\1\1\x11\0\xff\xd9"
    data = b"\xff\xd8" + b"".join(full) + rest + end
    image = partial(data, 2 + len(full[0]))
    image.add(len(data) - len(end), end)
    layout = lay_out(jpeg.read, image)
    assert layout.width == 20
    assert [len(span) for span in layout.blocks[0].spans] == [108, 100, 30]
    assert layout.blocks == lay_out(jpeg.read, whole(data)).blocks


def test_frames_of_mpo():
    # Two views, a preview and, without a type, a gain map.
    types = (0x2003_0000, 0x0002_0002, 0x0001_0001, 0)
    entries = b"".join(kind.to_bytes(4, "little") + bytes(12) for kind in types)
    index = b"MPF\0" + tiff((0xB001, 4, b"\4\0\0\0"), (0xB002, 7, entries))
    segment = b"\xff\xe2" + (2 + len(index)).to_bytes(2, "big") + index
    assert lay_out(jpeg.read, whole(b"\xff\xd8" + segment + JPEG[2:])).frames == 2


def test_read_pillow():
    data = picture("jpeg", (64, 48), exif=exif(), progressive=True)
    layout = lay_out(jpeg.read, whole(data))
    assert (layout.width, layout.height, layout.progressive) == (64, 48, True)
    assert [block.kind for block in layout.blocks] == ["exif"]


def test_read_truncated():
    check_truncations(jpeg.read, JPEG)


@given(st.binary(max_size=200))
def test_read_survives_junk(junk):
    with suppress(ValueError):
        jpeg.read(whole(b"\xff\xd8\xff" + junk), Layout())
