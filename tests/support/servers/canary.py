"""A listener that must not be reached: it records whoever comes."""

import selectors
import socket
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

ADDRESSES = ("127.0.0.2", "::1")
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n"
    b"Connection: close\r\n\r\nsecret"
)


class Canary:
    """Listen on one port of several loopback addresses while in context.

    ``reached`` lists the address and the first line of each request. Addresses
    that the machine does not have are left out.
    """

    def __init__(self) -> None:
        self.reached: list[tuple[str, bytes]] = []
        self._listeners = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self._listeners[0].getsockname()[1]
        for address in ADDRESSES:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with suppress(OSError):
                listener = socket.create_server((address, self.port), family=family)
                self._listeners.append(listener)
        self._waker, self._wake = socket.socketpair()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._wake.send(b"x")
        self._thread.join()
        for listener in (*self._listeners, self._wake, self._waker):
            listener.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for listener in (*self._listeners, self._waker):
                selector.register(listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._waker:
                        return
                    self._answer(key.fileobj)

    def _answer(self, listener: socket.socket) -> None:
        with listener.accept()[0] as client:
            line = b""
            client.settimeout(1)
            with suppress(OSError):
                line = client.recv(4096).partition(b"\r\n")[0]
                client.sendall(ANSWER)
            self.reached.append((listener.getsockname()[0], line))
