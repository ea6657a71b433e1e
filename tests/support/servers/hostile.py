"""A web server on loopback that misbehaves as the URL's path says."""

import functools
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.servers.behaviours import (
    content,
    framing,
    multipart,
    multipart_broken,
    partial,
    ranges,
    redirects,
)
from tests.support.servers.canary import Canary
from tests.support.servers.exchange import (
    Behaviour,
    Count,
    Exchange,
    HangUp,
    Reset,
    reset,
)

BEHAVIOURS: dict[str, Behaviour] = (
    ranges.BEHAVIOURS
    | partial.BEHAVIOURS
    | multipart.BEHAVIOURS
    | multipart_broken.BEHAVIOURS
    | framing.BEHAVIOURS
    | content.BEHAVIOURS
    | redirects.BEHAVIOURS
)


def _with_trap(image: bytes) -> bytes:
    return image[:5000] + multipart.TRAP + image[5000 + len(multipart.TRAP) :]


# What a behaviour serves instead of the image as it is.
IMAGES: dict[str, Callable[[bytes], bytes]] = {
    "ignore-small": lambda image: image[:16_000],
    "boundary-in-data": _with_trap,
    "empty": lambda image: b"",
    "empty-200": lambda image: b"",
    "one-byte": lambda image: image[:1],
    "bytes-500": lambda image: image[:500],
    "bytes-10241": lambda image: image[:10_241],
    "bytes-11264": lambda image: image[:11_264],
    "bytes-11265": lambda image: image[:11_265],
    "bytes-11265-coalesced": lambda image: image[:11_265],
    "bytes-11266": lambda image: image[:11_266],
}

# Small, so that what the server has sent is about what the client has read.
SEND_BUFFER = 16_384
CLIENT_SECONDS = 60


class HostileServer:
    """Serve *image* in every way of BEHAVIOURS while in context.

    Each behaviour has a port of its own, because clients remember hosts; the
    path alone selects it, so that every port can do everything. ``files`` maps
    further paths to ``(content type, body)``. ``canary`` must not be reached:
    its ``reached`` stays empty.
    """

    def __init__(self, image: bytes):
        self.image = image
        self.files: dict[str, tuple[str, bytes]] = {}
        self.canary = Canary()
        self._counts: dict[str, Count] = {}
        self._lock = Lock()
        self._closing = Event()
        self._clients: dict[socket.socket, Thread] = {}
        self._listeners = {name: _listen() for name in BEHAVIOURS}
        self._common = _listen()
        self._waker, self._wake = socket.socketpair()
        self._thread = Thread(target=self._accept)

    def url(self, behaviour: str, file: str = "x.jpg") -> str:
        """Return a URL of *behaviour* at its own port."""
        port = self._listeners[behaviour].getsockname()[1]
        return f"http://127.0.0.1:{port}/{behaviour}/{file}"

    def common_url(self, path: str) -> str:
        """Return the URL of ``/behaviour/file`` or a file at the common port."""
        return f"http://127.0.0.1:{self._common.getsockname()[1]}{path}"

    def served(self, behaviour: str) -> bytes:
        """Return the bytes of the file that *behaviour* stands for."""
        return IMAGES.get(behaviour, bytes)(self.image)

    def count(self, where: str) -> Count:
        """Return what happened at a URL, a path, or all paths of a behaviour."""
        with self._lock:
            if "/" in where:
                return self._counts.get(urlsplit(where).path, Count())
            paths = [p for p in self._counts if p.startswith(f"/{where}/")]
            total = Count()
            for count in (self._counts[path] for path in paths):
                total.requests += count.requests
                total.body_bytes += count.body_bytes
                total.total_bytes += count.total_bytes
                total.connections += count.connections
                total.headers += count.headers
            return total

    def __enter__(self) -> Self:
        self.canary.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._wake.send(b"x")
        self._thread.join()
        for client, thread in tuple(self._clients.items()):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            thread.join()
        for one in (*self._listeners.values(), self._common, self._wake, self._waker):
            one.close()
        self.canary.__exit__(exc_type, exc, traceback)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            for one in (*self._listeners.values(), self._common, self._waker):
                selector.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._waker:
                        return
                    client = key.fileobj.accept()[0]
                    client.settimeout(CLIENT_SECONDS)
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    thread = Thread(target=self._serve, args=(client,), daemon=True)
                    self._clients[client] = thread
                    thread.start()

    def _serve(self, client: socket.socket) -> None:
        seen: set[str] = set()
        try:
            with client.makefile("rb") as lines:
                while not self._closing.is_set():
                    exchange = self._read(client, lines.readline, seen)
                    self._behaviour(exchange)(exchange)
                    if exchange.headers.get("connection", "").lower() == "close":
                        return
        except Reset:
            reset(client)
        except (HangUp, OSError):
            pass  # the client's or the behaviour's wish
        finally:
            client.close()
            self._clients.pop(client, None)

    def _read(
        self, client: socket.socket, readline: Callable[[int], bytes], seen: set[str]
    ) -> Exchange:
        """Return the next request, counted; *seen* are paths of this connection."""
        method, _, rest = readline(65_536).decode("latin-1").strip().partition(" ")
        target = rest.rpartition(" ")[0]
        headers = {}
        while line := readline(65_536).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        if not target:
            raise HangUp
        path = urlsplit(target).path
        with self._lock:
            count = self._counts.setdefault(path, Count())
            turn = count.requests
            count.requests += 1
            count.headers.append(headers)
            count.connections += path not in seen
        seen.add(path)
        name = path.split("/")[1]
        return Exchange(
            connection=client,
            method=method,
            path=target,
            headers=headers,
            image=self.served(name),
            turn=turn,
            count=count,
            links=functools.partial(_link, headers.get("host", ""), name),
            canary=self.canary.port,
            closing=self._closing,
            lock=self._lock,
        )

    def _behaviour(self, exchange: Exchange) -> Behaviour:
        path = urlsplit(exchange.path).path
        if path in self.files:
            media_type, body = self.files[path]
            return lambda x: x.answer(200, body, Content_Type=media_type, ETag=None)
        missing = content.BEHAVIOURS["status-404"]
        return BEHAVIOURS.get(path.split("/")[1], missing)


def _listen() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    # Connections inherit it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return listener


def _link(host: str, origin: str, behaviour: str) -> str:
    """Return a URL of *behaviour* that tells by its file name who leads there."""
    return f"http://{host}/{behaviour}/{origin}.jpg"
