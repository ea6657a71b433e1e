"""From the candidates of a page to records and sightings."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from imgprint import config
from imgprint.discovery.urls.choose import choose_variants
from imgprint.discovery.urls.data_uri import decode_data_uri
from imgprint.discovery.urls.image_urls import is_placeholder
from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import INTERRUPTED, NOT_TRIED
from imgprint.extensions.unexpected import note_unexpected
from imgprint.fetch.image_response import image_request, inline_image
from imgprint.items import NOT_CHOSEN, ImageRecord, Sighting
from imgprint.jobs.job import job_of
from imgprint.jobs.postponed import SIGHTING, postpone
from imgprint.spiders.image_fetcher import Fetcher
from imgprint.spiders.sighting_room import Page, Settling, SightingRoom, sighting_of

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Iterator, MutableMapping

    from scrapy.crawler import Crawler

    from imgprint.discovery.candidate import Candidate
    from imgprint.jobs.job import Job
    from imgprint.spiders.scope import Scope

    # A mapping, so that a job can keep it on disk.
    Outcomes = MutableMapping[bytes, str | asyncio.Future[str | None] | None]

Items = tuple[ImageRecord | Sighting, ...]

MAX_OTHERS = 100_000


class Images:
    """Fetch the images of pages, each once, and say what became of each sighting.

    Images are not scheduled but awaited from the callback of their page, at
    most CONCURRENT_REQUESTS_PER_DOMAIN of a host at a time: that takes half
    the CPU time, and keeps downloader slots and middlewares.

    ``IMGPRINT_VARIANTS`` (default: "group") says what to fetch of a picture
    that a page has in several sizes: "group" all of them, "largest" one,
    "original" the original, if the largest is a size of it on the same host
    and it can be had, "all" all of them and the original.

    In sightings and records URLs end after 8,192 characters, with their length and
    hash. For the bytes of sightings see SightingRoom.

    Stats: ``imgprint/image/found``, ``imgprint/image/failed``,
    ``imgprint/image/skipped/{placeholder,data_uri}``, those of Fetcher,
    ``imgprint/variant/{original,no_original}``.
    """

    def __init__(self, crawler: Crawler, scope: Scope):
        self.crawler = crawler
        self.scope = scope
        self.choice = config.VARIANTS.read(crawler.settings)
        self._fetcher = Fetcher(crawler, scope)
        self._sightings = SightingRoom.from_crawler(crawler)
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
            if self._sightings.left(page) <= 0:
                self._sightings.leave_out(page, left)
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
            yield self._sightings.notice(page)

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
        sighting = asdict(sighting_of(candidate, page, None))
        # With credentials: the next run is to ask for the same.
        sighting |= {"page_url": candidate.page or page.url}
        sighting |= {"image_url": candidate.url}
        meta = {**page.way, SIGHTING: sighting}
        assert self.crawler.spider
        job = job_of(self.crawler)
        postpone(job, self.crawler.spider, image_request(candidate.url, meta=meta))

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

    def resume(self, job: Job) -> None:
        """Go on with *job*: with its outcomes, and its count of images of each site."""
        self._outcomes = job.outcomes
        self.scope.resume(job.images_per_site())

    def _sighting(
        self, candidate: Candidate, page: Page, error: str | None
    ) -> tuple[Sighting, ...]:
        """Return the sighting, () if its page or site has too many bytes of them."""
        sighting = sighting_of(candidate, page, error)
        if self._sightings.admit(sighting, page):
            return (sighting,)
        if error and isinstance(self._outcomes, Settling):
            self._outcomes.settle(candidate.url, error, page.site)
        return ()

    def _count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"imgprint/{name}")
