"""The download handler: Scrapy's aiohttp handler, with small buffers for images."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import aiohttp
from scrapy.core.downloader.handlers._aiohttp import (
    AiohttpDownloadHandler,
    _ClientResponse,
)
from scrapy.core.downloader.handlers._base_streaming import (
    BaseStreamingDownloadHandler,
)
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.ssl import _make_ssl_context

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

# Half of what the kernel makes of it. The head and the tail still fit into one
# window; of a body that is cut off no more than this is under way. Measured on
# loopback: 25 KB reach us instead of 100.
RECEIVE_BUFFER = 16_384


class _AiohttpHandler(AiohttpDownloadHandler):
    experimental = False  # pinned and tested here

    def __init__(self, crawler: Crawler, receive_buffer: int | None = None):
        # The parent's own __init__ would make a session with large buffers.
        BaseStreamingDownloadHandler.__init__(self, crawler)
        self._ssl_context = _make_ssl_context(crawler.settings)
        options: dict[str, Any] = {}
        if receive_buffer:
            options["read_bufsize"] = receive_buffer
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                local_addr=self._bind_address,
                limit=self._pool_size_total,
                limit_per_host=self._pool_size_per_host,
                socket_factory=_small_socket if receive_buffer else None,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_ClientResponse,
            skip_auto_headers=(
                "Accept",
                "Accept-Encoding",
                "Content-Type",
                "User-Agent",
            ),
            **options,
        )


def _small_socket(address: Any) -> socket.socket:
    family, kind, protocol = address[:3]
    sock = socket.socket(family, kind, protocol)
    # Before connect, or the first window is as large as ever.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return sock


class HttpDownloadHandler:
    """Download pages as Scrapy does, images over connections that hold little.

    A name that ends in .onion is refused here, whatever led to it: it must
    never be looked up by DNS (RFC 7686).
    """

    lazy = True

    def __init__(self, crawler: Crawler):
        self._pages = _AiohttpHandler(crawler)
        self._images = _AiohttpHandler(crawler, RECEIVE_BUFFER)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HttpDownloadHandler:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        host = (urlparse_cached(request).hostname or "").rstrip(".").lower()
        if host == "onion" or host.endswith(".onion"):
            raise IgnoreRequest(
                "onion site: needs Tor, and this version has no way to it"
            )
        image = request.meta.get("imgprint") is True
        return await (self._images if image else self._pages).download_request(request)

    async def close(self) -> None:
        await asyncio.gather(self._pages.close(), self._images.close())
