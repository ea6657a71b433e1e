"""robots.txt of what is reached through Tor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.misc import build_from_crawler

from imgprint.discovery.urls.targets import place_of, target_of
from imgprint.errors import DOWNLOAD_ERRORS, OnionRefused, TorDown, error_text
from imgprint.middlewares.tor_routing import SITE

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

Key: TypeAlias = tuple[str, str, str]


class OnionRobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's, but for requests that OnionMiddleware marked.

    For these robots.txt is fetched by the same proxy and login, where Scrapy's
    own request knows of none. Answers are kept by host and site: sites share
    nothing. A robots.txt that can't be had, by the network or by a status of
    500 and more, forbids; one that isn't there (4xx) allows: RFC 9309 sections
    2.3.1.3 and 2.3.1.4. Scrapy takes either for a permission. Rules are read as
    imgprint, although the requests bear a browser's name.

    It replaces Scrapy's at position 100.
    """

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self._marked: dict[Key, asyncio.Task[RobotParser]] = {}

    def process_request(self, request: Request) -> Awaitable[None] | None:  # type: ignore[override]
        meta = request.meta
        if SITE in meta and not meta.get("dont_obey_robotstxt"):
            return self._process_marked(request, meta[SITE])
        parser: Any = self._parsers.get(place_of(request).netloc)
        here: Any = self._parserimpl
        if type(parser) is not here or meta.get("dont_obey_robotstxt"):
            return super().process_request(request)
        self.process_request_2(parser, request)  # it is here: nothing to await
        return None

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Judge *request* by the URL that the client sends, not as a page wrote it."""
        target = target_of(request)
        if target.url == request.url:
            super().process_request_2(rp, request)
        else:
            super().process_request_2(rp, request.replace(url=target.url))

    async def _process_marked(self, request: Request, site: str) -> None:
        place = place_of(request)
        key = (place.scheme, place.netloc, site)
        task = self._marked.get(key)
        if task is None:
            task = self._marked[key] = asyncio.create_task(self._fetch(key))
        try:
            parser = await asyncio.shield(task)
        except IgnoreRequest:
            if self._marked.get(key) is task:
                del self._marked[key]  # perhaps the next one has more luck
            raise
        agent = self._robotstxt_useragent or self._default_useragent
        if not parser.allowed(target_of(request).url, agent):
            self._stats.inc_value("robotstxt/forbidden")
            raise IgnoreRequest("Forbidden by robots.txt")

    async def _fetch(self, key: Key) -> RobotParser:
        scheme, netloc, site = key
        request = Request(
            f"{scheme}://{netloc}/robots.txt",
            priority=self.DOWNLOAD_PRIORITY,
            meta={"dont_obey_robotstxt": True, SITE: site},
            callback=NO_CALLBACK,
        )
        self._stats.inc_value("robotstxt/request_count")
        try:
            response = await self.crawler.engine.download_async(request)
        except (TorDown, OnionRefused):
            raise
        except DOWNLOAD_ERRORS as error:
            raise IgnoreRequest(f"robots.txt: {error_text(error)}") from error
        self._stats.inc_value("robotstxt/response_count")
        if response.status >= 500:
            raise IgnoreRequest(f"robots.txt: HTTP {response.status}")
        rules = response.body if response.status < 400 else b""
        parser: RobotParser = build_from_crawler(self._parserimpl, self.crawler, rules)
        return parser
