import asyncio
import logging

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.defer import ensure_awaitable
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.errors import OnionRefused, TorDown
from imgprint.fetch.tor.socks_replies import socks_error
from imgprint.middlewares.tor_errors import OnionErrorMiddleware
from tests.fetch.tor.test_onion_names import onion

ONE, TWO = onion(1), onion(2)


class Engine:
    running = True


@pytest.fixture
def middleware():
    crawler = get_crawler()
    crawler.engine = Engine()
    made = build_from_crawler(OnionErrorMiddleware, crawler)
    made.first_wait, made.long_wait = 3, 60
    return made


def request(site, host=None):
    return Request(f"http://{host or site}/", meta={"imgprint_tor": site})


def wait(middleware, *requests):
    async def all_of_them():
        waits = map(middleware.process_request, requests)
        await asyncio.gather(*map(ensure_awaitable, waits))

    loop_time = asyncio.new_event_loop()
    try:
        start = loop_time.time()
        loop_time.run_until_complete(all_of_them())
        return loop_time.time() - start
    finally:
        loop_time.close()


def stat(middleware, name):
    return middleware.stats.get_value(f"imgprint/onion/error/{name}")


@pytest.mark.parametrize("code", [0xF0, 0xF1, 0xF2, 0xF3, 0xF7])
def test_an_onion_that_fails_gets_time(middleware, code):
    error = socks_error(code)
    middleware.process_exception(request(ONE), error)
    middleware.process_exception(request(ONE, f"www.{ONE}"), error)
    assert wait(middleware, request(TWO), request(ONE, "cdn.example")) < 1.5
    assert wait(middleware, request(ONE, f"www.{ONE}")) >= 1.5
    middleware.process_exception(request(ONE), error)
    with pytest.raises(OnionRefused) as excinfo:
        wait(middleware, request(ONE))
    assert str(excinfo.value).startswith(str(error))
    assert excinfo.value.name == "backing_off"
    assert stat(middleware, error.name) == 3
    assert wait(middleware, request(TWO)) < 1.5


def test_then_it_is_tried_again(middleware):
    middleware.long_wait = 0
    for _ in range(2):
        middleware.process_exception(request(ONE), socks_error(0xF0))
        wait(middleware, request(ONE))
    middleware.process_response(request(ONE), Response("http://a/"))
    assert middleware._troubles == {}


@pytest.mark.parametrize("code", [0x01, 0x04, 0x05, 0x06, 0xF4, 0xF6])
def test_other_errors_are_counted_only(middleware, code):
    error = socks_error(code)
    middleware.process_exception(request(ONE), error)
    assert stat(middleware, error.name) == 1
    assert wait(middleware, request(ONE)) < 1.5


def test_other_people_s_errors(middleware):
    middleware.process_exception(request(ONE), ValueError())
    assert not [k for k in middleware.stats.get_stats() if "onion" in k]


def test_that_there_is_no_tor_is_said_once(middleware, caplog):
    caplog.set_level(logging.ERROR)
    down = TorDown("127.0.0.1:9050", "Connection refused")
    for _ in range(3):
        middleware.process_exception(request(ONE), down)
    assert len(caplog.messages) == 1
    assert "apt-get install tor" in caplog.text
    assert "127.0.0.1:9050" in caplog.text
    assert stat(middleware, "not_tried") == 3
    middleware.process_response(request(ONE), Response("http://a/"))
    middleware.process_exception(request(ONE), down)
    assert len(caplog.messages) == 2, "it was there in between"


def test_a_crawl_that_stops_does_not_wait(middleware):
    middleware.first_wait = 60
    middleware.process_exception(request(ONE), socks_error(0xF0))
    middleware.crawler.engine.running = False
    assert wait(middleware, request(ONE)) < 30
