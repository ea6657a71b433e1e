"""The downloader middleware that cuts off images that nobody asked for as images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import StopDownload
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from imgprint.content.formats import identify
from imgprint.errors import IsAnImage
from imgprint.fetch.image_response import ImageResponse
from imgprint.middlewares.first_bytes import FirstBytes

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

_STATE = "_imgprint_page"


@dataclass(slots=True)
class _Body:
    """What is known of a body that should not be an image's."""

    first: FirstBytes | None = None
    received: int = 0
    is_image: bool = False


class PageMiddleware:
    """Cut off what is an image but was not asked for as one.

    This concerns pages (requests with ``meta["imgprint"] = "page"``), what pages
    are made of (``"part"``) and robots.txt. The media type tells before any of the
    body is read, or else the first 16 bytes do, once the body is decoded. An image in
    place of a page is then asked for by its ends. An image in place of a part or of
    robots.txt raises IsAnImage.

    None of these answers is cached (HTTPCACHE_ENABLED), so that no part of an image
    reaches the disk.

    Stat: ``imgprint/page/cut_off``, images that came in place of something else.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.headers_received, signals.headers_received)
        crawler.signals.connect(middleware.bytes_received, signals.bytes_received)
        return middleware

    def process_request(self, request: Request) -> None:
        if request.meta.get("imgprint") in ("page", "part") or _is_robots(request):
            request.meta[_STATE] = _Body()
            request.meta["dont_cache"] = True

    def headers_received(self, headers: Headers, request: Request) -> None:
        if state := request.meta.get(_STATE):
            state.received, state.is_image = 0, False  # a retry begins anew
            media_type = (headers.get("Content-Type") or b"").strip().lower()
            if media_type.startswith(b"image/"):
                state.is_image = True
                raise StopDownload(fail=False)
            codings = b",".join(headers.getlist("Content-Encoding"))
            state.first = FirstBytes(codings.decode("latin-1").split(","))

    def bytes_received(self, data: bytes, request: Request) -> None:
        if state := request.meta.get(_STATE):
            state.received += len(data)
            first = state.first.feed(data) if state.first else None
            if first is None:
                return
            state.first = None
            if identify(first) not in (None, "svg"):
                state.is_image = True
                raise StopDownload(fail=False)

    def process_response(
        self, request: Request, response: Response
    ) -> Response | Awaitable[Response]:
        state = request.meta.pop(_STATE, None)
        if not state or not state.is_image:
            return response
        self.crawler.stats.inc_value("imgprint/page/cut_off")
        if request.meta.get("imgprint") != "page":
            raise IsAnImage("an image, where something else was asked for")
        return self._ask(request, state)

    async def _ask(self, request: Request, state: _Body) -> Response:
        meta = {**request.meta, "imgprint": True}
        image_request = request.replace(meta=meta, callback=NO_CALLBACK, errback=None)
        image = await self.crawler.engine.download_async(image_request)
        image.request = request  # for its callback
        if isinstance(image, ImageResponse):
            image.transfer.requests += 1
            image.transfer.bytes_received += state.received
        return image


def _is_robots(request: Request) -> bool:
    """Return whether RobotsTxtMiddleware, or a spider, asks for a robots.txt."""
    exempt = request.meta.get("dont_obey_robotstxt")
    return bool(exempt) and urlparse_cached(request).path == "/robots.txt"
