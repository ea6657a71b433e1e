import zlib
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata import parts
from imgprint.content.sparse import MissingBytes
from tests.support.samples import partial, whole

TEXT = b"a text that is long enough to be worth it, it is, it is"
CODED = [
    (b"\3abc\2de\0junk", "gif", b"abcde"),
    (brotli.compress(TEXT), "brotli", TEXT),
    (b"name\0\0" + zlib.compress(TEXT), "iccp", TEXT),
    (b"Key\0" + TEXT, "tEXt", TEXT),
    (b"Key\0\0" + zlib.compress(TEXT), "zTXt", TEXT),
    (b"Key\0\1\0en\0Kee\0" + zlib.compress(TEXT), "iTXt", TEXT),
    (b"Raw profile type exif\0\nexif\n   4\n4949\n2a00\n", "tEXt/raw", b"II*\0"),
    (b"\0\0\0\0manifest\0" + bytes(8) + TEXT, "bmff", TEXT),
    (TEXT, "", TEXT),
]


@pytest.mark.parametrize(("data", "coding", "expected"), CODED)
def test_unwrap(data, coding, expected):
    assert parts.unwrap(data, coding) == expected


@pytest.mark.parametrize(("data", "coding", "expected"), CODED)
def test_unwrap_truncated(data, coding, expected):
    for known in range(len(data)):
        with suppress(ValueError):
            assert expected.startswith(parts.unwrap(data[:known], coding)[:4])


def test_unwrap_stops_a_bomb():
    bomb = zlib.compress(bytes(50_000_000))
    assert len(parts.unwrap(b"n\0\0" + bomb, "iccp")) == parts.MAX_UNPACKED
    bomb = brotli.compress(bytes(50_000_000))
    assert len(parts.unwrap(bomb, "brotli")) < 10 * parts.MAX_UNPACKED


def test_join():
    part = parts.join(whole(b"0123456789"), [range(1, 3), range(5, 99)])
    assert part[0 : part.size] == b"1256789"
    part = parts.join(partial(b"0123456789", 6), [range(1, 3), range(5, 8)])
    assert parts.prefix(part, 99) == b"125"
    with pytest.raises(MissingBytes) as excinfo:
        part[0:5]
    assert parts.place([range(1, 3), range(5, 8)], excinfo.value.span) == [range(6, 8)]


@given(st.binary(max_size=60), st.sampled_from([coding for _, coding, _ in CODED]))
def test_unwrap_survives_junk(junk, coding):
    with suppress(ValueError):
        parts.unwrap(junk, coding)
