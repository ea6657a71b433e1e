"""Requests are written as plain values, and reading them runs nothing."""

import pickle
import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import FormRequest, Request, Spider
from scrapy.http.request import NO_CALLBACK

from imgprint.jobs.packing import (
    MAX_DEPTH,
    PackingError,
    pack,
    pack_values,
    unpack,
    unpack_values,
)

KEYS = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.binary()),
    st.text(),
)
SIMPLE = KEYS | st.floats(allow_nan=False)
VALUES = st.recursive(
    SIMPLE | st.sets(KEYS) | st.frozensets(KEYS),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner)
    ),
)


class Pages(Spider):
    name = "pages"
    handler = print

    def parse(self, response):
        pass

    def _private(self, response):
        pass


class Odd(Pages):
    @property
    def danger(self):
        raise AssertionError("it was run")


class OwnRequest(Request):
    pass


@pytest.fixture
def spider():
    return Pages()


def fields(**changes):
    return {"url": "http://a.example/", "callback": None, "errback": None, **changes}


@given(VALUES)
def test_values_come_back_as_they_were(value):
    again = unpack_values(pack_values(value))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("kind", [Request, FormRequest, OwnRequest])
@pytest.mark.parametrize("method", ["parse", "_private", None])
def test_requests_come_back_as_they_were(kind, method, spider):
    callback = getattr(spider, method) if method else None
    first = kind(
        "http://a.example/?b=1#c",
        callback,
        method="POST",
        headers={"X-A": ["1", "2"]},
        body=b"\x00",
        cookies={"a": "b"},
        meta={"a": (1, {2, 3}), "b": None},
        cb_kwargs={"c": 1.5},
        errback=spider.parse,
    )
    again = unpack(pack(first, spider), spider)
    assert type(again) is kind
    assert again.to_dict(spider=spider) == first.to_dict(spider=spider)
    assert again.callback == callback


@pytest.mark.parametrize(
    "value", [object(), print, Pages, 2**64, "\ud800", {(1,): 2}, bytearray(b"a")]
)
def test_other_values_are_not_written(value, spider):
    with pytest.raises(PackingError):
        pack(Request("http://a.example/", meta={"a": value}), spider)


def test_depth_is_bounded(spider):
    deep = []
    for _ in range(MAX_DEPTH):
        deep = [deep]
    with pytest.raises(PackingError, match="too deep"):
        pack_values(deep)


@pytest.mark.parametrize("callback", [NO_CALLBACK, print, lambda response: None])
def test_functions_that_are_no_methods_are_not_written(callback, spider):
    with pytest.raises(PackingError):
        pack(Request("http://a.example/", callback), spider)


@pytest.mark.parametrize(
    "name",
    ["danger", "handler", "__init__", "from_crawler", "close", "start", "none", "", 5],
)
@pytest.mark.parametrize("which", ["callback", "errback"])
def test_callbacks_are_the_spiders_methods(name, which):
    data = pack_values(fields(**{which: name}))
    with pytest.raises(PackingError, match="not a callback of the spider"):
        unpack(data, Odd())


@pytest.mark.parametrize("name", ["subprocess.Popen", "antigravity.Request", "", 5, []])
def test_no_class_is_imported(name, spider):
    with pytest.raises(PackingError, match="not a class of requests"):
        unpack(pack_values(fields(_class=name)), spider)


@pytest.mark.parametrize(
    "changes",
    [
        {"url": None},
        {"url": "no scheme"},
        {"meta": 5},
        {"headers": [[[]]]},
        {"priority": "x"},
        {"cookies": 5, "encoding": 7},
        {"flags": 5},
        {"body": [1]},
    ],
)
def test_fields_of_wrong_types(changes, spider):
    with pytest.raises(PackingError):
        unpack(pack_values(fields(**changes)), spider)


class Command:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickle_is_not_run(tmp_path, spider):
    data = pickle.dumps(Command(tmp_path / "made"))
    with pytest.raises(PackingError):
        unpack(data, spider)
    assert not [*tmp_path.iterdir()]


@given(st.binary() | st.text(string.printable).map(str.encode))
def test_any_bytes(data):
    with suppress(PackingError):
        unpack(data, Pages())


@pytest.mark.parametrize(
    "data", [b"\x91" * 5000, "text", None, 5, b"\xdd" + b"\xff" * 4]
)
def test_odd_data(data, spider):
    with pytest.raises(PackingError):
        unpack(data, spider)
