"""The queue: jobs of procrastinate in PostgreSQL, and a table of their runs.

Import this where it is used only: procrastinate is an extra. See ``need``.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from croniter import croniter
from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import (
    AlreadyEnqueued,
    ConnectorException,
    UniqueViolation,
)
from procrastinate.schema import SchemaManager
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from imgprint.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imgprint.cluster.shards import Shard

QUEUE = "imgprint"
CRAWL, AGAIN = "imgprint.crawl", "imgprint.again"
LOCK = 0x696D6770
"""PostgreSQL's advisory lock for what one process does at a time."""

# A run is a crawl of a shard by a worker. Its end is null while it goes on.
_RUNS = """
CREATE TABLE IF NOT EXISTS imgprint_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job bigint NOT NULL REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
    worker text NOT NULL,
    began timestamptz NOT NULL DEFAULT now(),
    ended timestamptz,
    outcome text,
    reason text);
CREATE INDEX IF NOT EXISTS imgprint_runs_job ON imgprint_runs (job);
"""
_JOBS = """
SELECT job.id, job.status, job.task_name = 'imgprint.again' AS timer,
       job.args->>'name' AS name, job.args->>'output' AS output,
       (job.args->>'sites')::int AS sites,
       jsonb_array_length(job.args->'lines') AS lines,
       job.args->>'every' AS every, job.scheduled_at, run.worker, run.began, run.reason
  FROM procrastinate_jobs job
  LEFT JOIN LATERAL (SELECT * FROM imgprint_runs WHERE imgprint_runs.job = job.id
                      ORDER BY id DESC LIMIT 1) run ON true
 WHERE job.queue_name = 'imgprint'
   AND (%(output)s::text IS NULL OR job.args->>'output' = %(output)s
        OR starts_with(job.args->>'output', %(output)s || '/'))
 ORDER BY job.id
"""


_BUCKETS = """
SELECT DISTINCT split_part(lock, '/', 2) AS buckets FROM procrastinate_jobs
 WHERE queue_name = 'imgprint' AND status IN ('todo', 'doing') AND lock IS NOT NULL
"""


