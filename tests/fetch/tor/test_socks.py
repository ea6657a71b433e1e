import asyncio
import socket
import ssl
import subprocess
import time
from collections import Counter

import pytest
import uvloop
from scrapy import Request, signals
from scrapy.exceptions import (
    DownloadFailedError,
    DownloadTimeoutError,
    StopDownload,
)
from scrapy.http import Response
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.demo.gallery_server import GallerySite
from imgprint.errors import DOWNLOAD_ERRORS, OnionRefused, OutOfTime, TorDown, TorError
from imgprint.fetch.handler import HttpDownloadHandler
from imgprint.fetch.tor.socks_replies import REPLIES
from tests.fetch.tor.test_onion_names import REAL
from tests.support.servers.canary import Canary
from tests.support.servers.hostile import HostileServer
from tests.support.servers.process import free_port, require
from tests.support.servers.socks import HANG_UP, SILENCE, SocksProxy

BODY = b"x" * 200_000


def download(*requests, connect=(), **settings):
    """What the handler makes of each of *requests*: a response or an exception."""

    async def run():
        crawler = get_crawler(settings_dict=settings)
        crawler.spider = crawler._create_spider()
        for receiver, signal in connect:
            crawler.signals.connect(receiver, signal)
        handler = build_from_crawler(HttpDownloadHandler, crawler)
        try:
            results = []
            for request in requests:
                try:
                    results.append(await handler.download_request(request))
                except DOWNLOAD_ERRORS as error:
                    results.append(error)
            return results
        finally:
            await handler.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


@pytest.fixture
def site():
    with GallerySite({"/a": ("text/plain", BODY)}) as site:
        site.port = int(site.url.rpartition(":")[2])
        yield site


def through(proxy, url, login="one:two", **meta):
    place = f"socks5h://{login}@127.0.0.1:{proxy.port}"
    return Request(url, meta={"proxy": place, **meta})


def test_names_go_to_the_proxy_and_connections_are_kept_apart(site, monkeypatch):
    def no_dns(*args, **kwargs):
        assert args[0] == "127.0.0.1", "a name was looked up"
        return real(*args, **kwargs)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", no_dns)
    with SocksProxy(site.port) as proxy:
        requests = [through(proxy, "http://a.test/a") for _ in range(3)]
        requests += [through(proxy, "http://a.test/a", "three:four")] * 2
        requests += [through(proxy, f"http://{REAL}:8080/a", "three:four")]
        responses = download(*requests)
    assert [r.body for r in responses] == [BODY] * 6
    assert proxy.seen == [
        ("one:two", "a.test", 80),  # and it served three requests
        ("three:four", "a.test", 80),
        ("three:four", REAL, 8080),
    ]


