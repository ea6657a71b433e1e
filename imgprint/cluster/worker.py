"""The worker: crawls of shards, some at a time."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procrastinate import App, PsycopgConnector, RetryDecision
from procrastinate.retry import BaseRetryStrategy
from procrastinate.worker import Worker as JobWorker

from imgprint.cluster.fork_server import Gone
from imgprint.cluster.heartbeat import ERRORS, Life
from imgprint.cluster.queue import AGAIN, CRAWL, QUEUE, Queue, sentence
from imgprint.cluster.shard_crawl import Crawl
from imgprint.cluster.shards import Shard

if TYPE_CHECKING:
    from procrastinate import JobContext
    from procrastinate.jobs import Job

    from imgprint.cluster.fork_server import ForkServer

logger = logging.getLogger(__name__)

MAX_TRIES = 50
"""How often a job may break off otherwise, such as for want of the database."""
KEEP_HOURS = 30 * 24
"""How long the queue remembers shards that are done."""

_LEFT = """
SELECT count(*) AS shards FROM procrastinate_jobs
 WHERE queue_name = 'imgprint' AND task_name = 'imgprint.crawl'
   AND status IN ('todo', 'doing')
"""
_BEGIN = """
INSERT INTO imgprint_runs (job, worker) VALUES (%(job)s, %(worker)s) RETURNING id
"""
_END = """
WITH this AS (
    UPDATE imgprint_runs SET ended = now(), outcome = %(outcome)s, reason = %(reason)s
     WHERE id = %(run)s)
SELECT count(*) AS before FROM imgprint_runs
 WHERE job = %(job)s AND outcome = 'failed'
"""


class Again(Exception):
    """The shard is to be tried again, after *seconds*."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


class Failed(Exception):
    """The shard has failed for good."""


class Retry(BaseRetryStrategy):
    """Jobs go back when Again says so, or when it was not the crawl that failed."""

    def get_retry_decision(
        self, *, exception: BaseException, job: Job
    ) -> RetryDecision | None:
        if isinstance(exception, Again):
            return RetryDecision(retry_in={"seconds": exception.seconds})
        if isinstance(exception, Failed) or job.attempts > MAX_TRIES:
            return None
        return RetryDecision(retry_in={"seconds": 5})


