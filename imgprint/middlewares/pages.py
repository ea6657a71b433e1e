"""The downloader middleware for pages that may turn out to be images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import StopDownload
from scrapy.http.request import NO_CALLBACK

from imgprint.content.formats import identify
from imgprint.http import ImageResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

_STATE = "_imgprint_page"


class PageMiddleware:
    """Stop a page that is an image, and ask for the image's ends instead.

    Of requests with ``meta["imgprint"] = "page"``. What tells is the media
    type, before any of the body is read, or else the first bytes.
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
        if request.meta.get("imgprint") == "page":
            request.meta[_STATE] = {"received": 0, "is_image": False}

    def headers_received(self, headers: Headers, request: Request) -> None:
        if state := request.meta.get(_STATE):
            media_type = (headers.get("Content-Type") or b"").strip().lower()
            if media_type.startswith(b"image/"):
                state["is_image"] = True
                raise StopDownload(fail=False)

    def bytes_received(self, data: bytes, request: Request) -> None:
        if state := request.meta.get(_STATE):
            first = not state["received"]
            state["received"] += len(data)
            if first and identify(data[:64]) not in (None, "svg"):
                state["is_image"] = True
                request.meta["dont_cache"] = True  # part of an image is received
                raise StopDownload(fail=False)

    def process_response(
        self, request: Request, response: Response
    ) -> Response | Awaitable[Response]:
        state = request.meta.pop(_STATE, None)
        if not state or not state["is_image"]:
            return response
        return self._ask(request, state)

    async def _ask(self, request: Request, state: dict[str, Any]) -> Response:
        meta = {**request.meta, "imgprint": True}
        image_request = request.replace(meta=meta, callback=NO_CALLBACK, errback=None)
        assert self.crawler.engine
        image = await self.crawler.engine.download_async(image_request)
        image.request = request  # for its callback
        if isinstance(image, ImageResponse):
            image.transfer.requests += 1
            image.transfer.bytes_received += state["received"]
        return image
