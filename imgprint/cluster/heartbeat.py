"""Signs of life: which shards are this worker's, and which of no living one."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from imgprint.cluster.queue import LOCK, QUEUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procrastinate import App, PsycopgConnector
    from procrastinate.jobs import Job

    from imgprint.cluster.shard_crawl import Crawl

logger = logging.getLogger(__name__)

ERRORS = (ConnectorException, psycopg.Error, TimeoutError)
MAX_LOST = 10
"""How often a shard's worker may die before the shard counts as failed."""

_OWN = """
SELECT id FROM procrastinate_jobs WHERE worker_id = %(worker)s AND status = 'doing'
"""
_LOST = """
WITH this AS (
    UPDATE imgprint_runs SET ended = now(), outcome = 'lost', reason = 'its worker died'
     WHERE job = %(job)s AND ended IS NULL)
SELECT count(*) AS before FROM imgprint_runs
 WHERE job = %(job)s AND outcome = 'lost'
"""


class Life:
    """What a worker does to be known as alive, and to replace those that are not.

    A worker without a sign of life for *timeout* seconds (IMGPRINT_QUEUE_TIMEOUT)
    counts as dead, and its shards go to others. It gives a sign six times in that.
    Half of it is the leash of its crawls, so that they are dead before anybody else
    begins.

    Each beat asks the database which shards are this worker's. Should one have
    gone to another worker, or the database be out of reach for the length of
    the leash, all ends at once: what this process would write of its shards
    could be wrong then.

    *worker* returns the number that the worker has in the database now.
    """

    def __init__(
        self,
        app: App,
        connector: PsycopgConnector,
        timeout: float,
        worker: Callable[[], int | None],
    ):
        self.app = app
        self.connector = connector
        self.timeout = timeout
        self.interval = timeout / 6
        self.leash = timeout / 2
        self.worker = worker
        self.crawls: dict[int, Crawl] = {}
        self.held: set[int] = set()
        """Jobs that are in hand, from their crawl's beginning to its end's note."""
        self.failed = 0
        """How many shards have failed for good here."""
        self._idle: set[int] = set()
        self._confirmed = monotonic()

    async def beats(self) -> None:
        while True:
            with suppress(*ERRORS):
                await self.beat()
            if self.crawls:
                self.check()
            await asyncio.sleep(self.interval)

    async def beat(self) -> None:
        """Give a sign of life, lengthen the leashes, take over from the dead.

        Raise one of ERRORS: TimeoutError after a third of the timeout.
        """
        await asyncio.wait_for(self._beat(), self.timeout / 3)

    async def _beat(self) -> None:
        if (worker := self.worker()) is None:
            return
        begun, crawls = monotonic(), dict(self.crawls)
        await self.app.job_manager.update_heartbeat(worker)
        rows = await self.connector.execute_query_all_async(_OWN, worker=worker)
        own = {row["id"] for row in rows}
        for job, crawl in crawls.items():
            if job in own:
                crawl.renew()
            elif job in self.crawls:
                self.give_up("others took this worker for dead, and have its shards")
        self._confirmed = begun
        await self._take_over(self._forgotten(own))

    def _forgotten(self, own: set[int]) -> set[int]:
        """Return jobs that nobody runs: their end could not be written."""
        idle = own - self.held
        forgotten, self._idle = idle & self._idle, idle
        return forgotten

    async def _take_over(self, forgotten: set[int]) -> None:
        """Put shards of dead workers back: one worker at a time does this."""
        manager = self.app.job_manager
        async with self.connector.pool.connection() as connection:
            found = await connection.execute(
                "SELECT pg_try_advisory_xact_lock(%s)", (LOCK + 1,)
            )
            row: Any = await found.fetchone()
            if not row[0]:
                return
            jobs: Iterable[Job] = await manager.get_stalled_jobs(
                queue=QUEUE, seconds_since_heartbeat=self.timeout
            )
            for number in forgotten:
                jobs = [*jobs, *await manager.list_jobs_async(id=number)]
            for job in jobs:
                await self._put_back(job)

    async def _put_back(self, job: Job) -> None:
        lost = await self.connector.execute_query_one_async(_LOST, job=job.id)
        name = job.task_kwargs["name"]
        if lost["before"] < MAX_LOST:
            logger.warning("%s: its worker died; it goes back", name)
            await self.app.job_manager.retry_job(job)
        else:
            self.failed += 1
            logger.error("%s: failed: its workers die", name)
            await self.app.job_manager.finish_job(job, Status.FAILED, delete_job=False)

    def check(self) -> None:
        """End this process unless it can be sure that its shards are its own."""
        if monotonic() - self._confirmed > self.leash:
            self.give_up("the queue's database can't be reached")

    def give_up(self, reason: str) -> NoReturn:
        """Kill all crawls and end this process, before it writes anything wrong."""
        for crawl in self.crawls.values():
            crawl.kill()
        logger.critical("%s: it ends, with its crawls; start it again", reason)
        logging.shutdown()
        os._exit(1)
