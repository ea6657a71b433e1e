"""Redirects that would end in silence, because Scrapy drops what it has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.downloadermiddlewares.redirect import (
    MetaRefreshMiddleware,
    RedirectMiddleware,
)

from imgprint.errors import SeenBefore
from imgprint.jobs.job import job_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings


def was_seen(crawler: Crawler, request: Request) -> bool:
    """Return whether the scheduler had a request for the same before."""
    fingerprint = crawler.request_fingerprinter.fingerprint(request)
    if job_of(crawler).has_request(fingerprint):
        return True
    engine: Any = crawler.engine
    dupefilter = getattr(engine._slot.scheduler, "df", None)
    return fingerprint.hex() in getattr(dupefilter, "fingerprints", ())


class SeenRedirectMiddleware(RedirectMiddleware):
    """Scrapy's, which also says what becomes of redirects to what was seen before.

    A redirect of a page or image to itself, or back to where it was before, is
    followed: many servers set a cookie so, or wake up. ``REDIRECT_MAX_TIMES``
    bounds it. If it leads to a URL that another request is, or was, for, SeenBefore is
    raised. Scrapy would drop both without a word.

    This is about requests with ``meta["imgprint"]`` and an errback: others are not
    scheduled, and so not dropped, or have nobody to tell.

    It replaces Scrapy's at position 600.
    """

    def __init__(self, settings: BaseSettings):
        super().__init__(settings)
        # Targets that are not yet scheduled: another request may lead there meanwhile.
        self._coming: set[bytes] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = super().from_crawler(crawler)
        crawler.signals.connect(middleware.scheduled, signals.request_scheduled)
        return middleware

    def scheduled(self, request: Request) -> None:
        if self._coming:
            self._coming.discard(self._fingerprint(request))

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        result = super().process_response(request, response)
        told = request.errback is not None and "imgprint" in request.meta
        if isinstance(result, Request) and told:
            self._judge(result)
        return result

    def _judge(self, target: Request) -> None:
        """Have *target* scheduled in any case. Raise SeenBefore if it should not be.

        A request that is not filtered itself, such as one that a job put off, may
        lead to where it led before.
        """
        if target.dont_filter:
            return
        fingerprint = self._fingerprint(target)
        before = (Request(url) for url in target.meta["redirect_urls"])
        target.dont_filter = fingerprint in map(self._fingerprint, before)
        if target.dont_filter:
            return
        if fingerprint in self._coming or was_seen(self.crawler, target):
            raise SeenBefore(target.url)
        self._coming.add(fingerprint)

    def _fingerprint(self, request: Request) -> bytes:
        return self.crawler.request_fingerprinter.fingerprint(request)


class PageRefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy's, but for requests with ``meta["imgprint"]``.

    Scrapy goes on to where a page refreshes to, and nobody reads the page. The
    spider reads it, and goes on then.

    It replaces Scrapy's at position 580.
    """

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        if "imgprint" in request.meta:
            return response
        return super().process_response(request, response)
