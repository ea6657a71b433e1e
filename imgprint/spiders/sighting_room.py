"""Pages as their sightings have them, and how much may be written of one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from imgprint import config
from imgprint.content.metadata.plain import plain_text
from imgprint.discovery.urls.sites import site_of
from imgprint.errors import OPEN
from imgprint.feeds.json_lines import json_line
from imgprint.items import Sighting

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from imgprint.discovery.candidate import Candidate
    from imgprint.reading.document import Document

# Bytes of sightings for each byte of their page. Real galleries need up to ten.
_PAGE_FACTOR = 10
_MOST_PAGE_FACTOR = 16


@runtime_checkable
class Settling(Protocol):
    """Outcomes that are kept on disk, where sightings are kept that say the same."""

    def settle(self, url: str, error: str, site: str | None) -> None:
        """Keep *error* of an image whose sighting is left out."""


@dataclass(slots=True)
class Page:
    """What sightings say of their page, and which images were seen on it.

    *robots* are the rules of its X-Robots-Tag and robots meta elements, *way* is
    the meta of requests for its parts, *errors* says why not all of it was read.
    *size* is in bytes; *written* bytes of sightings were made of it, and *left_out*
    sightings were not.
    """

    url: str
    site: str | None
    depth: int = 0
    rendered: bool = False
    robots: frozenset[str] = frozenset()
    way: dict[str, Any] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    others: dict[str, Candidate] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    size: int = 0
    written: int = 0
    left_out: int = 0


def page_of(response: Response, document: Document) -> Page:
    """Return the page that *response* is, with what *document* says of it."""
    return Page(
        response.url,
        site_of(response.url),
        response.meta.get("imgprint_depth", 0),
        "imgprint_rendered" in response.meta,
        document.robots,
        document.way,
        size=len(response.body),
    )


class SightingRoom:
    """Count the bytes of sightings, and leave out those that are over the bounds.

    ``IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE`` (default: 2000000) bounds the sightings
    of one page: they may have so many bytes and ten times the page's own, at most
    16 times so many. ``IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE`` (default: 1000000000)
    bounds those of all pages of a site in one run. Sightings of images that a later
    run is to try are always written.

    Stats: ``imgprint/sighting/count``, ``imgprint/sighting/dropped``.
    """

    def __init__(self, crawler: Crawler, page_bytes: int, site_bytes: int):
        self.crawler = crawler
        self.page_bytes = page_bytes
        self.site_bytes = site_bytes
        self._written: Counter[str | None] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(
            crawler,
            config.MAX_SIGHTING_BYTES_PER_PAGE.read(crawler.settings),
            config.MAX_SIGHTING_BYTES_PER_SITE.read(crawler.settings),
        )

    def admit(self, sighting: Sighting, page: Page) -> bool:
        """Return whether there is room for *sighting* of *page*, and count it."""
        size = len(json_line(sighting)) + 1
        if size > self.left(page) and not (sighting.error or "").startswith(OPEN):
            self.leave_out(page, 1)
            return False
        page.written += size
        self._written[page.site] += size
        self._count("count", 1)
        return True

    def left(self, page: Page) -> int:
        """Return how many bytes of sightings may still be written of *page*."""
        most = min(
            self.page_bytes + _PAGE_FACTOR * page.size,
            self.page_bytes * _MOST_PAGE_FACTOR,
        )
        return min(most - page.written, self.site_bytes - self._written[page.site])

    def leave_out(self, page: Page, count: int) -> None:
        """Note that *count* sightings of *page* are not written."""
        page.left_out += count
        self._count("dropped", count)

    def notice(self, page: Page) -> Sighting:
        """Return the sighting that says how many were left out."""
        self._count("count", 1)
        error = f"{page.left_out} sightings were left out: too many bytes"
        return Sighting(page_url=page.url, site=page.site, error=error)

    def _count(self, name: str, count: int) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"imgprint/sighting/{name}", count)


def sighting_of(candidate: Candidate, page: Page, error: str | None) -> Sighting:
    """Return the sighting of *candidate* on *page*."""
    return Sighting(
        page_url=candidate.page or page.url,
        image_url=candidate.url,
        site=page.site,
        element=candidate.element,
        alt=plain_text(candidate.alt) if candidate.alt else candidate.alt,
        width=candidate.width,
        height=candidate.height,
        rendered=page.rendered,
        depth=page.depth,
        error=plain_text(error) if error else error,
    )
