"""What Tor can't do: named, counted, and not asked for over and over."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Self

from imgprint.discovery.urls.sites import site_of
from imgprint.errors import OnionRefused, TorDown, TorError
from imgprint.middlewares.tor_routing import SITE

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

FIRST_WAIT = 5.0
LONG_WAIT = 300.0
MAX_SITES = 10_000


@dataclass(slots=True)
class _Trouble:
    """An onion that could not be reached, *failures* times in a row."""

    error: str
    until: float
    failures: int = 1


class OnionErrorMiddleware:
    """Count Tor's errors by name, and give an onion time that can't be reached.

    After a first descriptor, introduction or rendezvous failure, requests to the
    onion wait 5 seconds; after a second in a row they are refused, with that
    error, for 5 minutes. When there is no Tor, that is said once.

    At position 565 it sees an error before RetryMiddleware (550), and the retry
    waits here.

    Stats: ``imgprint/onion/error/NAME``, where NAME is one of
    ``imgprint.fetch.tor.socks_replies.REPLIES``, or ``v2_name``, ``invalid_name``,
    ``off``, ``no_way``, ``backing_off``, or ``not_tried``.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.stats = crawler.stats
        self.first_wait, self.long_wait = FIRST_WAIT, LONG_WAIT
        self._troubles: dict[str | None, _Trouble] = {}
        self._told = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> Awaitable[None] | None:
        if SITE not in request.meta or not self._troubles:
            return None
        return self._wait(request)

    async def _wait(self, request: Request) -> None:
        while trouble := self._troubles.get(site_of(request.url)):
            wait = trouble.until - monotonic()
            if wait <= 0 or not self.crawler.engine.running:
                return
            if trouble.failures > 1:
                raise OnionRefused(
                    "backing_off", f"{trouble.error}; next try in {wait:.0f} s"
                )
            await asyncio.sleep(min(wait, 1))

    def process_response(self, request: Request, response: Response) -> Response:
        if SITE in request.meta:
            self._troubles.pop(site_of(request.url), None)
            self._told = False
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if not isinstance(exception, (TorError, TorDown, OnionRefused)):
            return
        self.stats.inc_value(f"imgprint/onion/error/{exception.name}")
        if isinstance(exception, TorDown) and not self._told:
            self._told = True
            logger.error(
                "No Tor at %s, so onion sites are not tried: start it (on Debian: "
                "apt-get install tor; systemctl start tor) or say in "
                "IMGPRINT_TOR_PROXIES where it is",
                exception.place,
            )
        if isinstance(exception, TorError) and exception.host_unreachable:
            self._remember(site_of(request.url), str(exception))

    def _remember(self, site: str | None, error: str) -> None:
        now = monotonic()
        trouble = self._troubles.get(site)
        if trouble is None:
            if len(self._troubles) < MAX_SITES:
                self._troubles[site] = _Trouble(error, now + self.first_wait)
        elif trouble.until <= now:  # not one of several that failed together
            trouble.failures += 1
            trouble.error, trouble.until = error, now + self.long_wait
