"""What may be fetched: by which scheme, and from which addresses."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

from scrapy import Request, signals
from scrapy.spidermiddlewares.base import BaseSpiderMiddleware
from w3lib.url import safe_url_string

from imgprint.discovery.urls.addresses import is_public, literal_address, parse_networks
from imgprint.discovery.urls.targets import place_of, read_place
from imgprint.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from scrapy.statscollectors import StatsCollector

    from imgprint.discovery.urls.addresses import Network
    from imgprint.discovery.urls.targets import Place

# Meta key of a request of the user's own, such as a webhook: it may go inside, and
# lets nothing else in there.
OWN = "imgprint_own"
_DOOR = "_imgprint_door"
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(slots=True)
class Door:
    """What the user allows at one host and port.

    *listed* says that the user named the place; *inside* which addresses it had
    when it was first asked for, if none of them was public: None before that.
    """

    listed: bool = False
    inside: frozenset[str] | None = None
    refused: str | None = None
    """Why the last connection was not made."""

    def learn(self, addresses: Iterable[str], public: bool) -> None:
        """Note that the place has *addresses* now; *public* if one of them is.

        Only the first time counts: a name that later leads elsewhere inside
        gained nothing.
        """
        if self.listed and self.inside is None:
            inside = () if public else addresses
            self.inside = frozenset(map(_without_zone, inside))

    def is_open_for(self, address: str) -> bool:
        """Return whether a connection may be made to *address*, which is not public."""
        return bool(self.inside) and _without_zone(address) in (self.inside or ())


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

    def answered(self, addresses: list[str]) -> None:
        """Let the door know to which addresses its name leads."""
        door = _door.get(None)
        if door and door.listed and door.inside is None:
            public = any(is_public(each, self.allowed) for each in addresses)
            door.learn(addresses, public)

    def check(self, address: str, port: int) -> None:
        """Raise OSError if there must be no connection to *address*."""
        self.answered([address])
        if is_public(address, self.allowed):
            return
        door = _door.get(None) or Door()
        if not door.is_open_for(address):
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
    Where a seed redirects to is not. A listed name opens the addresses that it
    has when it is first asked for, if none of them is public; when it later leads
    elsewhere inside, it is not let through. The user's own requests, such as
    webhooks, open nothing to others.

    A host that can't be one, in whatever notation, is refused here.

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
        self._doors: dict[tuple[str, int], Door | None] = {}

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
        place = read_place(url)
        self._doors.setdefault((place.host, place.port), Door(listed=True))

    def process_request(self, request: Request) -> None:
        place = place_of(request)
        if place.scheme not in ("http", "https"):
            if _is_seed(request):
                return
            raise Refused(f"a page must not lead to {place.scheme}: URLs")
        if place.problem:
            raise Refused(place.problem)
        self.open(request)
        door = self._door_of(request, place)
        address = literal_address(place.host)
        if not door and address and not is_public(address, self.allowed):
            raise Refused(_not_public(place.host, place.port))
        request.meta[_DOOR] = door

    def _door_of(self, request: Request, place: Place) -> Door | None:
        if OWN in request.meta and "redirect_urls" not in request.meta:
            return Door(listed=True)
        key = place.host, place.port
        door = self._doors.get(key)
        if door and door.inside is not None and not door.inside:
            door = self._doors[key] = None
        return door

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


def _without_zone(address: str) -> str:
    return str(ip_address(address.partition("%")[0]))


def _not_public(host: str, port: int) -> str:
    return f"not a public address: {f'[{host}]' if ':' in host else host}:{port}"
