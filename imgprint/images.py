"""From the candidates of a page to records and sightings."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from imgprint.content.metadata.plain import plain_text
from imgprint.discovery.choose import choose_variants
from imgprint.discovery.data_uri import decode_data_uri
from imgprint.discovery.limits import cut_text, cut_url
from imgprint.discovery.urls import is_placeholder
from imgprint.errors import INTERRUPTED, NOT_TRIED, OPEN
from imgprint.fetcher import Fetcher
from imgprint.http import image_request, inline_image
from imgprint.items import NOT_CHOSEN, ImageRecord, Sighting
from imgprint.keys import url_key
from imgprint.lines import json_line
from imgprint.postponed import SIGHTING, postpone
from imgprint.unexpected import note_unexpected

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Iterator, Mapping, MutableMapping

    from scrapy.crawler import Crawler

    from imgprint.discovery.candidate import Candidate
    from imgprint.scope import Scope

    # A mapping, so that a job can keep it on disk.
    Outcomes = MutableMapping[bytes, str | asyncio.Future[str | None] | None]

Items = tuple[ImageRecord | Sighting, ...]

MAX_OTHERS = 100_000
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


class Images:
    """Fetch the images of pages, each once, and say what became of each sighting.

    Images are not scheduled but awaited from the callback of their page, at
    most CONCURRENT_REQUESTS_PER_DOMAIN of a host at a time: that takes half
    the CPU time, and keeps downloader slots and middlewares.

    ``IMGPRINT_VARIANTS`` (default: "group") says what to fetch of a picture
    that a page has in several sizes: "group" all of them, "largest" one,
    "original" the original, if the largest is a size of it on the same host
    and it can be had, "all" all of them and the original.

    ``IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE`` (default: 2000000) bounds the sightings
    of one page: they may have so many bytes and ten times the page's own, at most
    16 times so many. ``IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE`` (default: 1000000000)
    bounds those of all pages of a site in one run. What is over is left out, and
    one sighting of the page says how many. Records are not left out. In sightings
    and records URLs end after 8,192 characters, with their length and hash.

    Stats: ``imgprint/image/found``, ``imgprint/image/failed``,
    ``imgprint/image/skipped/{placeholder,data_uri}``, those of Fetcher,
    ``imgprint/sighting/{count,dropped}``, ``imgprint/variant/{original,no_original}``.
    """

    def __init__(self, crawler: Crawler, scope: Scope):
        self.crawler = crawler
        self.scope = scope
        self.choice = crawler.settings.get("IMGPRINT_VARIANTS", "group")
        settings = crawler.settings
        self._page_bytes = settings.getint(
            "IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE", 2_000_000
        )
        self._site_bytes = settings.getint(
            "IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE", 1_000_000_000
        )
        self._written: Counter[str | None] = Counter()
        self._fetcher = Fetcher(crawler, scope)
        # Outcome of each image by a hash of its URL: None, an error, or to come.
        self._outcomes: Outcomes = {}

    def claim(self, url: str) -> bool:
        """Return whether the image at *url* is new; from now on it is not."""
        key = url_key(url)
        if key in self._outcomes:
            return False
        self._outcomes[key] = None
        self._count("image/found")
        return True

    def of(
        self, page: Page, candidates: Iterable[Candidate]
    ) -> Iterator[Coroutine[Any, Any, Items]]:
        """Yield a coroutine for each image of the page: its record and sighting.

        If *candidates* fails midway, those before are all there are, and an error
        of the *page* says so.
        """
        try:
            yield from self._of(page, self._until_error(page, candidates))
        except Exception as error:  # noqa: BLE001 - what was found is fetched
            page.errors.append(note_unexpected(self.crawler, error))

    def _until_error(
        self, page: Page, candidates: Iterable[Candidate]
    ) -> Iterator[Candidate]:
        try:
            yield from candidates
        except Exception as error:  # noqa: BLE001 - what was found is fetched
            page.errors.append(note_unexpected(self.crawler, error))

    def _of(
        self, page: Page, candidates: Iterable[Candidate]
    ) -> Iterator[Coroutine[Any, Any, Items]]:
        engine = self.crawler.engine
        assert engine
        for candidate in choose_variants(candidates, self.choice):
            if not engine.running:
                return
            if not candidate.chosen:
                if len(page.others) < MAX_OTHERS:
                    page.others.setdefault(candidate.url, candidate)
                continue
            key = hash(candidate.url)
            # A browser takes of a srcset what fits its window.
            fitted = candidate.element == "rendered" and candidate.url in page.others
            if key in page.seen or fitted:
                continue
            page.seen.add(key)
            yield self._items(candidate, page)

    def others(self, page: Page) -> Iterator[Sighting]:
        """Yield the sightings of what was seen on the page but not chosen.

        The last one says how many sightings of the page were left out, if any.
        """
        engine = self.crawler.engine
        left = len(page.others)
        for url, candidate in page.others.items():
            if self._room(page) <= 0:
                self._leave_out(page, left)
                break
            if engine and not engine.running:
                return
            left -= 1
            if hash(url) not in page.seen:
                outcome = self._outcomes.get(url_key(url), NOT_CHOSEN)
                known = outcome is None or isinstance(outcome, str)
                error = outcome if known else NOT_CHOSEN
                yield from self._sighting(candidate, page, error)  # type: ignore[arg-type]
        if page.left_out:
            self._count("sighting/count")
            error = f"{page.left_out} sightings were left out: too many bytes"
            yield Sighting(page_url=cut_url(page.url), site=page.site, error=error)

    def fail(self, url: str, error: str) -> None:
        """Take it that the record of the image at *url* could not be made."""
        self._outcomes[url_key(url)] = error

    async def _items(self, candidate: Candidate, page: Page) -> Items:
        """Return record and sighting of *candidate*, whatever goes wrong with it."""
        inline = candidate.url[:5] == "data:"
        try:
            if inline:
                return await self._inline(candidate, page)
            return await self._image(candidate, page)
        except Exception as exception:  # noqa: BLE001 - an image stops no other
            error = note_unexpected(self.crawler, exception)
            if inline:  # the rest is the image itself
                candidate = replace(candidate, url=candidate.url.partition(",")[0][:99])
            self._count("image/failed")
            return self._sighting(candidate, page, error)

    async def _image(self, candidate: Candidate, page: Page) -> Items:
        items: Items = ()
        if candidate.original:
            items = await self._original(candidate, page, candidate.original)
            if items and self.choice == "original":
                return (*items, *self._sighting(candidate, page, NOT_CHOSEN))
        record = None
        if self.claim(candidate.url):
            record, error = await self._outcome(candidate.url, page)
            if error and error.startswith(NOT_TRIED):
                self._postpone(candidate, page)
        else:
            known = self._outcomes[url_key(candidate.url)]
            error = await known if isinstance(known, asyncio.Future) else known
        if error and candidate.element == "favicon":
            return items  # nobody said that there is one
        return items + self._both(record, self._sighting(candidate, page, error))

    @staticmethod
    def _both(record: ImageRecord | None, sighting: tuple[Sighting, ...]) -> Items:
        if not record:
            return sighting
        record.sighting = sighting[0] if sighting else None
        return record, *sighting

    def _postpone(self, candidate: Candidate, page: Page) -> None:
        """Have the image fetched by the next run, for the same sighting."""
        sighting = asdict(_sighting(candidate, page, None))
        # With credentials: the next run is to ask for the same.
        sighting |= {"page_url": candidate.page or page.url}
        sighting |= {"image_url": candidate.url}
        meta = {**page.way, SIGHTING: sighting}
        assert self.crawler.spider
        postpone(self.crawler.spider, image_request(candidate.url, meta=meta))

    async def _original(self, candidate: Candidate, page: Page, url: str) -> Items:
        """Return record and sighting of the original at *url*, () without one."""
        if not self.claim(url):
            return ()
        record, _ = await self._outcome(url, page)
        if not record:
            self._count("variant/no_original")
            return ()
        self._count("variant/original")
        original = replace(candidate, url=url, width=None, height=None)
        return self._both(record, self._sighting(original, page, None))

    async def _outcome(
        self, url: str, page: Page
    ) -> tuple[ImageRecord | None, str | None]:
        """Fetch a claimed image; let those who wait for its outcome know it."""
        key = url_key(url)
        self._outcomes[key] = outcome = asyncio.get_running_loop().create_future()
        error: str | None = INTERRUPTED
        record = None
        try:
            record, error = await self._fetcher.fetch(url, page)
        except Exception as exception:  # noqa: BLE001 - an image stops no other
            error = note_unexpected(self.crawler, exception)
            self._count("image/failed")
        finally:  # or other sightings of it would wait for ever
            self._outcomes[key] = error
            outcome.set_result(error)
        return record, error

    async def _inline(self, candidate: Candidate, page: Page) -> Items:
        """Return record and sighting of an image within the page itself.

        Their URL is the image's label: its media type and hash, no data.
        """
        if is_placeholder(candidate.url):
            self._count("image/skipped/placeholder")
            return ()
        try:
            image = decode_data_uri(candidate.url)
        except ValueError:
            self._count("image/skipped/data_uri")
            return ()
        candidate = replace(candidate, url=image.label)
        response = inline_image(image)
        if not response:
            self._count("image/skipped/data_uri")
            return ()
        if not self.claim(image.label):
            return self._sighting(candidate, page, None)
        if error := self._fetcher.refused(image.label, page):
            self._outcomes[url_key(image.label)] = error
            return self._sighting(candidate, page, error)
        record, error = self._fetcher.record(response, image.label, page)
        return self._both(record, self._sighting(candidate, page, error))

    def resume(self, outcomes: Outcomes, images: Mapping[str | None, int]) -> None:
        """Go on with a job: with its *outcomes*, and its *images* of each site."""
        self._outcomes = outcomes
        self.scope.resume(images)

    def _sighting(
        self, candidate: Candidate, page: Page, error: str | None
    ) -> tuple[Sighting, ...]:
        """Return the sighting, () if its page or site has too many bytes of them."""
        sighting = _sighting(candidate, page, error)
        size = len(json_line(sighting)) + 1
        room = self._room(page)
        if size > room and not (error or "").startswith(OPEN):
            self._leave_out(page, 1)
            if error and isinstance(self._outcomes, Settling):
                self._outcomes.settle(candidate.url, error, page.site)
            return ()
        page.written += size
        self._written[page.site] += size
        self._count("sighting/count")
        return (sighting,)

    def _room(self, page: Page) -> int:
        """Return how many bytes of sightings may still be written of *page*."""
        most = min(
            self._page_bytes + _PAGE_FACTOR * page.size,
            self._page_bytes * _MOST_PAGE_FACTOR,
        )
        return min(most - page.written, self._site_bytes - self._written[page.site])

    def _leave_out(self, page: Page, count: int) -> None:
        page.left_out += count
        self.crawler.stats.inc_value("imgprint/sighting/dropped", count)

    def _count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"imgprint/{name}")


def _sighting(candidate: Candidate, page: Page, error: str | None) -> Sighting:
    return Sighting(
        page_url=cut_url(candidate.page or page.url),
        image_url=cut_url(candidate.url),
        site=page.site,
        element=candidate.element,
        alt=plain_text(cut_text(candidate.alt) or "") or None,
        width=candidate.width,
        height=candidate.height,
        rendered=page.rendered,
        depth=page.depth,
        error=plain_text(error) if error else error,
    )