@pytest.fixture
def tls_site(tmp_path):
    """A TLS server with a certificate of its own: answers, then hangs up."""
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    make = [require("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048"]
    make += ["-nodes", "-subj", "/CN=a.test", "-keyout", key, "-out", certificate]
    subprocess.run(make, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names = []
    context.sni_callback = lambda connection, name, context: names.append(name)
    site = GallerySite({"/a": ("text/plain", BODY)})
    server = site._server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with site:
        site.port, site.names = server.server_port, names
        yield site


def test_tls_is_with_the_server(tls_site):
    with SocksProxy(tls_site.port) as proxy:
        requests = [through(proxy, f"https://{REAL}/a") for _ in range(2)]
        responses = download(*requests)
    assert [response.body for response in responses] == [BODY] * 2
    assert proxy.seen == [("one:two", REAL, 443)]
    assert tls_site.names == [REAL]


def test_tls_that_fails(tls_site, site):
    with SocksProxy(tls_site.port) as proxy:
        settings = {"DOWNLOAD_VERIFY_CERTIFICATES": True}
        (error,) = download(through(proxy, "https://a.test/a"), **settings)
    assert type(error) is DownloadFailedError
    with SocksProxy(site.port) as proxy:
        (error,) = download(through(proxy, "https://a.test/a"))
    assert type(error) is DownloadFailedError


def test_without_login(site):
    with SocksProxy(site.port) as proxy:
        request = Request("http://a.test/a", meta={"proxy": proxy.url})
        (response,) = download(request)
    assert response.status == 200
    assert proxy.seen == [(None, "a.test", 80)]


@pytest.mark.parametrize("code", [*REPLIES, 0x99])
def test_codes_have_names(code, site):
    with SocksProxy(site.port, {"a.test": code}) as proxy:
        (error,) = download(through(proxy, "http://a.test/a"))
    assert f"SOCKS 0x{code:02X}" in str(error)
    permanent = code in (0x02, 0x07, 0x08, 0xF4, 0xF5, 0xF6)
    assert type(error) is (OnionRefused if permanent else TorError)
    assert error.name == (REPLIES[code].name if code in REPLIES else "unknown")


def test_the_proxy_fails(site):
    with SocksProxy(site.port, {"gone.test": HANG_UP, "mute.test": SILENCE}) as proxy:
        gone, mute = download(
            through(proxy, "http://gone.test/a"),
            through(proxy, "http://mute.test/a"),
            IMGPRINT_TOR_TIMEOUT=0.6,
        )
    assert str(gone) == "Tor could not connect (it hung up, SOCKS 0x01)"
    assert str(mute) == "timed out inside Tor (0.4 s, SOCKS 0x06)"
    assert type(mute) is TorError
    place = f"socks5h://a:b@127.0.0.1:{free_port()}"
    (down,) = download(Request("http://a.test/", meta={"proxy": place}))
    assert type(down) is TorDown
    assert str(down).startswith("not tried: no Tor at 127.0.0.1:")
    (other,) = download(Request("http://a.test/", meta={"proxy": place[:-6] + ":0"}))
    assert type(other) is TorDown


def test_what_is_no_proxy():
    with Canary() as server:
        place = f"socks5h://a:b@127.0.0.1:{server.port}"
        (error,) = download(Request("http://a.test/", meta={"proxy": place}))
    assert "is this a SOCKS 5 port?" in str(error)


def test_the_server_sees_no_proxy():
    with Canary() as server, SocksProxy(server.port) as proxy:
        download(through(proxy, "http://a.test/x?y"))
    assert server.reached == [("127.0.0.1", b"GET /x?y HTTP/1.1")]


def test_stop_download(site):
    received = Counter()

    def stop(data, request):
        received["bytes"] += len(data)
        raise StopDownload(fail=False)

    with SocksProxy(site.port) as proxy:
        (response,) = download(
            through(proxy, "http://a.test/a", imgprint=True),
            connect=[(stop, signals.bytes_received)],
        )
    assert isinstance(response, Response)
    assert len(response.body) == received["bytes"] < 70_000


@pytest.mark.parametrize("image", [True, False])
def test_a_body_that_drips_is_cut_off(image):
    with HostileServer(BODY) as server, SocksProxy(0) as proxy:
        url = server.url("slow-drip")
        proxy.target = int(url.split(":")[2].split("/")[0])
        request = through(proxy, url, download_timeout=1)
        if image:
            request.meta["imgprint"] = True
        began = time.monotonic()
        (error,) = download(request, IMGPRINT_TOR_TIMEOUT=3)
    assert type(error) is (OutOfTime if image else DownloadTimeoutError)
    assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    ("url", "meta"),
    [
        (f"http://{REAL}/", {}),
        (f"http://{REAL.upper()}./", {}),
        (f"http://{REAL}/", {"imgprint": True}),
        (f"http://{REAL}/", {"proxy": "http://PLACE"}),
        (f"http://{REAL}/", {"proxy": "socks5://PLACE"}),
        (f"https://{REAL}/", {"proxy": "https://PLACE"}),
        ("http://example.test/", {"imgprint_tor": REAL}),
        ("http://example.test/", {"imgprint_tor": REAL, "proxy": "http://PLACE"}),
        ("http://example.test/", {"proxy": "socks4a://PLACE"}),
        ("http://a.i2p/", {}),
        ("http://example.test/", {"imgprint_tor": "a.i2p"}),
    ],
)
def test_the_handler_itself_refuses(url, meta, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: pytest.fail("DNS"))
    with Canary() as canary:
        place = f"127.0.0.1:{canary.port}"
        meta = {
            k: v.replace("PLACE", place) if k == "proxy" else v for k, v in meta.items()
        }
        (error,) = download(Request(url, meta=meta))
    assert type(error) is OnionRefused
    assert error.name == "no_way"
    assert canary.reached == []
