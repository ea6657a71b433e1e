"""The downloader middleware that shows pages to a browser before they are read."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.http import HtmlResponse

from imgprint.discovery.candidate import Candidate
from imgprint.discovery.html.rendering import needs_browser
from imgprint.discovery.urls.image_urls import Cleaner
from imgprint.middlewares.tor_routing import way_of
from imgprint.reading.page_tree import tree_of
from imgprint.reading.process import LARGE, Reader, ReadingInterrupted, page_task

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from imgprint.fetch.browser.chromium import Browser, Rendered

logger = logging.getLogger(__name__)


class RenderMiddleware:
    """Replace a page by what a browser makes of it.

    Of requests with ``meta["imgprint_render"]`` = "1", or "auto": only pages
    with scripts and few images. ``meta["imgprint_rendered"]`` of the response
    are the candidates of images that the browser asked for, or shows.

    Without a browser, or if it fails, the page is as the server sent it. A page that
    takes longer than IMGPRINT_RENDER_TIMEOUT is as the browser has it by then.

    At position 500 it gets pages that redirects (600), retries (550) and
    decompression (590) are done with.

    Stats: ``imgprint/page/rendered``, ``imgprint/page/render_failed``,
    ``imgprint/browser/restarted``, and those of Assets.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self._browser: Browser | None = None
        self._reader = Reader(crawler)
        self._warned = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.close, signals.spider_closed)
        return middleware

    async def close(self) -> None:
        if self._browser:
            await self._browser.close()

    def process_response(
        self, request: Request, response: Response
    ) -> Response | Awaitable[Response]:
        render = request.meta.get("imgprint_render")
        if render not in ("1", "auto") or not isinstance(response, HtmlResponse):
            return response
        if response.status != 200 or not response.url.startswith("http"):
            return response
        if render == "auto" and len(response.body) > LARGE:
            return self._render_large(request, response)
        if render == "auto" and not needs_browser(tree_of(response), response.url):
            return response
        return self._render(request, response)

    async def _render_large(self, request: Request, response: HtmlResponse) -> Response:
        task = page_task("browser", response)
        try:
            needed = await self._reader.read(task, Counter())
        except ReadingInterrupted:
            return response
        return await self._render(request, response) if needed else response

    async def _render(self, request: Request, response: HtmlResponse) -> Response:
        # Playwright takes 0.2 s to import.
        from imgprint.fetch.browser.chromium import Browser, NoBrowserError, RenderError

        self._browser = self._browser or Browser(self.crawler)
        response.request = request
        try:
            rendered = await self._browser.render(response, way_of(response))
        except NoBrowserError as error:
            self._count("render_failed")
            if not self._warned:
                logger.warning("%s; pages are read as servers send them", error)
                self._warned = True
            return response
        except RenderError as error:
            self._count("render_failed")
            logger.warning("%s: not rendered: %s", response.url, error)
            return response
        self._count("rendered")
        request.meta["imgprint_rendered"] = _candidates(rendered, response.url)
        if rendered.html is None:
            return response
        body = rendered.html.encode("utf-8", "replace")
        return response.replace(body=body, encoding="utf-8")

    def _count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"imgprint/page/{name}")


def _candidates(rendered: Rendered, url: str) -> list[Candidate]:
    cleaner = Cleaner(url, Counter())
    urls = (cleaner.clean(image) for image in rendered.images)
    return [Candidate(found, "rendered") for found in dict.fromkeys(urls) if found]
