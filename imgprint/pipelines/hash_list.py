"""The item pipeline that holds each image against a hash list."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK

from imgprint import config
from imgprint.errors import DOWNLOAD_ERRORS, InputError, error_text
from imgprint.feeds.input_files import read_key, read_list
from imgprint.fetch.gate import OWN
from imgprint.items import ImageRecord
from imgprint.matching.grades import GRADES
from imgprint.matching.listed import HashList, Listed
from imgprint.report.audit import printable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

MOST = 4_000
"""Characters of a hit that the log shows."""


def hash_list(settings: BaseSettings) -> HashList | None:
    """Return the list that the settings name, None for none. Raise InputError."""
    path = config.HASHLIST.read(settings)
    if not path:
        return None
    key = config.HASHLIST_KEY.read(settings)
    entries = read_list(Path(path))
    found = HashList(entries, read_key(Path(key)) if key else None)
    if found.needs_key:
        raise InputError(
            f"hash list '{path}' is blinded: give its key as IMGPRINT_HASHLIST_KEY"
        )
    return found


class HashListPipeline:
    """Report images that are on the list ``IMGPRINT_HASHLIST`` (default: none).

    The list is plain text, CSV or JSON (also Project VIC's), of md5, sha1,
    sha256, PDQ hashes, file keys or data hashes; ``IMGPRINT_HASHLIST_KEY`` is
    the key file of a blinded one. PDQ hashes match only with IMGPRINT_DECODE.
    An image that is on it is a warning in the log and, with
    ``IMGPRINT_WEBHOOK``, a POST of JSON to that URL, wherever its host is; pages
    may lead there no more than without it. The crawl goes on if the POST fails.

    Stats: ``imgprint/hashlist/hit``, ``imgprint/hashlist/hit/GRADE``,
    ``imgprint/hashlist/webhook/{sent,failed}``.
    """

    def __init__(self, crawler: Crawler, entries: HashList):
        self.crawler = crawler
        self.stats = crawler.stats
        self.entries = entries
        self.webhook = config.WEBHOOK.read(crawler.settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        entries = hash_list(crawler.settings)
        if entries is None:
            raise NotConfigured
        return cls(crawler, entries)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, ImageRecord):
            return item
        found = self.entries.find(vars(item))
        if found:
            await self._report(item, found[0])
        return item

    async def _report(self, item: ImageRecord, listed: Listed) -> None:
        name = GRADES[listed.number].name
        self.stats.inc_value("imgprint/hashlist/hit")
        self.stats.inc_value(f"imgprint/hashlist/hit/{name}")
        said = printable(f"{item.url}: {listed}", MOST)
        logger.warning("On the hash list: %s", said)
        if self.webhook:
            await self._post(self.webhook, _message(item, listed))

    async def _post(self, url: str, message: dict[str, Any]) -> None:
        request = Request(
            url,
            method="POST",
            headers={"Content-Type": "application/json"},
            body=json.dumps(message),
            # The user names it, so no site's rules are asked. It is not a seed:
            # what pages lead to must not get where it may go.
            meta={"dont_obey_robotstxt": True, OWN: True},
            callback=NO_CALLBACK,
        )
        try:
            response = await self.crawler.engine.download_async(request)
        except DOWNLOAD_ERRORS as error:
            reason = error_text(error)
        else:
            if response.status < 300:
                self.stats.inc_value("imgprint/hashlist/webhook/sent")
                return
            reason = f"HTTP {response.status}"
        self.stats.inc_value("imgprint/hashlist/webhook/failed")
        logger.error("Webhook failed: %s", reason)


def _message(item: ImageRecord, listed: Listed) -> dict[str, Any]:
    """Return what a webhook gets: where, when, which entry, how strong."""
    grade = GRADES[listed.number]
    return {
        "url": item.url,
        "page_url": item.page_url,
        "site": item.site,
        "timestamp": item.timestamp,
        "grade": grade.name,
        "strength": grade.strength,
        "why": grade.why,
        "bound": grade.bound,
        "distance": listed.distance,
        "entry": listed.value,
        "label": listed.label or None,
        "file_key": item.fingerprints.get("file_key"),
    }
