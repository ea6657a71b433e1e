from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import psd
from imgprint.content.formats.layout import Layout
from tests.support.samples import IPTC, check_truncations, lay_out, whole


def resource(number, data, name=b"\0\0"):
    body = data + b"\0" * (len(data) % 2)
    return (
        b"8BIM" + number.to_bytes(2, "big") + name + len(data).to_bytes(4, "big") + body
    )


def file(*resources):
    part = b"".join(resources)
    header = b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x0a\0\0\0\x14\0\x08\0\3" + bytes(4)
    return header + len(part).to_bytes(4, "big") + part + b"layers"


PSD = file(
    resource(1005, b"abc", b"\3nam"), resource(1028, IPTC), resource(1058, b"II*\0")
)


def test_read():
    layout = lay_out(psd.read, whole(PSD))
    assert (layout.width, layout.height, layout.bit_depth) == (20, 10, 8)
    iptc, exif = layout.blocks
    assert PSD[iptc.spans[0].start : iptc.spans[0].stop] == IPTC
    assert PSD[exif.spans[0].start : exif.spans[0].stop] == b"II*\0"
    assert layout.picture == PSD.index(b"layers")


def test_read_truncated():
    check_truncations(psd.read, PSD)


@given(st.binary(max_size=100), st.integers(26, 60))
def test_read_survives_junk(junk, cut):
    with suppress(ValueError):
        psd.read(whole(PSD[:cut] + junk), Layout())
