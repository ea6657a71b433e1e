"""Records that could not be made: what is said of them instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from imgprint.discovery.urls.url_keys import url_key
from imgprint.extensions.unexpected import note_unexpected
from imgprint.items import ImageRecord, Sighting
from imgprint.jobs.job import job_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure


class FailedRecords:
    """Have a sighting say so when a pipeline fails at a record.

    The record is lost, whoever's pipeline it was. The sighting that comes with it
    gets the error; if none does, there is a new one.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.item_error, signals.item_error)
        return extension

    async def item_error(self, item: Any, failure: Failure) -> None:
        if not isinstance(item, ImageRecord | Sighting):
            return
        assert failure.value
        error = note_unexpected(self.crawler, failure.value)
        if isinstance(item, Sighting):
            return
        job_of(self.crawler).outcomes[url_key(item.url)] = error
        if item.sighting:
            item.sighting.error = error
            return
        sighting = Sighting(item.page_url, item.url, item.site, error=error)
        await self.crawler.engine.scraper.start_itemproc_async(sighting, response=None)
