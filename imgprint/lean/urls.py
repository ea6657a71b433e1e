"""Where a request goes, worked out once for all that go there."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scrapy import Request

# As the client, yarl, splits a URL: what follows says nothing of the place.
_ORIGIN = re.compile(r"[^:/?#]+://[^/?#]*")
# What urlsplit splits there, too: it drops control characters, for one.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9@:%._~-]*(?=[/?#]|\Z)")

# What yarl takes and sends as it stands: a host in lower case, a path without
# escapes and dot segments, a query without escapes and spaces.
_TARGET = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([1-9][0-9]{0,4}))?"
    r"(/(?!\.)(?:[A-Za-z0-9_~$!&'()*+,=:@-]|\.|/(?!\.))*"
    r"(?:\?[A-Za-z0-9_~.$!&'()*,;=:@/-]+)?)",
)
_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return *url* up to its path, all of it if it has no authority.

    >>> origin_of("https://user@a.example:8/p?q"), origin_of("data:,")
    ('https://user@a.example:8', 'data:,')
    """
    origin = _ORIGIN.match(url)
    return origin[0] if origin else url


class Place(NamedTuple):
    """Where a URL leads, as urlparse says: *host* is in lower case, "" for none."""

    scheme: str
    netloc: str
    host: str


def place_of(request: Request) -> Place:
    """Return where *request* goes. urlparse_cached looks in three tables for it.

    >>> place_of(Request("https://Photos.Example:8080/a.jpg"))
    Place(scheme='https', netloc='photos.example:8080', host='photos.example')
    """
    url = request.url
    plain = _PLAIN.match(url)
    return _place(plain[0]) if plain else _read_place(url)


def host_of(request: Request) -> str:
    """Return the host name of *request* in lower case, "" for none."""
    return place_of(request).host


def _read_place(url: str) -> Place:
    parts = urlsplit(url)
    return Place(parts.scheme, parts.netloc, parts.hostname or "")


_place = lru_cache(maxsize=10_000)(_read_place)


class Target(NamedTuple):
    """Where a plain URL leads: *field* is its Host field, *path* has the query."""

    tls: bool
    host: str
    port: int
    field: str
    path: str


def target_of(url: str) -> Target | None:
    """Return where *url* leads, None if that is for yarl to say.

    >>> target_of("http://photos.example:8080/a.jpg?w=1")[1:]
    ('photos.example', 8080, 'photos.example:8080', '/a.jpg?w=1')
    >>> target_of("http://photos.example/a%20b.jpg"), target_of("file:///a.jpg")
    (None, None)
    """
    match = _TARGET.fullmatch(url)
    if not match:
        return None
    scheme, host, port, path = match.groups()
    usual = _PORTS[scheme]
    number = int(port) if port else usual
    field = host if number == usual else f"{host}:{number}"
    return Target(scheme == "https", host, number, field, path)
