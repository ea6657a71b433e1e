"""Lean headers, stats and turns are what Scrapy's are."""

import asyncio
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request, Spider
from scrapy.core.downloader import Slot
from scrapy.downloadermiddlewares.stats import DownloaderStats
from scrapy.http import Headers, Response
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.test import get_crawler

from imgprint.discovery.urls.targets import host_of
from imgprint.fetch.lean_headers import LeanHeaders
from imgprint.middlewares.lean.download import Downloader
from imgprint.middlewares.lean.stats import LeanDownloaderStats, LeanStatsCollector

names = st.text(ascii_letters + "-", min_size=1, max_size=8)
keys = names | names.map(str.encode)
texts = st.text(max_size=5)
values = texts | texts.map(str.encode) | st.integers() | st.lists(texts) | st.none()
calls = st.one_of(
    st.tuples(st.just("__setitem__"), keys, values),
    st.tuples(st.just("setdefault"), keys, values),
    st.tuples(st.just("get"), keys),
    st.tuples(st.just("get"), keys, values),
    st.tuples(st.just("getlist"), keys),
    st.tuples(st.just("__contains__"), keys),
    st.tuples(st.just("pop"), keys, st.just("none")),
    st.tuples(st.just("appendlist"), keys, values),
)


def outcome(headers, call):
    name, *arguments = call
    try:
        return getattr(headers, name)(*arguments)
    except (KeyError, IndexError, TypeError) as error:
        return type(error)


@given(st.dictionaries(names, texts | st.lists(texts)), st.lists(calls))
def test_headers(given_fields, calls):
    theirs, ours = Headers(given_fields), LeanHeaders(given_fields)
    for call in calls:
        assert outcome(ours, call) == outcome(theirs, call)
        assert ours == theirs
    assert list(ours.items()) == list(theirs.items())
    assert ours.to_tuple_list() == theirs.to_tuple_list()
    assert ours.to_string() == theirs.to_string()
    assert ours.copy() == theirs.copy()


def collector(kind):
    return kind(get_crawler(Spider))


@given(
    st.sampled_from(
        [
            "http://a.example",
            "https://User@A.example:8/p/a.jpg;v=1?q=\u00e9#f",
            "http://[::1]/?",
        ]
    ),
    st.sampled_from(["GET", "POST"]),
    st.dictionaries(names, texts | st.lists(texts)),
    st.binary(max_size=9),
    st.sampled_from([200, 206, 304, 599]),
)
def test_sizes_in_stats(url, method, fields, body, status):
    request = Request(url, method=method, headers=fields, body=body)
    response = Response(url, status=status, headers=fields, body=body)
    stats = []
    for kind, values in (
        (DownloaderStats, MemoryStatsCollector),
        (LeanDownloaderStats, LeanStatsCollector),
    ):
        made = kind(collector(values))
        made.process_request(request)
        assert made.process_response(request, response) is response
        stats.append(made.stats.get_stats())
    assert stats[0] == stats[1]


def test_stats_are_kept():
    stats = collector(LeanStatsCollector)
    stats.inc_value("a")
    stats.inc_value("a", 2)
    stats.inc_value("b", start=5)
    stats.max_value("c", 1)
    assert stats.get_stats() == {"a": 3, "b": 6, "c": 1}
    assert stats.get_value("none", 7) == 7


@pytest.mark.parametrize(
    "url", ["http://A.example:80/x", "https://u:p@b.example", "http://[::1]:8/"]
)
def test_host(url):
    request = Request(url)
    assert host_of(request) == urlparse_cached(request).hostname


# Turns


@pytest.fixture
def downloader():
    made = Downloader(get_crawler(Spider))
    yield made
    made.close()


class Handlers:
    """Downloads that last until they are let go."""

    def __init__(self):
        self.under_way = {}

    async def download_request_async(self, request):
        done = self.under_way[request.url] = asyncio.get_running_loop().create_future()
        try:
            return await done
        finally:
            del self.under_way[request.url]


def requests(count):
    return [Request(f"http://a.example/{i}") for i in range(count)]


async def beginning(downloader, count):
    tasks = [
        asyncio.create_task(downloader._enqueue_request(request))
        for request in requests(count)
    ]
    await asyncio.sleep(0.05)
    return tasks


def slot_of(downloader, concurrency, delay=0.0):
    slot = downloader.slots["a.example"] = Slot(concurrency, delay, 0)
    downloader.handlers = Handlers()
    return slot, downloader.handlers.under_way


def test_no_more_at_a_time_than_a_slot_has_room_for(downloader):
    async def run():
        slot, under_way = slot_of(downloader, 2)
        tasks = await beginning(downloader, 5)
        begun = []
        while under_way:
            assert len(under_way) <= 2
            begun += [url[-1] for url in under_way]
            for done in under_way.values():
                done.set_result(Response("http://a.example/"))
            await asyncio.sleep(0.05)
        await asyncio.gather(*tasks)
        assert begun == ["0", "1", "2", "3", "4"]
        assert [*slot.active, *slot.queue, *slot.transferring] == []

    asyncio.run(run())


def test_requests_begin_a_delay_apart(downloader):
    async def run():
        _, under_way = slot_of(downloader, 8, 0.2)
        tasks = await beginning(downloader, 3)
        assert len(under_way) == 1
        await asyncio.sleep(0.2)
        assert len(under_way) == 2
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())


@pytest.mark.parametrize("which", [0, 2])
def test_who_gives_up_keeps_nobody_waiting(downloader, which):
    async def run():
        slot, under_way = slot_of(downloader, 2)
        tasks = await beginning(downloader, 4)
        tasks[which].cancel()
        await asyncio.sleep(0.05)
        expected = {0: ["1", "2"], 2: ["0", "1"]}[which]
        assert [url[-1] for url in under_way] == expected
        while under_way:
            for done in under_way.values():
                done.set_result(Response("http://a.example/"))
            await asyncio.sleep(0.05)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(d) for d in done].count(Response) == 3
        assert [*slot.active, *slot.queue, *slot.transferring] == []

    asyncio.run(run())
