"""The download handler: Scrapy's aiohttp handler, with bounds for images."""

from __future__ import annotations

import asyncio
import socket
from functools import lru_cache, partial
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError
from scrapy import signals
from scrapy.core.downloader.handlers._aiohttp import (
    AiohttpDownloadHandler,
    _ClientResponse,
)
from scrapy.core.downloader.handlers._base_streaming import (
    BaseStreamingDownloadHandler,
)
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Headers, Response
from scrapy.utils._download_handlers import check_stop_download
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.ssl import _make_ssl_context

from imgprint.errors import OnionRefused, OutOfTime, Refused, TorError
from imgprint.lean.headers import LeanHeaders
from imgprint.middlewares.guard import Gate
from imgprint.onion import leak
from imgprint.socks import SocksConnector, SocksRequest

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

# Half of what the kernel makes of it. The head and the tail still fit into one
# window; of a body that is cut off no more than this is under way. Measured on
# loopback: 25 KB reach us instead of 100.
RECEIVE_BUFFER = 16_384

# All header blocks of an answer together, those of 1xx answers before it, too.
MAX_HEADER = 65_536

_SECONDS = "_imgprint_seconds"
_ip_address = lru_cache(maxsize=10_000)(ip_address)


class _Connection(ResponseHandler):
    """aiohttp's side of a connection, with a bound on header blocks.

    aiohttp bounds lines and their number, but takes 1xx answers without end.
    """

    _header = 0
    _earlier: object = None

    def set_response_params(self, **params: Any) -> None:
        self._header, self._earlier = 0, self._payload
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._payload is self._earlier or self._payload is aiohttp.EMPTY_PAYLOAD:
            self._header += len(data)
            if self._header > MAX_HEADER and self.transport:
                self.transport.abort()
                message = f"header of more than {MAX_HEADER} bytes"
                self.set_exception(HttpProcessingError(code=400, message=message))


class _Session:
    """aiohttp's session, with a bound on each wait for the network.

    Scrapy gives it b"" for no body, of which aiohttp would make Content-Length: 0.
    """

    def __init__(
        self, session: aiohttp.ClientSession, connect: float | None, read: float | None
    ):
        self._session = session
        self._connect, self._read = connect, read
        self.close = session.close

    def request(
        self, *args: Any, data: bytes, timeout: aiohttp.ClientTimeout, **kwargs: Any
    ) -> Any:
        timeout = aiohttp.ClientTimeout(
            total=timeout.total, sock_connect=self._connect, sock_read=self._read
        )
        return self._session.request(
            *args, data=data or None, timeout=timeout, **kwargs
        )


class _AiohttpHandler(AiohttpDownloadHandler):
    experimental = False  # pinned and tested here
    request_class = aiohttp.ClientRequest

    def __init__(self, crawler: Crawler, gate: Gate, receive_buffer: int | None = None):
        # The parent's own __init__ would make a session with large buffers.
        BaseStreamingDownloadHandler.__init__(self, crawler)
        self._ssl_context = _make_ssl_context(crawler.settings)
        self._gate = gate
        self._receive_buffer = receive_buffer
        self._stall = crawler.settings.getfloat("IMGPRINT_STALL_TIMEOUT", 10)
        connector = self._connector()
        factory = partial(_Connection, loop=connector._loop)
        connector._factory = factory  # type: ignore[assignment]
        self._session = self._bounded(
            aiohttp.ClientSession(
                connector=connector,
                request_class=self.request_class,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                response_class=_ClientResponse,
                skip_auto_headers=(
                    "Accept",
                    "Accept-Encoding",
                    "Content-Type",
                    "User-Agent",
                ),
                read_bufsize=receive_buffer or 2**16,
            )
        )

    @staticmethod
    def _request_headers(request: Request) -> Headers:
        """Return the fields to send: not a copy, unless one must be left out."""
        if b"Proxy-Authorization" in request.headers:
            return AiohttpDownloadHandler._request_headers(request)
        return request.headers

    @staticmethod
    def _extract_headers(response: _ClientResponse) -> Headers:
        """Return the fields as they were sent; Headers would look at each thrice."""
        headers = LeanHeaders()
        for name, value in response.raw_headers:
            dict.setdefault(headers, name.title(), []).append(value)
        return headers

    async def _read_response(
        self, response: _ClientResponse, request: Request
    ) -> Response:
        """Do as Scrapy does, for images: no type is guessed, no copy made."""
        if self._receive_buffer is None:
            return await super()._read_response(response, request)
        headers = self._extract_headers(response)
        length = headers.get("Content-Length")
        stop = check_stop_download(
            signals.headers_received,
            self.crawler,
            request,
            headers=headers,
            body_length=int(length) if length is not None else None,
        )
        chunks: list[bytes] = []
        content = response.content
        try:
            while not stop and (chunk := await content.readany()):
                chunks.append(chunk)
                stop = check_stop_download(
                    signals.bytes_received, self.crawler, request, data=chunk
                )
        except aiohttp.ClientPayloadError as error:
            raise ResponseDataLossError(str(error)) from error
        version = response.version or aiohttp.HttpVersion11
        assert response._peername is not None
        ssl = response._ssl_object
        answer = Response(
            request.url,
            response.status,
            body=b"".join(chunks),
            flags=["download_stopped"] if stop else None,
            certificate=ssl.getpeercert(binary_form=True) if ssl else None,
            ip_address=_ip_address(response._peername[0]),
            protocol=f"HTTP/{version.major}.{version.minor}",
        )
        answer.headers = headers
        if stop and stop.fail:
            stop.response = answer
            raise stop
        return answer

    def _connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            local_addr=self._bind_address,
            limit=self._pool_size_total,
            limit_per_host=self._pool_size_per_host,
            socket_factory=self._socket,
        )

    def _bounded(self, session: aiohttp.ClientSession) -> Any:
        stall = self._stall if self._receive_buffer else None
        return _Session(session, stall, stall)

    def _socket(self, address: Any) -> socket.socket:
        """Return a socket that is about to be connected to *address*."""
        family, kind, protocol, _, place = address
        self._gate.check(place[0], place[1])
        sock = socket.socket(family, kind, protocol)
        if self._receive_buffer:
            # Before connect, or the first window is as large as ever.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        return sock

    async def download_request(self, request: Request) -> Response:
        with self._gate.opened_for(request) as door:
            try:
                return await super().download_request(request)
            except (CannotResolveHostError, DownloadConnectionRefusedError) as error:
                if door.refused:
                    raise Refused(door.refused) from error
                raise type(error)(_reason(error)) from error
            except TorError:
                raise
            except (DownloadFailedError, ResponseDataLossError) as error:
                raise type(error)(_reason(error)) from error
            except DownloadTimeoutError as error:
                if isinstance(error.__cause__, aiohttp.ServerTimeoutError):
                    raise DownloadTimeoutError(
                        f"{request.url} kept silent for {self._stall:g} seconds"
                    ) from error
                raise


