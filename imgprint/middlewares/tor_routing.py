"""Which way a request takes, by the site that led to it: Tor, I2P or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware

from imgprint import config
from imgprint.discovery.urls.sites import site_of
from imgprint.discovery.urls.targets import host_of, place_of
from imgprint.errors import OnionRefused
from imgprint.fetch.image_response import REFERRER
from imgprint.fetch.tor.onion_names import (
    ACCEPT,
    HEADERS,
    is_i2p,
    is_onion,
    name_problem,
    route,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.statscollectors import StatsCollector

SITE = "imgprint_tor"


class OnionMiddleware:
    """Send all that an onion page leads to through Tor, or nowhere.

    Requests for .onion hosts get a SOCKS proxy, and a login of their site, and
    ``meta["imgprint_tor"]``, the site. Whatever is requested on its account has
    the same in its meta, and so the same proxy and login, whatever its host:
    see OnionTagMiddleware and ``way_of``.

    Requests for .i2p hosts, and for what their pages lead to, get IMGPRINT_I2P_PROXY.
    HttpDownloadHandler refuses a request that should have a proxy and has none.

    These requests look like those of Tor Browser: its User-Agent, no cookies, no
    Referer to another host. They are retried once.

    At position 60, before robots.txt is asked for.

    Stat: ``imgprint/onion/request_count``.
    """

    def __init__(
        self,
        mode: str,
        proxies: Sequence[str],
        i2p_proxy: str | None,
        timeout: float,
        stats: StatsCollector,
    ):
        self.mode = mode
        self.proxies = proxies
        self.i2p_proxy = i2p_proxy
        self.timeout = timeout
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        return cls(
            config.TOR.read(settings),
            config.TOR_PROXIES.read(settings),
            config.I2P_PROXY.read(settings),
            config.TOR_TIMEOUT.read(settings),
            crawler.stats,
        )

    def process_request(self, request: Request) -> None:
        place = place_of(request)
        host = place.host
        if place.scheme not in ("http", "https"):
            return
        site = request.meta.get(SITE) or self._own_site(request, host)
        if not site:
            return
        if is_onion(host) and (problem := name_problem(host)):
            raise OnionRefused(problem[0], f"onion site: {problem[1]}")
        if is_i2p(host) or (is_i2p(site) and not is_onion(host)):
            request.meta["proxy"] = self._i2p()
        else:
            if is_i2p(site):
                site = site_of(request.url)
                assert site
            request.meta["proxy"] = self._tor(site)
            request.meta["download_timeout"] = self.timeout
        request.meta[SITE] = site
        self.stats.inc_value("imgprint/onion/request_count")
        self._dress(request, host)

    def _own_site(self, request: Request, host: str) -> str | None:
        """Return the site of a request that nothing led to, None for direct ones."""
        if self.mode == "all" or is_onion(host) or is_i2p(host):
            return site_of(request.url)
        return None

    def _tor(self, site: str) -> str:
        if self.mode == "off" or not self.proxies:
            raise OnionRefused("off", "onion site: IMGPRINT_TOR is off")
        return route(site, self.proxies)

    def _i2p(self) -> str:
        if not self.i2p_proxy:
            raise OnionRefused("off", "I2P site: IMGPRINT_I2P_PROXY is not set")
        return self.i2p_proxy

    def _dress(self, request: Request, host: str) -> None:
        """Give *request* the looks of many others."""
        for name, value in HEADERS.items():
            request.headers[name] = value
        request.headers.setdefault("Accept", ACCEPT)
        request.meta["dont_merge_cookies"] = True
        request.meta.setdefault("max_retry_times", 1)
        referrer = request.headers.get("Referer")
        if referrer:
            page = referrer.decode("latin-1")
            request.meta.setdefault(REFERRER, page)
            if host_of(Request(page)) != host:
                del request.headers["Referer"]


class OnionTagMiddleware(BaseSpiderMiddleware):
    """Mark the requests that come from an onion page: see OnionMiddleware.

    A page on another site, if that gets a way of its own, is a visit of its own.
    """

    def get_processed_request(
        self, request: Request, response: Response | None
    ) -> Request:
        if response is None:
            return request
        way = way_of(response)
        if SITE in way and request.meta.get(SITE) == way[SITE]:
            del request.meta[SITE]  # callbacks pass meta on
        if SITE not in request.meta and not _visit(request, way.get(SITE, "")):
            request.meta.update(way)
        return request


def _visit(request: Request, site: str) -> bool:
    """Return whether *request* is a page that does not depend on *site*."""
    if request.meta.get("imgprint") is True or site_of(request.url) == site:
        return False
    return has_own_way(request, site)


def has_own_way(request: Request, site: str) -> bool:
    """Return whether *request* may go as if *site* had not led to it."""
    host = host_of(request)
    return is_onion(host) or not (is_onion(site) or is_i2p(site))


def way_of(response: Response) -> dict[str, Any]:
    """Return what goes into the meta of requests for parts of a page.

    Whoever awaits such a request, where OnionTagMiddleware doesn't see it, has
    to add this.
    """
    site = response.request.meta.get(SITE) if response.request else None
    return {SITE: site} if site else {}
