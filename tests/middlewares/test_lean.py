"""What imgprint does in Scrapy's place has to do what Scrapy does."""

import asyncio
import inspect
import logging
from functools import wraps

import pytest
from pydispatch import dispatcher
from scrapy import Request, Spider
from scrapy.core.downloader import Downloader as ScrapyDownloader
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.core.engine import ExecutionEngine
from scrapy.downloadermiddlewares.stats import DownloaderStats
from scrapy.exceptions import DropItem, StopDownload
from scrapy.http import Response
from scrapy.logformatter import LogFormatter
from scrapy.pipelines import ItemPipelineManager
from scrapy.signalmanager import SignalManager
from scrapy.utils.defer import ensure_awaitable
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from imgprint.middlewares.lean.download import Downloader, Middlewares, _bare
from imgprint.middlewares.lean.lean_items import LeanLogFormatter, Pipelines
from imgprint.middlewares.lean.signals import LeanSignals
from tests.support.crawling import scrapy

SIGNAL = object()


class Receiver:
    def __init__(self):
        self.got = []

    def nothing(self):
        self.got.append(())
        return 1

    def some(self, item, sender):
        self.got.append((item, sender))
        return 2

    def all(self, **kwargs):
        self.got.append(tuple(sorted(kwargs)))
        return 3

    async def later(self, item):
        await asyncio.sleep(0)
        self.got.append((item,))
        return 4

    def stops(self):
        raise StopDownload(fail=False)

    def fails(self):
        raise ValueError("broken")

    async def fails_later(self):
        await asyncio.sleep(0)
        raise ValueError("broken later")


def managers():
    """Scrapy's way to send a signal, and the lean one, with the same receivers."""
    manager = SignalManager(dispatcher.Anonymous)
    return manager, LeanSignals(manager.sender)


def outcome(result):
    value = result.value if isinstance(result, Failure) else result
    return type(value), str(value)


def run(receiver, names, send):
    manager = SignalManager(dispatcher.Anonymous)
    for name in names:
        manager.connect(getattr(receiver, name), SIGNAL)
    try:
        results = send(SIGNAL, item="i", spider=None)
        if inspect.isawaitable(results):
            results = asyncio.run(_wait(results))
    finally:
        for name in names:
            manager.disconnect(getattr(receiver, name), SIGNAL)
    return sorted((r.__name__, outcome(value)) for r, value in results)


async def _wait(awaitable):
    return await awaitable


@pytest.mark.parametrize("names", [("nothing", "some", "all"), ("stops", "fails"), ()])
def test_signals_are_sent_as_by_scrapy(names, caplog):
    theirs, ours = Receiver(), Receiver()
    manager, lean = managers()
    expected = run(theirs, names, manager.send_catch_log)
    logged = [(r.levelname, r.name, r.msg) for r in caplog.records]
    caplog.clear()
    assert run(ours, names, lean.send) == expected
    assert sorted(ours.got) == sorted(theirs.got)
    assert [(r.levelname, r.name, r.msg) for r in caplog.records] == logged


@pytest.mark.parametrize(
    "names", [("nothing", "some", "all"), ("later", "some", "fails", "fails_later")]
)
def test_signals_are_awaited_as_by_scrapy(names, caplog):
    theirs, ours = Receiver(), Receiver()
    _, lean = managers()
    expected = run(theirs, names, reference_async)
    logged = sorted((r.levelname, r.msg) for r in caplog.records)
    caplog.clear()
    assert run(ours, names, lean.send_async) == expected
    assert sorted(ours.got) == sorted(theirs.got)
    assert sorted((r.levelname, r.msg) for r in caplog.records) == logged


async def reference_async(signal, **named):
    """SignalManager.send_catch_log_async, which needs a reactor to ask for."""
    from scrapy.utils.signal import _send_catch_log_asyncio

    return await _send_catch_log_asyncio(signal, dispatcher.Anonymous, **named)


# Downloader middlewares


class Sync:
    def __init__(self, request=None, response=None):
        self.request, self.response = request, response

    def process_request(self, request):
        return self.request

    def process_response(self, request, response):
        return self.response or response


class Async(Sync):
    async def process_request(self, request):
        await asyncio.sleep(0)
        return self.request

    async def process_response(self, request, response):
        await asyncio.sleep(0)
        return self.response or response


