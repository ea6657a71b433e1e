"""What may be fetched: by which scheme, and from which addresses."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import urljoin

from scrapy import Request, signals
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware
from w3lib.url import safe_url_string
from yarl import URL

from imgprint.addresses import is_public, literal_address, parse_networks
from imgprint.errors import Refused
from imgprint.lean.urls import origin_of, place_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from scrapy.statscollectors import StatsCollector

    from imgprint.addresses import Network

Place: TypeAlias = tuple[str, int]

_DOOR = "_imgprint_door"
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(slots=True)
class Door:
    """What the user allows at one host and port.

    *listed* says that the user named the place; *inside* whether its address
    was a public one when it was first reached: None before that.
    """

    listed: bool = False
    inside: bool | None = None
    refused: str | None = None
    """Why the last connection was not made."""

    def admit(self, public: bool) -> bool:
        """Return whether a connection may be made to an address there.

        A name that was public at first, and then leads inside, gained nothing.
        """
        if self.listed and self.inside is None:
            self.inside = not public
        return public or bool(self.listed and self.inside)


# A connection is opened in the context of the download that it is for, or of
# a task that this began.
_door: ContextVar[Door] = ContextVar("door")


class Opened:
    """The context of a download that *door* is for."""

    __slots__ = ("door", "token")

    def __init__(self, door: Door):
        self.door = door

    def __enter__(self) -> Door:
        self.token = _door.set(self.door)
        return self.door

    def __exit__(self, *_: object) -> None:
        _door.reset(self.token)


class Gate:
    """Check addresses just before they are connected to.

    What a name resolves to is looked at where it is used, so that it doesn't
    matter who resolves it, how often, and how it is written. A connection that
    is used again needs no second check: its host and port are the same.
    """

    def __init__(self, allowed: tuple[Network, ...]):
        self.allowed = allowed

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        return cls(parse_networks(settings.getlist("IMGPRINT_ALLOWED_NETWORKS")))

    def opened_for(self, request: Request) -> Opened:
        """Take it that connections made in this context are for *request*."""
        door: Door = request.meta.pop(_DOOR, None) or Door()
        if request.meta.get("proxy"):
            door = Door(listed=True)  # the proxy is the user's will
        return Opened(door)

    def check(self, address: str, port: int) -> None:
        """Raise OSError if there must be no connection to *address*."""
        door = _door.get(None) or Door()
        if not door.admit(is_public(address, self.allowed)):
            door.refused = _not_public(address, port)
            raise PermissionError(door.refused)


class SeedMiddleware(BaseSpiderMiddleware):
    """Tell the requests that the user wants from those that pages lead to.

    Requests of ``start()`` get ``meta["imgprint_seed"] = True``, but for those
    that say themselves that they are none. Of requests that come from a response
    it is removed: callbacks pass meta on.
    """

    def get_processed_request(
        self, request: Request, response: Response | None
    ) -> Request:
        if response is None:
            request.meta.setdefault("imgprint_seed", True)
        else:
            request.meta.pop("imgprint_seed", None)
        return request


class GuardMiddleware:
    """Refuse what no page has to lead to.

    That is every scheme but http and https, and every address that is not of the
    public internet. Seeds (see SeedMiddleware) are the user's will: they, and
    all requests to the same host and port, are let through, wherever that is.
    Where a seed redirects to is not. A listed name that leads to a public
    address is not let through when it later leads inside.

    ``IMGPRINT_ALLOWED_NETWORKS`` (default: none) lists networks, such as
    ``10.0.0.0/8``, to be treated as public.

    Through a proxy the target's address can't be known here: only what is
    written as an address is refused.

    At position 50 it comes before robots.txt is asked for. Addresses are
    checked when they are connected to, by HttpDownloadHandler.

    Stat: ``imgprint/guard/refused``.
    """

    def __init__(self, allowed: tuple[Network, ...], stats: StatsCollector):
        self.allowed = allowed
        self.stats = stats
        # By host and port; None where the first address was a public one.
        self._doors: dict[Place, Door | None] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats
        allowed = Gate.from_settings(crawler.settings).allowed
        middleware = cls(allowed, crawler.stats)
        # A resumed crawl drops the seeds it has seen, but they are still seeds.
        crawler.signals.connect(middleware.open, signals.request_scheduled)
        return middleware

    def open(self, request: Request) -> None:
        """Let through what goes to the host and port of *request*, if it's a seed."""
        if _is_seed(request):
            self.list(request.url)

    def list(self, url: str) -> None:
        """Let through what goes to the host and port of *url*, which is listed."""
        self._doors.setdefault(_place(url), Door(listed=True))

    def process_request(self, request: Request) -> None:
        scheme = place_of(request).scheme
        if scheme not in ("http", "https"):
            if _is_seed(request):
                return
            raise Refused(f"a page must not lead to {scheme}: URLs")
        self.open(request)
        place = host, port = _place(request.url)
        door = self._doors.get(place)
        if door and door.inside is False:
            door = self._doors[place] = None
        address = literal_address(host)
        if not door and address and not is_public(address, self.allowed):
            raise Refused(_not_public(host, port))
        request.meta[_DOOR] = door

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, Refused):
            self.stats.inc_value("imgprint/guard/refused")


class RedirectGuardMiddleware:
    """Refuse redirects to what is no URL, or none of http and https.

    RedirectMiddleware (600) fails at the former, and returns the answer to the
    latter. At position 605 this one sees it first. Where http leads is for
    GuardMiddleware to judge when the redirected request comes by.

    Stat: ``imgprint/guard/refused``.
    """

    def __init__(self, stats: StatsCollector):
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats
        return cls(crawler.stats)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status in _REDIRECTS and "Location" in response.headers:
            reason = _not_followed(request, response.headers["Location"] or b"")
            if reason:
                self.stats.inc_value("imgprint/guard/refused")
                raise Refused(reason)
        return response


def _not_followed(request: Request, location: bytes) -> str | None:
    try:
        url = Request(urljoin(request.url, safe_url_string(location))).url
    except ValueError:
        return "redirect to what is no URL"
    scheme = url.partition(":")[0].lower()
    if scheme not in ("http", "https") and "imgprint" in request.meta:
        return f"redirect to a {scheme}: URL"
    return None


def _is_seed(request: Request) -> bool:
    meta = request.meta
    return meta.get("imgprint_seed") is True and "redirect_urls" not in meta


def _place(url: str) -> Place:
    """Return the host and port of *url* as the HTTP client reads them."""
    return _read_place(origin_of(url))


@lru_cache(maxsize=10_000)
def _read_place(url: str) -> Place:
    try:
        parsed = URL(url)
        return parsed.host or "", parsed.port or 0
    except ValueError:  # the client will say what is wrong
        return "", 0


def _not_public(host: str, port: int) -> str:
    return f"not a public address: {f'[{host}]' if ':' in host else host}:{port}"
