from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import jxl
from imgprint.content.formats.layout import Layout
from tests.support.samples import lay_out, whole


def bits(*fields):
    """A codestream of (value, bits) fields, least significant first."""
    value = shift = 0
    for field, count in fields:
        value |= field << shift
        shift += count
    return b"\xff\x0a" + value.to_bytes(30, "little")


SMALL = (1, 1), (4, 5), (0, 3), (9, 5)  # 40 high, 80 wide


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([*SMALL, (1, 1)], (80, 40, 8)),
        ([(1, 1), (4, 5), (3, 3), (1, 1)], (53, 40, 8)),  # ratio 4:3
        ([(0, 1), (1, 2), (999, 13), (0, 3), (0, 2), (499, 9), (1, 1)], (500, 1000, 8)),
        ([*SMALL, (0, 1), (0, 1), (0, 1), (1, 2)], (80, 40, 10)),
        ([*SMALL, (0, 1), (1, 1), (5, 3), (0, 3), (1, 1), (1, 2)], (80, 40, 16)),
        ([*SMALL, (0, 1), (1, 1), (5, 3), (1, 3)], (80, 40, None)),
    ],
)
def test_read(fields, expected):
    layout = Layout()
    jxl.read(whole(bits(*fields)), 0, layout)
    assert (layout.width, layout.height, layout.bit_depth) == expected


def test_read_refuses_other_data():
    with pytest.raises(ValueError, match="codestream"):
        lay_out(lambda image, layout: jxl.read(image, 0, layout), whole(b"II*\0"))


@given(st.binary(max_size=40))
def test_read_survives_junk(junk):
    with suppress(ValueError):
        jxl.read(whole(b"\xff\x0a" + junk), 0, Layout())
