"""The spider that finds the images of pages and yields a record for each."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from scrapy import Request, Spider
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor
from scrapy.spidermiddlewares.referer import StrictOriginWhenCrossOriginPolicy
from scrapy.utils.httpobj import urlparse_cached
from w3lib.url import file_uri_to_path

from imgprint.discovery.html import image_candidates
from imgprint.discovery.sites import site_of
from imgprint.discovery.urls import looks_like_image
from imgprint.errors import DOWNLOAD_ERRORS, InputError, NotAnImage, error_text
from imgprint.gather import gather_bounded
from imgprint.http import ImageResponse, image_request
from imgprint.items import ImageRecord, Sighting
from imgprint.keys import url_key
from imgprint.seeds import check_seeds, is_local_image, local_files, read_seeds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from twisted.python.failure import Failure

    from imgprint.discovery.candidate import Candidate

Items = tuple[ImageRecord | Sighting, ...]


class ImagesSpider(Spider):
    """Crawl pages, fingerprint the images on them, record where each was seen.

    Arguments: ``urls``, a file with a URL, file or directory per line; ``url``,
    one or several separated by commas; ``depth``, how many links to follow on
    the same site (default 0); ``max_images``, how many images to fetch per
    site at most (default: all).

    Images are not scheduled but awaited from the callback of their page, at
    most CONCURRENT_REQUESTS_PER_DOMAIN of a host at a time: that takes half
    the CPU time, and keeps downloader slots and middlewares. A page counts as
    done when its images are.

    Stats: ``imgprint/page/count``, ``imgprint/page/failed``,
    ``imgprint/page/skipped/not_html``, ``imgprint/image/found``,
    ``imgprint/image/failed``, ``imgprint/image/skipped/max_images``,
    ``imgprint/image/skipped/data_uri``, ``imgprint/sighting/count``,
    ``imgprint/seed/invalid``.
    """

    name = "images"
    arguments: ClassVar = {"urls", "url", "depth", "max_images"}

    def __init__(
        self,
        urls: str | None = None,
        url: str | None = None,
        depth: str | int = 0,
        max_images: str | int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.urls, self.url = urls, url
        self.depth = int(depth)
        self.max_images = None if max_images is None else int(max_images)
        self._links = LinkExtractor()
        self._referrer = StrictOriginWhenCrossOriginPolicy()
        self._site_images: Counter[str | None] = Counter()
        # Outcome of each image by a hash of its URL: None, an error, or to come.
        self._outcomes: dict[bytes, str | asyncio.Future[str | None] | None] = {}
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @classmethod
    def check_arguments(cls, **arguments: str) -> None:
        """Raise InputError, before anything is fetched, if a crawl can't start."""
        for name in arguments:
            if name not in cls.arguments:
                known = ", ".join(sorted(cls.arguments))
                raise InputError(f"unknown argument -a {name}: the spider has {known}")
        for name in ("depth", "max_images"):
            value = arguments.get(name, "0")
            if not value.isascii() or not value.isdigit():
                raise InputError(f"-a {name}={value}: give a whole number, 0 or more")
        check_seeds(arguments.get("urls"), arguments.get("url"))

    # Seeds

    async def start(self) -> AsyncIterator[Any]:
        for seed in read_seeds(self.urls, self.url):
            if seed.error:
                self._count("seed/invalid")
                self.logger.warning("%s: %s", seed.where, seed.error)
                yield self._sighting(error=f"{seed.where}: {seed.error}")
            elif seed.url.startswith("file:"):
                for output in self._local(seed.url):
                    yield output
            elif not looks_like_image(seed.url):
                yield self._page(seed.url)
            elif self._claim(seed.url):
                yield self._image_seed(seed.url)
            else:
                yield self._seed_sighting(seed.url)

    def _local(self, url: str) -> Iterator[Request | Sighting]:
        for path in local_files(Path(file_uri_to_path(url))):
            try:
                if isinstance(path, OSError):
                    raise path
                if is_local_image(path):
                    self._claim(path.as_uri())
                    yield self._image_seed(path.as_uri())
                elif path.suffix.lower() in (".html", ".htm", ".xhtml"):
                    yield self._page(path.as_uri())
                else:
                    self._count("page/skipped/not_html")
            except OSError as error:
                self._count("image/failed")
                reason = f"{error.filename}: {error.strerror}"
                yield self._sighting(element="seed", error=reason)

    # Pages

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        assert response.request
        if isinstance(response, ImageResponse):
            request = response.request
            url = request.meta.get("redirect_urls", [request.url])[0]
            if request.meta["imgprint"] is True or self._claim(url):
                yield response.record(url=url, site=site_of(url))
            yield self._seed_sighting(url)
        elif isinstance(response, HtmlResponse):
            self._count("page/count")
            async for item in gather_bounded(
                self._images(response), self.settings.getint("CONCURRENT_REQUESTS")
            ):
                yield item
            for request in self._follow(response):
                yield request
        else:
            self._count("page/skipped/not_html")
            error = "neither a page nor an image"
            yield self._sighting(
                page_url=response.url, site=site_of(response.url), error=error
            )

    def failed(self, failure: Failure) -> Iterator[Any]:
        """Yield the sighting of a scheduled page or image that failed.

        What was listed with an image's name but is none is tried as a page.
        """
        request: Request = failure.request  # type: ignore[attr-defined]
        url = request.meta.get("redirect_urls", [request.url])[0]
        error = error_text(failure.value)
        if request.meta.get("imgprint") is not True:
            self._count("page/failed")
            yield self._sighting(page_url=url, site=site_of(url), error=error)
        elif failure.check(NotAnImage) and not url.startswith("file:"):  # type: ignore[no-untyped-call]
            yield self._page(url, dont_filter=True)
        else:
            self._count("image/failed")
            yield self._seed_sighting(url, error)

    def _image_seed(self, url: str) -> Request:
        return image_request(url, callback=self.parse, errback=self.failed)

    def _page(self, url: str, **kwargs: Any) -> Request:
        return Request(url, meta={"imgprint": "page"}, errback=self.failed, **kwargs)

    def _follow(self, response: HtmlResponse) -> Iterator[Request]:
        """Yield requests for the pages of the same site that *response* links to."""
        depth = response.meta.get("depth", 0)
        site = site_of(response.url)
        if depth >= self.depth or not site:
            return
        for link in self._links.extract_links(response):
            if site_of(link.url) == site:
                yield self._page(link.url)

    # Images

    def _images(self, response: HtmlResponse) -> Iterator[Any]:
        """Yield a coroutine for each image of the page: its record and sighting."""
        site = site_of(response.url)
        for candidate in image_candidates(response.selector, response.url):
            if candidate.url.startswith("data:"):
                self._count("image/skipped/data_uri")
                continue
            assert self.crawler.engine
            if not self.crawler.engine.running:
                return
            yield self._image(candidate, response, site)

    async def _image(
        self, candidate: Candidate, page: HtmlResponse, site: str | None
    ) -> Items:
        record: ImageRecord | None = None
        key = url_key(candidate.url)
        if self._claim(candidate.url):
            self._outcomes[key] = outcome = asyncio.get_running_loop().create_future()
            error: str | None = "interrupted"
            try:
                record, error = await self._fetch(candidate.url, page, site)
            finally:  # or other sightings of it would wait for ever
                self._outcomes[key] = error
                outcome.set_result(error)
        known = self._outcomes[key]
        error = await known if isinstance(known, asyncio.Future) else known
        sighting = self._sighting(
            page_url=page.url,
            image_url=candidate.url,
            site=site,
            element=candidate.element,
            alt=candidate.alt,
            width=candidate.width,
            height=candidate.height,
            depth=page.meta.get("depth", 0),
            error=error,
        )
        return (record, sighting) if record else (sighting,)

    async def _fetch(
        self, url: str, page: HtmlResponse, site: str | None
    ) -> tuple[ImageRecord | None, str | None]:
        """Return the record of the image at *url*, or why there is none."""
        if self.max_images is not None and self._site_images[site] >= self.max_images:
            self._count("image/skipped/max_images")
            return None, f"over max_images={self.max_images} of {site}"
        self._site_images[site] += 1
        request = image_request(url)
        if referrer := self._referrer.referrer(page.url, url):
            request.headers["Referer"] = referrer
        assert self.crawler.engine
        try:
            async with self._slot(request):
                response = await self.crawler.engine.download_async(request)
        except DOWNLOAD_ERRORS as exception:
            error = error_text(exception)
        else:
            if isinstance(response, ImageResponse):
                return response.record(url=url, site=site, page_url=page.url), None
            error = f"HTTP {response.status}"
        self._count("image/failed")
        return None, error

    def _slot(self, request: Request) -> asyncio.Semaphore:
        """Return what bounds the images of one host that are awaited at a time.

        More would only wait in the downloader's slot, and take the places of
        other hosts while they do.
        """
        host = urlparse_cached(request).netloc
        size = self.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        return self._hosts.setdefault(host, asyncio.Semaphore(size))

    # Bookkeeping

    def _claim(self, url: str) -> bool:
        """Return whether *url* is new; from now on it is not."""
        if url_key(url) in self._outcomes:
            return False
        self._outcomes[url_key(url)] = None
        self._count("image/found")
        return True

    def _seed_sighting(self, url: str, error: str | None = None) -> Sighting:
        site = site_of(url)
        return self._sighting(image_url=url, site=site, element="seed", error=error)

    def _sighting(self, **fields: Any) -> Sighting:
        self._count("sighting/count")
        return Sighting(**fields)

    def _count(self, name: str) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"imgprint/{name}")
