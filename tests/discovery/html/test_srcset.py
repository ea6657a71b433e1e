"""Vectors after those of the HTML standard's own tests of srcset parsing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.html.srcset import MAX_SOURCES, Source, largest, parse_srcset

VECTORS = [
    ("", []),
    (",", []),
    (",,,", []),
    (" \t\n\f\r", []),
    ("a", [("a",)]),
    ("  a  ", [("a",)]),
    (",,,a", [("a",)]),
    ("a,", [("a",)]),
    ("a,,,", [("a",)]),
    ("a , ", [("a",)]),
    ("a, b", [("a",), ("b",)]),
    ("a,b", [("a,b",)]),
    ("a,b 1x", [("a,b", None, None, 1.0)]),
    ("a 1x,b 2x", [("a", None, None, 1.0), ("b", None, None, 2.0)]),
    ("data:,a 1x", [("data:,a", None, None, 1.0)]),
    ("data:,a,  data:,b 2x", [("data:,a",), ("data:,b", None, None, 2.0)]),
    ("a 100w", [("a", 100)]),
    ("a 100w 50h", [("a", 100, 50)]),
    ("a 50h 100w", [("a", 100, 50)]),
    ("a 1.5x", [("a", None, None, 1.5)]),
    ("a .5x", [("a", None, None, 0.5)]),
    ("a 0x", [("a", None, None, 0.0)]),
    ("a 1e1x", [("a", None, None, 10.0)]),
    ("a 1x\n,\tb 2x", [("a", None, None, 1.0), ("b", None, None, 2.0)]),
    ("a ( , data:x 1x, ), b 1x", [("b", None, None, 1.0)]),
    ("a (x) 1x, b", [("b",)]),
    ("a 1x (", []),
    # Invalid descriptors take their candidate with them, and no other.
    ("a 50h", []),
    ("a 0w", []),
    ("a -1w", []),
    ("a 1.5w", []),
    ("a +1x", []),
    ("a -1x", []),
    ("a 1.x", []),
    ("a 1xx", []),
    ("a x", []),
    ("a w", []),
    ("a 1x 2x", []),
    ("a 1w 1w", []),
    ("a 1w 1x", []),
    ("a 1x 1h", []),
    ("a 1q, b 2x", [("b", None, None, 2.0)]),
    ("a NaNx", []),
    ("a infx", []),
    ("a 1W", []),
    ("a \u0661w", []),
    ("a 99999999999999999999w", []),
]


@pytest.mark.parametrize(("text", "expected"), VECTORS)
def test_parse_srcset(text, expected):
    assert list(parse_srcset(text)) == [Source(*source) for source in expected]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("a 1x, b 3x, c 2x", "b"),
        ("a 100w, b 900w, c 300w", "b"),
        ("a, b, c", "c"),
        ("a 9w, b 9w", "a"),
        ("a 3x, b 1w", "b"),
        ("a.webp 900w, b.jpg 100w", "b.jpg"),
        ("a.avif 1x, b.webp 2x", "b.webp"),
        ("a.jpg, b.avif?x=.jpg", "a.jpg"),
    ],
)
def test_largest(text, url):
    assert largest(parse_srcset(text)).url == url


def test_largest_of_none():
    assert largest([]) is None


def test_type_counts_before_name():
    avif = Source("a.jpg", 900, media_type="image/avif")
    jpeg = Source("b", 100, media_type="image/jpeg")
    assert largest([avif, jpeg]) is jpeg


def test_endless_srcset_ends():
    text = ", ".join(["a 1x"] * (MAX_SOURCES + 5))
    assert sum(1 for _ in parse_srcset(text)) == MAX_SOURCES


@given(st.text(alphabet="ab ,()1.5xwhe-+\t\\\u0661", max_size=60) | st.text())
def test_junk(text):
    largest(parse_srcset(text))
