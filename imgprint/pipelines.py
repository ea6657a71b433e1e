"""The item pipelines: size, EXIF and other metadata, fingerprints.

They take ImageRecord items and pass on all others as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import DropItem

from imgprint.content.describe import describe
from imgprint.content.fingerprint import (
    file_key,
    reference_fingerprints,
    whole_sha256,
)
from imgprint.items import ImageRecord

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector


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
        for name in description.__slots__:
            if name != "complete":
                setattr(item, name, getattr(description, name))
        item.metadata_complete = description.complete
        return item


class FingerprintPipeline:
    """Fill in the fingerprints, then let go of the bytes.

    Stats: ``imgprint/image/count``, and ``imgprint/image/bytes``, the size of
    the files (where known) that were identified.
    """

    def __init__(self, stats: StatsCollector):
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats
        return cls(crawler.stats)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, ImageRecord):
            return item
        self.stats.inc_value("imgprint/image/count")
        self.stats.inc_value("imgprint/image/bytes", item.image_size or 0)
        if item.content is None:
            return item
        for name, value in reference_fingerprints(item.content).items():
            setattr(item, name, value)
        item.fingerprints = {
            "file_key": file_key(item.content),
            "sha256": whole_sha256(item.content),
        }
        item.content = item.description = None
        return item
