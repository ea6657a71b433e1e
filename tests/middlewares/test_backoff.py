from time import monotonic

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.middlewares.backoff import BackoffMiddleware, retry_after
from tests.support.crawling import crawl
from tests.support.pictures import jpeg
from tests.support.servers.hostile import HostileServer


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 1 ", 1),
        ("0", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("", 0),
        ("9" * 400, 999_999_999),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 20),
        ("Thursday, 01-Jan-70 00:02:00 GMT", 20),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 99 Jan 1970 00:00:00 GMT", 0),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, 100) == pytest.approx(seconds)


def wait_for(status, value, **settings):
    """The seconds that a host has to be left alone after its answer."""
    crawler = get_crawler(settings_dict=settings)
    middleware = build_from_crawler(BackoffMiddleware, crawler)
    request = Request("http://example.com/a.jpg")
    response = Response(request.url, status, {"Retry-After": value} if value else {})
    assert middleware.process_response(request, response) is response
    until = middleware._until.get("example.com")
    return until and round(until - monotonic())


def test_the_wait_is_capped():
    assert wait_for(429, "31536000") == 60
    assert wait_for(503, "31536000", IMGPRINT_MAX_RETRY_AFTER=5) == 5
    assert wait_for(503, "7") == 7


@pytest.mark.parametrize(
    ("status", "value"), [(200, "7"), (404, "7"), (429, None), (503, "soon")]
)
def test_nothing_to_wait_for(status, value):
    assert wait_for(status, value) is None


def test_a_busy_server_is_left_alone(tmp_path):
    with HostileServer(jpeg(1)) as server:
        start = monotonic()
        done = crawl(
            "-aurl=" + server.url("busy-503", "a.jpg"),
            cwd=tmp_path,
            settings={"IMGPRINT_MIN_SIZE": 0, "ROBOTSTXT_OBEY": "False"},
        )
        took = monotonic() - start
    (record,) = done.records
    assert record["transfer"]["requests"] == 1
    assert took > 1
    assert done.stats["imgprint/backoff/count"] == 1
    assert done.stats["retry/count"] == 1
    assert record["transfer"]["range"] == "multipart", "lists are asked for again"
