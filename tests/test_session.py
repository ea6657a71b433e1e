"""A body that can't be read on is an error at once, however its packets are cut."""

import asyncio
import random
import socketserver
import threading
import time

import aiohttp
import pytest

from imgprint.session import MAX_WIRE, Connection
from tests.crawling import crawl

BYTES = random.Random(1).randbytes(12_000)
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
)
CHUNK = HEAD + b"%x\r\n" % 9_214 + BYTES[:9_214]
BAD = {
    "the end is missing": CHUNK[:-100],
    "the size of a chunk is a word": CHUNK + b"\r\nzz\r\n" + BYTES,
    "the size of a chunk is negative": CHUNK + b"\r\n-5\r\n" + BYTES,
    "the size of a chunk is too large": CHUNK + b"\r\n" + b"f" * 20 + b"\r\n" + BYTES,
    "a chunk is longer than its size": CHUNK + b"XX" + BYTES,
    "a trailer has no end": CHUNK + b"\r\n0\r\nX: " + b"a" * 12_000,
    "the size of a chunk has no end": CHUNK + b"\r\n" + b"0" * 13_000,
}


class Transport(asyncio.Transport):
    def get_extra_info(self, name, default=None):
        return None

    def is_closing(self):
        return False

    def close(self):
        pass

    pause_reading = resume_reading = abort = close


async def read(packets):
    """Return what becomes of a body: None if it has ended, else its exception."""
    connection = Connection(asyncio.get_running_loop(), MAX_WIRE)
    connection.connection_made(Transport())
    connection.set_response_params(read_until_eof=True, auto_decompress=False)
    for packet in packets:
        connection.data_received(packet)
    try:
        _, content = await connection.read()
    except aiohttp.http.HttpProcessingError as error:
        return error
    connection.connection_lost(None)
    assert content.is_eof() or content.exception(), "its reader would wait for ever"
    return content.exception()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_is_an_error(name):
    async def all_cuts():
        for cut in range(len(HEAD), len(BAD[name]), 101):
            assert await read([BAD[name][:cut], BAD[name][cut:]])

    asyncio.run(all_cuts())


def test_a_good_body_is_none():
    good = CHUNK + b"\r\n0\r\n\r\n"
    for cut in range(1, len(good), 101):
        assert asyncio.run(read([good[:cut], good[cut:]])) is None


class Handler(socketserver.BaseRequestHandler):
    """An image has a bad chunk, in a packet of its own; what else there is is good."""

    def handle(self):
        while request := self.request.recv(65_536):
            while b"\r\n\r\n" not in request:
                request += self.request.recv(65_536)
            path = request.split()[1].decode()
            if path == "/":
                page = "".join(f"<img src={n}.jpg>" for n in range(12)).encode()
                self.send(b"200 OK", b"text/html", page)
            elif path == "/robots.txt":
                self.send(b"404 Not Found", b"text/plain", b"")
            else:
                self.request.sendall(CHUNK)
                self.server.wait_until_read(self.request)
                self.request.sendall(b"\r\nzz\r\n" + BYTES)
                return

    def send(self, status, kind, body):
        head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
        self.request.sendall(head % (status, kind, len(body)) + body)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    @staticmethod
    def wait_until_read(_):
        time.sleep(0.05)  # so that the packets are two; the test holds if they are one


def test_a_crawl_ends_whatever_comes_over_a_kept_connection(tmp_path):
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_address[1]}/"
        # One connection, so that the page's is used again for an image.
        settings = {"RETRY_TIMES": 0, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
        done = crawl(f"-aurl={host}", cwd=tmp_path, settings=settings, timeout=60)
        server.shutdown()
    assert done.code == 0
    assert [s["error"] for s in done.sightings].count(None) == 0
    assert len(done.sightings) == 12
    assert "Traceback" not in done.log
