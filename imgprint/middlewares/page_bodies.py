"""The downloader middleware that bounds bodies, and settles their encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse

from imgprint.discovery.documents.encoding import encoding_of
from imgprint.discovery.documents.xml import kind_of
from imgprint.discovery.limits import MAX_PAGE_BYTES, MAX_ROBOTS_BYTES, cut_page
from imgprint.middlewares.coding import DecodingMiddleware

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

WHOLE = "_imgprint_whole"
"""Meta key of requests for what the user wants whole: a list of URLs."""
MAX_CODINGS = 3
"""Codings of one answer; each is undone with up to DOWNLOAD_MAXSIZE bytes."""

_CUT = "imgprint_cut"


class BodyMiddleware(DecodingMiddleware):
    """Scrapy's decompression, with bounds on what follows.

    No answer may be coded more than three times. Of a page, style sheet or manifest
    8 MB are read, of a robots.txt 512,000 bytes; feeds and sitemaps may have
    ``DOWNLOAD_MAXSIZE`` bytes. The encoding of a text is settled here, once, by the
    labels of the Encoding Standard, before anything decodes it: Python's codecs of
    other names may take the square of the time.

    This is for the requests of imgprint's own spider, and for robots.txt. It
    replaces Scrapy's HttpCompressionMiddleware at position 590.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getbool("COMPRESSION_ENABLED"):
            return super().from_crawler(crawler)
        return cls(crawler=crawler)

    def process_response(self, request: Request, response: Response) -> Response:  # type: ignore[override]
        if codings := response.headers.getlist("Content-Encoding"):
            if b",".join(codings).count(b",") >= MAX_CODINGS:
                raise IgnoreRequest(f"answer coded more than {MAX_CODINGS} times")
            found = super().process_response(request, response)
            assert not isinstance(found, type(request))
            response = found  # type: ignore[assignment]
        if request.meta.get("imgprint") is True or not response.body:
            return response
        robots = request.url.endswith("/robots.txt")
        ours = request.meta.get("imgprint") in ("page", "part")
        if ours or robots:
            return self._bounded(request, response, robots=robots)
        return response

    def _bounded(
        self, request: Request, response: Response, *, robots: bool
    ) -> Response:
        body = response.body
        most = MAX_ROBOTS_BYTES if robots else MAX_PAGE_BYTES
        if WHOLE not in request.meta and len(body) > most and not kind_of(body):
            cut = cut_page(body, most)
            response = response.replace(body=cut)
            response.flags.append(_CUT)
        if isinstance(response, TextResponse):
            field = (response.headers.get("Content-Type") or b"").decode("latin-1")
            encoding = encoding_of(response.body, field)
            response = response.replace(encoding=encoding)
        return response


def unread_of(response: Response) -> str:
    """Return what to say if not all of the body of *response* was kept, else ""."""
    if _CUT not in response.flags:
        return ""
    return f"only the first {MAX_PAGE_BYTES:,} bytes were read"
