"""Requests over kept connections are those that aiohttp's session makes."""

import socket
import threading
import time

import pytest
from scrapy import Request, signals
from scrapy.exceptions import (
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.http import Response
from scrapy.utils.request import request_from_dict
from scrapy.utils.ssl import _make_ssl_context

from imgprint.content.byte_ranges.exchange import SMALL
from imgprint.discovery.urls.targets import plain_target
from imgprint.errors import OutOfTime
from imgprint.fetch.image_response import image_request
from imgprint.fetch.kept_connections import head_of
from imgprint.fetch.lean_headers import LeanHeaders
from imgprint.fetch.lean_request import LeanRequest
from tests.fetch.tor.test_socks import download as download_anywhere
from tests.fetch.tor.test_socks import tls_site  # noqa: F401
from tests.support.servers.process import free_port
from tests.support.servers.socks import SocksProxy

OK = b"HTTP/1.1 206 OK\r\nContent-Length: 5\r\n\r\nhello"
SILENT = b""
GONE = None
LAST = OK.replace(b"OK", b"OK\r\nConnection: close")
PART = OK.replace(b"5", b"9")


def download(*requests, **settings):
    return download_anywhere(
        *requests, IMGPRINT_ALLOWED_NETWORKS=["127.0.0.0/8"], **settings
    )


class Scripted:
    """A server that gives the answers of a list, whatever is asked, one a request.

    An answer that is a list is sent piece by piece, SILENT says nothing, GONE closes
    the connection. *asked* are the requests, each with the number of its connection.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.pause = 0.02
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._connections = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number = len(self._connections)
            self._connections.append(connection)
            threading.Thread(
                target=self._serve, args=(connection, number), daemon=True
            ).start()

    def _serve(self, connection, number):
        data = b""
        while True:
            try:
                more = connection.recv(65_536)
            except OSError:
                return
            if not more:
                return
            data += more
            while b"\r\n\r\n" in data:
                head, _, data = data.partition(b"\r\n\r\n")
                self.asked.append((number, head))
                answer = self.answers.pop(0)
                for piece in answer if isinstance(answer, list) else [answer]:
                    if piece is GONE:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(piece)
                    time.sleep(self.pause * isinstance(answer, list))

    def request(self, path="/a.jpg", **named):
        named.setdefault("headers", {"Accept": "*/*", "X-Twice": ["1", "2"]})
        return image_request(f"http://127.0.0.1:{self.port}{path}", **named)


def test_both_ways_send_the_same():
    with Scripted(OK, OK, OK) as server:
        got = download(*(server.request("/a(1).jpg?w=1&h=2") for _ in range(3)))
    assert [response.body for response in got] == [b"hello"] * 3
    assert [number for number, _ in server.asked] == [0] * 3
    first, second, third = (head for _, head in server.asked)
    assert first == second == third
    assert first == (
        b"GET /a(1).jpg?w=1&h=2 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: */*\r\n"
        b"X-Twice: 1\r\nX-Twice: 2" % server.port
    )


def test_both_ways_answer_the_same():
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    answer = b"HTTP/1.1 404 No\r\nContent-Length: 2\r\nX-Two: a\r\nX-two: b\r\n\r\nno"
    with Scripted(early + answer, early + answer) as server:
        got = download(*(server.request() for _ in range(2)))
    told = [
        (r.status, r.headers, r.body, r.flags, r.ip_address, r.protocol, r.url)
        for r in got
    ]
    assert told[0] == told[1]
    assert got[1].headers.getlist("X-Two") == [b"a", b"b"]
    assert len({number for number, _ in server.asked}) == 1


@pytest.mark.parametrize("dead", [GONE, LAST])
def test_a_connection_that_is_over_is_made_again(dead):
    answers = [OK, GONE, OK] if dead is GONE else [dead, OK]
    with Scripted(*answers) as server:
        got = download(*(server.request() for _ in range(2)))
    assert [response.body for response in got] == [b"hello"] * 2
    assert server.asked[-1][0] == 1  # the second connection


def test_a_second_failure_is_one():
    with Scripted(OK, GONE, GONE, GONE) as server:
        _, error = download(*(server.request() for _ in range(2)))
    assert isinstance(error, DownloadFailedError)
    assert len(server.asked) == 4  # aiohttp itself tries twice


@pytest.mark.parametrize("late", [SILENT, PART])
def test_silence(late):
    with Scripted(OK, late, OK) as server:
        requests = [server.request() for _ in range(3)]
        _, error, after = download(*requests, IMGPRINT_STALL_TIMEOUT=0.3)
    assert isinstance(error, DownloadTimeoutError)
    assert str(error) == f"{requests[1].url} kept silent for 0.3 seconds"
    assert after.body == b"hello"
    assert [number for number, _ in server.asked] == [0, 0, 1], "it was used again"


def test_slow_is_not_silent():
    pieces = [PART, *(b"x" for _ in range(4))]
    with Scripted(pieces, pieces) as server:
        server.pause = 0.2
        got = download(
            *(server.request() for _ in range(2)), IMGPRINT_STALL_TIMEOUT=0.4
        )
    assert [response.body for response in got] == [b"helloxxxx"] * 2


def test_time_in_all():
    with Scripted(OK, SILENT, OK) as server:
        start = time.monotonic()
        requests = [server.request() for _ in range(3)]
        _, error, after = download(*requests, IMGPRINT_TIMEOUT=0.5)
    assert isinstance(error, OutOfTime)
    assert after.body == b"hello"
    assert 0.4 < time.monotonic() - start < 5


def test_what_is_no_http():
    with Scripted(OK, b"SSH-2.0-OpenSSH\r\n\r\n", OK) as server:
        _, error, after = download(*(server.request() for _ in range(3)))
    assert isinstance(error, DownloadFailedError)
    assert str(error).startswith("bad answer: ")
    assert after.body == b"hello"


@pytest.mark.parametrize("size", [9, SMALL + 9])
def test_a_body_that_breaks_off(size):
    part = OK.replace(b"5", b"%d" % size)
    with Scripted(OK, [part, GONE]) as server:
        _, error = download(*(server.request() for _ in range(2)))
    assert isinstance(error, ResponseDataLossError)


@pytest.mark.parametrize("size", [6, SMALL, SMALL + 6])
def test_a_small_body_is_read_at_once(size):
    body = bytes(size)
    head = b"HTTP/1.1 206 OK\r\nContent-Length: %d\r\n\r\n" % size
    pieces = [head, *(body[i : i + size // 3] for i in range(0, size, size // 3))]
    received = []

    def note(data):
        received.append(len(data))

    with Scripted(pieces, pieces) as server:
        got = download(
            *(server.request() for _ in range(2)),
            connect=[(note, signals.bytes_received)],
        )
    assert [response.body for response in got] == [body] * 2
    assert sum(received) == 2 * size
    assert (len(received) == 2) is (size <= SMALL)


def test_a_body_that_is_cut_off_is_not_waited_for():
    def stop(data):
        raise StopDownload(fail=False)

    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 1000
    with Scripted(endless, endless, OK) as server:
        got = download(
            *(server.request() for _ in range(3)),
            connect=[(stop, signals.bytes_received)],
        )
    assert [response.flags for response in got] == [["download_stopped"]] * 3
    assert len(got[0].body) == 1000
    # A connection that something is still under way on is never used again.
    assert [number for number, _ in server.asked] == [0, 1, 2]


def test_proxies_keep_connections_apart():
    with Scripted(*[OK] * 6) as server, SocksProxy(server.port) as proxy:
        place = f"127.0.0.1:{proxy.port}"
        requests = [
            image_request(
                "http://a.test/a.jpg", meta={"proxy": f"socks5h://{login}@{place}"}
            )
            for login in ("one:1", "one:1", "two:2", "one:1", "two:2", "two:2")
        ]
        got = download(*requests)
    assert all(isinstance(response, Response) for response in got)
    assert [number for number, _ in server.asked] == [0, 0, 1, 0, 1, 1]


def test_tls(tls_site):  # noqa: F811
    url = f"https://127.0.0.1:{tls_site.port}/a"
    head = {"Range": "bytes=0-10240"}
    first, second = download(*(image_request(url, headers=head) for _ in range(2)))
    assert first.certificate
    assert first.body
    assert (first.certificate, first.body) == (second.certificate, second.body)
    assert first.ip_address == second.ip_address
    assert len(tls_site.names) == 1, "a handshake"


def test_certificates_are_read_once_and_not_before_there_is_tls(tls_site, monkeypatch):  # noqa: F811
    read = []
    monkeypatch.setattr(
        "imgprint.fetch.handler._make_ssl_context",
        lambda settings: read.append(1) or _make_ssl_context(settings),
    )
    secure = f"https://127.0.0.1:{tls_site.port}/a"
    with Scripted(OK, OK, OK) as server:
        download(server.request(), server.request())
        assert read == []
        head = {"Range": "bytes=0-10240"}
        image = image_request(secure, headers=head)
        requests = image, Request(secure), image.copy()
        got = download(server.request(), *requests)
    assert all(response.certificate for response in got[1:])
    assert read == [1]


def test_an_http_proxy_is_asked_in_its_own_form():
    with Scripted(OK, OK) as server:
        proxy = f"http://127.0.0.1:{server.port}"
        requests = [
            image_request("http://a.test/a.jpg", meta={"proxy": proxy})
            for _ in range(2)
        ]
        download(*requests)
    for _, head in server.asked:
        assert head.startswith(b"GET http://a.test/a.jpg HTTP/1.1\r\n")


# Fields


@pytest.mark.parametrize(
    "fields",
    [
        {"X": "a\r\nHost: b"},
        {"X": "a\nb"},
        {"X": "a\rb"},
        {"X": "a\0b"},
        {"X\r\nY": "a"},
        {"Host": "b"},
        {"Content-Length": "1"},
        {"Transfer-Encoding": "chunked"},
        {"Proxy-Authorization": "Basic eA=="},
    ],
)
def test_fields_that_are_not_plain_are_left_to_aiohttp(fields):
    target = plain_target("http://a.example/")
    assert head_of(target, LeanHeaders(fields)) is None
    assert head_of(target, LeanHeaders({"X": "a"}))


def test_a_request_is_one_of_scrapy():
    request = image_request("http://a.example/a b.jpg", headers={"A": "1"}, priority=3)
    assert isinstance(request, Request)
    assert request.url == Request("http://a.example/a b.jpg").url
    again = request.replace(url="http://b.example/c%20d.jpg")
    assert type(again) is LeanRequest
    assert (again.url, again.priority) == ("http://b.example/c%20d.jpg", 3)
    assert again.headers == {b"A": [b"1"]}
    assert (again.target, again.place) == (None, None)
    stored = request_from_dict(again.to_dict())
    assert type(stored) is LeanRequest
    assert (stored.url, stored.meta, stored.headers) == (
        again.url,
        again.meta,
        again.headers,
    )


def test_a_free_port_is_refused_by_both_ways():
    request = image_request(f"http://127.0.0.1:{free_port()}/a.jpg")
    (error,) = download(request)
    assert "can't connect to 127.0.0.1" in str(error)
