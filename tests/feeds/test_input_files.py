import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.errors import InputError
from imgprint.feeds.input_files import read_feed

NUMBERS = st.integers() | st.floats()
TEXT = st.text(st.characters())


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    return tmp_path_factory.mktemp("feeds") / "feed.jsonl"


def plain(value):
    """*value* as UTF-8 and JSON can have it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


NAMES = TEXT.map("new {}".format)  # the types of others are known


@given(st.dictionaries(NAMES, NUMBERS | TEXT | st.lists(NUMBERS)))
def test_lines_are_read_as_python_reads_them(feed, values):
    record = {**values, "url": "http://a.example/"}
    feed.write_text(json.dumps(record) + "\n")
    expected = {plain(name): plain(value) for name, value in record.items()}
    assert list(read_feed(feed)) == [expected]


def test_a_cut_line(feed):
    feed.write_text('{"url": "a"}\n\n{"url": "b", "a": NaN}\n{"url": "c", ')
    assert [record["url"] for record in read_feed(feed)] == ["a", "b"]
    feed.write_text('{"url": "a"}\n{"url": "c", \n')
    with pytest.raises(InputError, match="line 2: not JSON"):
        list(read_feed(feed))
