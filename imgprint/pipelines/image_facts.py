"""The item pipelines: size, EXIF and other metadata, fingerprints.

They take ImageRecord items and pass on all others as they are. The facts are made
by the functions of ``imgprint.records``.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import DropItem

from imgprint import config
from imgprint.items import ImageRecord
from imgprint.records import (
    NO_PDQ,
    add_fingerprints,
    add_metadata,
    add_pixel_facts,
    release_bytes,
)

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

logger = logging.getLogger(__name__)


class SizePipeline:
    """Drop images under ``IMGPRINT_MIN_SIZE`` bytes (default: 20480).

    An unknown size is not small. Stat: ``imgprint/image/skipped/small``.
    """

    def __init__(self, min_size: int, stats: StatsCollector):
        self.min_size = min_size
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(config.MIN_SIZE.read(crawler.settings), crawler.stats)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, ImageRecord) or item.image_size is None:
            return item
        if item.image_size < self.min_size:
            self.stats.inc_value("imgprint/image/skipped/small")
            raise DropItem(f"{item.image_size} B image", log_level="DEBUG")
        return item


class MetadataPipeline:
    """Add what the known bytes say: format, EXIF, position, camera, ..."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, ImageRecord):
            add_metadata(item)
        return item


class FingerprintPipeline:
    """Add the fingerprints, then let go of the bytes.

    ``IMGPRINT_DECODE`` is 1 to make pixels of what is known, in memory, for
    perceptual hashes (``pdq``) and ``thumbnail.differs``; 0 so that nothing is
    ever decoded. Unset, the images of a crawl are not: it takes several times
    the CPU time of all the rest, in a thread beside the crawl. Pictures given to
    ``scrapy match`` are.

    Stats: ``imgprint/image/count``, and ``imgprint/image/bytes``, the size of
    the files (where known) that were identified.
    """

    def __init__(self, stats: StatsCollector, *, decode: bool = False):
        self.stats = stats
        self.decode = decode
        # One: Pillow's warnings are turned off and on for the whole process.
        self._thread = ThreadPoolExecutor(1, "imgprint-decode")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        decode = config.DECODE.read(crawler.settings) or False
        if decode and not find_spec("pdqhash"):
            logger.warning("No PDQ hashes: %s", NO_PDQ)
        return cls(crawler.stats, decode=decode)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, ImageRecord):
            return item
        self.stats.inc_value("imgprint/image/count")
        self.stats.inc_value("imgprint/image/bytes", item.image_size or 0)
        if item.fetched is None:
            return item
        add_fingerprints(item)
        if self.decode:
            return self._decode(item)
        release_bytes(item)
        return item

    def close_spider(self) -> None:
        self._thread.shutdown(wait=False)

    async def _decode(self, item: ImageRecord) -> ImageRecord:
        """Return *item* with what its pixels say; other images are not held up."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, add_pixel_facts, item)
        release_bytes(item)
        return item
