"""What a line of a feed may be. How commands take it: commands/test_hostile_feeds."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.feeds import line_shapes as shape
from imgprint.feeds.json_lines import json_line
from imgprint.feeds.line_shapes import ItemError, check_item, read_item
from imgprint.items import ImageRecord, Sighting
from tests.support import report_feeds as feeds
from tests.support.hostile_feeds import bad_lines
from tests.support.records import record

BAD = bad_lines()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = [field.name for field in feeds.documented(ImageRecord)]


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_item(name):
    with pytest.raises(ItemError) as caught:
        read_item(BAD[name])
    assert 1 < len(str(caught.value)) < 120
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "item",
    [
        ImageRecord("http://a.example/"),
        Sighting(),
        Sighting(page_url="a", error="b", width=1, rendered=True),
    ],
)
def test_what_a_crawl_writes(item):
    assert read_item(json_line(item)) == asdict(item)


@pytest.mark.parametrize(
    "item",
    [
        *(feeds.record(number) for number in range(50)),
        record(1),
        {"url": "http://a.example/"},
        {"image_url": None},
        {"url": "a", "new": {"of a": ["newer", 1.5, {"version": None}]}},
        {"url": "a", "transfer": {"range": "of a newer version"}},
    ],
)
def test_items_of_other_versions(item):
    assert read_item(json.dumps(item).encode()) == item


@given(st.sampled_from(FIELDS), JSON)
def test_any_value_in_any_field(name, value):
    item = {"url": "http://a.example/", name: value}
    try:
        line = json.dumps(item).encode()
        found = read_item(line)
    except ItemError as error:
        assert str(error)  # noqa: PT017 - either will do
    else:
        check_item(found)


@given(st.binary())
def test_any_bytes(line):
    with pytest.raises(ItemError):
        read_item(line)


def test_depth_is_bounded_where_brackets_are_text():
    many = {"url": "a", "new": ["[{"] * 200, "exif": {"a": "[" * 1000}}
    assert read_item(json.dumps(many).encode()) == many
    for depth, good in ((shape.MAX_DEPTH - 2, True), (shape.MAX_DEPTH + 1, False)):
        text = '{"url": "a", "new": ' + "[" * depth + "]" * depth + ', "b": "[[[["}'
        if good:
            read_item(text.encode())
        else:
            with pytest.raises(ItemError, match="too deep"):
                read_item(text.encode())


def test_length_is_bounded(monkeypatch):
    monkeypatch.setattr(shape, "MAX_LINE", 100)
    read_item(b'{"url": "a"}'.ljust(100))
    with pytest.raises(ItemError, match="MiB"):
        read_item(b'{"url": "a"}'.ljust(101))


def test_what_json_does_not_have():
    line = b'{"url": "a\\ud800", "a": NaN, "b": [-Infinity], "c": "\\udc00"}'
    assert read_item(line) == {"url": "a?", "a": None, "b": [None], "c": "?"}
