"""Where a request goes, worked out once for all that go there."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from imgprint.discovery.urls.addresses import ascii_host

if TYPE_CHECKING:
    from scrapy import Request

# As the client, yarl, splits a URL: what follows says nothing of the place.
_ORIGIN = re.compile(r"(?:[^:/?#]+:)?//[^/?#]*")

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
_NO_HOST = "not a host name: there is none"
MAX_ORIGIN = 2048
"""Characters of a URL up to its path, beyond which nothing is remembered of it."""


def origin_of(url: str) -> str:
    """Return *url* up to its path, all of it if it has no authority.

    >>> origin_of("https://user@a.example:8/p?q"), origin_of("data:,")
    ('https://user@a.example:8', 'data:,')
    """
    origin = _ORIGIN.match(url)
    return origin[0] if origin else url


class Place(NamedTuple):
    """Where a URL leads: all that judge, route or send a request go by it.

    *host* is as ascii_host says, "" for none; *netloc* is that and the port,
    unless the scheme says which: a request's Host field. *port* is 0 if the
    scheme has none. *problem* says why no connection can be made there.
    """

    scheme: str
    netloc: str
    host: str
    port: int = 0
    problem: str | None = None


def read_place(url: str) -> Place:
    """Return where *url* leads.

    >>> read_place("https://me:secret@PHOTOS.Example:8080/a.jpg")[:4]
    ('https', 'photos.example:8080', 'photos.example', 8080)
    >>> read_place("http://0x7f.1/").host, read_place("http://a..b/").problem
    ('127.0.0.1', "not a host name: 'a..b' has an empty label")
    """
    origin = _ORIGIN.match(url)
    if origin:
        length = origin.end()
        return _known_place(origin[0]) if length < MAX_ORIGIN else _place(origin[0])
    scheme = url.partition(":")[0].lower()
    return Place(scheme, "", "", problem=_NO_HOST if scheme in _PORTS else None)


def place_of(request: Request) -> Place:
    """Return where *request* goes."""
    place: Place | None = getattr(request, "place", None)
    return place or read_place(request.url)


def host_of(request: Request) -> str:
    """Return the host of *request* as ascii_host says, "" for none."""
    return place_of(request).host


def _place(origin: str) -> Place:
    scheme, _, authority = origin.partition("//")
    scheme = scheme.removesuffix(":").lower()
    written, digits = _split(authority)
    usual = _PORTS.get(scheme, 0)
    try:
        if not written and usual:
            raise ValueError(_NO_HOST)
        host = ascii_host(written) if written else ""
        port = _port(digits) if digits else usual
    except ValueError as error:
        problem = str(error) if usual else None
        host = "" if written.startswith("[") else written.lower()
        return Place(scheme, authority, host, usual, problem)
    netloc = f"[{host}]" if ":" in host else host
    return Place(scheme, netloc if port == usual else f"{netloc}:{port}", host, port)


def _split(authority: str) -> tuple[str, str]:
    """Return host and port as they are written, without user name and password."""
    server = authority.rpartition("@")[2]
    if not server.startswith("["):
        host, _, port = server.partition(":")
        return host, port
    address, bracket, rest = server.partition("]")
    if rest and not rest.startswith(":"):
        return server, ""
    return address + bracket, rest[1:]


def _port(digits: str) -> int:
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        port = int(digits)
        if port < 65_536:
            return port
    raise ValueError(f"not a port: {digits[:20]!a}")


_known_place = lru_cache(maxsize=10_000)(_place)


class Target(NamedTuple):
    """Where a URL leads, and the *path* with the query that the client sends."""

    place: Place
    path: str

    @property
    def url(self) -> str:
        """The URL that is asked for, without user name and password."""
        return f"{self.place.scheme}://{self.place.netloc}{self.path}"


def plain_target(url: str) -> Target | None:
    """Return where *url* leads if the client sends its path as it stands, else None.

    >>> target = plain_target("http://photos.example:8080/a.jpg?w=1")
    >>> target.path, target.place.netloc
    ('/a.jpg?w=1', 'photos.example:8080')
    >>> plain_target("http://photos.example/a%20b.jpg"), plain_target("file:///a.jpg")
    (None, None)
    """
    match = _TARGET.fullmatch(url)
    return Target(_known_place(match[1]), match[2]) if match else None


def target_of(request: Request) -> Target:
    """Return where *request* goes, and what path and query the client sends."""
    known: Target | None = getattr(request, "target", None)
    if known:
        return known
    encoded = bool(request.meta.get("verbatim_url"))
    return Target(place_of(request), _path(with_ascii_host(request.url), encoded))


def with_ascii_host(url: str) -> str:
    """Return *url* with the scheme, host and port that a connection is made to.

    User name and password stay.

    >>> with_ascii_host("HTTP://me:secret@PHOTOS.example:080/A?b")
    'http://me:secret@photos.example/A?b'
    """
    place, origin = read_place(url), origin_of(url)
    login, at, _ = origin.partition("//")[2].rpartition("@")
    known = f"{place.scheme}://{login}{at}{place.netloc}"
    return url if known == origin or place.problem else known + url[len(origin) :]


def _path(url: str, encoded: bool) -> str:
    """Return path and query of *url* as the client, yarl, sends them."""
    from yarl import URL  # commands that fetch nothing needn't wait for it

    try:
        return URL(url, encoded=encoded).raw_path_qs
    except ValueError:  # the client won't send it, either
        return url[len(origin_of(url)) :]
