"""The item pipeline that writes the journal of a job."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import DropItem, NotConfigured
from scrapy.utils.job import job_dir

from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import INTERRUPTED, InputError
from imgprint.feeds.json_lines import ITEMS
from imgprint.items import ImageRecord, Sighting, asked_url
from imgprint.jobs.journal import Journal
from imgprint.jobs.packing import PackingError
from imgprint.jobs.request_log import RequestLog

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


def check_job(folder: Path) -> set[str]:
    """Return the feeds whose files are made anew by each run of a job.

    Raise InputError if the job in *folder* is running, or can't be written.
    """
    try:
        RequestLog(folder).close()
        journal = Journal(folder)
        own = journal.own_feeds()
        journal.close()
    except (OSError, sqlite3.Error) as error:
        raise _no_way(folder, error) from error
    return own


def _no_way(folder: Path, error: OSError | sqlite3.Error) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return InputError(f"the job in {str(folder)!r} can't go on: {reason}")


class Outcomes(MutableMapping[bytes, Any]):
    """What became of each image, by ``url_key``: an error, None, or to come.

    Only what neither the journal nor *claimed* knows is held in memory: claimed
    are the images that a request in the queue is for.
    """

    def __init__(self, journal: Journal):
        self._journal = journal
        self._pending: dict[bytes, Any] = {}
        self.claimed: Callable[[bytes], bool] = lambda _: False

    def __contains__(self, key: object) -> bool:
        assert isinstance(key, bytes)
        return (
            key in self._pending
            or self._journal.outcome(key) is not None
            or self.claimed(key)
        )

    def __getitem__(self, key: bytes) -> Any:
        if known := self._journal.outcome(key):
            self._pending.pop(key, None)
            return known[0]
        if key not in self._pending and self.claimed(key):
            return None
        return self._pending[key]

    def __setitem__(self, key: bytes, outcome: Any) -> None:
        self._pending[key] = outcome

    def __delitem__(self, key: bytes) -> None:
        """Let go of *key*, which is known elsewhere now."""
        self._pending.pop(key, None)

    def settle(self, url: str, error: str, site: str | None) -> None:
        """Keep *error* of an image whose sighting is left out."""
        self._journal.settle(url, error, site)
        self._pending.pop(url_key(url), None)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pending)

    def __len__(self) -> int:
        return len(self._pending)


class JournalPipeline:
    """Write each record and sighting to the job's journal, and drop known ones.

    The journal is in ``JOBDIR``. If it can't be written the crawl is stopped:
    what follows would be lost.

    Stat: ``imgprint/job/known``, items that an earlier run had.
    """

    def __init__(self, crawler: Crawler, folder: Path):
        assert crawler.stats
        self.crawler = crawler
        self.stats = crawler.stats
        self.folder = folder
        try:
            self.journal = Journal(folder)
        except (OSError, sqlite3.Error) as error:
            raise _no_way(folder, error) from error
        self.outcomes = Outcomes(self.journal)
        self.failure: str | None = None
        """Why the journal could not be written."""
        self._stopping: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        folder = job_dir(crawler.settings)
        if not folder:
            raise NotConfigured
        pipeline = cls(crawler, Path(folder))
        crawler.signals.connect(pipeline.item_dropped, signals.item_dropped)
        crawler.signals.connect(pipeline.engine_stopped, signals.engine_stopped)
        return pipeline

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, ITEMS):
            return item
        if self.failure or getattr(item, "error", None) == INTERRUPTED:
            raise DropItem("its page will be done again", log_level="DEBUG")
        try:
            if isinstance(item, ImageRecord):
                new = self.journal.add_record(item)
            else:
                new = self.journal.add_sighting(item)
        except (OSError, sqlite3.OperationalError) as error:
            self.fail(error)
            raise DropItem("it can't be written", log_level="DEBUG") from error
        self._forget(item)
        if not new:
            self.stats.inc_value("imgprint/job/known")
            raise DropItem("known to the job", log_level="DEBUG")
        return item

    def item_dropped(self, item: Any) -> None:
        """Take down that an image was left out, so that it isn't fetched again."""
        if isinstance(item, ImageRecord) and not self.failure:
            try:
                self.journal.add_dropped(item)
            except (OSError, sqlite3.OperationalError) as error:
                self.fail(error)
            self._forget(item)

    def _forget(self, item: ImageRecord | Sighting) -> None:
        url = asked_url(item)
        if url and (isinstance(item, ImageRecord) or item.error):
            del self.outcomes[url_key(url)]

    def fail(self, error: Exception) -> None:
        """Say why the job can't go on, once, and stop the crawl."""
        if self.failure:
            return
        reason = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(error, PackingError):
            self.failure = (
                f"the job in {str(self.folder)!r} can't go on: in requests.sqlite "
                f"{reason}; what it found so far is kept: begin another job"
            )
        else:
            self.failure = (
                f"the job in {str(self.folder)!r} can't be written: {reason}; it is "
                "kept as far as it got: make room and run the same command again"
            )
        logger.error("%s", self.failure)
        # Not close_spider_async: pages under way would go on with their images.
        stopping = self.crawler.stop_async()
        self._stopping = asyncio.get_running_loop().create_task(stopping)

    def engine_stopped(self) -> None:
        """Close the journal: the feeds are made, by handlers of spider_closed."""
        try:
            self.journal.close()
        except (OSError, sqlite3.OperationalError) as error:
            self.failure = self.failure or str(error)
