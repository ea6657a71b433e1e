from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.urls.data_uri import decode_data_uri


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("data:image/gif;base64,R0lGODlh", ("image/gif", b"GIF89a")),
        ("DATA:Image/GIF ; BASE64,R0lG ODlh", ("image/gif", b"GIF89a")),
        ("data:;base64,R0k", ("", b"GI")),
        ("data:image/png;base64,-_-_", ("image/png", b"\xfb\xff\xbf")),
        ("data:image/svg+xml;charset=utf-8,%3Csvg%3E", ("image/svg+xml", b"<svg>")),
        ("data:image/gif;base64,R0lGODlh%3D", ("image/gif", b"GIF89a")),
    ],
)
def test_decode(uri, expected):
    assert decode_data_uri(uri) == expected


def test_the_label_holds_nothing_of_the_image():
    image = decode_data_uri("data:image/gif;base64,R0lGODlh")
    assert "R0lGODlh" not in image.label
    assert decode_data_uri(image.label).data == b""


@given(st.text(max_size=64))
def test_junk(junk):
    with suppress(ValueError):
        decode_data_uri(f"data:{junk}")


def test_a_label_is_short_whatever_the_page_says():
    for uri in (
        f"data:image/{'x' * 100_000};base64,R0lGODlh",
        f"data:image/gif;{';' * 100_000}base64,R0lGODlh",
        f"data:{'a;' * 100_000}base64,R0lGODlh",
    ):
        assert len(decode_data_uri(uri).label) < 400
