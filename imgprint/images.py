"""From the candidates of a page to records and sightings."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from imgprint.discovery.choose import choose_variants
from imgprint.discovery.data_uri import decode_data_uri
from imgprint.discovery.limits import MAX_REQUEST_URL
from imgprint.discovery.urls import is_placeholder
from imgprint.errors import DOWNLOAD_ERRORS, INTERRUPTED, NOT_TRIED, error_text
from imgprint.gather import Turns
from imgprint.http import ImageResponse, image_request, inline_image
from imgprint.items import NOT_CHOSEN, ImageRecord, Sighting
from imgprint.keys import url_key
from imgprint.lean.download import download
from imgprint.lean.urls import place_of
from imgprint.postponed import SIGHTING, postpone
from imgprint.referrer import referrer_of
from imgprint.sightings import Page, Settling, SightingRoom, sighting_of

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Iterator, Mapping, MutableMapping

    from scrapy import Request
    from scrapy.crawler import Crawler

    from imgprint.discovery.candidate import Candidate
    from imgprint.scope import Scope

    # A mapping, so that a job can keep it on disk.
    Outcomes = MutableMapping[bytes, str | asyncio.Future[str | None] | None]

Items = tuple[ImageRecord | Sighting, ...]

# What a page, or an image, says to those who would use its images.
_PAGE_RULES = frozenset(["noimageindex", "noai", "noimageai"])
_IMAGE_RULES = _PAGE_RULES | {"noindex", "none"}
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

    ``IMGPRINT_OBEY_ROBOTS_TAGS`` (default: False) leaves out images of pages
    that say noimageindex, noai or noimageai, and images whose X-Robots-Tag
    says so, or noindex.

    In sightings and records URLs end after 8,192 characters, with their length and
    hash; a URL of more than 65,536 is not requested. For the bytes of sightings see
    SightingRoom.

    Stats: ``imgprint/image/found``, ``imgprint/image/failed``,
    ``imgprint/image/skipped/{max_images,deny,robots_tags,placeholder,data_uri,long_url}``,
    ``imgprint/variant/{original,no_original}``.
    """

    def __init__(self, crawler: Crawler, scope: Scope):
        self.crawler = crawler
        self.scope = scope
        self.choice = crawler.settings.get("IMGPRINT_VARIANTS", "group")
        self.obey = crawler.settings.getbool("IMGPRINT_OBEY_ROBOTS_TAGS", False)
        self._per_host = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._sightings = SightingRoom.from_crawler(crawler)
        # Outcome of each image by a hash of its URL: None, an error, or to come.
        self._outcomes: Outcomes = {}
        self._hosts: WeakValueDictionary[str, Turns] = WeakValueDictionary()

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
        """Yield a coroutine for each image of the page: its record and sighting."""
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
            if candidate.url[:5] == "data:":
                yield self._inline(candidate, page)
            else:
                yield self._image(candidate, page)

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
        if record:
            items = (*items, record)
        if error and candidate.element == "favicon":
            return items  # nobody said that there is one
        return (*items, *self._sighting(candidate, page, error))

    def _postpone(self, candidate: Candidate, page: Page) -> None:
        """Have the image fetched by the next run, for the same sighting."""
        sighting = asdict(sighting_of(candidate, page, None))
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
        return record, *self._sighting(original, page, None)

    async def _outcome(
        self, url: str, page: Page
    ) -> tuple[ImageRecord | None, str | None]:
        """Fetch a claimed image; let those who wait for its outcome know it."""
        key = url_key(url)
        self._outcomes[key] = outcome = asyncio.get_running_loop().create_future()
        error: str | None = INTERRUPTED
        record = None
        try:
            record, error = await self._fetch(url, page)
        finally:  # or other sightings of it would wait for ever
            self._outcomes[key] = error
            outcome.set_result(error)
        return record, error

    async def _fetch(
        self, url: str, page: Page
    ) -> tuple[ImageRecord | None, str | None]:
        """Return the record of the image at *url*, or why there is none."""
        if error := self._refused(url, page):
            return None, error
        request = image_request(url, meta=page.way)
        if referrer := referrer_of(page.url, url):
            request.headers["Referer"] = referrer
        engine = self.crawler.engine
        assert engine
        try:
            turns = self._turns_of(request)
            await turns.take()
            try:
                if not engine.running:
                    return None, INTERRUPTED
                response = await download(self.crawler, request)
            finally:
                turns.give_back()
        except DOWNLOAD_ERRORS as exception:
            error = error_text(exception)
        else:
            if isinstance(response, ImageResponse):
                return self._record(response, url, page)
            error = f"HTTP {response.status}"
        self._count("image/failed")
        return None, error

    def _refused(self, url: str, page: Page) -> str | None:
        if self.obey and (rules := page.robots & _PAGE_RULES):
            self._count("image/skipped/robots_tags")
            return f"the page says {min(rules)}"
        if len(url) > MAX_REQUEST_URL:
            self._count("image/skipped/long_url")
            return f"URL of {len(url)} characters"
        error = self.scope.refuses_image(url, page.site)
        if error:
            name = "deny" if error == "matches deny" else "max_images"
            self._count(f"image/skipped/{name}")
        return error

    def _record(
        self, response: ImageResponse, url: str, page: Page
    ) -> tuple[ImageRecord | None, str | None]:
        record = response.record(url=url, site=page.site, page_url=page.url)
        if self.obey and (rules := _IMAGE_RULES.intersection(record.robots or ())):
            self._count("image/skipped/robots_tags")
            return None, f"X-Robots-Tag says {min(rules)}"
        if page.robots:
            record.robots = sorted(page.robots.union(record.robots or ()))
        return record, None

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
        if error := self._refused(image.label, page):
            self._outcomes[url_key(image.label)] = error
            return self._sighting(candidate, page, error)
        record, error = self._record(response, image.label, page)
        sighting = self._sighting(candidate, page, error)
        return (record, *sighting) if record else sighting

    def resume(self, outcomes: Outcomes, images: Mapping[str | None, int]) -> None:
        """Go on with a job: with its *outcomes*, and its *images* of each site."""
        self._outcomes = outcomes
        self.scope.resume(images)

    def _turns_of(self, request: Request) -> Turns:
        """Return what bounds the images of one host that are awaited at a time.

        More would only wait in the downloader's slot, and take the places of
        other hosts while they do.
        """
        host = place_of(request).netloc
        turns = self._hosts.get(host)
        if turns is None:
            turns = self._hosts[host] = Turns(self._per_host)
        return turns

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
