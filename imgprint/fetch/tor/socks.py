"""Connections of aiohttp through a SOCKS 5 proxy, above all Tor's.

Host names go to the proxy as they are: nothing here can look one up but that
of the proxy itself. Source: RFC 1928, RFC 1929, Tor's socks-extensions.txt.
"""

from __future__ import annotations

import asyncio
import os
import socket
from functools import cached_property
from typing import TYPE_CHECKING, Any

import aiohttp

from imgprint import config
from imgprint.errors import TorDown
from imgprint.fetch.http_client import AiohttpHandler
from imgprint.fetch.http_session import Session
from imgprint.fetch.resolving import Resolver, refuse_hidden
from imgprint.fetch.tor.socks_replies import socks_error

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.tracing import Trace
    from yarl import URL

NO_LOGIN, LOGIN = b"\x00", b"\x02"
CONNECT = b"\x05\x01\x00"
NAME = b"\x03"
ADDRESS_BYTES = {1: 4, 4: 16}
TIMED_OUT = 0x06


class SocksRequest(aiohttp.ClientRequest):
    """A request to a server that sees no proxy: *route* is only how to get there.

    The route, login included, is part of what tells connections apart, so that
    one is never used again for another site.
    """

    route: URL | None = None

    def update_proxy(self, proxy: URL | None, *_: Any) -> None:
        super().update_proxy(None, None, None)
        self.route = proxy

    @property
    def connection_key(self) -> ConnectionKey:
        return super().connection_key._replace(proxy=self.route)


class SocksConnector(aiohttp.TCPConnector):
    """Open every connection through the proxy that the request names.

    *receive_buffer* is that of the socket, None for the system's.
    """

    def __init__(self, receive_buffer: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._receive_buffer = receive_buffer

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> ResponseHandler:
        # aiohttp's own would look the target's name up.
        route = getattr(req, "route", None)
        if route is None:
            raise ValueError(f"no SOCKS proxy for {req.url}")
        host, port = req.url.raw_host, req.url.port
        assert host
        assert port
        context = self._get_ssl_context(req)
        try:
            async with asyncio.timeout(timeout.sock_connect):
                sock = await self._reach(route)
                try:
                    await handshake(self._loop, sock, route, host, port)
                    _, protocol = await self._loop.create_connection(
                        self._factory,
                        sock=sock,
                        ssl=context,
                        server_hostname=host.rstrip(".") if context else None,
                    )
                except BaseException:
                    sock.close()
                    raise
        except TimeoutError as error:
            raise socks_error(TIMED_OUT, f"{timeout.sock_connect:g} s") from error
        return protocol

    async def _reach(self, route: URL) -> socket.socket:
        """Return a socket that is connected to the proxy."""
        assert route.host
        place = f"{route.host}:{route.port}"
        try:
            refuse_hidden(route.host)
            infos = await self._loop.getaddrinfo(
                route.host, route.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise TorDown(place, str(error)) from error
        reason = "no address"
        for family, kind, protocol, _, address in infos:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                if self._receive_buffer:
                    sock.setsockopt(
                        socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer
                    )
                await self._loop.sock_connect(sock, address)
            except OSError as error:
                sock.close()
                reason = os.strerror(error.errno) if error.errno else str(error)
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise TorDown(place, reason)


async def handshake(
    loop: asyncio.AbstractEventLoop,
    sock: socket.socket,
    route: URL,
    host: str,
    port: int,
) -> None:
    """Have the proxy at the other end of *sock* connect it to *host* and *port*.

    Raise the error of the proxy's answer: see socks_error.
    """
    name = host.encode("ascii")
    method = NO_LOGIN if route.user is None else LOGIN
    try:
        await loop.sock_sendall(sock, b"\x05\x01" + method)
        if await _exactly(loop, sock, 2) != b"\x05" + method:
            raise socks_error(0x01, "is this a SOCKS 5 port?")
        if route.user is not None:
            login = _short(route.user.encode()) + _short(
                (route.password or "").encode()
            )
            await loop.sock_sendall(sock, b"\x01" + login)
            if (await _exactly(loop, sock, 2))[1]:
                raise socks_error(0x02, "login refused")
        target = NAME + _short(name) + port.to_bytes(2, "big")
        await loop.sock_sendall(sock, CONNECT + target)
        _, code, _, kind = await _exactly(loop, sock, 4)
        if code:
            raise socks_error(code)
        length = ADDRESS_BYTES.get(kind) or (await _exactly(loop, sock, 1))[0]
        await _exactly(loop, sock, length + 2)
    except (ConnectionError, EOFError) as error:
        raise socks_error(0x01, "it hung up") from error


async def _exactly(
    loop: asyncio.AbstractEventLoop, sock: socket.socket, size: int
) -> bytes:
    """Return *size* bytes, and not one that belongs to what comes after them."""
    data = b""
    while len(data) < size:
        more = await loop.sock_recv(sock, size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _short(data: bytes) -> bytes:
    if len(data) > 255:
        raise socks_error(0x08, "longer than 255 bytes")
    return bytes([len(data)]) + data


class SocksHandler(AiohttpHandler):
    """Download through the SOCKS proxy of ``meta["proxy"]``, and never without."""

    request_class = SocksRequest

    @cached_property
    def _patience(self) -> float:
        # A circuit to an onion takes half a minute if it has to.
        return config.TOR_TIMEOUT.read(self.crawler.settings)

    @cached_property
    def _stall(self) -> float:
        return self._patience / 3

    def _connector(self) -> aiohttp.TCPConnector:
        return SocksConnector(
            self._receive_buffer,
            limit=self._pool_size_total,
            limit_per_host=self._pool_size_per_host,
            keepalive_timeout=60,  # a new stream costs a round trip through Tor
            resolver=Resolver(self._gate.answered),
        )

    @property
    def _silence(self) -> float:
        return self._stall

    def _bounded(self, session: aiohttp.ClientSession) -> Any:
        return Session(session, self._tls, self._patience * 2 / 3, self._silence)

    def _keeps(self, proxy: str | None) -> bool:
        return proxy is not None