class Worker:
    """Run the shards of the queue at *url*, *processes* at a time, forked by *forks*.

    *timeout* is IMGPRINT_QUEUE_TIMEOUT: see Life. *attempts* is how often a
    shard's crawl may fail. *settings* (NAME=VALUE) are for all crawls here.
    """

    def __init__(
        self,
        url: str,
        forks: ForkServer,
        *,
        processes: int,
        timeout: float,
        attempts: int,
        settings: list[str],
        until_empty: bool,
    ):
        self.url = url
        self.forks = forks
        self.processes = processes
        self.attempts = attempts
        self.settings = settings
        self.until_empty = until_empty
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.done = 0
        self._stopping = False
        # So that a network that swallows all is an error in time.
        patience = {"connect_timeout": 10, "tcp_user_timeout": int(timeout * 500)}
        self._connector = PsycopgConnector(
            conninfo=url, kwargs=patience, min_size=1, max_size=4, timeout=timeout / 6
        )
        self.app = App(connector=self._connector)
        for name, task in ((CRAWL, self._crawl), (AGAIN, self._again)):
            self.app.task(name=name, queue=QUEUE, pass_context=True, retry=Retry())(
                task
            )
        self._life = Life(
            self.app, self._connector, timeout, lambda: self._jobs.worker_id
        )
        self._jobs = self._new_job_worker()

    @property
    def failed(self) -> int:
        return self._life.failed

    def _new_job_worker(self) -> Any:
        return JobWorker(
            self.app,
            queues=[QUEUE],
            concurrency=self.processes,
            # New jobs are notified; those that waited for a lock or a time are not.
            fetch_job_polling_interval=1,
            install_signal_handlers=False,
            update_heartbeat_interval=self._life.interval,
            stalled_worker_timeout=self._life.timeout,
        )

    async def run(self) -> None:
        """Work until a signal comes, or, with *until_empty*, nothing is left."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)
        async with self.app.open_async():
            await self.app.job_manager.delete_old_jobs(KEEP_HOURS, QUEUE)
            others = [self._life.beats(), self._watch()]
            tasks = [asyncio.create_task(other) for other in others]
            while not self._stopping:
                await self._work()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        """Run jobs until told to stop, or until the database was away."""
        reason = "the queue's database was away"
        try:
            await self._jobs.run()
        except ERRORS as error:
            reason = sentence(error)
        if not self._stopping:
            logger.warning("%s; trying on", reason)
            await asyncio.sleep(self._life.interval)
            self._jobs = self._new_job_worker()

    async def _watch(self) -> None:
        """Stop when told to, or, with *until_empty*, when nothing is left anywhere."""
        while True:
            if self.until_empty:
                with suppress(*ERRORS):
                    row = await self._connector.execute_query_one_async(_LEFT)
                    self._stopping = self._stopping or not row["shards"]
            if self._stopping:
                self._jobs.stop()
            await asyncio.sleep(0.25)

    def _signalled(self) -> None:
        """Hand all shards back; at the second signal without waiting."""
        if not self._stopping:
            crawls = len(self._life.crawls)
            logger.info("stopping: crawls that end and go back: %d", crawls)
        for crawl in self._life.crawls.values():
            crawl.kill() if self._stopping else crawl.stop()
        self._stopping = True
        self._jobs.stop()

    # Jobs

    async def _crawl(self, context: JobContext, **fields: Any) -> None:
        job = context.job.id
        assert job
        if self._stopping:
            raise Again(0)
        shard = Shard(**fields)
        self._life.held.add(job)
        try:
            row = await self._connector.execute_query_one_async(
                _BEGIN, job=job, worker=self.name
            )
            # The last one may be from before the database was away.
            await self._life.beat()
            folder = Path("data/jobs", f"shard-{job}-{shard.name}")
            crawl = Crawl(shard, folder, self.forks, self._life.leash, self.settings)
            reason = await self._run(job, crawl)
            self._life.check()
            await self._end(row["id"], job, shard, reason)
            crawl.clean()
        finally:
            self._life.held.discard(job)

    async def _run(self, job: int, crawl: Crawl) -> str | None:
        """Return why the crawl failed, None if it did not."""
        shard = crawl.shard
        logger.info("%s: %d sites, %d URLs", shard.name, shard.sites, len(shard.lines))
        self._life.crawls[job] = crawl
        try:
            code = await crawl.run()
            return crawl.reason(code) if code else None
        except OSError as error:
            return f"{error.filename or crawl.folder}: {error.strerror}"
        except Gone:
            self._life.give_up("the process that crawls are forked from has died")
        finally:
            del self._life.crawls[job]

    async def _end(self, run: int, job: int, shard: Shard, reason: str | None) -> None:
        """Take down how the crawl ended. Raise what becomes of the job, if not done."""
        outcome = "done" if not reason else "stopped" if self._stopping else "failed"
        row = await self._connector.execute_query_one_async(
            _END, run=run, job=job, outcome=outcome, reason=reason
        )
        if not reason:
            self.done += 1
            logger.info("%s: done", shard.name)
        elif self._stopping:
            raise Again(0)
        else:
            self._failure(shard, reason, row["before"] + 1)

    def _failure(self, shard: Shard, reason: str, times: int) -> None:
        if times < self.attempts:
            seconds = 5 * 4 ** (times - 1)
            said = f"attempt {times} of {self.attempts}, again in {seconds} s"
            logger.warning("%s: %s: %s", shard.name, said, reason)
            raise Again(seconds)
        self._life.failed += 1
        logger.error("%s: failed, after %d attempts: %s", shard.name, times, reason)
        raise Failed(reason)

    async def _again(
        self, context: JobContext, every: str, due: str, **fields: Any
    ) -> None:
        job = context.job.id
        assert job
        self._life.held.add(job)
        try:
            await asyncio.to_thread(self._put_again, Shard(**fields), every, due)
        finally:
            self._life.held.discard(job)

    def _put_again(self, shard: Shard, every: str, due: str) -> None:
        queue = Queue(self.url)
        try:
            queue.put_again(shard, every, datetime.fromisoformat(due))
        finally:
            queue.close()
