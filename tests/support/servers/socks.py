"""A SOCKS 5 proxy on loopback that says who asked for what."""

import selectors
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
HANG_UP, SILENCE = -1, -2


@dataclass
class SocksProxy:
    """Lead every name to *target*, a port on loopback, while in context.

    *codes* are replies for names that are to fail, or HANG_UP or SILENCE.
    ``seen`` lists login, name and port of each connection. Source: RFC 1928.
    """

    target: int
    codes: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[str | None, str, int]] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._server = _Server((HOST, 0), _Handler)
        self._server.proxy = self
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        for connection in tuple(self._server.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"socks5h://{HOST}:{self.port}"


class _Server(ThreadingTCPServer):
    daemon_threads = False  # so that server_close waits for all of them
    proxy: SocksProxy

    def __init__(self, address: tuple[str, int], handler: type["_Handler"]):
        self.open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self.open.discard(request)
        super().shutdown_request(request)


class _Handler(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        with suppress(OSError, EOFError):
            self._talk(self.server.proxy)

    def _talk(self, proxy: SocksProxy) -> None:
        _, count = self._take(2)
        method = self._take(count)[-1]
        self.request.sendall(bytes([5, method]))
        login = None
        if method == 2:
            self._take(1)
            login = f"{self._text()}:{self._text()}"
            self.request.sendall(b"\1\0")
        self._take(4)
        name = self._text()
        proxy.seen.append((login, name, int.from_bytes(self._take(2), "big")))
        code = proxy.codes.get(name, 0)
        if code == SILENCE:
            self._take(1)
        if code < 0:
            return
        # The address after it may be of any kind: a name, too.
        self.request.sendall(bytes([5, code, 0, 3, 4]) + b"here\0\0")
        if not code:
            with socket.create_connection((HOST, proxy.target)) as there:
                _pass_on(self.request, there)

    def _text(self) -> str:
        return self._take(self._take(1)[0]).decode()

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.request.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Pass on what comes from either side until one of them ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65_536)
                if not data:
                    return
                key.data.sendall(data)
