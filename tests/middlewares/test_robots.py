import asyncio

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadFailedError, IgnoreRequest, NotConfigured
from scrapy.http import TextResponse
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.errors import TorDown
from imgprint.fetch.tor.socks_replies import socks_error
from imgprint.middlewares.robots import OnionRobotsMiddleware
from tests.fetch.tor.test_onion_names import onion

ONE, TWO = onion(1), onion(2)
RULES = b"User-agent: imgprint\nDisallow: /secret\n\nUser-agent: Mozilla\nDisallow: /\n"


class Engine:
    """Answer with what is next in line, and keep what was asked for."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def download_async(self, request):
        self.asked.append(request)
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return TextResponse(request.url, status=status, body=body, encoding="utf-8")


def robots(*answers):
    settings = {"ROBOTSTXT_OBEY": True, "USER_AGENT": "imgprint/0.1"}
    crawler = get_crawler(settings_dict=settings)
    crawler.engine = Engine(*answers)
    return build_from_crawler(OnionRobotsMiddleware, crawler)


def judge(middleware, *requests):
    """What becomes of *requests*: None or an exception for each."""

    async def all_of_them():
        calls = map(middleware.process_request, requests)
        return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(all_of_them())


def get(path, site=ONE, host=None):
    url = f"http://{host or site}{path}"
    headers = {"User-Agent": "Mozilla/5.0"}
    return Request(url, headers=headers, meta={"imgprint_tor": site})


def test_one_request_by_the_same_way():
    middleware = robots((200, RULES))
    allowed, forbidden = judge(middleware, get("/a.jpg"), get("/secret/a.jpg"))
    assert allowed is None
    assert str(forbidden) == "Forbidden by robots.txt"
    (asked,) = middleware.crawler.engine.asked
    assert asked.url == f"http://{ONE}/robots.txt"
    assert asked.meta["imgprint_tor"] == ONE
    assert judge(middleware, asked) == [None], "robots.txt itself needs no leave"


def test_hosts_of_two_sites_are_asked_for_each():
    middleware = robots((200, RULES), (200, RULES))
    requests = [get("/a.jpg", site, "cdn.example") for site in (ONE, TWO, ONE)]
    assert judge(middleware, *requests) == [None] * 3
    asked = middleware.crawler.engine.asked
    assert [r.url for r in asked] == ["http://cdn.example/robots.txt"] * 2
    assert [r.meta["imgprint_tor"] for r in asked] == [ONE, TWO]


@pytest.mark.parametrize("status", [404, 403, 410, 429])
def test_none_there_allows(status):
    assert judge(robots((status, RULES)), get("/secret")) == [None]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((500, b""), "robots.txt: HTTP 500"),
        ((503, RULES), "robots.txt: HTTP 503"),
        (DownloadFailedError("reset"), "robots.txt: reset"),
        (socks_error(0xF0), "robots.txt: onion descriptor not found (SOCKS 0xF0)"),
        (socks_error(0xF4), "the onion wants authorization (SOCKS 0xF4)"),
    ],
)
def test_none_to_be_had_forbids(answer, text):
    middleware = robots(answer, (200, b""))
    errors = judge(middleware, get("/a"), get("/b"))
    assert [str(error) for error in errors] == [text] * 2
    assert all(isinstance(error, IgnoreRequest) for error in errors), "no retry"
    assert judge(middleware, get("/a")) == [None], "it is asked again"
    assert len(middleware.crawler.engine.asked) == 2


def test_no_tor_is_no_matter_of_robots():
    down = TorDown("127.0.0.1:9050", "Connection refused")
    assert judge(robots(down), get("/a")) == [down]


def test_direct_requests_are_scrapy_s():
    middleware = robots((200, RULES), (500, b""))
    direct = Request("http://a.example/secret", headers={"User-Agent": "imgprint"})
    (error,) = judge(middleware, direct)
    assert str(error) == "Forbidden by robots.txt"
    assert judge(middleware, Request("http://b.example/secret")) == [None]
    assert all("imgprint_tor" not in r.meta for r in middleware.crawler.engine.asked)


def test_what_is_judged_is_what_is_sent():
    agent = {"User-Agent": "imgprint"}
    for url in ("http://a.example/x/%2e%2e/secret", "http://u:p@a.example/%73ecret"):
        (error,) = judge(robots((200, RULES)), Request(url, headers=agent))
        assert str(error) == "Forbidden by robots.txt", url


def test_only_if_robots_are_obeyed():
    with pytest.raises(NotConfigured):
        build_from_crawler(OnionRobotsMiddleware, get_crawler())