PAGE, OTHER = Response("http://a.example/"), Response("http://b.example/")
AGAIN = Request("http://c.example/")


async def fetched(request):
    return PAGE


@pytest.mark.parametrize("kind", [Sync, Async])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, PAGE),
        ({"request": OTHER}, OTHER),
        ({"request": AGAIN}, AGAIN),
        ({"response": OTHER}, OTHER),
        ({"response": AGAIN}, AGAIN),
        ({"request": 1}, TypeError),
        ({"response": 1}, TypeError),
    ],
)
def test_middlewares(kind, given, expected):
    crawler = get_crawler()
    manager = Middlewares(Sync(), kind(**given), Async(), crawler=crawler)
    run = manager.download_async(fetched, Request("http://a.example/"))
    if expected is TypeError:
        with pytest.raises(TypeError, match="must return"):
            asyncio.run(run)
    else:
        assert asyncio.run(run) is expected


# Pipelines


class Adds:
    def process_item(self, item):
        return [*item, "adds"]


class AddsLater:
    async def process_item(self, item):
        await asyncio.sleep(0)
        return [*item, "later"]


class Drops:
    def process_item(self, item):
        raise DropItem("unwanted")


def test_pipelines():
    crawler = get_crawler()
    pipelines = Pipelines(Adds(), AddsLater(), Adds(), crawler=crawler)
    item = asyncio.run(pipelines.process_item_async([]))
    assert item == ["adds", "later", "adds"]
    drops = Pipelines(Adds(), Drops(), crawler=crawler)
    with pytest.raises(DropItem):
        asyncio.run(drops.process_item_async([]))


# Private names


def test_what_is_private_in_scrapy_is_as_expected():
    names = ("_process_request", "_process_response", "_process_exception")
    for name in (*names, "_handle_mw_method"):
        assert callable(getattr(DownloaderMiddlewareManager, name))
    for name in ("_enqueue_request", "_download", "_get_slot"):
        assert callable(getattr(ScrapyDownloader, name))
    source = inspect.getsource(ScrapyDownloader._enqueue_request)
    for step in ("request_reached_downloader", "slot.active.add", "DOWNLOAD_SLOT"):
        assert step in source
    source = inspect.getsource(ExecutionEngine._download)
    for step in ("add_request", "downloader.fetch", "response_received", "nextcall"):
        assert step in source
    assert "process_item" in inspect.getsource(ItemPipelineManager._add_middleware)
    assert ensure_awaitable


SPIDER = """
import scrapy
class PhotosSpider(scrapy.Spider):
    name = "photos"
    start_urls = ["http://127.0.0.1:1/"]
    custom_settings = {"RETRY_ENABLED": False, "ROBOTSTXT_OBEY": False}
    def parse(self, response): pass
"""


@pytest.mark.parametrize(("value", "lean"), [("1", True), ("0", False)])
def test_all_of_it_can_be_turned_off(value, lean, tmp_path):
    (tmp_path / "photos.py").write_text(SPIDER)
    done = scrapy("runspider", "photos.py", f"-sIMGPRINT_LEAN={value}", cwd=tmp_path)
    assert ("imgprint.middlewares.lean.signals.LeanSignals" in done.stderr) is lean


def test_the_downloader_has_lean_middlewares():
    assert type(Downloader(get_crawler(Spider)).middleware) is Middlewares


def decorated(function):
    @wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


class Decorated:
    @decorated
    def process_request(self, request):
        return None


def test_only_scrapys_own_decorator_is_left_out():
    method = Decorated().process_request
    assert _bare(method) is method
    scrapys = DownloaderStats(None).process_request
    assert _bare(scrapys).__func__ is scrapys.__wrapped__


def test_an_item_is_worth_a_line_where_it_is_logged():
    logger = logging.getLogger("scrapy.core.scraper")
    args = ({"url": "u"}, None, Spider("s"))
    level = logger.level
    try:
        logger.setLevel(logging.DEBUG)
        theirs = LogFormatter().scraped(*args)
        assert theirs == LeanLogFormatter().scraped(*args)
        logger.setLevel(logging.INFO)
        assert LeanLogFormatter().scraped(*args) is None
    finally:
        logger.setLevel(level)
