import gc
from weakref import ref

import pytest
from scrapy import signals
from scrapy.http import HtmlResponse, Response
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.extensions.gc_threshold import MAX_PAGES, GarbageThreshold


@pytest.fixture
def crawler():
    """A crawler with the extension, and no collector that comes by itself."""
    crawler = get_crawler()
    crawler.extension = build_from_crawler(GarbageThreshold, crawler)
    gc.disable()
    yield crawler
    gc.enable()


def read(crawler, kind, size):
    response = kind("http://a.example/", body=b" " * size)
    crawler.signals.send_catch_log(
        signals.response_received, response=response, spider=None
    )
    if kind is HtmlResponse:
        assert response.selector.response is response
    return ref(response)


def test_pages_are_garbage_by_their_bytes(crawler):
    first = read(crawler, HtmlResponse, MAX_PAGES // 2)
    read(crawler, HtmlResponse, MAX_PAGES // 2)
    assert first(), "not for every page: that takes time"
    read(crawler, HtmlResponse, MAX_PAGES // 2)
    assert not first()


def test_images_are_not(crawler):
    page = read(crawler, HtmlResponse, 10)
    for _ in range(4):
        read(crawler, Response, MAX_PAGES)
    assert page()
