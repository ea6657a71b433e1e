import socket
import threading
import time
from http.client import HTTPConnection, HTTPException
from random import Random
from urllib.parse import urlsplit

import pytest

from tests.support.servers.hostile import BEHAVIOURS, HostileServer

IMAGE = Random(3).randbytes(200_000)
LIST = {"Range": "bytes=0-10240,-1024"}
HEAD = {"Range": "bytes=0-10240"}
TAIL = {"Range": "bytes=-1024"}


@pytest.fixture(scope="module")
def server():
    with HostileServer(IMAGE) as server:
        yield server


def get(url, headers=(), limit=None):
    """Return status, header and at most *limit* bytes of body."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=3)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", path, headers=dict(headers))
        with connection.getresponse() as response:
            return response.status, response.headers, response.read(limit)
    finally:
        connection.close()


def talk(url, limit=100_000, seconds=0.3):
    """Return the first bytes of whatever comes back for a list."""
    parts = urlsplit(url)
    data = b""
    with socket.create_connection((parts.hostname, parts.port), seconds) as client:
        line = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        line += f"Connection: close\r\nRange: {LIST['Range']}\r\n\r\n"
        client.sendall(line.encode())
        try:
            while len(data) < limit and (piece := client.recv(16_384)):
                data += piece
        except TimeoutError:
            return data + b"(stalled)"
        except ConnectionResetError:
            return data + b"(reset)"
    return data


def test_many_and_documented():
    assert len(BEHAVIOURS) > 150
    assert all(behaviour.__doc__ for behaviour in BEHAVIOURS.values())


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_answers_or_ends(name):
    """Each takes a list, a range and a plain request, and lets the server end."""
    threads = threading.active_count()
    with HostileServer(IMAGE) as server:
        talk(server.url(name), seconds=0.1)
        for headers in (HEAD, {}):
            try:
                get_quickly(server.url(name), headers)
            except (OSError, HTTPException, ValueError):
                pass  # http.client is not the client under test
        assert server.count(name).requests >= 2
        assert server.canary.reached == []
    assert threading.active_count() == threads


def get_quickly(url, headers):
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=0.1)
    try:
        connection.request("GET", parts.path, headers=headers)
        with connection.getresponse() as response:
            response.read(30_000)
    finally:
        connection.close()


def test_honour(server):
    url = server.url("honour", "a.jpg")
    status, headers, body = get(url, LIST)
    assert (status, headers.get_content_type()) == (206, "multipart/byteranges")
    assert IMAGE[:10_241] in body
    assert IMAGE[-1024:] in body
    assert get(url, HEAD)[2] == IMAGE[:10_241]
    assert get(url, TAIL)[2] == IMAGE[-1024:]
    assert get(url)[2] == IMAGE
    assert get(url, {"If-None-Match": headers["ETag"]})[0] == 304
    sent = len(body) + 10_241 + 1024 + 200_000
    deadline = time.monotonic() + 5
    # The server counts after it has sent: the client may know of it first.
    while (count := server.count(url)).body_bytes < sent:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (count.requests, count.connections) == (5, 5)
    assert count.ranges == [LIST["Range"], HEAD["Range"], TAIL["Range"], None, None]
    assert count.conditions[3:] == [{}, {"if-none-match": headers["ETag"]}]
    assert count.body_bytes == sent
    assert count.body_bytes < count.total_bytes < count.body_bytes + 5 * 300
    assert server.count("honour").requests == 5


def test_keep_alive_is_one_connection(server):
    url = server.url("honour", "kept.jpg")
    connection = HTTPConnection(urlsplit(url).netloc, timeout=3)
    for _ in range(3):
        connection.request("GET", urlsplit(url).path, headers=HEAD)
        assert connection.getresponse().read() == IMAGE[:10_241]
    connection.close()
    assert (server.count(url).requests, server.count(url).connections) == (3, 1)


@pytest.mark.parametrize(
    ("name", "for_list", "for_head", "for_tail"),
    [
        ("list-200", 200, 206, 206),
        ("list-416", 416, 206, 206),
        ("list-403", 403, 206, 206),
        ("first-range-only", 206, 206, 206),
        ("suffix-416", 206, 206, 416),
        ("suffix-500", 200, 206, 500),
        ("ignore-large", 200, 200, 200),
        ("unsatisfiable-always", 416, 416, 416),
        ("unasked-304", 304, 304, 304),
    ],
)
def test_status(server, name, for_list, for_head, for_tail):
    url = server.url(name)
    assert get(url, LIST)[0] == for_list
    assert get(url, HEAD)[0] == for_head
    assert get(url, TAIL)[0] == for_tail


def test_suffix_as_head(server):
    _, headers, body = get(server.url("suffix-as-head"), TAIL)
    assert headers["Content-Range"] == "bytes 0-1024/200000"
    assert body == IMAGE[:1025]


def test_endless_is_counted_until_the_client_leaves(server):
    url = server.url("ignore-endless")
    assert len(get(url, HEAD, 500_000)[2]) == 500_000
    time.sleep(0.2)
    sent = server.count(url).body_bytes
    time.sleep(0.2)
    assert server.count(url).body_bytes == sent
    assert sent > 500_000


def test_swapped_parts(server):
    body = get(server.url("swapped-parts"), LIST)[2]
    assert body.index(IMAGE[-1024:]) < body.index(IMAGE[:10_241])


def test_boundary_in_data(server):
    served = server.served("boundary-in-data")
    assert len(served) == len(IMAGE)
    body = get(server.url("boundary-in-data"), LIST)[2]
    assert served[:10_241] in body
    assert body.count(b"--hostile-boundary--") == 2


def test_etag_flips_once(server):
    url = server.url("etag-flips-once")
    etags = [get(url, h)[1]["ETag"] for h in (HEAD, HEAD, TAIL, HEAD)]
    assert etags == ['"old"', '"old"', '"new"', '"new"']


def test_cold_cache(server):
    url = server.url("cold-cache")
    assert [get(url, LIST)[0] for _ in range(3)] == [200, 206, 206]


def test_busy(server):
    url = server.url("busy-503")
    status, headers, _ = get(url, LIST)
    assert (status, headers["Retry-After"]) == (503, "1")
    assert get(url, LIST)[0] == 206


def test_framing(server):
    assert talk(server.url("reset-in-head")).endswith(b"image/jpeg\r\n(reset)")
    assert talk(server.url("stall-after-head")).endswith(b"\r\n\r\n(stalled)")
    assert talk(server.url("stall-in-body")).endswith(IMAGE[4000:5000] + b"(stalled)")
    assert talk(server.url("hang-up-at-once")) == b""
    assert talk(server.url("http-0-9")).startswith(IMAGE[:100])
    assert talk(server.url("two-lengths")).count(b"Content-Length") == 2
    assert talk(server.url("continue-first")).startswith(b"HTTP/1.1 100 ")
    assert talk(server.url("list-reset")) == b"(reset)"


@pytest.mark.parametrize("size", [0, 1, 500, 10_241, 11_264, 11_265, 11_266])
def test_sizes(server, size):
    names = {0: "empty", 1: "one-byte"}
    name = names.get(size, f"bytes-{size}")
    assert len(server.served(name)) == size
    assert get(server.url(name))[2] == IMAGE[:size]


def test_redirects(server):
    status, headers, _ = get(server.url("redirect-302"), LIST)
    assert status == 302
    assert headers["Location"].endswith("/redirect-target/redirect-302.jpg")
    assert get(headers["Location"], LIST)[0] == 206
    assert server.count(headers["Location"]).ranges == [LIST["Range"]]
    headers = get(server.url("redirect-octal"))[1]
    assert headers["Location"] == f"http://0177.0.0.1:{server.canary.port}/x.jpg"
    headers = get(server.url("redirect-chain") + "?2")[1]
    assert headers["Location"] == "/redirect-chain/x.jpg?3"
    assert get(server.url("redirect-chain") + "?3")[0] == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1"])
def test_canary_records(address):
    with HostileServer(IMAGE) as server:
        try:
            connection = HTTPConnection(address, server.canary.port, timeout=3)
            connection.request("GET", "/x.jpg")
        except OSError:
            pytest.skip(f"no {address} on this machine")
        assert connection.getresponse().read() == b"secret"
        connection.close()
    assert server.canary.reached == [(address, b"GET /x.jpg HTTP/1.1")]


def test_files_and_common_port(server):
    server.files["/page.html"] = ("text/html", b"<img src=/list-416/y.jpg>")
    status, headers, body = get(server.common_url("/page.html"))
    assert (status, headers["Content-Type"]) == (200, "text/html")
    assert body.startswith(b"<img")
    assert get(server.common_url("/list-416/y.jpg"), LIST)[0] == 416
    assert server.count("/list-416/y.jpg").requests == 1
    assert get(server.common_url("/unknown/y.jpg"))[0] == 404


def test_quiet(capfd):
    with HostileServer(IMAGE) as server:
        for name in ("slow-drip", "ignore-endless", "stall-in-head"):
            talk(server.url(name), 1000, 0.1)
    assert capfd.readouterr() == ("", "")
