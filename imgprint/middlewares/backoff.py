"""The downloader middleware that waits for as long as a busy server asks for."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import TYPE_CHECKING, Self

from imgprint import config
from imgprint.discovery.urls.targets import place_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

MAX_HOSTS = 10_000


class BackoffMiddleware:
    """Hold requests to a host that answered 429 or 503 with Retry-After.

    RetryMiddleware (550) decides whether to try again, and would do so at
    once; at position 560 this one sees the answer before it, and the retry,
    as all else that goes to the host, waits here.

    IMGPRINT_MAX_RETRY_AFTER is the longest wait.

    Stat: ``imgprint/backoff/count``, answers that asked to wait.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.stats = crawler.stats
        self.max_wait = config.MAX_RETRY_AFTER.read(crawler.settings)
        self._until: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> Awaitable[None] | None:
        if not self._until:
            return None
        host = place_of(request).netloc
        return self._wait(host) if host in self._until else None

    async def _wait(self, host: str) -> None:
        while (wait := self._until.get(host, 0) - monotonic()) > 0:
            if not self.crawler.engine.running:
                return  # stopping must not take a minute
            await asyncio.sleep(min(wait, 1))
        self._until.pop(host, None)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status in (429, 503) and (
            after := response.headers.get("Retry-After")
        ):
            wait = retry_after(after.decode("latin-1"), time())
            if wait:
                host = place_of(request).netloc
                until = monotonic() + min(wait, self.max_wait)
                self._until[host] = max(until, self._until.get(host, 0))
                self.stats.inc_value("imgprint/backoff/count")
                self._forget()
        return response

    def _forget(self) -> None:
        if len(self._until) > MAX_HOSTS:
            now = monotonic()
            self._until = {h: until for h, until in self._until.items() if until > now}


def retry_after(value: str, now: float) -> float:
    """Return the seconds that a Retry-After field asks for, 0 if it makes no sense.

    *now* is in seconds since the epoch, for dates.

    >>> retry_after("120", 0), retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 50)
    (120.0, 10.0)

    Source: RFC 9110 section 10.2.3.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
