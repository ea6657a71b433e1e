import base64
from collections import Counter
from hashlib import sha3_256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.fetch.tor.onion_names import (
    choose_proxy,
    is_onion,
    leak,
    name_problem,
    onion_location,
    parse_proxies,
    route,
)

TOR = "socks5h://127.0.0.1:9050"
# The Tor Project's own site, as published.
REAL = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"


def onion(seed, version=b"\x03"):
    """A valid name for some key."""
    key = Random(seed).randbytes(32)
    checksum = sha3_256(b".onion checksum" + key + version).digest()[:2]
    return base64.b32encode(key + checksum + version).decode().lower() + ".onion"


@pytest.mark.parametrize("name", [REAL, REAL.upper(), f"www.{REAL}.", onion(1)])
def test_names(name):
    assert is_onion(name)
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("3g" + REAL[2:], "invalid_name", "checksum is wrong"),
        ("a" * 56 + ".onion", "invalid_name", "unknown version 0"),
        (onion(1, b"\x04"), "invalid_name", "unknown version 4"),
        ("expyuzz4wqqyqhjn.onion", "v2_name", "ended in 2021"),
        ("www.expyuzz4wqqyqhjn.onion.", "v2_name", "ended in 2021"),
        ("01" + REAL[2:], "invalid_name", "digits 2 to 7"),
        ("abc.onion", "invalid_name", "this one 3"),
        ("onion", "invalid_name", "this one 0"),
    ],
)
def test_what_is_wrong_with_a_name(name, kind, words):
    assert is_onion(name)
    problem = name_problem(name)
    assert problem[0] == kind
    assert words in problem[1]


@given(st.text(max_size=70))
def test_any_text_is_some_name(text):
    assert name_problem(text) is None or name_problem(text)[0].endswith("_name")


def test_one_changed_character_is_noticed():
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    for i in range(56):
        other = letters[(letters.index(REAL[i]) + 1) % 32]
        assert name_problem(REAL[:i] + other + REAL[i + 1 :]), i


def test_rendezvous_moves_what_it_must():
    proxies = [f"socks5h://127.0.0.1:{9050 + i}" for i in range(8)]
    sites = [onion(i) for i in range(2_000)]
    before = {site: choose_proxy(site, proxies) for site in sites}
    shares = Counter(before.values())
    assert len(shares) == 8
    assert max(shares.values()) < 1.3 * min(shares.values())
    for gone in proxies:
        left = [p for p in proxies if p != gone]
        moved = {s for s in sites if choose_proxy(s, left) != before[s]}
        assert moved == {s for s in sites if before[s] == gone}
    assert all(choose_proxy(s, proxies[::-1]) == before[s] for s in sites)


def test_a_login_per_site():
    assert route(REAL, [TOR]) == f"socks5h://{REAL}:imgprint@127.0.0.1:9050"
    assert route(onion(1), [TOR]) != route(onion(2), [TOR])


def test_proxies():
    assert parse_proxies(["socks5h://127.0.0.1", " socks5h://tor:9150 ", ""]) == [
        "socks5h://127.0.0.1:9050",
        "socks5h://tor:9150",
    ]
    assert parse_proxies(["socks5h://[::1]:9050"]) == ["socks5h://[::1]:9050"]


@pytest.mark.parametrize(
    "value",
    [
        "socks5://127.0.0.1:9050",
        "127.0.0.1:9050",
        "socks5h://a:b@127.0.0.1",
        "http://x",
    ],
)
def test_proxies_that_are_none(value):
    with pytest.raises(ValueError, match=r"socks5h|login"):
        parse_proxies([value])


@pytest.mark.parametrize(
    ("host", "site", "proxy", "leaks"),
    [
        ("example.com", None, None, False),
        ("example.com", None, "http://proxy:8080", False),
        ("example.com", None, "socks5://proxy:1080", True),
        ("example.com", None, "socks4a://proxy:1080", True),
        ("example.com", REAL, None, True),
        ("example.com", REAL, "http://127.0.0.1:8118", True),
        ("example.com", REAL, TOR, False),
        (REAL, None, None, True),
        (f"{REAL}.", None, "http://127.0.0.1:8118", True),
        (REAL.upper(), None, "socks5://127.0.0.1:9050", True),
        (REAL, None, TOR, False),
        (REAL, "a.i2p", "http://127.0.0.1:4444", True),
        ("a.i2p", None, None, True),
        ("a.i2p", None, "http://127.0.0.1:4444", False),
        ("example.com", "a.i2p", None, True),
        ("example.com", "a.i2p", "http://127.0.0.1:4444", False),
    ],
)
def test_what_leaks(host, site, proxy, leaks):
    assert bool(leak(host, site, proxy)) == leaks


def test_onion_location():
    url = f"http://{REAL}/about"
    assert onion_location("https://example.com/", ["", "http://[", url]) == url
    assert onion_location("https://example.com/", []) is None
    assert onion_location("https://example.com/", ["http://example.org/"]) is None
    assert onion_location("https://example.com/", ["http://abc.onion/"]) is None
    assert onion_location(f"http://{onion(1)}/", [url]) is None
