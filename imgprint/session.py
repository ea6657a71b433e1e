"""aiohttp's session and connections, with bounds."""

from __future__ import annotations

from http.cookies import SimpleCookie
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    UnsupportedURLSchemeError,
)
from yarl import URL

from imgprint.errors import Refused
from imgprint.lean.urls import with_ascii_host

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, BaseTransport
    from collections.abc import Callable
    from ssl import SSLContext

_ERRORS = (
    (aiohttp.InvalidUrlClientError, UnsupportedURLSchemeError),
    (aiohttp.NonHttpUrlClientError, UnsupportedURLSchemeError),
    (aiohttp.ClientConnectorDNSError, CannotResolveHostError),
    (aiohttp.ClientConnectorError, DownloadConnectionRefusedError),
    (aiohttp.ClientError, DownloadFailedError),
)
# All header blocks of an answer together, those of 1xx answers before it, too.
MAX_HEADER = 65_536
MAX_WIRE = 98_304
"""Bytes of one answer to a request for an image: header, body and their framing.

A body is cut off at what was asked for, 64 KB at most and the overhead of parts. But
chunk extensions, and the digits of a chunk's size, belong to no body (RFC 9112 section
7.1.1): aiohttp reads them without end.
"""


class Connection(ResponseHandler):
    """aiohttp's side of a connection, with a bound on header blocks.

    aiohttp bounds lines and their number, but takes 1xx answers without end. It
    sets a timer for each packet; here there is one, which looks when the last was.
    *most* bounds the bytes of an answer, framing included.
    """

    peername: Any = None
    _heard = 0.0
    _header = 0
    _received = 0
    _earlier: object = None

    def __init__(self, loop: AbstractEventLoop, most: int | None = None):
        super().__init__(loop=loop)
        self._most = most

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.peername = transport.get_extra_info("peername")

    def set_response_params(self, **params: Any) -> None:
        self._header, self._received, self._earlier = 0, 0, self._payload
        super().set_response_params(**params)

    def _reschedule_timeout(self) -> None:
        self._heard = monotonic()
        if self._read_timeout_handle is None:
            super()._reschedule_timeout()

    def _on_read_timeout(self) -> None:
        self._read_timeout_handle = None
        left = self._heard + (self._read_timeout or 0) - monotonic()
        if left > 0:
            self._read_timeout_handle = self._loop.call_later(
                left, self._on_read_timeout
            )
        else:
            super()._on_read_timeout()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._most and self._received > self._most:
            self._give_up(f"answer of more than {self._most} bytes")
            return
        payload = self._payload
        super().data_received(data)
        if self.exception() is not None:
            _break_off(payload, "malformed body")
        if self._payload is self._earlier or self._payload is aiohttp.EMPTY_PAYLOAD:
            self._header += len(data)
            if self._header > MAX_HEADER:
                self._give_up(f"header of more than {MAX_HEADER} bytes")

    def connection_lost(self, exc: BaseException | None) -> None:
        payload = self._payload
        super().connection_lost(exc)
        _break_off(payload, "connection lost")

    def _give_up(self, message: str) -> None:
        if self.transport:
            self.transport.abort()
        self.set_exception(HttpProcessingError(code=400, message=message))
        if self._payload is not None and not self._payload.is_eof():
            self._payload.set_exception(Refused(message))  # not to be tried again


def _break_off(payload: aiohttp.StreamReader | None, reason: str) -> None:
    """Raise an error where *payload* is read, unless it has ended.

    aiohttp's parser refuses a malformed chunk that comes after the header, but lets
    the reader of the body wait for ever. So does an exception that comes between the
    end of a chunk, which wakes the reader, and its next wait: it is set once more.
    """
    if payload is not None and not payload.is_eof():
        payload.set_exception(payload.exception() or aiohttp.ClientPayloadError(reason))


class Session:
    """aiohttp's session, with a bound on each wait for the network.

    Scrapy gives it b"" for no body, of which aiohttp would make Content-Length: 0.
    *tls* says by what a connection is secured, or need not be.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tls: Callable[[bool], SSLContext | bool],
        connect: float | None,
        read: float | None,
    ):
        self._session = session
        self._tls = tls
        self._connect, self._read = connect, read
        self._usual = self._timeout(None)
        self.close = session.close

    def request(
        self,
        method: str,
        url: URL | str,
        *,
        data: bytes,
        timeout: aiohttp.ClientTimeout | float,
        proxy: str | None,
        **kwargs: Any,
    ) -> Any:
        text = with_ascii_host(str(url))
        url = text if isinstance(url, str) else URL(text, encoded=True)
        total = timeout if isinstance(timeout, int | float) else timeout.total
        if self._usual.total != total:
            self._usual = self._timeout(total)
        secure = any(str(each).startswith("https:") for each in (url, proxy))
        kwargs["ssl"] = self._tls(secure)
        return self._session.request(
            method,
            url,
            data=data or None,
            timeout=self._usual,
            proxy=proxy,
            **kwargs,
        )

    def _timeout(self, total: float | None) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=total, sock_connect=self._connect, sock_read=self._read
        )


class NoCookies(aiohttp.DummyCookieJar):
    """One empty answer for all."""

    _none = SimpleCookie()

    def filter_cookies(self, _: URL) -> SimpleCookie:
        return self._none


def translated(error: aiohttp.ClientError) -> Exception:
    """Return what Scrapy calls *error*."""
    kind = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
    return kind(str(error))


def reason_of(error: Exception) -> str:
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
