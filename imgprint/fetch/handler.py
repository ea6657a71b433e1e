"""The download handler: by which connections a request goes."""

from __future__ import annotations

import asyncio
from functools import cache, cached_property
from time import monotonic
from typing import TYPE_CHECKING

from scrapy.exceptions import DownloadTimeoutError
from scrapy.utils.ssl import _make_ssl_context

from imgprint import config
from imgprint.discovery.urls.targets import place_of
from imgprint.errors import OnionRefused, OutOfTime, Refused
from imgprint.fetch.gate import OWN, Gate
from imgprint.fetch.http_client import AiohttpHandler
from imgprint.fetch.tor.onion_names import leak
from imgprint.fetch.tor.socks import SocksHandler

if TYPE_CHECKING:
    from ssl import SSLContext

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings

# Half of what the kernel makes of it. The head and the tail still fit into one
# window; of a body that is cut off no more than this is under way. Measured on
# loopback: 25 KB reach us instead of 100.
RECEIVE_BUFFER = 16_384

_SECONDS = "_imgprint_seconds"
_TUNNEL_ERROR = "scrapy.core.downloader.handlers.http11.TunnelError"

# The loop's timers may fire up to this early. The loop's clock stands still while
# callbacks run, and uvloop counts in milliseconds.
_TIMER_SECONDS = 0.25


class HttpDownloadHandler:
    """Download pages as Scrapy does, images over connections that hold little.

    An image is given up after IMGPRINT_STALL_TIMEOUT seconds without a byte, and
    after IMGPRINT_TIMEOUT seconds for all its requests.

    No connection is made to an address that GuardMiddleware would refuse, nor is
    anything asked for of a host that can't be one.

    Requests with a ``socks5h:`` URL in ``meta["proxy"]`` go through that proxy,
    which resolves their host names, and get IMGPRINT_TOR_TIMEOUT seconds. A request
    for an onion or I2P name, or one that OnionMiddleware marked, is refused here if
    it has no such proxy, whatever led to it. Such a name must never be looked up by
    DNS (RFC 7686).
    """

    lazy = True

    def __init__(self, crawler: Crawler):
        gate = Gate.from_settings(crawler.settings)
        self._timeout = config.TIMEOUT.read(crawler.settings)
        self._tor_timeout = config.TOR_TIMEOUT.read(crawler.settings)
        settings = crawler.settings

        # One for all, not before there is TLS: it takes 30 ms to read the certificates.
        @cache
        def tls(secure: bool) -> SSLContext | bool:
            return _make_ssl_context(settings) if secure else True

        self._crawler, self._gate, self._tls = crawler, gate, tls
        self._pages = AiohttpHandler(crawler, gate, tls)
        self._images = AiohttpHandler(crawler, gate, tls, RECEIVE_BUFFER)
        self._tor_pages = SocksHandler(crawler, gate, tls)
        self._tor_images = SocksHandler(crawler, gate, tls, RECEIVE_BUFFER)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HttpDownloadHandler:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        proxy: str | None = request.meta.get("proxy")
        place = place_of(request)
        if place.problem:
            raise Refused(place.problem)
        if text := leak(place.host, request.meta.get("imgprint_tor"), proxy):
            raise OnionRefused("no_way", text)
        tor = bool(proxy and proxy.lower().startswith("socks5h:"))
        if request.meta.get("imgprint") is True:
            return await self._download_image(request, tor)
        pages = self._tor_pages if tor else self._pages
        if OWN in request.meta and not tor:
            pages = self._own
        return await pages.download_request(request)

    async def _download_image(self, request: Request, tor: bool) -> Response:
        images = self._tor_images if tor else self._images
        timeout = self._tor_timeout if tor else self._timeout
        # All requests for an image share the list: they are copies of one.
        seconds: list[float] = request.meta.setdefault(_SECONDS, [timeout])
        if seconds[0] <= 0:
            raise OutOfTime(f"took longer than {timeout:g} seconds")
        request.meta["download_timeout"] = seconds[0]
        # Cut off where that is wanted, whatever size is announced.
        request.meta.update(download_maxsize=0, download_warnsize=0)
        start = monotonic()
        try:
            return await images.download_request(request)
        except DownloadTimeoutError as error:
            if monotonic() - start < seconds[0] - _TIMER_SECONDS:
                raise
            raise OutOfTime(f"took longer than {timeout:g} seconds") from error
        finally:
            seconds[0] -= monotonic() - start

    @cached_property
    def _own(self) -> AiohttpHandler:
        """Connections of the user's own requests: none is used again for a page's."""
        return AiohttpHandler(self._crawler, self._gate, self._tls)

    async def close(self) -> None:
        handlers = [self._pages, self._images, self._tor_pages, self._tor_images]
        if "_own" in vars(self):
            handlers.append(self._own)
        await asyncio.gather(*(handler.close() for handler in handlers))


def skip_unused_import(settings: BaseSettings) -> None:
    """Take the error of Scrapy's HTTP/1.1 handler off RETRY_EXCEPTIONS.

    That handler is not used, and importing it for its error is a tenth of the time
    that a crawl takes to start.
    """
    if settings.getwithbase("DOWNLOAD_HANDLERS").get("https") is HttpDownloadHandler:
        errors = settings.getlist("RETRY_EXCEPTIONS")
        kept = [error for error in errors if error != _TUNNEL_ERROR]
        settings.set("RETRY_EXCEPTIONS", kept, priority="addon")
