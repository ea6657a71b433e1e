"""The last pipeline of data that will be shared."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy.exceptions import NotConfigured

from imgprint import config
from imgprint.feeds.input_files import read_key
from imgprint.items import ImageRecord
from imgprint.report.redaction import protect

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings


def privacy_key(settings: BaseSettings) -> bytes | None:
    """Return the key of ``IMGPRINT_PRIVACY``, None if it is off.

    Raise InputError if its file can't be read.
    """
    value = config.PRIVACY.read(settings)
    if isinstance(value, str):
        return read_key(Path(value))
    return secrets.token_bytes(32) if value else None


class PrivacyPipeline:
    """Round positions, hash names and serial numbers, before anything is stored.

    ``IMGPRINT_PRIVACY`` (default: 0) is the name of a file with a key of 16 or
    more bytes: the same key gives the same hashes in every crawl. 1 is a key
    that is made for this crawl and forgotten. See ``imgprint.report.redaction``
    for what is changed; URLs, dates and fingerprints of the file stay.
    """

    def __init__(self, key: bytes):
        self.key = key

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        key = privacy_key(crawler.settings)
        if key is None:
            raise NotConfigured
        return cls(key)

    def process_item(self, item: Any) -> Any:
        if isinstance(item, ImageRecord):
            for name, value in protect(vars(item), self.key).items():
                setattr(item, name, value)
        return item
