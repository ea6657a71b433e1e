"""Bodies that are not coded as they say."""

import gzip
import zlib

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse
from scrapy.utils.test import get_crawler

from imgprint.errors import BadCoding
from imgprint.fetch.lean_headers import LeanHeaders, repair_fields
from imgprint.middlewares.coding import DecodingMiddleware

PAGE = b"<p>" + b"x" * 999


def decode(coding, body):
    request = Request("http://a.example/")
    headers = {"Content-Encoding": coding, "Content-Type": "text/html"}
    response = HtmlResponse(request.url, headers=headers, body=body, request=request)
    middleware = DecodingMiddleware.from_crawler(get_crawler())
    return middleware.process_response(request, response)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize(
    "body", [b"garbage", b"\x1f\x8b\x08" + b"x" * 50, b"\x28\xb5\x2f\xfd" + b"x" * 50]
)
def test_it_is_said(coding, body):
    with pytest.raises(BadCoding, match=f"can't be decoded from '{coding}'"):
        decode(coding, body)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", gzip.compress(PAGE)), ("deflate", zlib.compress(PAGE))],
    ids=["gzip", "deflate"],
)
def test_what_can_be_decoded_is(coding, body):
    assert decode(coding, body).body == PAGE


def test_fields_are_repaired():
    headers = LeanHeaders()
    given = {
        b"Content-Length": [b"0" * 5000 + b"12", b"000", b"7"],
        b"Content-Encoding": [b"\xff", b"gzip"],
        b"Etag": [b"\xff00"],
    }
    for name, values in given.items():
        dict.__setitem__(headers, name, values)
    repair_fields(headers)
    assert dict(headers) == {
        b"Content-Length": [b"12", b"0", b"7"],
        b"Content-Encoding": [b"?", b"gzip"],
        b"Etag": [b"\xff00"],
    }
