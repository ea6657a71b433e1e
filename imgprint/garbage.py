"""The garbage collector, told how this work makes garbage."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class GarbageThreshold:
    """Look for cyclic garbage after ``IMGPRINT_GC_THRESHOLD`` new objects.

    Default: 50000. 0 leaves the process as it is. Python's own 700 is one
    image's: it looks through all images under way for each of them, a fifth of
    the CPU time. What exists when the crawl starts is never looked at again.
    """

    def __init__(self, threshold: int):
        self.threshold = threshold
        self._before = gc.get_threshold()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        threshold = crawler.settings.getint("IMGPRINT_GC_THRESHOLD", 50_000)
        if not threshold:
            raise NotConfigured
        extension = cls(threshold)
        crawler.signals.connect(extension.spider_opened, signals.spider_opened)
        crawler.signals.connect(extension.spider_closed, signals.spider_closed)
        return extension

    def spider_opened(self) -> None:
        gc.freeze()
        gc.set_threshold(self.threshold, *self._before[1:])

    def spider_closed(self) -> None:
        gc.set_threshold(*self._before)
        gc.unfreeze()
