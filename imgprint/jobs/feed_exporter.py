"""Scrapy's feed exporter, made to say what it could not store, and of jobs.

A job's feeds are made from its journal when the crawl ends: each is complete,
however often the crawl was interrupted.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.utils.asyncio import run_in_thread
from scrapy.utils.defer import ensure_awaitable

from imgprint.errors import error_text
from imgprint.feeds.file_storage import FileStorage
from imgprint.feeds.json_lines import ITEMS
from imgprint.feeds.s3_storage import S3Storage, upload_spool
from imgprint.feeds.spool import Spool
from imgprint.items import ImageRecord, Sighting
from imgprint.jobs.engine_hooks import OpenFeedExporter
from imgprint.jobs.journal import OWN, UNREADABLE
from imgprint.jobs.journal_pipeline import JournalPipeline
from imgprint.masking import text_without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.extensions.feedexport import FeedSlot

logger = logging.getLogger(__name__)


class FeedExporter(OpenFeedExporter):
    """Store feeds, or say in one sentence which could not be, and where they are.

    A feed that can't be written any more is given up; when none is left the
    crawl is stopped, unless it is a job, whose journal goes on.

    The feeds of a job (``JOBDIR``) are made from its journal at the end.
    ``%(time)s`` is one time for all feeds of a crawl, to the microsecond: crawls
    that begin in the same second don't write the same files. A job's is when the
    job began, so that every run writes the same files. A file that was there before
    the job is appended to, once per item; ``-O`` replaces it.

    ``IMGPRINT_SPOOL`` (default: data/spool) is where feeds to S3 are written
    first, and stay if they can't be uploaded. The next crawl with a feed to S3
    uploads them, or ``scrapy spool``.
    """

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self.failures: list[str] = []
        self.spool = Spool.from_settings(crawler.settings)
        self._job: JournalPipeline | None = None
        self._appended: list[FeedSlot] = []
        self._to_s3: list[FeedSlot] = []
        self._stopping: asyncio.Task[None] | None = None
        self._place = 0
        self._began = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        exporter = super().from_crawler(crawler)
        crawler.signals.connect(exporter.slot_closed, signals.feed_slot_closed)
        return exporter

    def open_spider(self, spider: Spider) -> None:
        self._job = self.crawler.get_item_pipeline(JournalPipeline)
        try:
            super().open_spider(spider)
        except Exception as error:  # noqa: BLE001 - FEED_URI_PARAMS is anybody's code
            self._not_made("feeds can't be begun", error)
            stopping = self.crawler.stop_async()
            self._stopping = asyncio.get_running_loop().create_task(stopping)

    def item_scraped(self, item: Any, spider: Spider) -> None:
        if not (self._job and isinstance(item, ITEMS)):
            super().item_scraped(item, spider)
            if not (self.slots or self._stopping):
                stopping = self.crawler.stop_async()
                self._stopping = asyncio.get_running_loop().create_task(stopping)

    async def close_spider(self, spider: Spider, reason: str = "") -> None:
        try:
            await self._make_feeds(spider, reason)
        except Exception as error:  # noqa: BLE001 - or nobody is told that it failed
            self._not_made("feeds could not be made", error)

    def _not_made(self, what: str, error: Exception) -> None:
        """Say once why there are no feeds; the traceback goes to the log at DEBUG."""
        logger.debug("%s", what, exc_info=error)
        failure = f"{what}: {type(error).__name__}: {error_text(error)}"
        if self._job:
            failure += (
                f"; all is in the job's {str(self._job.folder)!r}: mend it and run "
                "the same command again"
            )
        self.failures.append(failure)
        logger.error("%s", failure)

    async def _make_feeds(self, spider: Spider, reason: str) -> None:
        if self._job:
            journal = self._job.journal
            syncing = asyncio.create_task(run_in_thread(journal.sync))
            await self._replay(journal.items(finished=reason == "finished"), spider)
            await syncing
        await super().close_spider(spider)
        for slot in self._appended:
            if self._job and slot.storage.stored:  # type: ignore[attr-defined]
                with suppress(OSError):
                    self._job.journal.set_feed_start(slot.uri, self._job.journal.end())
        if self._to_s3:
            await run_in_thread(self._upload)

    async def _replay(
        self, items: Iterator[tuple[int, ImageRecord | Sighting]], spider: Spider
    ) -> None:
        for number, (place, item) in enumerate(items):
            self._place = place
            try:
                self.export(item, spider)
            except UNREADABLE as error:
                self._unreadable(place, error)
            if number % 100 == 99:
                await asyncio.sleep(0)  # signals want to be heard

    def _unreadable(self, place: int, error: Exception) -> None:
        """Say once that the job's journal holds a line that imgprint didn't write."""
        assert self._job
        logger.debug("An item of the job at byte %d: %r", place, error)
        failure = (
            f"feeds of the job in {str(self._job.folder)!r} lack items: its journal "
            "holds lines that are not imgprint's"
        )
        if failure not in self.failures:
            self.failures.append(failure)

    # What OpenFeedExporter calls

    def begin(self, slot: FeedSlot) -> None:
        storage = slot.storage
        if isinstance(storage, S3Storage):
            self._to_s3.append(slot)
        elif not isinstance(storage, FileStorage):
            self._watch(slot)
        if not (self._job and isinstance(storage, FileStorage) and storage.append):
            return
        journal = self._job.journal
        start = journal.feed_start(slot.uri)
        if start is None:
            start = (0, 0) if storage.has_content() else OWN
            journal.set_feed_start(slot.uri, start)
        storage.atomic = True
        if start == OWN:
            storage.append = False
        else:
            self._appended.append(slot)
            slot.filter = _Since(slot.filter, start, self)  # type: ignore[assignment]

    def _watch(self, slot: FeedSlot) -> None:
        """Have *slot* say what its storage, one of Scrapy's or others', can't store."""
        store = slot.storage.store

        async def store_or_say(file: Any) -> None:
            try:
                await ensure_awaitable(store(file))
            except Exception as error:
                place = text_without_credentials(slot.uri)
                self.failures.append(
                    f"feed {place!r} could not be stored: {error_text(error)}"
                )
                raise

        slot.storage.store = store_or_say  # type: ignore[method-assign, assignment]

    def params(self, params: dict[str, Any]) -> None:
        if not self._began:
            now = params["batch_time"]
            self._began = self._job.journal.started(now) if self._job else now
        params["time"] = self._began
        if self._job:
            params["batch_time"] = f"{self._began}-{params['batch_id']:05}"

    def failed(self, slot: FeedSlot, error: OSError) -> None:
        assert self.crawler.stats
        storage = slot.storage
        if isinstance(storage, FileStorage | S3Storage):
            storage.abandon(slot.file, error)
        name = f"feedexport/failed_count/{type(storage).__name__}"
        self.crawler.stats.inc_value(name)
        self.slot_closed(slot, error)
        logger.error("%s", self.failures[-1])

    def slot_closed(self, slot: FeedSlot, error: OSError | None = None) -> None:
        failure = getattr(slot.storage, "failure", None)
        if error and not failure:
            failure = f"feed {slot.uri!r} can't be written: {error.strerror or error}"
        if failure and self._job and not isinstance(slot.storage, S3Storage):
            failure += (
                f"; all is in the job's {str(self._job.folder)!r}: run the same "
                "command again"
            )
        if failure:
            self.failures.append(failure)

    # S3

    def _upload(self) -> None:
        """Try again what could not be uploaded, by this crawl or before."""
        _, failure = upload_spool(self.spool, self.crawler.settings)
        if failure:
            logger.warning("%s", failure)
        for slot in self._to_s3:
            storage = slot.storage
            assert isinstance(storage, S3Storage)
            if storage.failure and storage.kept and not storage.kept.exists():
                self.failures.remove(storage.failure)


class _Since:
    """Accept what an item filter does, if the feed does not have it yet."""

    def __init__(self, inner: Any, start: tuple[int, int], exporter: FeedExporter):
        self.accepts_item: Callable[[Any], bool] = inner.accepts
        self.start = start
        self.exporter = exporter

    def accepts(self, item: Any) -> bool:
        if isinstance(item, ITEMS):
            start = self.start[isinstance(item, Sighting)]
            if self.exporter._place < start:
                return False
        return self.accepts_item(item)
