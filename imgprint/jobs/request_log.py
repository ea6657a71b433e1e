"""The requests of a job and what became of them, in one SQLite file.

Requests are stored as imgprint.jobs.packing has it. Whoever made the file, nothing
in it is run.
"""

from __future__ import annotations

import fcntl
import sqlite3
from time import monotonic
from typing import IO, TYPE_CHECKING

from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import InputError
from imgprint.jobs.old_jobs import convert

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT_SECONDS = 0.5
FORM = 2
"""The file's ``user_version``. Requests of 0, which had none, were pickled."""

_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS seen (fingerprint BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seeds (origin TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listed (key INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS claims (key INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS later (id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB);
CREATE TABLE IF NOT EXISTS queues (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE, slot TEXT, priority INTEGER);
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER, taken INTEGER, data BLOB);
CREATE INDEX IF NOT EXISTS waiting ON requests (queue, id) WHERE taken = 0;
CREATE INDEX IF NOT EXISTS taken ON requests (id) WHERE taken = 1;
UPDATE requests SET taken = 0 WHERE taken = 1;
"""

# What is read as a whole when a job goes on.
_TYPES = {
    "seeds": {"origin": "text"},
    "queues": {"name": "text", "slot": "text", "priority": "integer"},
}

_FIRST = (
    "SELECT id, data FROM requests WHERE queue = ? AND taken = 0 ORDER BY id LIMIT 1"
)
_LAST = _FIRST.replace("ORDER BY id", "ORDER BY id DESC")


def make_private(folder: Path) -> None:
    """Make *folder*; if it is new or empty, only its owner may look into it.

    Requests are kept there with all that they need, passwords, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        folder.chmod(0o700)


def lock(folder: Path) -> IO[bytes]:
    """Return the lock of the job in *folder*, held until it is closed.

    Raise InputError if another process has it, or the folder can't be written.
    """
    try:
        make_private(folder)
        file = (folder / "lock").open("ab")
    except OSError as error:
        raise InputError(
            f"job directory {str(folder)!r} can't be written: {error.strerror}"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise InputError(
            f"the job in {str(folder)!r} is running: wait, or name another job"
        ) from error
    return file


class RequestLog:
    """Queues of requests and the fingerprints of all that ever came.

    A request that was taken and not acknowledged when the process died waits
    again. What happened within COMMIT_SECONDS before a crash may be undone: all
    of it together, so that no request is acknowledged whose children are lost.
    """

    def __init__(self, folder: Path):
        self._lock = lock(folder)
        path = folder / "requests.sqlite"
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            self._open(str(folder))
        except (InputError, sqlite3.Error):
            self._db.close()
            self._lock.close()
            raise
        self._db.execute("BEGIN")
        self._committed = monotonic()

    def _open(self, name: str) -> None:
        """Make the tables, or bring them to today's form. Raise InputError."""
        self._db.execute("PRAGMA trusted_schema = OFF")
        ((form,),) = self._db.execute("PRAGMA user_version")
        if form not in (0, FORM):
            raise InputError(
                f"the job in {name!r} can't go on: another version of imgprint "
                "wrote it; use that one, or begin another job"
            )
        self._db.executescript(_TABLES)
        if form != FORM:
            convert(self._db, name)
            self._db.execute(f"PRAGMA user_version = {FORM}")
            self._db.execute("COMMIT")
        (row,) = self._db.execute("SELECT EXISTS (SELECT 1 FROM claims)")
        self._claims = bool(row[0])
        self._check(name)

    def _check(self, name: str) -> None:
        """Raise InputError if tables hold what this class never writes."""
        for table, columns in _TYPES.items():
            wrong = " OR ".join(f"typeof({c}) <> '{t}'" for c, t in columns.items())
            query = f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {wrong})"  # noqa: S608
            ((found,),) = self._db.execute(query)
            if found:
                raise InputError(
                    f"the job in {name!r} can't go on: its table {table} holds "
                    "what imgprint doesn't write; begin another job"
                )

    def new(self, fingerprint: bytes) -> bool:
        """Return whether *fingerprint* was never seen; from now on it was."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO seen VALUES (?)", (fingerprint,)
        )
        return cursor.rowcount == 1

    def seen(self, fingerprint: bytes) -> bool:
        row = self._db.execute(
            "SELECT 1 FROM seen WHERE fingerprint = ?", (fingerprint,)
        )
        return row.fetchone() is not None

    def add_seed(self, origin: str) -> None:
        """Remember that the user listed something of *origin*."""
        self._db.execute("INSERT OR IGNORE INTO seeds VALUES (?)", (origin,))

    def seeds(self) -> list[str]:
        return [origin for (origin,) in self._db.execute("SELECT * FROM seeds")]

    def add_listed(self, line: str) -> None:
        """Remember that what *line* of the list asks for was queued."""
        self._db.execute("INSERT OR IGNORE INTO listed VALUES (?)", (_key(line),))

    def listed(self, line: str) -> bool:
        row = self._db.execute("SELECT 1 FROM listed WHERE key = ?", (_key(line),))
        return row.fetchone() is not None

    def claim(self, key: bytes) -> None:
        """Remember that a request is to fetch an image."""
        self._claims = True
        row = (int.from_bytes(key, signed=True),)
        self._db.execute("INSERT OR IGNORE INTO claims VALUES (?)", row)

    def claimed(self, key: bytes) -> bool:
        if not self._claims:
            return False
        row = (int.from_bytes(key, signed=True),)
        found = self._db.execute("SELECT 1 FROM claims WHERE key = ?", row)
        return found.fetchone() is not None

    def queue(self, name: str) -> int | None:
        """Return the number of the queue *name*, None if it was never used."""
        row = self._db.execute("SELECT id FROM queues WHERE name = ?", (name,))
        return next((number for (number,) in row), None)

    def new_queue(self, name: str, slot: str, priority: int) -> int:
        row = (name, slot, priority)
        cursor = self._db.execute(
            "INSERT INTO queues (name, slot, priority) VALUES (?, ?, ?)", row
        )
        assert cursor.lastrowid
        return cursor.lastrowid

    def queues(self) -> Iterator[tuple[str, int]]:
        """Yield downloader slot and priority of each queue where a request waits."""
        yield from self._db.execute(
            "SELECT slot, priority FROM queues WHERE EXISTS"
            " (SELECT 1 FROM requests WHERE queue = queues.id AND taken = 0)"
        )

    def length(self, queue: int) -> int:
        (row,) = self._db.execute(
            "SELECT count(*) FROM requests WHERE queue = ? AND taken = 0", (queue,)
        )
        return int(row[0])

    def push(self, queue: int, data: bytes) -> None:
        self._db.execute(
            "INSERT INTO requests (queue, taken, data) VALUES (?, 0, ?)", (queue, data)
        )
        self._tick()

    def take(self, queue: int, *, last: bool) -> tuple[int, bytes]:
        """Take the *last* or the first request of *queue*; return number and data."""
        row: tuple[int, bytes]
        (row,) = self._db.execute(_LAST if last else _FIRST, (queue,))
        self._db.execute("UPDATE requests SET taken = 1 WHERE id = ?", (row[0],))
        return row

    def postpone(self, data: bytes) -> None:
        """Keep a request for the next run."""
        self._db.execute("INSERT INTO later (data) VALUES (?)", (data,))
        self._tick()

    def postponed(self) -> Iterator[bytes]:
        """Yield what the runs before put off, and forget it."""
        while rows := self._db.execute(
            "SELECT id, data FROM later ORDER BY id LIMIT 100"
        ).fetchall():
            for number, data in rows:
                self._db.execute("DELETE FROM later WHERE id = ?", (number,))
                yield data

    def acknowledge(self, number: int) -> None:
        self._db.execute("DELETE FROM requests WHERE id = ?", (number,))
        self._tick()

    def undo(self) -> None:
        """Undo what was not saved: a part of it could not be written."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        try:
            if self._db.in_transaction:  # or the disk is full, and took it back
                self._db.execute("COMMIT")
        finally:
            self._db.close()
            self._lock.close()

    def _tick(self) -> None:
        if monotonic() - self._committed > COMMIT_SECONDS:
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")
            self._committed = monotonic()


def _key(text: str) -> int:
    return int.from_bytes(url_key(text), signed=True)
