"""Fetching one image of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from imgprint import config
from imgprint.discovery.limits import MAX_REQUEST_URL
from imgprint.discovery.urls.targets import place_of
from imgprint.errors import DOWNLOAD_ERRORS, INTERRUPTED, error_text
from imgprint.fetch.concurrency import Turns
from imgprint.fetch.image_response import ImageResponse, image_request
from imgprint.fetch.referrer import referrer_of
from imgprint.middlewares.lean.download import download

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

    from imgprint.items import ImageRecord
    from imgprint.spiders.scope import Scope
    from imgprint.spiders.sighting_room import Page

# What a page, or an image, says to those who would use its images.
_PAGE_RULES = frozenset(["noimageindex", "noai", "noimageai"])
_IMAGE_RULES = _PAGE_RULES | {"noindex", "none"}


class Fetcher:
    """Fetch images, if they are wanted, and make their records.

    ``IMGPRINT_OBEY_ROBOTS_TAGS`` (default: False) leaves out images of pages
    that say noimageindex, noai or noimageai, and images whose X-Robots-Tag
    says so, or noindex. A URL of more than 65,536 characters is not requested.

    Stats: ``imgprint/image/failed``,
    ``imgprint/image/skipped/{max_images,deny,robots_tags,long_url}``.
    """

    def __init__(self, crawler: Crawler, scope: Scope):
        self.crawler = crawler
        self.scope = scope
        self.obey = config.OBEY_ROBOTS_TAGS.read(crawler.settings)
        self._per_host = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._hosts: WeakValueDictionary[str, Turns] = WeakValueDictionary()

    async def fetch(
        self, url: str, page: Page
    ) -> tuple[ImageRecord | None, str | None]:
        """Return the record of the image at *url*, or why there is none."""
        if error := self.refused(url, page):
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
                return self.record(response, url, page)
            error = f"HTTP {response.status}"
        self._count("image/failed")
        return None, error

    def refused(self, url: str, page: Page) -> str | None:
        """Return why the image at *url* is not to be fetched; count it if it is."""
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

    def record(
        self, response: ImageResponse, url: str, page: Page
    ) -> tuple[ImageRecord | None, str | None]:
        """Return the record of *response*, or why there is to be none."""
        record = response.record(url=url, site=page.site, page_url=page.url)
        if self.obey and (rules := _IMAGE_RULES.intersection(record.robots or ())):
            self._count("image/skipped/robots_tags")
            return None, f"X-Robots-Tag says {min(rules)}"
        if page.robots:
            record.robots = sorted(page.robots.union(record.robots or ()))
        return record, None

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

    def _count(self, name: str) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"imgprint/{name}")
