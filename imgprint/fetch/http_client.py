"""Scrapy's aiohttp handler, with bounds for images."""

from __future__ import annotations

import asyncio
import socket
from functools import cached_property, lru_cache, partial
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp
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
from scrapy.utils._download_handlers import check_stop_download
from yarl import URL

from imgprint import config
from imgprint.content.byte_ranges.exchange import SMALL
from imgprint.discovery.urls.targets import host_of
from imgprint.errors import NoHostName, Refused, TorError
from imgprint.fetch.http_session import (
    MAX_WIRE,
    Connection,
    NoCookies,
    Session,
    reason_of,
    translated,
)
from imgprint.fetch.kept_connections import (
    Answer,
    Kept,
    give_up,
    head_of,
    until_all_is_there,
)
from imgprint.fetch.lean_headers import LeanHeaders, repair_fields
from imgprint.fetch.lean_request import LeanResponse
from imgprint.fetch.resolving import Resolver

if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

    from imgprint.discovery.urls.targets import Target
    from imgprint.fetch.gate import Gate


def _url_of(request: Request) -> URL:
    try:
        return URL(request.url, encoded=bool(request.meta.get("verbatim_url")))
    except ValueError as error:
        raise NoHostName(host_of(request)) from error


_ip_address = lru_cache(maxsize=10_000)(ip_address)


