"""The item pipelines: size, EXIF and other metadata, fingerprints.

They take ImageRecord items and pass on all others as they are.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from importlib.util import find_spec
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import DropItem

from imgprint.content.describe import INTERNAL, Description, describe
from imgprint.content.fingerprints.declared_hashes import decode_etag
from imgprint.content.fingerprints.fingerprint import (
    fingerprints,
    reference_fingerprints,
)
from imgprint.items import ImageRecord

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from scrapy.statscollectors import StatsCollector

logger = logging.getLogger(__name__)

NO_PDQ = "pdqhash is not installed: pip install -r requirements-pdq.txt"
FACTS = tuple(f.name for f in fields(Description) if f.name not in INTERNAL)
FACTS_OF = attrgetter(*FACTS)


class SizePipeline:
    """Drop images under ``IMGPRINT_MIN_SIZE`` bytes (default: 20480).

    An unknown size is not small. Stat: ``imgprint/image/skipped/small``.
    """

    def __init__(self, min_size: int, stats: StatsCollector):
        self.min_size = min_size
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats
        return cls(crawler.settings.getint("IMGPRINT_MIN_SIZE", 20_480), crawler.stats)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, ImageRecord) or item.image_size is None:
            return item
        if item.image_size < self.min_size:
            self.stats.inc_value("imgprint/image/skipped/small")
            raise DropItem(f"{item.image_size} B image", log_level="DEBUG")
        return item


class MetadataPipeline:
    """Fill in what the known bytes say: format, EXIF, position, camera, ..."""

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, ImageRecord) or item.content is None:
            return item
        description = item.description or describe(item.content, final=True)
        tell(item, description)
        return item


class FingerprintPipeline:
    """Fill in the fingerprints, then let go of the bytes.

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
        assert crawler.stats
        decode = decodes(crawler.settings)
        if decode and not find_spec("pdqhash"):
            logger.warning("No PDQ hashes: %s", NO_PDQ)
        return cls(crawler.stats, decode=decode)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, ImageRecord):
            return item
        self.stats.inc_value("imgprint/image/count")
        self.stats.inc_value("imgprint/image/bytes", item.image_size or 0)
        if item.content is None:
            return item
        fill_in(item)
        if self.decode:
            return self._decoded(item)
        _let_go(item)
        return item

    def close_spider(self) -> None:
        self._thread.shutdown(wait=False)

    async def _decoded(self, item: ImageRecord) -> ImageRecord:
        """Return *item* with what its pixels say; other images are not held up."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, decode, item)
        _let_go(item)
        return item


def _let_go(item: ImageRecord) -> None:
    item.content = item.description = item.headers = None


def decodes(settings: BaseSettings, *, query: bool = False) -> bool:
    """Return whether ``IMGPRINT_DECODE`` lets images be decoded, or a *query*."""
    return settings.getbool("IMGPRINT_DECODE", query)


def tell(item: ImageRecord, description: Description) -> None:
    """Fill in what *description* says."""
    item.description = description
    vars(item).update(zip(FACTS, FACTS_OF(description), strict=True))
    item.metadata_complete = description.complete


def fill_in(item: ImageRecord) -> None:
    """Fill in the fingerprints of *item*, which has its content."""
    assert item.content
    description = item.description or describe(item.content, final=True)
    prints = reference_fingerprints(item.content)
    vars(item).update(prints)
    item.fingerprints = fingerprints(
        item.content, description, prints, item.headers or {}, item.status
    )
    item.etag_decoded = decode_etag(item.etag, item.image_size)


def decode(item: ImageRecord) -> None:
    """Fill in what only the pixels of *item* say. It has its content."""
    # numpy takes longer to import than a thousand images to read.
    from imgprint.content.fingerprints.perceptual import perceptual

    assert item.content
    found = perceptual(
        item.content, item.description or describe(item.content, final=True)
    )
    differs = found.pop("differs")
    item.fingerprints |= found
    if item.thumbnail:
        item.thumbnail["differs"] = differs
