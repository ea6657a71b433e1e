import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.byte_ranges.range_grammar import (
    Part,
    is_multipart,
    multipart_parts,
    parse_content_range,
    range_header,
)

TYPE = "multipart/byteranges; boundary=B"


def test_range_header():
    assert range_header(range(0, 10241), -1024) == "bytes=0-10240,-1024"
    assert range_header(range(31740, 32764)) == "bytes=31740-32763"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes 0-0/1", (range(0, 1), 1)),
        ("bytes 5-9/*", (range(5, 10), None)),
        (" bytes  5-9/10 ", (range(5, 10), 10)),
        ("bytes */200000", (None, 200000)),
        ("bytes */*", (None, None)),
    ],
)
def test_content_range(value, expected):
    assert parse_content_range(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0-10240/32764",
        "items 0-1/2",
        "bytes 9-5/10",
        "bytes 0-10/10",  # civetweb: the end is clamped to N
        "bytes 0--1/0",  # Caddy, H2O: the empty file
        "bytes -1024--1/0",
        "bytes 0-1/2, bytes 3-4/5",
        "bytes 0-1/" + "9" * 30,
    ],
)
def test_content_range_refused(value):
    with pytest.raises(ValueError, match="Content-Range"):
        parse_content_range(value)


def test_is_multipart():
    assert is_multipart("Multipart/ByteRanges; boundary=x")
    assert not is_multipart("image/jpeg")


@pytest.mark.parametrize("preamble", [b"", b"\r\n", b"\n", b"preamble\r\n"])
@pytest.mark.parametrize("close", [b"\r\n--B--\r\n", b"\r\n--B--", b""])
def test_parts(preamble, close):
    body = (
        preamble + b"--B\r\nContent-Type: image/jpeg\r\n"
        b"content-range: bytes 0-3/10\r\n\r\nabcd"
        b"\r\n--B\r\nContent-Range: bytes 8-9/10\r\n\r\nij" + close
    )
    assert list(multipart_parts(TYPE, body)) == [
        Part(0, b"abcd", 10, "image/jpeg"),
        Part(8, b"ij", 10),
    ]


def test_quoted_boundary_and_bare_line_feeds():
    body = b"--a b\nContent-Range: bytes 0-1/*\n\nxy\n--a b--\n"
    parts = multipart_parts('multipart/byteranges; Boundary="a b"', body)
    assert list(parts) == [Part(0, b"xy", None)]


def test_data_may_look_like_a_delimiter():
    data = b"ab\r\n--B\r\ncd"
    body = (
        b"--B\r\nContent-Range: bytes 0-10/20\r\n\r\n" + data + b"\r\n--B\r\n"
        b"Content-Range: bytes 18-19/20\r\n\r\nst\r\n--B--"
    )
    assert [part.data for part in multipart_parts(TYPE, body)] == [data, b"st"]


def test_a_part_shorter_than_announced_ends_at_the_delimiter():
    body = (
        b"--B\r\nContent-Range: bytes 0-99/200\r\n\r\nabc\r\n--B\r\n"
        b"Content-Range: bytes 198-199/200\r\n\r\nyz\r\n--B--" + b" " * 200
    )
    parts = list(multipart_parts(TYPE, body))
    assert parts == [Part(0, b"abc", 200), Part(198, b"yz", 200)]


def test_a_part_longer_than_announced_is_cut():
    body = (
        b"--B\r\nContent-Range: bytes 0-1/9\r\n\r\nabXXXX\r\n--B\r\n"
        b"Content-Range: bytes 7-8/9\r\n\r\nhi\r\n--B--"
    )
    assert list(multipart_parts(TYPE, body)) == [
        Part(0, b"ab", 9),
        Part(7, b"hi", 9),
    ]


def test_parts_that_do_not_say_where_they_lie_are_passed_over():
    body = (
        b"--B\r\n\r\nabc\r\n--B\r\nContent-Range: nonsense\r\n\r\nabc"
        b"\r\n--B\r\nContent-Range: bytes 7-8/9\r\n\r\nhi\r\n--B--"
    )
    assert list(multipart_parts(TYPE, body)) == [Part(7, b"hi", 9)]


def test_a_giant_part_header_gives_nothing():
    body = b"--B\r\nX: " + b"x" * 9000 + b"\r\nContent-Range: bytes 0-0/1\r\n\r\na"
    assert list(multipart_parts(TYPE, body)) == []


def test_a_cut_body_gives_the_prefix():
    body = b"--B\r\nContent-Range: bytes 0-99/200\r\n\r\nabc"
    assert list(multipart_parts(TYPE, body)) == [Part(0, b"abc", 200)]


def test_no_boundary():
    with pytest.raises(ValueError, match="boundary"):
        list(multipart_parts("multipart/byteranges", b""))


@given(
    st.lists(
        st.sampled_from(
            [b"--B", b"--", b"\r\n", b"\n", b"Content-Range: bytes 0-3/9", b"abc", b"-"]
        )
    )
)
def test_junk_gives_only_parts(pieces):
    for part in multipart_parts(TYPE, b"".join(pieces)):
        assert part.start >= 0
        assert len(part.data) <= 4