def quiet() -> None:
    """Silence what the libraries log of errors: each is said in a sentence."""
    for name in ("procrastinate", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn an error of the database into an InputError, without any password."""
    try:
        yield
    except UniqueViolation:
        raise
    except (psycopg.Error, ConnectorException) as error:
        raise InputError(sentence(error)) from None


def sentence(error: BaseException) -> str:
    """Return what is wrong with the database, and what to do."""
    cause = error.__cause__ or error
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return (
            f"the queue's database refuses: {_text(cause)}; let its owner grant "
            "CREATE on the schema, or give IMGPRINT_QUEUE another user"
        )
    if isinstance(cause, psycopg.errors.UndefinedTable):
        return "the database holds no queue yet: 'scrapy enqueue urls.txt' makes it"
    if isinstance(cause, psycopg.OperationalError):
        return (
            f"the queue's database can't be reached: {_text(cause)}; give "
            "IMGPRINT_QUEUE=postgresql://USER@HOST/DATABASE, or set PGHOST, PGUSER "
            "and PGDATABASE"
        )
    return f"the queue's database failed: {_text(cause)}"


def _text(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def check_address(url: str) -> None:
    """Raise InputError if *url* is no address, without saying any of it.

    A password whose @ or / is not written in percent is taken for something
    else, which errors of the connection would show.
    """
    try:
        found = conninfo_to_dict(url)
        shown = [str(found.get(name, "")) for name in ("host", "port", "dbname")]
        if "@" in "".join(shown) or not f"0{shown[1]}".replace(",", "").isdigit():
            raise ValueError
    except (psycopg.Error, ValueError):
        raise InputError(
            "IMGPRINT_QUEUE is no address of PostgreSQL: give "
            "postgresql://USER@HOST/DATABASE; in a password write @ as %40, / as %2F"
        ) from None


class Queue:
    """The queue in the database at *url*; close it when it is no longer needed.

    What *url* leaves open is as PGHOST and the other variables of libpq say.
    All methods raise InputError.
    """

    def __init__(self, url: str):
        quiet()
        check_address(url)
        with sentences():
            self.connection: psycopg.Connection[dict[str, Any]] = psycopg.connect(
                url, connect_timeout=10, autocommit=True, row_factory=dict_row
            )
        self.app = App(connector=SyncPsycopgConnector()).open(_Pool(self.connection))

    def close(self) -> None:
        self.connection.close()

    def set_up(self) -> None:
        """Make the tables, unless they are there."""
        with self._transaction():
            if not self._has("procrastinate_jobs"):
                self.connection.execute(SchemaManager.get_schema())
            if not self._has("imgprint_runs"):
                self.connection.execute(_RUNS)

    def _has(self, table: str) -> bool:
        found = self.connection.execute("SELECT to_regclass(%s) AS name", (table,))
        row = found.fetchone()
        return bool(row and row["name"])

    def put(self, shards: Iterable[Shard], buckets: int) -> tuple[int, int]:
        """Put *shards* into the queue, all or none.

        Return how many were put there, and how many waited already. Refuse if
        shards of another number of *buckets* are there: their locks would not
        keep crawls of the same site apart.
        """
        with self._transaction():
            for row in self.connection.execute(_BUCKETS):
                if row["buckets"] != str(buckets):
                    raise InputError(
                        f"the queue's shards are of {row['buckets']} buckets, not "
                        f"{buckets}: give that as IMGPRINT_QUEUE_BUCKETS, or wait "
                        "until the queue is empty"
                    )
            new = [self._defer(CRAWL, shard) for shard in shards]
        return sum(new), len(new) - sum(new)

    def put_timers(self, shards: Iterable[Shard], every: str) -> tuple[int, int]:
        """Let *shards* be put into the queue each time that *every* names.

        Return how many are new, and how many had this timer already.
        """
        with self._transaction():
            new = [self._put_timer(shard, every) for shard in shards]
        return sum(new), len(new) - sum(new)

    def put_again(self, shard: Shard, every: str, due: datetime) -> None:
        """Put *shard*, due now, into the queue, and its timer for the next time.

        Its output is a directory of its own. If it still waits since the last
        time nothing is added.
        """
        output = f"{shard.output}/{due:%Y-%m-%dT%H%M%S}"
        with self._transaction():
            self._defer(CRAWL, replace(shard, output=output))
            self._put_timer(shard, every)

    def _put_timer(self, shard: Shard, every: str) -> bool:
        due = next_time(every, datetime.now(UTC))
        return self._defer(AGAIN, shard, every=every, due=due.isoformat())

    def _defer(self, task: str, shard: Shard, **timer: str) -> bool:
        """Put one job into the queue; return False if it waits there already."""
        job = self.app.configure_task(
            task,
            queue=QUEUE,
            # A timer with a lock would keep others waiting until it is due.
            lock=None if timer else shard.lock,
            queueing_lock=f"{task} {shard.name} {timer.get('every')}",
            schedule_at=datetime.fromisoformat(timer["due"]) if timer else None,
        )
        with suppress(AlreadyEnqueued), self.connection.transaction():
            job.defer(**asdict(shard), **timer)
            return True
        return False

    def jobs(self, output: str | None) -> list[dict[str, Any]]:
        """Return the jobs, of *output* if that is given, with the last run of each."""
        with sentences():
            return self.connection.execute(_JOBS, {"output": output}).fetchall()

    def retry(self, job: int) -> bool:
        """Put a failed job back; return False if its shard waits already."""
        with suppress(UniqueViolation), self._transaction():
            self.connection.execute("DELETE FROM imgprint_runs WHERE job = %s", (job,))
            self.app.job_manager.retry_job_by_id(job, datetime.now(UTC))
            return True
        return False

    def cancel(self, job: int) -> bool:
        """Take a waiting job out of the queue; return False if it waits no more."""
        with sentences():
            return self.app.job_manager.cancel_job_by_id(job, delete_job=True)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One process at a time, all or nothing."""
        with sentences(), self.connection.transaction():
            self.connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            yield


class _Pool:
    """What procrastinate takes for a pool of connections: one."""

    def __init__(self, connection: psycopg.Connection[Any]):
        self._connection = connection

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        yield self._connection


def next_time(every: str, after: datetime) -> datetime:
    """Return the first time after *after*, in UTC, that *every* names.

    >>> next_time("0 3 * * *", datetime(2026, 1, 1, 4, tzinfo=UTC)).isoformat()
    '2026-01-02T03:00:00+00:00'
    """
    try:
        return croniter(every, after).get_next(datetime)  # type: ignore[no-any-return]
    except (ValueError, KeyError) as error:
        raise InputError(
            f"--every {every!r} is no time: give five fields in cron's form, such as "
            "'0 3 * * *' for every night at three (UTC)"
        ) from error
