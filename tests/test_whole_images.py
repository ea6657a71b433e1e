"""No image arrives whole, by whatever way it comes, and none takes without end."""

import gzip
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest

from tests.support.crawling import crawl
from tests.support.pictures import padded_jpeg

IMAGE = padded_jpeg(1, 3_000_000)
CODED = {"gzip": gzip.compress(IMAGE, 1), "br": brotli.compress(IMAGE, quality=1)}
MOST = 420_000
"""Bytes on the way to us: the image's head, and what both kernels hold of a page."""
STEP = 8192

# A page, and how the image on it is served: fields, what is sent before it, and how.
WAYS = {
    "stylesheet": ("<link rel=stylesheet href=/big>", "image/jpeg", b""),
    "stylesheet-css": ("<link rel=stylesheet href=/big>", "text/css", b""),
    "import": ("<style>@import url(/big)</style>", "text/css", b""),
    "manifest": ("<link rel=manifest href=/big>", "application/json", b""),
    "page": ("<a href=/big>x</a>", "text/html", b""),
    "page-no-type": ("<a href=/big>x</a>", "", b""),
    "page-binary": ("<a href=/big>x</a>", "application/octet-stream", b""),
    "blank-line-first": ("<a href=/big>x</a>", "text/html", b"\r\n" * 40),
    "mark-first": ("<a href=/big>x</a>", "text/html", b"\xef\xbb\xbf"),
    "robots": ("", "text/plain", b""),
    "sitemap": ("", "application/xml", b""),
    "favicon": ("<link rel=icon href=/big>", "text/html", b""),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def setup(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, STEP)
        super().setup()

    def do_GET(self):
        with suppress(OSError):
            self.server.answer(self)
            return
        self.close_connection = True

    def send(self, body, fields, pause=0.0):
        self.send_response(200)
        for name, value in {"Content-Length": len(body), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        first = 1 if pause else STEP
        for start in (0, *range(first, len(body), STEP)):
            self.wfile.write(body[start : start + STEP] if start else body[:first])
            self.server.sent[self.path] += STEP
            if not start and pause:
                time.sleep(pause)  # so that the first packet holds one byte


@contextmanager
def serving(answer):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.answer, server.sent = answer, Counter()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def way(name, coding=None, pause=0.0):
    page, kind, before = WAYS[name]
    body = before + IMAGE if not coding else CODED[coding]
    fields = {"Content-Type": kind} if kind else {}
    if coding:
        fields["Content-Encoding"] = coding

    def answer(request):
        big = {"robots": "/robots.txt", "sitemap": "/sitemap.xml"}.get(name, "/big")
        if request.path == big:
            request.send(body, fields, pause)
        elif request.path == "/":
            request.send(page.encode(), {"Content-Type": "text/html"})
        elif request.path == "/robots.txt" and name == "sitemap":
            host = request.headers["Host"]
            request.send(f"Sitemap: http://{host}/sitemap.xml".encode(), {})
        else:
            request.send_error(404)

    return answer


@pytest.mark.parametrize(
    ("name", "coding", "pause"),
    [
        *((name, None, 0) for name in WAYS),
        *((name, coding, 0) for name in ("stylesheet-css", "page") for coding in CODED),
        *((name, None, 0.2) for name in ("stylesheet-css", "page", "robots")),
    ],
)
def test_an_image_that_comes_by_another_way_is_cut_off(tmp_path, name, coding, pause):
    with serving(way(name, coding, pause)) as server:
        done = crawl(
            f"-aurl=http://127.0.0.1:{server.server_port}/",
            "-adepth=1",
            "-asitemap=1",
            cwd=tmp_path,
            settings={"HTTPCACHE_ENABLED": 1, "HTTPCACHE_DIR": tmp_path / "cache"},
        )
        assert done.code == 0
        assert sum(server.sent.values()) < MOST, server.sent
        assert server.sent.total() > STEP, "it was asked for"
    cached = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not any(IMAGE[2000:2064] in path.read_bytes() for path in cached)


def chunk_extensions(wfile):
    for _ in range(50_000):
        yield wfile.write(b"1;" + b"x" * 4000 + b"\r\nA\r\n") and 4007


def endless_chunk_size(wfile):
    for _ in range(50_000):
        yield wfile.write(b"0" * 4000)


@pytest.mark.parametrize("way", [chunk_extensions, endless_chunk_size])
def test_bytes_that_belong_to_no_body_are_bounded(tmp_path, way):
    def answer(request):
        if request.path != "/a.jpg":
            page = b"<img src=/a.jpg>" if request.path == "/" else b""
            request.send(page, {"Content-Type": "text/html"})
            return
        request.send_response(206)
        request.send_header("Content-Type", "image/jpeg")
        request.send_header("Content-Range", "bytes 0-10240/60000")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for sent in way(request.wfile):
            request.server.sent[request.path] += sent

    with serving(answer) as server:
        done = crawl(f"-aurl=http://127.0.0.1:{server.server_port}/", cwd=tmp_path)
        assert server.sent["/a.jpg"] < MOST
    (sighting,) = done.sightings
    assert sighting["error"] == "answer of more than 98304 bytes"


def test_an_image_that_drips_is_given_up(tmp_path):
    ended = threading.Event()

    def answer(request):
        if request.path != "/a.jpg":
            page = b"<img src=/a.jpg>" if request.path == "/" else b""
            request.send(page, {"Content-Type": "text/html"})
            return
        request.send_response(206)
        request.send_header("Content-Type", "image/jpeg")
        request.send_header("Content-Range", "bytes 0-10240/60000")
        request.send_header("Content-Length", "10241")
        request.end_headers()
        while not ended.wait(0.5):
            request.wfile.write(b"\xff")

    with serving(answer) as server:
        done = crawl(
            f"-aurl=http://127.0.0.1:{server.server_port}/",
            cwd=tmp_path,
            settings={"IMGPRINT_TIMEOUT": 2},
        )
        ended.set()
    (sighting,) = done.sightings
    assert sighting["error"] == "took longer than 2 seconds"
