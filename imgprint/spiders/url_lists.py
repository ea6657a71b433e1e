"""Lists of URLs that are on the web."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from imgprint import config
from imgprint.discovery.urls.addresses import is_public
from imgprint.errors import DOWNLOAD_ERRORS, InputError, error_text
from imgprint.fetch.image_response import ImageResponse
from imgprint.masking import without_query
from imgprint.middlewares.page_bodies import WHOLE
from imgprint.middlewares.tor_routing import SITE, has_own_way, way_of
from imgprint.spiders.seeds import Line, parse_seed, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from imgprint.discovery.urls.addresses import Network
    from imgprint.items import Sighting


@dataclass(slots=True)
class UrlList:
    """A list that was fetched from *url*.

    Whoever serves it is not the user: it names nothing on this machine, and
    addresses that are not public only if it is at such an address itself. What
    the list of an onion site names is reached through Tor.
    """

    url: str
    body: bytes
    inside: bool
    way: dict[str, Any]

    def lines(self) -> Iterator[Line]:
        lines = TextIOWrapper(BytesIO(self.body), "utf-8-sig", errors="replace")
        return read_lines(lines, without_query(self.url), local=False)

    def mark(self, output: Request | Sighting) -> Request | Sighting:
        """Have *output*, of one of the seeds, go only where the list may lead."""
        if isinstance(output, Request):
            if not self.inside:
                output.meta["imgprint_seed"] = False
            if self.way and not has_own_way(output, self.way[SITE]):
                output.meta.update(self.way)
        return output


async def fetch_list(crawler: Crawler, url: str) -> UrlList:
    """Return the list at *url*: it's fetched as a seed is, whatever robots.txt says.

    It may have ``DOWNLOAD_MAXSIZE`` bytes. Every run of a job fetches it, as
    every run reads a file. Raise InputError if there is no list to be had.
    """
    # As a page: if it is an image, it must not be received as a whole.
    meta = {"imgprint": "page", "imgprint_seed": True}
    meta |= {"dont_obey_robotstxt": True, "dont_cache": True, WHOLE: True}
    address = parse_seed(url, "-a urls", local=False).url
    request = Request(address, meta=meta, callback=NO_CALLBACK)
    assert crawler.engine
    try:
        response = await crawler.engine.download_async(request)
    except DOWNLOAD_ERRORS as error:
        raise _no_list(url, error_text(error)) from error
    if response.status != 200 and not isinstance(response, ImageResponse):
        raise _no_list(url, f"HTTP {response.status}")
    body = response.body
    binary = b"\0" in body[:1024] or isinstance(response, ImageResponse)
    if binary or body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise _no_list(url, "it is no text; give pages and images as -a url=URL")
    allowed = config.ALLOWED_NETWORKS.read(crawler.settings)
    inside = _is_inside(response, allowed)
    found = UrlList(url, body, inside, way_of(response))
    first = None
    for line in found.lines():
        seed = line.seed()
        if not seed.error:
            return found
        first = first or seed
    reason = f"{first.where}: {first.error}" if first else "it holds no URL"
    raise _no_list(url, reason)


def _no_list(url: str, reason: str) -> InputError:
    name = without_query(url)
    return InputError(f"URL list {name!r} can't be read: {reason.replace(url, name)}")


def _is_inside(response: Response, allowed: tuple[Network, ...]) -> bool:
    """Return whether *response* came from where the public can't put anything."""
    assert response.request
    meta = response.request.meta
    if response.ip_address is None or "proxy" in meta or "redirect_urls" in meta:
        return False
    return not is_public(response.ip_address, allowed)
