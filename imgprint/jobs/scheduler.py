"""The scheduler of jobs: no request is forgotten before it is done."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from scrapy.core.scheduler import BaseScheduler
from scrapy.pqueues import DownloaderAwarePriorityQueue
from scrapy.utils.job import job_dir
from scrapy.utils.misc import build_from_crawler, load_object

from imgprint.discovery.urls.url_keys import url_key
from imgprint.jobs.engine_hooks import on_request_done
from imgprint.jobs.job import NoJob, set_job
from imgprint.jobs.journal_pipeline import JournalPipeline
from imgprint.jobs.packing import PackingError, pack, unpack
from imgprint.jobs.postponed import LISTED, check_meta, first_url
from imgprint.jobs.request_log import RequestLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.pqueues import ScrapyPriorityQueue

    from imgprint.items import Sighting


class DurableScheduler(BaseScheduler):
    """Keep Scrapy's order of requests, and the requests in ``JOBDIR``.

    The queues are Scrapy's (``SCHEDULER_PRIORITY_QUEUE``) over one SQLite file,
    which is the dupefilter, too. A request stays there until its callback and
    its items are through; one that was interrupted is done again on resume.
    What ends while the crawl is being stopped counts as interrupted: callbacks
    may cut their work short then.

    Requests that were put off (see imgprint.jobs.postponed) are queued by the next
    run. It is the Job of its crawler: see imgprint.jobs.job.

    A request that holds more than plain values (``scheduler/unserializable``)
    waits in memory, and a crash loses it. A request of the file that imgprint
    could not have written stops the crawl: see imgprint.jobs.packing.

    Stats: Scrapy's ``scheduler/enqueued``, ``scheduler/dequeued`` and
    ``dupefilter/filtered``; ``imgprint/job/settled``, image requests of a
    crashed run that were not repeated, because the journal has their outcome.
    """

    def __init__(self, crawler: Crawler, log: RequestLog):
        assert crawler.stats
        assert crawler.request_fingerprinter
        self.crawler = crawler
        self.log = log
        self.stats = crawler.stats
        self.fingerprint = crawler.request_fingerprinter.fingerprint
        self.taken: dict[Request, int] = {}
        self.journal: JournalPipeline | None = None
        self._broken: PackingError | None = None
        self._none = NoJob()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        folder = job_dir(crawler.settings)
        assert folder, "this scheduler needs JOBDIR"
        return cls(crawler, RequestLog(Path(folder)))

    def open(self, spider: Spider) -> None:
        self.spider = spider
        self.journal = self.crawler.get_item_pipeline(JournalPipeline)
        settings = self.crawler.settings
        queue = load_object(settings["SCHEDULER_PRIORITY_QUEUE"])
        self._memory: ScrapyPriorityQueue = build_from_crawler(
            queue,
            self.crawler,
            downstream_queue_cls=load_object(settings["SCHEDULER_MEMORY_QUEUE"]),
            key="",
        )
        start: Any = partial(_Queue, self, last=False)
        self._disk: ScrapyPriorityQueue = build_from_crawler(
            queue,
            self.crawler,
            downstream_queue_cls=partial(_Queue, self, last=True),
            key="queue",
            startprios=self._waiting(queue),
            start_queue_cls=start if settings["SCHEDULER_START_DISK_QUEUE"] else None,
        )
        on_request_done(self.crawler, self._done)
        if self.journal:
            self.journal.outcomes.claimed = self.log.claimed
        set_job(self.crawler, self)
        try:
            for data in self.log.postponed():
                self._disk.push(self.unpack(data))
        except PackingError as error:
            self._broken = error

    def _waiting(self, queue: type) -> Any:
        """Return what is left to do, as the priority queue *queue* wants it."""
        by_slot: dict[str, list[int]] = {}
        for slot, priority in self.log.queues():
            by_slot.setdefault(slot, []).append(priority)
        if issubclass(queue, DownloaderAwarePriorityQueue):
            return by_slot
        return sorted({priority for some in by_slot.values() for priority in some})

    def close(self, reason: str) -> None:
        try:
            self.log.close()
        except sqlite3.OperationalError as error:
            if not self.journal:
                raise
            self.journal.fail(error)

    def has_pending_requests(self) -> bool:
        return len(self._disk) + len(self._memory) > 0

    def enqueue_request(self, request: Request) -> bool:
        if self._failed():
            return False
        try:
            return self._enqueue(request)
        except sqlite3.OperationalError as error:
            self._fail(error)
            return False

    def _enqueue(self, request: Request) -> bool:
        if request.meta.get("imgprint_seed") is True:
            self.log.add_seed(urljoin(request.url, "/"))
        if line := request.meta.pop(LISTED, None):
            self.log.add_listed(line)
        if not request.dont_filter and not self.log.new(self.fingerprint(request)):
            self.stats.inc_value("dupefilter/filtered")
            return False
        try:
            self._disk.push(request)
        except PackingError:
            self.stats.inc_value("scheduler/unserializable")
            self._memory.push(request)
        else:
            self._claim(request)
        self.stats.inc_value("scheduler/enqueued")
        return True

    def _claim(self, request: Request) -> None:
        """Keep the image of *request* from being fetched by another one."""
        if request.meta.get("imgprint") is True and self.journal:
            key = url_key(first_url(request))
            self.log.claim(key)
            del self.journal.outcomes[key]

    # The job: see imgprint.jobs.job.Job

    @property
    def outcomes(self) -> MutableMapping[bytes, Any]:
        return self.journal.outcomes if self.journal else self._none.outcomes

    def images_per_site(self) -> Mapping[str | None, int]:
        return self.journal.journal.site_images() if self.journal else {}

    def seeds(self) -> Iterable[str]:
        return self.log.seeds()

    def postpone(self, request: Request) -> None:
        if self._failed():
            return
        try:
            self.log.postpone(pack(request, self.spider))
            self._claim(request)
        except sqlite3.OperationalError as error:
            self._fail(error)

    def has_request(self, fingerprint: bytes) -> bool:
        return self.log.seen(fingerprint)

    def is_listed(self, text: str) -> bool:
        return self.log.listed(text)

    def mark_listed(self, text: str, last: Request | None) -> None:
        if last is not None:
            last.meta[LISTED] = text
            return
        if self._failed():
            return
        try:
            self.log.add_listed(text)
        except sqlite3.OperationalError as error:
            self._fail(error)

    def has_sighting(self, sighting: Sighting) -> bool:
        return bool(self.journal and self.journal.journal.knows(sighting))

    # Next

    def next_request(self) -> Request | None:
        if self._failed():
            return None
        try:
            if self._broken:
                raise self._broken
            request = self._next()
        except (sqlite3.OperationalError, PackingError) as error:
            self._fail(error)
            return None
        if request is not None:
            self.stats.inc_value("scheduler/dequeued")
        return request

    def _next(self) -> Request | None:
        request = self._memory.pop()
        while request is None and (request := self._disk.pop()) is not None:
            if self._settled(request):
                self.log.acknowledge(self.taken.pop(request))
                self.stats.inc_value("imgprint/job/settled")
                request = None
        return request

    def _settled(self, request: Request) -> bool:
        """Return whether *request* is for an image that the journal knows."""
        if request.meta.get("imgprint") is not True or not self.journal:
            return False
        return self.journal.journal.settled(first_url(request))

    def _done(self, request: Request) -> None:
        number = self.taken.pop(request, None)
        assert self.crawler.engine
        stopping = not self.crawler.engine.running
        if number is None or stopping or self._failed():
            return
        try:
            self.log.acknowledge(number)
        except sqlite3.OperationalError as error:
            self._fail(error)

    def _failed(self) -> bool:
        return bool(self.journal and self.journal.failure)

    def _fail(self, error: sqlite3.OperationalError | PackingError) -> None:
        """Stop: with a change or a request lost, nothing more may be written."""
        self.log.undo()
        if not self.journal:
            raise error
        self.journal.fail(error)

    def unpack(self, data: object) -> Request:
        """Return a request of the file. Raise PackingError."""
        request = unpack(data, self.spider)
        check_meta(request)
        return request


class _Queue:
    """One of the queues that Scrapy's priority queues are made of."""

    def __init__(self, scheduler: DurableScheduler, name: str, *, last: bool):
        self.scheduler = scheduler
        self.log = scheduler.log
        self.name = name
        self.last = last
        self.number = self.log.queue(name)
        self._length = 0 if self.number is None else self.log.length(self.number)

    def push(self, request: Request) -> None:
        check_meta(request)
        data = pack(request, self.scheduler.spider)
        if self.number is None:
            assert self.scheduler.crawler.engine
            slot = self.scheduler.crawler.engine.downloader.get_slot_key(request)
            self.number = self.log.new_queue(self.name, slot, -request.priority)
        self.log.push(self.number, data)
        self._length += 1

    def pop(self) -> Request | None:
        if not self._length or self.number is None:
            return None
        number, data = self.log.take(self.number, last=self.last)
        self._length -= 1
        request = self.scheduler.unpack(data)
        self.scheduler.taken[request] = number
        return request

    def __len__(self) -> int:
        return self._length

    def close(self) -> None:
        """Do nothing: the file is the scheduler's."""
