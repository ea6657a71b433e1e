from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import svg
from imgprint.content.formats.layout import Layout
from tests.support.samples import check_truncations, lay_out, whole


@pytest.mark.parametrize(
    ("root", "size"),
    [
        (b"<svg width='20' height='10px'>", (20, 10)),
        (b'<svg viewBox="0 0 20 10">', (20, 10)),
        (b'<svg:svg width="1in" height="50%" viewBox="0,0,5,6">', (96, 115)),
        (b"<svg>", (None, None)),
    ],
)
def test_read(root, size):
    layout = lay_out(svg.read, whole(b"<?xml version='1.0'?>" + root))
    assert (layout.width, layout.height) == size


def test_read_truncated():
    check_truncations(svg.read, b"<svg width='20' height='10' ></svg>")


@given(st.binary(max_size=60))
def test_read_survives_junk(junk):
    with suppress(ValueError):
        svg.read(whole(b"<svg " + junk), Layout())
