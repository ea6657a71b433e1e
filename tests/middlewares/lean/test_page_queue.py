"""Which page comes next while the downloader is full."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from scrapy import Request, Spider
from scrapy.core.downloader import Slot
from scrapy.squeues import LifoMemoryQueue
from scrapy.utils.test import get_crawler

from imgprint.middlewares.lean.download import Downloader
from imgprint.middlewares.lean.page_queue import Delivery, PageQueue
from tests.support.crawling import crawl

A, B = "a.example", "b.example"
PAGE = Request(f"http://{A}/page")


class Calls:
    count = 0

    def schedule(self):
        self.count += 1


@pytest.fixture
def crawler():
    crawler = get_crawler(Spider, {"CONCURRENT_REQUESTS": 4})
    downloader = Downloader(crawler)
    slot = SimpleNamespace(nextcall=Calls())
    crawler.engine = SimpleNamespace(downloader=downloader, _slot=slot)
    return crawler


def queue_of(crawler, *hosts):
    queue = PageQueue.from_crawler(crawler, LifoMemoryQueue, "")
    for number, host in enumerate(hosts):
        queue.push(Request(f"http://{host}/{number}"))
    return queue


def fill(crawler, count=4):
    crawler.engine.downloader.active = {Request(f"http://c/{i}") for i in range(count)}


def hosts_of(queue):
    found = []
    while request := queue.pop():
        found.append(request.url.split("/")[2])
    return found


def test_with_room_the_least_busy_comes_first_as_in_scrapy(crawler):
    queue = queue_of(crawler, A, A, B)
    busy = crawler.engine.downloader.slots[A] = Slot(8, 0, 0)
    busy.active.add(Request(f"http://{A}/"))
    assert hosts_of(queue) == [B, A, A]


def test_without_room_only_what_a_site_wants_that_was_begun(crawler):
    downloader = crawler.engine.downloader
    queue = queue_of(crawler, A, B, A)
    fill(crawler)
    assert downloader.needs_backout()
    assert queue.pop() is None
    with Delivery(crawler, PAGE) as way:
        assert downloader.needs_backout()
        way.begun()
        assert not downloader.needs_backout()
        assert crawler.engine._slot.nextcall.count == 1
        assert hosts_of(queue) == [A], "one page, and none of another site"
        assert downloader.needs_backout()
    fill(crawler, 3)
    assert hosts_of(queue) == [B, A]


def test_a_site_is_short_when_all_of_its_pages_are(crawler):
    queue = queue_of(crawler, A)
    fill(crawler)
    with Delivery(crawler, PAGE) as first, Delivery(crawler, PAGE) as second:
        first.begun()
        first.begun()
        assert queue.pop() is None
        second.begun()
        assert hosts_of(queue) == [A]


def test_a_page_without_images_makes_room_for_the_next(crawler):
    queue = queue_of(crawler, A)
    fill(crawler)
    with Delivery(crawler, PAGE):
        pass
    assert hosts_of(queue) == [A]


@pytest.mark.parametrize("ends_by", [None, RuntimeError])
def test_of_a_site_that_is_through_nothing_is_kept(crawler, ends_by):
    supply = crawler.engine.downloader.supply
    queue_of(crawler, B)
    fill(crawler)
    try:
        with Delivery(crawler, PAGE):
            if ends_by:
                raise ends_by
    except RuntimeError:
        pass
    assert not supply.short
    assert not supply._pages


def test_another_downloader_is_told_nothing(crawler):
    crawler.engine.downloader = object()
    with Delivery(crawler, PAGE) as way:
        way.begun()


# Sites together

PAGES, MANY = 12, 300


class Sites(ThreadingHTTPServer):
    """Pages of so many images that are not there, which takes a while to find out.

    Those of the small site wait until the large ones have filled the downloader.
    """

    daemon_threads = True

    def __init__(self, address, log, full, images):
        super().__init__((address, 0), Site)
        self.url = f"http://{address}:{self.server_port}"
        self.log, self.full = log, full
        self.images = images
        self.seen = 0


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.log.append(f"{self.server.images} {self.path}")
        if self.path.endswith("dead"):
            self.answer(404, b"")
        elif self.path.startswith("/page"):
            paths = [f"/image{self.path}-{i}.jpg" for i in range(self.server.images)]
            self.answer(200, "".join(f"<img src='{path}'>" for path in paths).encode())
        else:
            if self.server.images == MANY:
                self.server.seen += 1
                if self.server.seen == 20:
                    self.server.full.set()
            elif self.path.startswith("/image"):
                self.server.full.wait(5)
            time.sleep(0.01)
            self.answer(404, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_a_site_goes_on_while_others_keep_the_downloader_full(tmp_path):
    log, full = [], threading.Event()
    with (
        Sites("127.0.0.1", log, full, 1) as site,
        Sites("127.0.0.2", log, full, MANY) as second,
        Sites("127.0.0.3", log, full, MANY) as third,
    ):
        for each in (site, second, third):
            threading.Thread(target=each.serve_forever, daemon=True).start()
        pages = [f"{second.url}/page", f"{third.url}/page"]
        pages += [f"{site.url}/page{i}{'dead' * (i % 2)}" for i in range(PAGES)]
        settings = {"CONCURRENT_REQUESTS": 4, "AUTOTHROTTLE_ENABLED": 0}
        crawl(f"-aurl={','.join(pages)}", cwd=tmp_path, settings=settings)
        for each in (site, second, third):
            each.shutdown()
    assert len(log) == 3 + len(pages) + 2 * MANY + PAGES / 2
    last = max(i for i, line in enumerate(log) if line.startswith("1 /page"))
    left = [line for line in log[last:] if line.startswith(f"{MANY} /image")]
    # Without a place of its own it would come when next to none are left.
    assert len(left) > MANY / 2
