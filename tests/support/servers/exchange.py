"""One request to the hostile server, and the means to answer it well or badly."""

import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import NoReturn

from imgprint.demo.gallery_server import wanted

BOUNDARY = "hostile-boundary"
ETAG = '"v1"'
LAST_MODIFIED = "Sat, 01 Jun 2024 12:00:00 GMT"
REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 404: "Not Found"}
CHUNK = 16_384


class HangUp(Exception):
    """Close the connection now."""


class Reset(Exception):
    """Close the connection by RST."""


@dataclass
class Count:
    """What the server saw and sent for a path.

    ``body_bytes`` and ``total_bytes`` are what the kernel took; up to a send
    buffer of them may not have reached the client. ``headers`` holds those of
    each request, names in lower case.
    """

    requests: int = 0
    body_bytes: int = 0
    total_bytes: int = 0
    connections: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("range") for headers in self.headers]

    @property
    def conditions(self) -> list[dict[str, str]]:
        """Return the If-* fields of each request."""
        return [
            {name: value for name, value in headers.items() if name.startswith("if-")}
            for headers in self.headers
        ]


@dataclass
class Exchange:
    """A request and its connection.

    *turn* counts the requests for this path from 0; *links* gives the URL of
    another behaviour on the same host and port; *canary* is the port that must
    not be reached.
    """

    connection: socket.socket
    method: str
    path: str
    headers: dict[str, str]
    image: bytes
    turn: int
    count: Count
    links: Callable[[str], str]
    canary: int
    closing: Event
    lock: Lock = field(default_factory=Lock)

    @property
    def spans(self) -> list[range] | None:
        """Return the spans that Range asks for, None for no usable Range."""
        return wanted(self.headers.get("range"), len(self.image))

    @property
    def listed(self) -> bool:
        """Return whether the request asks for several ranges."""
        return "," in self.headers.get("range", "")

    @property
    def suffix(self) -> bool:
        """Return whether the request asks for one suffix range."""
        return self.headers.get("range", "").startswith("bytes=-") and not self.listed

    def raw(self, data: bytes) -> None:
        """Send bytes that are no body."""
        self._send(data, body=False)

    def body(self, data: bytes) -> None:
        self._send(data, body=True)

    def _send(self, data: bytes, body: bool) -> None:
        view = memoryview(data)
        while view:
            sent = self.connection.send(view[:CHUNK])
            view = view[sent:]
            with self.lock:
                self.count.total_bytes += sent
                self.count.body_bytes += sent if body else 0

    def head(self, status: int, fields: Iterable[tuple[str, str]]) -> None:
        reason = REASONS.get(status, "Whatever")
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{n}: {v}" for n, v in fields)]
        self.raw("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def wait(self, seconds: float) -> None:
        """Do nothing for a while; hang up if the server is about to end."""
        if self.closing.wait(seconds):
            raise HangUp

    def stall(self) -> NoReturn:
        """Do nothing until the client goes away or the server ends."""
        while self.connection.recv(4096):
            pass
        raise HangUp

    def send_head(self, status: int, length: int | None, **other: str | None) -> None:
        """Send a usual header; *other* fields add, replace or (None) remove."""
        fields: dict[str, str | None] = {
            "Server": "hostile",
            "Content-Type": "image/jpeg",
            "Content-Length": None if length is None else str(length),
            "ETag": ETAG,
            "Last-Modified": LAST_MODIFIED,
            "Accept-Ranges": "bytes",
        }
        fields |= {name.replace("_", "-"): value for name, value in other.items()}
        self.head(status, [(n, v) for n, v in fields.items() if v is not None])

    def answer(self, status: int, body: bytes = b"", **other: str | None) -> None:
        """Send a whole, well-framed answer."""
        self.send_head(status, len(body), **other)
        if self.method != "HEAD":
            self.body(body)

    def whole(self, **other: str | None) -> None:
        self.answer(200, self.image, **other)

    def part(self, span: range, **other: str | None) -> None:
        """Send one range of the image."""
        other.setdefault("Content_Range", content_range(span, len(self.image)))
        self.answer(206, self.image[span.start : span.stop], **other)

    def unsatisfiable(self, length: int | str | None, body: bytes = b"") -> None:
        field = None if length is None else f"bytes */{length}"
        self.answer(416, body, Content_Range=field)

    def parts(self, spans: list[range], **other: str | None) -> None:
        """Send several ranges as multipart/byteranges."""
        self.multipart([self.packed(span) for span in spans], **other)

    def packed(self, span: range, **fields: str | None) -> bytes:
        """Return one part, from its header to the end of its data."""
        named: dict[str, str | None] = {
            "Content-Type": "image/jpeg",
            "Content-Range": content_range(span, len(self.image)),
        }
        named |= {name.replace("_", "-"): value for name, value in fields.items()}
        lines = [f"{n}: {v}\r\n" for n, v in named.items() if v is not None]
        head = "".join([*lines, "\r\n"]).encode()
        return head + self.image[span.start : span.stop]

    def multipart(self, parts: list[bytes], **other: str | None) -> None:
        """Send packed parts with the usual boundaries around them."""
        body = joined(parts)
        other.setdefault("Content_Type", multipart_type())
        self.answer(206, body, **other)

    def honour(self, **other: str | None) -> None:
        """Answer as a good server does: 200, 206, 304 or 416."""
        if self.headers.get("if-none-match") == ETAG and not other.get("ETag"):
            self.head(304, [("ETag", ETAG), ("Last-Modified", LAST_MODIFIED)])
            return
        spans = self.spans
        if spans is None:
            self.whole(**other)
        elif not spans:
            self.unsatisfiable(len(self.image))
        elif len(spans) == 1:
            self.part(spans[0], **other)
        elif sum(map(len, spans)) > len(self.image):
            self.whole(**other)
        else:
            self.parts(spans, **other)

    def no_lists(self, **other: str | None) -> None:
        """Answer lists with 416, as Varnish does, and all else well."""
        if self.listed:
            self.unsatisfiable(len(self.image))
        else:
            self.honour(**other)


Behaviour = Callable[[Exchange], None]


class Behaviours(dict[str, Behaviour]):
    """Behaviours by name; ``add`` takes the name from the function's."""

    def add(self, behaviour: Behaviour) -> Behaviour:
        self[behaviour.__name__.replace("_", "-")] = behaviour
        return behaviour


def content_range(span: range, total: int | str) -> str:
    return f"bytes {span.start}-{span.stop - 1}/{total}"


def multipart_type(boundary: str = BOUNDARY) -> str:
    return f"multipart/byteranges; boundary={boundary}"


def joined(parts: list[bytes], boundary: str = BOUNDARY) -> bytes:
    """Return the body of a multipart answer."""
    line = boundary.encode()
    return b"".join(b"\r\n--%b\r\n%b" % (line, p) for p in parts) + (
        b"\r\n--%b--\r\n" % line
    )


def reset(connection: socket.socket) -> None:
    """Close by RST: nothing that is still unsent is delivered."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()