class AiohttpHandler(AiohttpDownloadHandler):
    experimental = False  # pinned and tested here
    request_class = aiohttp.ClientRequest

    def __init__(
        self,
        crawler: Crawler,
        gate: Gate,
        tls: Callable[[bool], SSLContext | bool],
        receive_buffer: int | None = None,
    ):
        # The parent's own __init__ would make a session with large buffers.
        BaseStreamingDownloadHandler.__init__(self, crawler)
        self._tls = tls
        self._ssl_context: Any = None  # the session knows which
        self._gate = gate
        self._receive_buffer = receive_buffer
        connector = self._connector()
        room = receive_buffer or 2**16
        self._kept = Kept(connector, tls, self._silence, room)
        most = MAX_WIRE if receive_buffer else None
        factory = partial(Connection, connector._loop, most)
        connector._factory = factory  # type: ignore[assignment]
        self._session = self._bounded(
            aiohttp.ClientSession(
                connector=connector,
                request_class=self.request_class,
                cookie_jar=NoCookies(),
                auto_decompress=False,
                response_class=_ClientResponse,
                skip_auto_headers=(
                    "Accept",
                    "Accept-Encoding",
                    "Content-Type",
                    "User-Agent",
                ),
                read_bufsize=room,
            )
        )

    @staticmethod
    def _request_headers(request: Request) -> Headers:
        """Return the fields to send: not a copy, unless one must be left out."""
        if b"Proxy-Authorization" in request.headers:
            return AiohttpDownloadHandler._request_headers(request)
        return request.headers

    @staticmethod
    def _extract_headers(response: _ClientResponse | Answer) -> Headers:
        """Return the fields as they were sent; Headers would look at each thrice."""
        headers = LeanHeaders()
        for name, value in response.raw_headers:
            dict.setdefault(headers, name.title(), []).append(value)
        repair_fields(headers)
        return headers

    async def _fetch_image(self, request: Request) -> Response:
        """Do as Scrapy does, but guess no type, copy nothing, look up nothing twice."""
        meta = request.meta
        timeout: float = meta["download_timeout"]
        proxy = self._extract_proxy_url_with_creds(request)
        session: Any = self._session
        start = monotonic()
        try:
            if kept := await self._fetch_by_kept(request, proxy, timeout):
                return kept
            async with session.request(
                request.method,
                _url_of(request),
                data=request.body,
                headers=self._request_headers(request).to_tuple_list(),
                timeout=timeout,
                allow_redirects=False,
                proxy=proxy,
            ) as response:
                meta["download_latency"] = monotonic() - start
                answer = Answer(
                    response.status,
                    response.version,
                    response.raw_headers,
                    response.content,
                )
                # The session's own clock stops once the body's size is known.
                async with asyncio.timeout(timeout - (monotonic() - start)):
                    return await self._read_image(
                        answer, request, response._peername, response._ssl_object
                    )
        except TimeoutError as error:
            message = f"Getting {request.url} took longer than {timeout} seconds."
            raise DownloadTimeoutError(message) from error
        except aiohttp.ClientError as error:
            raise translated(error) from error

    async def _fetch_by_kept(
        self, request: Request, proxy: str | None, seconds: float
    ) -> Response | None:
        """Return the response by a connection that is there, None if there is none."""
        target: Target | None = getattr(request, "target", None)
        if not target or request.method != "GET" or request.body:
            return None
        head = head_of(target, request.headers)
        if not head or not self._keeps(proxy):
            return None
        start = monotonic()
        connection = await self._kept.connection(
            target.place, URL(proxy) if proxy else None
        )
        if not connection:
            return None
        # A little later, or a clock that ticks before it is time says less.
        call_later = asyncio.get_running_loop().call_later
        clock = call_later(seconds + 0.01, give_up, connection)
        protocol: Any = connection.protocol
        ssl = None
        if target.place.scheme == "https":
            ssl = protocol.transport.get_extra_info("ssl_object")
        try:
            answer = await self._kept.ask(connection, head)
            if not answer:
                connection.close()
                return None
            request.meta["download_latency"] = monotonic() - start
            return await self._read_image(answer, request, protocol.peername, ssl)
        except BaseException:
            connection.close()
            raise
        finally:
            clock.cancel()
            connection.release()

    def _keeps(self, proxy: str | None) -> bool:
        """Return whether kept connections are told apart by *proxy*, or there is none.

        An HTTP proxy is asked in another form.
        """
        return proxy is None

    async def _read_image(
        self, answer: Answer, request: Request, peername: Any, ssl: Any
    ) -> Response:
        headers = self._extract_headers(answer)
        field = headers.get("Content-Length")
        length = int(field) if field is not None else None
        stop = check_stop_download(
            signals.headers_received,
            self.crawler,
            request,
            headers=headers,
            body_length=length,
        )
        chunks: list[bytes] = []
        content = answer.content
        try:
            if length is not None and length <= SMALL and not stop:
                await until_all_is_there(content)  # it is read whatever it is
            while not (stop or content.at_eof()) and (chunk := await content.readany()):
                chunks.append(chunk)
                stop = check_stop_download(
                    signals.bytes_received, self.crawler, request, data=chunk
                )
        except aiohttp.ClientPayloadError as error:
            raise ResponseDataLossError(str(error)) from error
        version = answer.version or aiohttp.HttpVersion11
        response = LeanResponse(
            request.url,
            answer.status,
            body=b"".join(chunks),
            flags=["download_stopped"] if stop else None,
            certificate=ssl.getpeercert(binary_form=True) if ssl else None,
            ip_address=_ip_address(peername[0]),
            protocol=f"HTTP/{version.major}.{version.minor}",
        )
        response.headers = headers
        if stop and stop.fail:
            stop.response = response
            raise stop
        return response

    def _connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            local_addr=self._bind_address,
            limit=self._pool_size_total,
            limit_per_host=self._pool_size_per_host,
            socket_factory=self._socket,
            resolver=Resolver(self._gate.answered),
        )

    @cached_property
    def _stall(self) -> float:
        return config.STALL_TIMEOUT.read(self.crawler.settings)

    @property
    def _silence(self) -> float | None:
        """How many seconds without a byte are borne."""
        return self._stall if self._receive_buffer else None

    def _bounded(self, session: aiohttp.ClientSession) -> Any:
        return Session(session, self._tls, self._silence, self._silence)

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
        with self._gate.opened_for(request) as permission:
            try:
                if self._receive_buffer:
                    return await self._fetch_image(request)
                return await super().download_request(request)
            except (CannotResolveHostError, DownloadConnectionRefusedError) as error:
                if permission.refused:
                    raise Refused(permission.refused) from error
                raise type(error)(reason_of(error)) from error
            except UnicodeError as error:  # of the codec idna, which resolvers use
                raise NoHostName(host_of(request)) from error
            except TorError:
                raise
            except (DownloadFailedError, ResponseDataLossError) as error:
                raise type(error)(reason_of(error)) from error
            except DownloadTimeoutError as error:
                if isinstance(error.__cause__, aiohttp.ServerTimeoutError):
                    raise DownloadTimeoutError(
                        f"{request.url} kept silent for {self._stall:g} seconds"
                    ) from error
                raise
