"""What a page in the browser asks for: fetched by Scrapy, images only recorded."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError
from scrapy import Request

from imgprint.discovery.html.rendering import BEFORE
from imgprint.discovery.urls.image_urls import looks_like_image
from imgprint.errors import DOWNLOAD_ERRORS, IsAnImage, TorDown

if TYPE_CHECKING:
    from playwright.async_api import Page, Route
    from playwright.async_api import Request as PageRequest
    from scrapy.crawler import Crawler
    from scrapy.http import HtmlResponse, Response

MAX_REQUESTS = 500
"""Requests of one page that are fetched."""
MAX_IMAGES = 100_000
IDLE_SECONDS = 0.5

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_FETCHED = frozenset(
    ["document", "stylesheet", "script", "xhr", "fetch", "manifest", "texttrack"]
)
_FIELDS = ("accept", "content-type", "referer", "origin", "x-requested-with")
# Of the connection to the server, or of the site's relation to other pages.
_DROPPED = frozenset(
    [
        *("content-encoding", "content-length", "transfer-encoding", "connection"),
        *("set-cookie", "alt-svc", "link", "refresh", "nel", "report-to"),
        *("content-security-policy", "strict-transport-security"),
    ]
)


class Assets:
    """Answer the requests of one page in the browser.

    The page itself is what Scrapy got; scripts, style sheets, frames and data
    are fetched by Scrapy, so that they go the page's *way*, and only where
    GuardMiddleware lets them. Each image is answered by one pixel, and its URL
    added to *images*; an error would start the page's own repair of it, over
    and over. The rest (films, fonts, beacons, further pages) gets no content.

    Stats: ``imgprint/browser/{fetched,failed,image,left_out}``.
    """

    def __init__(
        self,
        crawler: Crawler,
        page: HtmlResponse,
        way: dict[str, Any],
        images: list[str],
    ):
        self.crawler = crawler
        self.page = page
        self.way = way
        self.images = images
        self.down: TorDown | None = None  # something was not tried
        self._fetched = 0
        self._opened = False
        self._asked = monotonic()
        self._tasks: set[asyncio.Task[Response]] = set()

    async def attach(self, page: Page, request: Request) -> None:
        """Prepare *page* before it is loaded: called by scrapy-playwright."""
        await page.add_init_script(f"({BEFORE})()")
        await page.route("**/*", self.answer)

    def close(self) -> None:
        """Stop fetching for a page that is closed."""
        for task in self._tasks:
            task.cancel()

    async def idle(self, seconds: float) -> None:
        """Return when nothing was asked for or under way for a while.

        Not by the browser's own events: a page that is about to be left never
        gets any. Return after *seconds* in any case.
        """
        end = monotonic() + seconds
        while (now := monotonic()) < end:
            if not self._tasks and now - self._asked > IDLE_SECONDS:
                return
            await asyncio.sleep(0.05)

    async def answer(self, route: Route, request: PageRequest) -> None:
        self._asked = monotonic()
        with suppress(PlaywrightError):  # the page may be closed by now
            if request.is_navigation_request() and not self._opened:
                self._opened = True
                kind = f"text/html; charset={self.page.encoding}"
                await route.fulfill(body=self.page.body, content_type=kind)
            elif request.resource_type == "image" or looks_like_image(request.url):
                await self._record_image(route, request)
            elif not self._is_wanted(request):
                self._count("left_out")
                await route.fulfill(status=204)
            else:
                await self._fetch(route, request)

    async def _record_image(self, route: Route, request: PageRequest) -> None:
        self._count("image")
        if len(self.images) < MAX_IMAGES:
            self.images.append(request.url)
        await route.fulfill(body=PIXEL, content_type="image/gif")

    def _is_wanted(self, request: PageRequest) -> bool:
        if request.resource_type not in _FETCHED or self._fetched >= MAX_REQUESTS:
            return False
        if request.is_navigation_request():
            return request.frame.parent_frame is not None
        return request.method == "GET" or request.resource_type in ("xhr", "fetch")

    async def _fetch(self, route: Route, request: PageRequest) -> None:
        self._fetched += 1
        headers = {n: v for n, v in request.headers.items() if n in _FIELDS}
        again = Request(
            request.url,
            method=request.method,
            headers=headers,
            body=request.post_data_buffer or b"",
            meta={**self.way, "imgprint": "part"},
        )
        task = asyncio.ensure_future(self.crawler.engine.download_async(again))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            response = await task
            self._asked = monotonic()
        except IsAnImage:
            await self._record_image(route, request)
            return
        except DOWNLOAD_ERRORS as error:
            if isinstance(error, TorDown):
                self.down = error
            self._count("failed")
            await route.abort()
            return
        self._count("fetched")
        await route.fulfill(
            status=response.status, headers=_headers(response), body=response.body
        )

    def _count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"imgprint/browser/{name}")


def _headers(response: Response) -> dict[str, str]:
    names = (name.decode("latin-1").lower() for name in response.headers)
    return {
        name: b", ".join(response.headers.getlist(name)).decode("latin-1")
        for name in names
        if name not in _DROPPED
    }
