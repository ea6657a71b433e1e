import socket
import threading
from email.parser import BytesParser
from http.client import HTTPConnection
from random import Random
from urllib.parse import urlsplit

import pytest

from imgprint.demo.gallery_server import GallerySite, wanted

BODY = Random(1).randbytes(30_000)
FILES = {"/a.jpg": ("image/jpeg", BODY), "/": ("text/html", b"<p>hello")}


@pytest.fixture
def site():
    with GallerySite(FILES) as site:
        yield site


@pytest.fixture
def connection(site):
    connection = HTTPConnection(urlsplit(site.url).netloc, timeout=5)
    yield connection
    connection.close()


def get(connection, path="/a.jpg", **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=fields)
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.parametrize(
    ("field", "spans"),
    [
        (None, None),
        ("bytes=0-10240", [range(10241)]),
        ("bytes=-1024", [range(28976, 30000)]),
        ("bytes=-99999", [range(30000)]),
        ("bytes=29999-", [range(29999, 30000)]),
        ("bytes=29000-99999", [range(29000, 30000)]),
        ("bytes=0-10240, -1024", [range(10241), range(28976, 30000)]),
        ("bytes=0-0,30000-", [range(1)]),
        ("bytes=30000-", []),
        ("bytes=-0", []),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=1-2-3", None),
        ("bytes=", None),
        ("lines=1-2", None),
    ],
)
def test_wanted(field, spans):
    assert wanted(field, 30_000) == spans


def test_whole(site, connection):
    response, body = get(connection)
    assert (response.status, body) == (200, BODY)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Last-Modified"].endswith("GMT")
    assert (site.requests, site.body_bytes) == (1, 30_000)


@pytest.mark.parametrize(
    ("field", "start", "stop"),
    [("bytes=0-10240", 0, 10_241), ("bytes=-1024", 28_976, 30_000)],
)
def test_one_range(connection, field, start, stop):
    response, body = get(connection, Range=field)
    assert (response.status, body) == (206, BODY[start:stop])
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/30000"


def test_list(site, connection):
    response, body = get(connection, Range="bytes=0-10240,-1024")
    assert response.status == 206
    assert site.body_bytes == len(body) < 11_265 + 300
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + body).get_payload()
    assert [part["Content-Range"] for part in parts] == [
        "bytes 0-10240/30000",
        "bytes 28976-29999/30000",
    ]
    # The email package rewrites line ends; the exact bytes are in the body.
    assert b"\r\n\r\n" + BODY[:10_241] + b"\r\n--" in body
    assert b"\r\n\r\n" + BODY[-1024:] + b"\r\n--" in body


def test_unsatisfiable(connection):
    response, body = get(connection, Range="bytes=30000-")
    assert (response.status, body) == (416, b"")
    assert response.headers["Content-Range"] == "bytes */30000"


def test_conditions(connection):
    etag = get(connection)[0].headers["ETag"]
    response, body = get(connection, If_None_Match=etag)
    assert (response.status, body) == (304, b"")
    assert get(connection, Range="bytes=0-1", If_Range=etag)[0].status == 206
    assert get(connection, Range="bytes=0-1", If_Range='"x"')[0].status == 200


def test_not_found(connection):
    assert get(connection, "/b.jpg")[0].status == 404


def test_head(connection):
    connection.request("HEAD", "/a.jpg")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert response.headers["Content-Length"] == "30000"


def test_two_at_once():
    with GallerySite(FILES) as first, GallerySite(FILES, host="localhost") as second:
        assert first.url.startswith("http://127.0.0.1:")
        assert second.url.startswith("http://localhost:")
        for site in (first, second):
            connection = HTTPConnection(urlsplit(site.url).netloc, timeout=5)
            assert get(connection, "/")[1] == b"<p>hello"
            connection.close()


def test_close_cuts_open_connections(capfd):
    before = threading.active_count()
    with GallerySite(FILES) as site:
        port = urlsplit(site.url).port
        idle = socket.create_connection(("127.0.0.1", port), 5)
        used = HTTPConnection("127.0.0.1", port, timeout=5)
        get(used)
    assert threading.active_count() == before
    assert idle.recv(1) == b""
    idle.close()
    used.close()
    assert capfd.readouterr() == ("", "")


def test_clients_that_hang_up_are_no_news(capfd):
    large = {"/a.jpg": ("image/jpeg", bytes(20_000_000))}
    with GallerySite(large) as site:
        for _ in range(3):
            client = socket.create_connection(("127.0.0.1", urlsplit(site.url).port), 5)
            client.sendall(b"GET /a.jpg HTTP/1.1\r\nHost: a\r\n\r\n")
            client.recv(1000)
            client.close()
    assert capfd.readouterr() == ("", "")


def test_close_without_serving():
    GallerySite(FILES).close()