class _SocksHandler(_AiohttpHandler):
    """The same through the SOCKS proxy of ``meta["proxy"]``, and never without."""

    request_class = SocksRequest

    def __init__(self, crawler: Crawler, gate: Gate, receive_buffer: int | None = None):
        # A circuit to an onion takes half a minute if it has to.
        self._patience = crawler.settings.getfloat("IMGPRINT_TOR_TIMEOUT", 90)
        super().__init__(crawler, gate, receive_buffer)
        self._stall = self._patience / 3

    def _connector(self) -> aiohttp.TCPConnector:
        return SocksConnector(
            self._receive_buffer,
            limit=self._pool_size_total,
            limit_per_host=self._pool_size_per_host,
            keepalive_timeout=60,  # a new stream costs a round trip through Tor
        )

    def _bounded(self, session: aiohttp.ClientSession) -> Any:
        connect, read = self._patience * 2 / 3, self._patience / 3
        return _Session(session, connect, read)


def _reason(error: Exception) -> str:
    """Return in a few words what aiohttp says in many, objects' addresses included."""
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientConnectorError):
        return f"can't connect to {cause.host}:{cause.port}: {cause.strerror}"
    while isinstance(cause, aiohttp.ClientPayloadError) and cause.__cause__:
        cause = cause.__cause__
    message = getattr(cause, "message", None)
    if not isinstance(message, str):
        return str(error)
    return f"bad answer: {message.partition(':')[0].strip()[:100]}"


class HttpDownloadHandler:
    """Download pages as Scrapy does, images over connections that hold little.

    An image is given up after ``IMGPRINT_STALL_TIMEOUT`` seconds (default: 10)
    without a byte, and ``IMGPRINT_TIMEOUT`` seconds (default: 30) in all:
    redirects, retries and further ranges included, waiting for a turn not.

    No connection is made to an address that GuardMiddleware would refuse.

    Requests with a ``socks5h:`` URL in ``meta["proxy"]`` go through that proxy,
    which resolves their host names. For these ``IMGPRINT_TOR_TIMEOUT`` (default:
    90) is the time in all, two thirds of it for the connection, one third for
    each silence. A request for an onion or I2P name, or one that OnionMiddleware
    marked, is refused here if it has no such proxy, whatever led to it: such a
    name must never be looked up by DNS (RFC 7686).
    """

    lazy = True

    def __init__(self, crawler: Crawler):
        gate = Gate.from_settings(crawler.settings)
        self._timeout = crawler.settings.getfloat("IMGPRINT_TIMEOUT", 30)
        self._tor_timeout = crawler.settings.getfloat("IMGPRINT_TOR_TIMEOUT", 90)
        self._pages = _AiohttpHandler(crawler, gate)
        self._images = _AiohttpHandler(crawler, gate, RECEIVE_BUFFER)
        self._tor_pages = _SocksHandler(crawler, gate)
        self._tor_images = _SocksHandler(crawler, gate, RECEIVE_BUFFER)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HttpDownloadHandler:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        proxy: str | None = request.meta.get("proxy")
        host = urlparse_cached(request).hostname or ""
        if text := leak(host, request.meta.get("imgprint_tor"), proxy):
            raise OnionRefused("no_way", text)
        tor = bool(proxy and proxy.lower().startswith("socks5h:"))
        if request.meta.get("imgprint") is True:
            return await self._download_image(request, tor)
        pages = self._tor_pages if tor else self._pages
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
            if monotonic() - start < seconds[0]:
                raise
            raise OutOfTime(f"took longer than {timeout:g} seconds") from error
        finally:
            seconds[0] -= monotonic() - start

    async def close(self) -> None:
        handlers = (self._pages, self._images, self._tor_pages, self._tor_images)
        await asyncio.gather(*(handler.close() for handler in handlers))
