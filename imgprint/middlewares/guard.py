"""Middlewares that say what may be fetched: by which scheme, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

from scrapy import Request, signals
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware
from w3lib.url import safe_url_string

from imgprint.discovery.urls.addresses import is_public, literal_address
from imgprint.discovery.urls.targets import place_of, read_place
from imgprint.errors import Refused
from imgprint.fetch.gate import (
    OWN,
    PERMISSION,
    Gate,
    HostPermission,
    not_public_text,
)
from imgprint.jobs.job import job_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.statscollectors import StatsCollector

    from imgprint.discovery.urls.addresses import Network
    from imgprint.discovery.urls.targets import Place

_REDIRECTS = (301, 302, 303, 307, 308)


class SeedMiddleware(BaseSpiderMiddleware):
    """Tell the requests that the user wants from those that pages lead to.

    Requests of ``start()`` get ``meta["imgprint_seed"] = True``, but for those
    that say themselves that they are none. Of requests that come from a response
    it is removed: callbacks pass meta on.
    """

    def get_processed_request(
        self, request: Request, response: Response | None
    ) -> Request:
        if response is None:
            request.meta.setdefault("imgprint_seed", True)
        else:
            request.meta.pop("imgprint_seed", None)
        return request


class GuardMiddleware:
    """Refuse what no page has to lead to.

    That is every scheme but http and https, and every address that is not of the
    public internet. Seeds (see SeedMiddleware) are the user's will: they, and
    all requests to the same host and port, are let through, wherever that is.
    Where a seed redirects to is not. A listed name opens the addresses that it
    has when it is first asked for, if none of them is public; when it later leads
    elsewhere inside, it is not let through. The user's own requests, such as
    webhooks, open nothing to others.

    A host that can't be one, in whatever notation, is refused here.

    Addresses in IMGPRINT_ALLOWED_NETWORKS count as public.

    Through a proxy the target's address can't be known here: only what is
    written as an address is refused.

    At position 50 it comes before robots.txt is asked for. Addresses are
    checked when they are connected to, by HttpDownloadHandler.

    Stat: ``imgprint/guard/refused``.
    """

    def __init__(self, allowed: tuple[Network, ...], stats: StatsCollector):
        self.allowed = allowed
        self.stats = stats
        self.crawler: Crawler | None = None
        # By host and port; None where the first address was a public one.
        self._permissions: dict[tuple[str, int], HostPermission | None] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        allowed = Gate.from_settings(crawler.settings).allowed
        middleware = cls(allowed, crawler.stats)
        middleware.crawler = crawler
        crawler.signals.connect(middleware.open_seeds, signals.spider_opened)
        # A resumed crawl drops the seeds it has seen, but they are still seeds.
        crawler.signals.connect(middleware.open, signals.request_scheduled)
        return middleware

    def open_seeds(self) -> None:
        """Let through the seeds of earlier runs before the list is read."""
        if self.crawler:
            for origin in job_of(self.crawler).seeds():
                self.list(origin)

    def open(self, request: Request) -> None:
        """Let through what goes to the host and port of *request*, if it's a seed."""
        if _is_seed(request):
            self.list(request.url)

    def list(self, url: str) -> None:
        """Let through what goes to the host and port of *url*, which is listed."""
        place = read_place(url)
        self._permissions.setdefault(
            (place.host, place.port), HostPermission(listed=True)
        )

    def process_request(self, request: Request) -> None:
        place = place_of(request)
        if place.scheme not in ("http", "https"):
            if _is_seed(request):
                return
            raise Refused(f"a page must not lead to {place.scheme}: URLs")
        if place.problem:
            raise Refused(place.problem)
        self.open(request)
        permission = self._permission_of(request, place)
        address = literal_address(place.host)
        if not permission and address and not is_public(address, self.allowed):
            raise Refused(not_public_text(place.host, place.port))
        request.meta[PERMISSION] = permission

    def _permission_of(self, request: Request, place: Place) -> HostPermission | None:
        if OWN in request.meta and "redirect_urls" not in request.meta:
            return HostPermission(listed=True)
        key = place.host, place.port
        permission = self._permissions.get(key)
        if permission and permission.inside is not None and not permission.inside:
            permission = self._permissions[key] = None
        return permission

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, Refused):
            self.stats.inc_value("imgprint/guard/refused")


class RedirectGuardMiddleware:
    """Refuse redirects to what is no URL, or none of http and https.

    RedirectMiddleware (600) fails at the former, and returns the answer to the
    latter. At position 605 this one sees it first. Where http leads is for
    GuardMiddleware to judge when the redirected request comes by.

    Stat: ``imgprint/guard/refused``.
    """

    def __init__(self, stats: StatsCollector):
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.stats)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status in _REDIRECTS and "Location" in response.headers:
            reason = _not_followed(request, response.headers["Location"] or b"")
            if reason:
                self.stats.inc_value("imgprint/guard/refused")
                raise Refused(reason)
        return response


def _not_followed(request: Request, location: bytes) -> str | None:
    try:
        url = Request(urljoin(request.url, safe_url_string(location))).url
    except ValueError:
        return "redirect to what is no URL"
    scheme = url.partition(":")[0].lower()
    if scheme not in ("http", "https") and "imgprint" in request.meta:
        return f"redirect to a {scheme}: URL"
    return None


def _is_seed(request: Request) -> bool:
    meta = request.meta
    return meta.get("imgprint_seed") is True and "redirect_urls" not in meta
