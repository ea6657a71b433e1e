"""Bodies are cut and decoded within bounds, and only imgprint's own."""

import gzip
import zlib

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.discovery.limits import MAX_PAGE_BYTES, MAX_ROBOTS_BYTES
from imgprint.middlewares.page_bodies import WHOLE, BodyMiddleware, unread_of

URL = "http://a.example/"
PAGE = {"imgprint": "page"}
LONG = b"<p>word" * (MAX_PAGE_BYTES // 7 + 9)


def processed(response, meta=PAGE, url=URL, **settings):
    middleware = build_from_crawler(BodyMiddleware, get_crawler(settings_dict=settings))
    return middleware.process_response(Request(url, meta=dict(meta)), response)


@pytest.mark.parametrize("compression", ["True", "False"])
@pytest.mark.parametrize("meta", [PAGE, {"imgprint": "part"}])
def test_pages_and_parts_are_cut(meta, compression):
    response = HtmlResponse(URL, body=LONG)
    found = processed(response, meta, COMPRESSION_ENABLED=compression)
    assert len(found.body) <= MAX_PAGE_BYTES + 2
    assert unread_of(found) == "only the first 8,388,608 bytes were read"


@pytest.mark.parametrize("meta", [{}, {**PAGE, WHOLE: True}])
def test_lists_and_what_is_of_others_stay_whole(meta):
    found = processed(TextResponse(URL, body=LONG), meta)
    assert found.body == LONG
    assert not unread_of(found)


def test_feeds_and_sitemaps_stay_whole():
    body = b"<urlset>" + LONG
    assert processed(Response(URL, body=body)).body == body


def test_robots_txt_is_cut():
    found = processed(TextResponse(URL, body=LONG), {}, f"{URL}robots.txt")
    assert len(found.body) <= MAX_ROBOTS_BYTES + 1


def test_what_is_compressed_is_cut_as_well():
    packed = gzip.compress(LONG)
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/html"}
    found = processed(Response(URL, headers=headers, body=packed))
    assert isinstance(found, HtmlResponse)
    assert len(found.body) <= MAX_PAGE_BYTES + 2


def test_codings_of_codings_are_refused():
    body = b"<p>text"
    for _ in range(3):
        body = zlib.compress(body)
    three = {"Content-Encoding": "deflate, deflate, deflate"}
    assert processed(Response(URL, headers=three, body=body)).body == b"<p>text"
    four = {"Content-Encoding": ["deflate, deflate", "deflate, deflate"]}
    with pytest.raises(IgnoreRequest, match="coded more than 3 times"):
        processed(Response(URL, headers=four, body=zlib.compress(body)))


def test_a_label_that_only_python_knows_is_never_seen():
    headers = {"Content-Type": "text/html; charset=punycode"}
    found = processed(
        HtmlResponse(URL, headers=headers, body=b"<a href='/\xc3\xa9'>-a")
    )
    assert found.encoding == "utf-8"
    assert found.text == "<a href='/é'>-a"
    assert found.selector.root is not None
    assert processed(HtmlResponse(URL, headers=headers), {}).encoding != "utf-8"
