"""A small web server for the demo gallery: loopback, ranges, no files."""

import hashlib
import re
import socket
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

LAST_MODIFIED = "Sat, 01 Jun 2024 12:00:00 GMT"
BOUNDARY = "imgprint-demo-boundary"
_RANGE = re.compile(r"(\d*)-(\d*)", re.ASCII)


def wanted(field: str | None, size: int) -> list[range] | None:
    """Return the satisfiable spans that a Range header asks for.

    None stands for the whole file: no header, another unit or a syntax error.
    An empty list is unsatisfiable. Source: RFC 9110 §14.1.1, §14.2.

    >>> wanted("bytes=0-9,-5", 100)
    [range(0, 10), range(95, 100)]
    """
    if field is None or not field.startswith("bytes="):
        return None
    spans = []
    for spec in field.removeprefix("bytes=").split(","):
        match = _RANGE.fullmatch(spec.strip(" \t"))
        if match is None or match[0] == "-":
            return None
        if not match[1]:
            span = range(max(0, size - int(match[2])), size)
        elif not match[2]:
            span = range(int(match[1]), size)
        elif int(match[2]) < int(match[1]):
            return None
        else:
            span = range(int(match[1]), min(size, int(match[2]) + 1))
        if span:
            spans.append(span)
    return spans


class GallerySite:
    """Serve *files*, ``{path: (content type, body)}``, while in context.

    A third item of a file is a dict of more header fields.

    The server listens on *address*, any free port; ``url`` names *host*, which
    must lead there. ``requests`` and ``body_bytes`` count what was served,
    ``paths`` how often each path was asked for.
    ``files`` may be set later: pages that name the site need its URL first.
    """

    def __init__(
        self,
        files: Mapping[str, tuple[Any, ...]] | None = None,
        host: str = "127.0.0.1",
        address: str = "127.0.0.1",
    ):
        self.files = files or {}
        self.requests = 0
        self.paths: Counter[str] = Counter()
        self.body_bytes = 0
        self._lock = Lock()
        self._server = _Server((address, 0), _Handler)
        self._server.site = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://{host}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving; connections still open are cut."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.cut()
        self._server.server_close()

    def count(self, path: str, body_bytes: int) -> None:
        with self._lock:
            self.requests += 1
            self.paths[path] += 1
            self.body_bytes += body_bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for all of them
    request_queue_size = 128
    site: GallerySite

    def __init__(self, address: tuple[str, int], handler: type["_Handler"]):
        self.open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """Wake the threads that wait on idle connections."""
        for connection in tuple(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hang up early: ours does by design."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "imgprint-demo"
    sys_version = ""
    timeout = 60
    # One write per answer: a delayed second packet costs 40 ms on loopback.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        found = self.server.site.files.get(path)
        if found is None:
            body = b"<!DOCTYPE html><title>Not found</title><h1>Not found</h1>\n"
            self._send(HTTPStatus.NOT_FOUND, "text/html; charset=utf-8", body)
            return
        media_type, body, *more = found
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if etag in (self.headers["If-None-Match"] or ""):
            self._send(HTTPStatus.NOT_MODIFIED, media_type, b"", ETag=etag)
            return
        field = self.headers["Range"]
        if self.headers["If-Range"] not in (None, etag, LAST_MODIFIED):
            field = None
        validators = {
            "ETag": etag,
            "Last-Modified": LAST_MODIFIED,
            "Accept-Ranges": "bytes",
            **(more[0] if more else {}),
        }
        self._send_spans(wanted(field, len(body)), media_type, body, validators)

    do_HEAD = do_GET  # noqa: N815

    def _send_spans(
        self,
        spans: list[range] | None,
        media_type: str,
        body: bytes,
        headers: dict[str, str],
    ) -> None:
        size = len(body)
        if spans is None:
            self._send(HTTPStatus.OK, media_type, body, **headers)
        elif not spans:
            headers["Content-Range"] = f"bytes */{size}"
            status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            self._send(status, media_type, b"", **headers)
        elif len(spans) == 1:
            headers["Content-Range"] = _content_range(spans[0], size)
            part = body[spans[0].start : spans[0].stop]
            self._send(HTTPStatus.PARTIAL_CONTENT, media_type, part, **headers)
        else:
            parts = _multipart(spans, media_type, body)
            kind = f"multipart/byteranges; boundary={BOUNDARY}"
            self._send(HTTPStatus.PARTIAL_CONTENT, kind, parts, **headers)

    def _send(
        self, status: HTTPStatus, media_type: str, body: bytes, **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            body = b""
        self.server.site.count(urlsplit(self.path).path, len(body))
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the demo prints a summary of its own."""


def _content_range(span: range, size: int) -> str:
    return f"bytes {span.start}-{span.stop - 1}/{size}"


def _multipart(spans: list[range], media_type: str, body: bytes) -> bytes:
    """Return *spans* of *body* as multipart/byteranges (RFC 9110 §14.6)."""
    out = []
    for span in spans:
        head = (
            f"\r\n--{BOUNDARY}\r\nContent-Type: {media_type}\r\n"
            f"Content-Range: {_content_range(span, len(body))}\r\n\r\n"
        )
        out += [head.encode(), body[span.start : span.stop]]
    return b"".join(out) + f"\r\n--{BOUNDARY}--\r\n".encode()
