import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery import site_of

ONION = "a" * 56 + ".onion"


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://a.b.co.uk/", "b.co.uk"),
        ("https://WWW.Example.COM:8443/x?y#z", "example.com"),
        ("https://example.com./", "example.com"),
        ("//www.example.com/a", "example.com"),
        ("https://user:password@www.example.com/", "example.com"),
        (f"http://{ONION}/", ONION),
        (f"http://x.y.{ONION.upper()}:81/", ONION),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[::1]:8000/", "::1"),
        ("http://localhost:8000/", "localhost"),
        ("http://co.uk/", "co.uk"),
        ("https://one.github.io/", "one.github.io"),
        ("https://printer.internal.lan/", "internal.lan"),
        ("https://www.b\u00fccher.de/", "xn--bcher-kva.de"),
        ("http://a.test/", "a.test"),
        ("file:///etc/passwd", None),
        ("file://server/share", None),
        ("data:image/png,x", None),
        ("/relative", None),
        ("", None),
        ("http://", None),
        ("http://./", None),
        ("http://[bad", None),
    ],
)
def test_site_of(url, site):
    assert site_of(url) == site


def test_no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", refuse)
    assert site_of("https://never-seen-before.www.example.co.jp/") == "example.co.jp"


@given(st.text() | st.text().map(lambda host: f"http://{host}/"))
def test_junk(url):
    site = site_of(url)
    assert site is None or site
