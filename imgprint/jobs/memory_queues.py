"""Queues whose requests wait in a temporary file when they are too many.

A page of a long list takes 2.5 KB as a Request, and Scrapy's queues hold all of it.
With a job they are DurableScheduler's, which are in a file anyway.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from weakref import WeakKeyDictionary

from imgprint import config
from imgprint.jobs.packing import PackingError, pack, unpack

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_TABLE = """
PRAGMA journal_mode = MEMORY;
CREATE TABLE requests (queue INTEGER, number INTEGER, data BLOB,
    PRIMARY KEY (queue, number)) WITHOUT ROWID;
"""


class Overflow:
    """What the queues of a crawl share: room for *most* requests, and the file.

    The file has no name, and ends with the process. It is made when it is needed,
    where SQLite makes such files: SQLITE_TMPDIR, TMPDIR, /var/tmp or /tmp.
    """

    def __init__(self, most: int):
        self.room = most
        self.queues = 0
        self._file: sqlite3.Connection | None = None
        self._full = False

    @classmethod
    def of(cls, crawler: Crawler) -> Overflow:
        """Return that of *crawler*."""
        if crawler not in _OVERFLOWS:
            most = config.REQUESTS_IN_MEMORY.read(crawler.settings)
            _OVERFLOWS[crawler] = cls(most)
        return _OVERFLOWS[crawler]

    def store(self, queue: int, number: int, data: bytes) -> bool:
        """Write a request, unless there is no room."""
        if self._full:
            return False
        try:
            self._open().execute(
                "INSERT OR REPLACE INTO requests VALUES (?, ?, ?)",
                (queue, number, data),
            )
        except sqlite3.OperationalError as error:
            self._full = True
            logger.warning(
                "Requests wait in memory, as the temporary file for them can't be "
                "written (%s): set TMPDIR to a folder with more room",
                error,
            )
            return False
        return True

    def take(self, queue: int, number: int) -> bytes:
        """Return a request that was written, and forget it."""
        data: bytes
        where = (queue, number)
        ((data,),) = self._open().execute(
            "SELECT data FROM requests WHERE queue = ? AND number = ?", where
        )
        with suppress(sqlite3.OperationalError):  # a full disk: it is not read again
            self._open().execute(
                "DELETE FROM requests WHERE queue = ? AND number = ?", where
            )
        return data

    def _open(self) -> sqlite3.Connection:
        if not self._file:
            self._file = sqlite3.connect("", isolation_level=None)
            self._file.executescript(_TABLE)
        return self._file


_OVERFLOWS: WeakKeyDictionary[Crawler, Overflow] = WeakKeyDictionary()


class FifoQueue:
    """The oldest request comes first: SCHEDULER_START_MEMORY_QUEUE.

    ``IMGPRINT_REQUESTS_IN_MEMORY`` requests of a crawl (default: 10000) wait in
    memory, more of them in a temporary file, unless they hold more than plain
    values. If it can't be written, all wait in memory. Stat: ``imgprint/queue/stored``.
    """

    last = False

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self._overflow = Overflow.of(crawler)
        self._overflow.queues += 1
        self._number = self._overflow.queues
        self._held: deque[Request] = deque()
        """Those in memory: they came before the stored ones, which are numbered."""
        self._begin = self._end = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, key: str = "") -> Self:
        return cls(crawler)

    @property
    def _stored(self) -> bool:
        return self._end > self._begin

    def push(self, request: Request) -> None:
        if (self._stored or self._overflow.room <= 0) and self._store(request):
            return
        self._overflow.room -= 1
        self._held.append(request)

    def _store(self, request: Request) -> bool:
        try:
            data = pack(request, self.crawler.spider)
        except PackingError:
            return False
        if not self._overflow.store(self._number, self._end, data):
            return False
        self._end += 1
        assert self.crawler.stats
        self.crawler.stats.inc_value("imgprint/queue/stored")
        return True

    def pop(self) -> Request | None:
        if self._held and not (self.last and self._stored):
            self._overflow.room += 1
            return self._held.pop() if self.last else self._held.popleft()
        if not self._stored:
            return None
        if self.last:
            self._end -= 1
            number = self._end
        else:
            number = self._begin
            self._begin += 1
        data = self._overflow.take(self._number, number)
        return unpack(data, self.crawler.spider)

    def __len__(self) -> int:
        return len(self._held) + self._end - self._begin

    def close(self) -> None:
        """Do nothing: the file ends with the process."""


class LifoQueue(FifoQueue):
    """The newest request comes first: SCHEDULER_MEMORY_QUEUE. See FifoQueue."""

    last = True
