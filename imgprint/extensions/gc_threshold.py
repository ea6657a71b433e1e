"""The garbage collector, told how this work makes garbage."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.http import TextResponse

from imgprint import config

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

MAX_PAGES = 4 * 1024 * 1024
"""Bytes of pages that may be garbage. Their trees are twenty times as large."""


class GarbageThreshold:
    """Look for cyclic garbage after IMGPRINT_GC_THRESHOLD new objects.

    Python's own 700 objects are those of one image: it would look through all images
    under way for each of them. Objects that exist when the crawl starts are never
    looked at again.

    A page and its selector are such garbage, of few objects and many bytes:
    it is looked for after every 4 MiB of pages, too.
    """

    def __init__(self, threshold: int):
        self.threshold = threshold
        self._before = gc.get_threshold()
        self._pages = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        threshold = config.GC_THRESHOLD.read(crawler.settings)
        if not threshold:
            raise NotConfigured
        extension = cls(threshold)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.response_received, signals.response_received)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self) -> None:
        gc.freeze()
        gc.set_threshold(self.threshold, *self._before[1:])

    def response_received(self, response: Response) -> None:
        if isinstance(response, TextResponse):
            self._pages += len(response.body)
            if self._pages > MAX_PAGES:
                self._pages = 0
                gc.collect()

    def spider_closed(self) -> None:
        gc.set_threshold(*self._before)
        gc.unfreeze()
