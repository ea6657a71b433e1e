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
# escapes and dot segments, a query without escapes and spaces, a port that
# needs no look.
_TARGET = re.compile(
    r"(https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
    r"(?::[1-9][0-9]{0,3}|:[1-5][0-9]{4}|:6[0-4][0-9]{3})?)"
    r"(/(?!\.)(?:[A-Za-z0-9_~$!&'()*+,=:@-]|\.|/(?!\.))*"
    r"(?:\?[A-Za-z0-9_~.$!&()*,;=:@/-]+)?)",
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


def read_place(url: str) -> Place:
    """Return where *url* leads.

    >>> read_place("https://Photos.Example:8080/a.jpg")
    Place(scheme='https', netloc='Photos.Example:8080', host='photos.example')
    """
    plain = _PLAIN.match(url)
    return _known_place(plain[0]) if plain else _place(url)


def place_of(request: Request) -> Place:
    """Return where *request* goes. urlparse_cached looks in three tables for it."""
    place: Place | None = getattr(request, "place", None)
    return place or read_place(request.url)


def host_of(request: Request) -> str:
    """Return the host name of *request* in lower case, "" for none."""
    return place_of(request).host


def _place(url: str) -> Place:
    parts = urlsplit(url)
    return Place(parts.scheme, parts.netloc, parts.hostname or "")


_known_place = lru_cache(maxsize=10_000)(_place)


class Origin(NamedTuple):
    """What plain URLs up to their path say; *field* is their Host field."""

    place: Place
    tls: bool
    port: int
    field: str


class Target(NamedTuple):
    """Where a plain URL leads; *path* has the query."""

    origin: Origin
    path: str


def target_of(url: str) -> Target | None:
    """Return where *url* leads, None if that is for yarl and w3lib to say.

    >>> target = target_of("http://photos.example:8080/a.jpg?w=1")
    >>> target.path, target.origin.port, target.origin.field
    ('/a.jpg?w=1', 8080, 'photos.example:8080')
    >>> target_of("http://photos.example/a%20b.jpg"), target_of("file:///a.jpg")
    (None, None)
    """
    match = _TARGET.fullmatch(url)
    return Target(_origin(match[1]), match[2]) if match else None


@lru_cache(maxsize=10_000)
def _origin(url: str) -> Origin:
    place = _place(url)
    usual = _PORTS[place.scheme]
    port = urlsplit(url).port or usual
    field = place.host if port == usual else place.netloc
    return Origin(place, place.scheme == "https", port, field)
