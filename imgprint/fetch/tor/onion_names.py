"""Onion names, and which way each site's requests take."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from hashlib import blake2b, sha3_256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from imgprint.discovery.urls.addresses import ascii_host
from imgprint.discovery.urls.targets import read_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What Tor Browser says of itself on every system: requests through Tor are to
# look like those of many.
USER_AGENT = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
HEADERS = {"User-Agent": USER_AGENT, "Accept-Language": "en-US,en;q=0.5"}
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

# What scripts see of a browser that shows such a page.
BROWSER = {"user_agent": USER_AGENT, "locale": "en-US", "timezone_id": "UTC"}

V2_ENDED = "v2_name"
INVALID = "invalid_name"


def is_onion(host: str) -> bool:
    """Return whether *host* must never be looked up by DNS (RFC 7686).

    >>> is_onion("WWW.Abc.ONION."), is_onion("onion"), is_onion("onion.example")
    (True, True, False)
    """
    return _top(host) == "onion"


def is_i2p(host: str) -> bool:
    """Return whether *host* is a name of I2P."""
    return _top(host) == "i2p"


def is_hidden(host: str) -> bool:
    """Return whether *host* is a name that only a network of its own knows."""
    return _top(host) in ("onion", "i2p")


@lru_cache(maxsize=10_000)
def _top(host: str) -> str:
    return host.rstrip(".").lower().rpartition(".")[2]


def name_problem(host: str) -> tuple[str, str] | None:
    """Return what is wrong with an onion name, None if it is one of version 3.

    That is a word for stats and a sentence. Labels before the name are free.

    >>> name_problem("facebookcorewwwi.onion")[0]
    'v2_name'

    Source: rend-spec-v3 section 6, [ONIONADDRESS].
    """
    label = host.rstrip(".").lower().removesuffix("onion").rstrip(".")
    label = label.rpartition(".")[2]
    if len(label) == 16 and _decoded(label) is not None:
        return V2_ENDED, "onion names of version 2 (16 characters) ended in 2021"
    if len(label) != 56:
        return INVALID, f"an onion name has 56 characters, this one {len(label)}"
    data = _decoded(label)
    if data is None:
        return INVALID, "an onion name has letters and the digits 2 to 7 only"
    key, checksum, version = data[:32], data[32:34], data[34:]
    if version != b"\x03":
        return INVALID, f"onion name of unknown version {version[0]}"
    if sha3_256(b".onion checksum" + key + version).digest()[:2] != checksum:
        return INVALID, "the onion name's checksum is wrong: it is mistyped"
    return None


def _decoded(label: str) -> bytes | None:
    try:
        return base64.b32decode(label, casefold=True)
    except (binascii.Error, ValueError):
        return None


def choose_proxy(site: str, proxies: Sequence[str]) -> str:
    """Return which of *proxies* serves *site*, by rendezvous hashing.

    Each proxy draws a number for the site, the highest wins: so a proxy that
    goes takes along its own sites only, and one that comes takes an equal
    share from each.

    Source: Thaler, Ravishankar: Using name-based mappings to increase hit
    rates, IEEE/ACM Transactions on Networking 6(1), 1998.
    """
    return max(proxies, key=lambda proxy: _draw(site, proxy))


def _draw(site: str, proxy: str) -> bytes:
    return blake2b(f"{proxy} {site}".encode(), digest_size=16).digest()


def route(site: str, proxies: Sequence[str]) -> str:
    """Return the proxy URL for all that *site* leads to, with the site's login.

    Tor makes a circuit of its own for each login (IsolateSOCKSAuth, its
    default), so that no relay sees two sites together.

    >>> route("abc.onion", ["socks5h://127.0.0.1:9050"])
    'socks5h://abc.onion:imgprint@127.0.0.1:9050'
    """
    place = choose_proxy(site, proxies).removeprefix("socks5h://")
    return f"socks5h://{site}:imgprint@{place}"


def parse_proxies(values: Sequence[str]) -> list[str]:
    """Return *values* as ``socks5h://host:port``, without login.

    Raise ValueError, with the value in its text, for what is no such URL.
    """
    proxies = []
    for value in map(str.strip, values):
        if not value:
            continue
        parts = urlsplit(value)
        if parts.scheme != "socks5h" or not parts.hostname:
            raise ValueError(
                f"{value!r} is no socks5h://host:port URL "
                "(the h leaves host names to Tor)"
            )
        if parts.username is not None:
            raise ValueError(f"{value!r}: leave the login out, each site gets its own")
        host = ascii_host(f"[{parts.hostname}]" if "[" in value else parts.hostname)
        if is_hidden(host):
            raise ValueError(f"{host} would be looked up by DNS, as a proxy's name is")
        host = f"[{host}]" if ":" in host else host
        proxies.append(f"socks5h://{host}:{parts.port or 9050}")
    return proxies


@lru_cache(maxsize=10_000)  # asked of every request
def leak(host: str, site: str | None, proxy: str | None) -> str | None:
    """Return why a request must not be sent as it is, None if it may.

    *site* is the one that led to it, if its requests go through a network of
    their own; *proxy* the URL of the proxy that the request would take.
    """
    scheme = urlsplit(proxy or "").scheme.lower()
    if scheme.startswith("socks") and scheme != "socks5h":
        return f"{scheme}: leaves host names to DNS; write socks5h:"
    through_i2p = is_i2p(host) or (site is not None and is_i2p(site))
    if through_i2p and not is_onion(host):
        return None if proxy else "I2P site: nothing set a proxy for it"
    if (is_onion(host) or site) and scheme != "socks5h":
        return "onion site: needs Tor, and nothing set a SOCKS proxy for it"
    return None


def onion_location(page: str, values: Iterable[str]) -> str | None:
    """Return the onion URL that a clearnet page names for itself, None for none.

    *values* are those of its Onion-Location header fields and meta elements.

    Source: https://community.torproject.org/onion-services/advanced/onion-location/
    """
    for value in values:
        url = value.strip()
        if is_onion(read_place(page).host):
            return None
        host = read_place(url).host
        if is_onion(host) and not name_problem(host):
            return url
    return None
