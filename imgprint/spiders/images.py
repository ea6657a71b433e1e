"""The spider that finds the images of pages and yields a record for each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from scrapy import Request, Spider, signals
from w3lib.url import file_uri_to_path

from imgprint.discovery.urls.image_urls import looks_like_image
from imgprint.discovery.urls.sites import site_of
from imgprint.errors import (
    DOWNLOAD_ERRORS,
    InputError,
    NotAnImage,
    SeenBefore,
    TorDown,
    error_text,
)
from imgprint.extensions.unexpected import note_unexpected
from imgprint.fetch.concurrency import gather_bounded
from imgprint.fetch.image_response import ImageResponse, image_request
from imgprint.items import Sighting
from imgprint.jobs.folder import use_job
from imgprint.jobs.job import job_of
from imgprint.jobs.postponed import (
    SIGHTING,
    first_url,
    postpone,
)
from imgprint.middlewares.lean.lean_items import deliver
from imgprint.middlewares.lean.page_queue import Delivery
from imgprint.spiders.arguments import NUMBERS, PATTERNS, check_arguments
from imgprint.spiders.links import Links
from imgprint.spiders.listed_lines import mark_when_queued, unlisted_lines
from imgprint.spiders.page_images import Images
from imgprint.spiders.pages import Documents
from imgprint.spiders.scope import Scope
from imgprint.spiders.seeds import list_url, local_seeds, seed_lines
from imgprint.spiders.sighting_room import page_of
from imgprint.spiders.url_lists import fetch_list

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from imgprint.reading.document import Document
    from imgprint.spiders.seeds import Line, Seed
    from imgprint.spiders.sighting_room import Page

# Of all that went wrong on a page a sighting says so much.
MAX_ERRORS = 10


class ImagesSpider(Spider):
    """Crawl pages, fingerprint the images on them, record where each was seen.

    Arguments: ``urls``, a file with a URL, file or directory per line, or the URL
    of such a list, or several URLs separated by white space or commas; ``url``, one
    or several separated by commas; ``depth``, how many links to follow on the same
    site (default 0); ``max_pages``, how many pages to follow per site at most
    (default 10000), ``max_images``, how many images to fetch (default: all);
    ``allow`` and ``deny``, regular expressions: see Scope; ``sitemap=1`` to crawl
    the pages and images of the sitemaps that robots.txt names, too; ``render``,
    whether pages are rendered in a browser: 0 (default), 1 or auto: see
    RenderMiddleware; ``job=NAME`` to go on after any interruption: JOBDIR is
    data/jobs/NAME then.

    A page counts as done when its images are.

    Stats: ``imgprint/page/count``, ``imgprint/page/failed``,
    ``imgprint/page/skipped/{not_html,seen}``, ``imgprint/seed/invalid``,
    ``imgprint/seed/list_failed``, and those of Images and Documents. Links says how
    links are followed.
    """

    name = "images"
    check_arguments = staticmethod(check_arguments)
    documents: Documents
    images: Images
    links: Links

    def __init__(self, urls: str | None = None, url: str | None = None, **kwargs: Any):
        numbers = {name: kwargs.pop(name, None) for name in NUMBERS}
        patterns = {name: kwargs.pop(name, None) for name in PATTERNS}
        self.sitemap = str(kwargs.pop("sitemap", "0")) == "1"
        self.render = str(kwargs.pop("render", "0"))
        super().__init__(**kwargs)
        self.urls, self.url = urls, url
        caps: dict[str, Any] = {n: int(v) for n, v in numbers.items() if v is not None}
        self.scope = Scope(**caps, **patterns)
        self.failures: list[str] = []  # what was asked for and is not done
        self._sites: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        use_job(crawler.settings, kwargs.pop("job", None))
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.documents = Documents(crawler, spider.scope)
        spider.images = Images(crawler, spider.scope)
        crawler.signals.connect(spider.resume_job, signals.spider_opened)
        spider.links = Links(
            crawler, spider.scope, spider._page, sitemap=spider.sitemap
        )
        return spider

    def resume_job(self) -> None:
        """Go on where earlier runs of the job were, if there is one."""
        self.images.resume(job_of(self.crawler))

    # Seeds

    async def start(self) -> AsyncIterator[Any]:
        if url := list_url(self.urls):
            async for output in self._list(url):
                yield output
        async for output in self._lines(seed_lines(self.urls, self.url)):
            yield output

    async def _list(self, url: str) -> AsyncIterator[Request | Sighting]:
        try:
            found = await fetch_list(self.crawler, url)
        except InputError as error:
            self._count("seed/list_failed")
            self.failures.append(str(error))
            self.logger.error("%s", error)
            yield self._sighting(error=str(error))
            return
        async for output in self._lines(found.lines()):
            yield found.mark(output)

    async def _lines(self, lines: Iterator[Line]) -> AsyncIterator[Request | Sighting]:
        job = job_of(self.crawler)
        suffix = " sitemap" if self.sitemap else ""
        async for line in unlisted_lines(job, lines, suffix):
            seed = line.seed()
            if seed.url.startswith("file:"):
                outputs = self._local(seed.url)
            else:
                found = self._seed(seed)
                outputs = mark_when_queued(job, f"{line.text}{suffix}", found)
            for output in outputs:
                yield output

    def _seed(self, seed: Seed) -> Iterator[Request | Sighting]:
        if seed.error:
            self._count("seed/invalid")
            self.logger.warning("%s: %s", seed.where, seed.error)
            yield self._sighting(error=f"{seed.where}: {seed.error}")
        elif looks_like_image(seed.url):
            yield from self._image_seed(seed.url)
        else:
            yield from self._page_seed(seed.url, seed.render)

    def _image_seed(self, url: str) -> Iterator[Request | Sighting]:
        if self.images.claim(url):
            yield image_request(url, callback=self.parse, errback=self.failed)
        else:
            sighting = self._seed_sighting(url)
            if not job_of(self.crawler).has_sighting(sighting):
                yield sighting

    def _page_seed(self, url: str, render: str | None) -> Iterator[Request]:
        yield self._page(url, render=render or self.render)
        robots = urljoin(url, "/robots.txt")
        if self.sitemap and robots not in self._sites:
            self._sites.add(robots)
            meta = {"dont_obey_robotstxt": True, "render": render or self.render}
            yield Request(
                robots, self.parse_robots, meta=meta, errback=self.robots_failed
            )

    def _local(self, url: str) -> Iterator[Request | Sighting]:
        for kind, text in local_seeds(Path(file_uri_to_path(url))):
            if kind == "image":
                yield from self._image_seed(text)
            elif kind == "page":
                yield self._page(text)
            elif kind == "other":
                self._count("page/skipped/not_html")
            else:
                self._count("image/failed")
                yield self._sighting(element="seed", error=text)

    # Pages

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        assert response.request
        with Delivery(self.crawler, response.request) as way:
            try:
                async for output in self._outputs(response, way):
                    yield output
            except Exception as error:  # noqa: BLE001 - a page stops no other
                text, url = note_unexpected(self.crawler, error), response.url
                self._count("page/failed")
                yield self._sighting(page_url=url, site=site_of(url), error=text)

    async def _outputs(self, response: Response, way: Delivery) -> AsyncIterator[Any]:
        if isinstance(response, ImageResponse):
            for item in self._seed_items(response):
                yield item
        elif document := await self.documents.read(response):
            self._count("page/count")
            page = page_of(response, document)
            # A task, or each image would wake the generators of all middlewares.
            items = self._all_items(response, document, page, way)
            await asyncio.create_task(deliver(self.crawler, items, response))
            async for output in self.links.follow(response, document, page):
                yield output
        else:
            self._count("page/skipped/not_html")
            url, error = response.url, "neither a page nor an image"
            yield self._sighting(page_url=url, site=site_of(url), error=error)

    async def _all_items(
        self, response: Response, document: Document, page: Page, way: Delivery
    ) -> AsyncIterator[Any]:
        """Yield what ``_items`` does, and why that is not all."""
        try:
            async for item in self._items(response, document, page, way):
                yield item
        except Exception as error:  # noqa: BLE001 - its links are followed all the same
            page.errors.append(note_unexpected(self.crawler, error))
        if errors := [*page.errors, *document.errors]:
            self._count("page/failed")
            text = "; ".join(errors[:MAX_ERRORS])
            yield self._sighting(page_url=page.url, site=page.site, error=text)

    def _seed_items(self, response: ImageResponse) -> Iterator[Any]:
        """Yield sighting and record of an image that was listed."""
        assert response.request
        request = response.request
        url = first_url(request)
        error = record = None
        try:
            if seen := request.meta.get(SIGHTING):
                where = {"site": seen["site"], "page_url": seen["page_url"]}
                record = response.record(url=url, **where)
            elif request.meta["imgprint"] is True or self.images.claim(url):
                record = response.record(url=url, site=site_of(url))
        except Exception as exception:  # noqa: BLE001 - an image stops no other
            error = note_unexpected(self.crawler, exception)
            self._count("image/failed")
        # Before the record: when a job has that it is through with the image.
        yield self._seed_sighting(url, error, request)
        if record:
            yield record

    async def _items(
        self, response: Response, document: Document, page: Page, way: Delivery
    ) -> AsyncIterator[Any]:
        """Yield the records and sightings of the page, and of what it is made of."""
        limit = self.settings.getint("CONCURRENT_REQUESTS")
        if document.onion or document.unread:
            about = {"onion_location": document.onion, "error": document.unread or None}
            yield self._sighting(page_url=page.url, site=page.site, **about)
        found = self.images.of(page, document.candidates)
        async for item in gather_bounded(found, limit, limit // 8, way.begun):
            yield item
        if document.linked:
            try:
                linked = await self.documents.linked(document)
            except TorDown as error:
                linked = []
                assert response.request
                yield self._not_tried(response.request, error)
            found = self.images.of(page, linked)
            async for item in gather_bounded(found, limit):
                yield item
        for sighting in self.images.others(page):
            yield sighting

    def parse_robots(self, response: Response) -> Iterator[Request | Sighting]:
        """Yield requests for the sitemaps that a robots.txt names."""
        yield from self.links.sitemaps(response)

    def robots_failed(self, failure: Failure) -> None:
        """No robots.txt, no sitemaps: not an error."""
        if isinstance(failure.value, TorDown):
            postpone(job_of(self.crawler), self, failure.request)  # type: ignore[attr-defined]

    def failed(self, failure: Failure) -> Iterator[Any]:
        """Yield the sighting of a scheduled page or image that failed.

        What was listed with an image's name but is none is tried as a page.
        """
        request: Request = failure.request  # type: ignore[attr-defined]
        with Delivery(self.crawler, request):
            yield from self._failed(failure, request)

    def _failed(self, failure: Failure, request: Request) -> Iterator[Any]:
        url = first_url(request)
        error = error_text(failure.value)
        if isinstance(failure.value, TorDown):
            yield self._not_tried(request, failure.value)
            return
        if not isinstance(failure.value, DOWNLOAD_ERRORS):
            assert failure.value
            error = note_unexpected(self.crawler, failure.value)
        if request.meta.get("imgprint") is not True:
            seen = isinstance(failure.value, SeenBefore)
            self._count("page/skipped/seen" if seen else "page/failed")
            yield self._sighting(page_url=url, site=site_of(url), error=error)
        elif failure.check(NotAnImage) and not url.startswith("file:"):  # type: ignore[no-untyped-call]
            yield self._page(url, render=self.render, dont_filter=True)
        else:
            self._count("image/failed")
            yield self._seed_sighting(url, error, request)

    def _not_tried(self, request: Request, error: TorDown) -> Sighting:
        """Return the sighting of what the next run of the job is to fetch."""
        url = first_url(request)
        postpone(job_of(self.crawler), self, request, url)
        if request.meta.get("imgprint") is True:
            return self._seed_sighting(url, str(error), request)
        return self._sighting(page_url=url, site=site_of(url), error=str(error))

    def _page(
        self, url: str, depth: int = 0, render: str = "0", **kwargs: Any
    ) -> Request:
        meta = {"imgprint": "page", "imgprint_depth": depth}
        if render != "0":
            meta["imgprint_render"] = render
        return Request(url, meta=meta, errback=self.failed, **kwargs)

    # Bookkeeping

    def _seed_sighting(
        self, url: str, error: str | None = None, of: Request | None = None
    ) -> Sighting:
        if of and (postponed := of.meta.get(SIGHTING)):
            return self._sighting(**{**postponed, "error": error})
        site = site_of(url)
        return self._sighting(image_url=url, site=site, element="seed", error=error)

    def _sighting(self, **fields: Any) -> Sighting:
        self._count("sighting/count")
        return Sighting(**fields)

    def _count(self, name: str) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"imgprint/{name}")
