"""The journal of a job: every record and sighting, each written once.

``records.jsonl`` and ``sightings.jsonl`` are the truth, complete up to the last
line; ``dropped.jsonl`` names the images that the pipelines left out.
``index.sqlite`` is made from them, and says what they hold without reading them.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from dataclasses import fields
from hashlib import blake2b
from time import monotonic
from typing import TYPE_CHECKING, Any

from imgprint.errors import INTERRUPTED, NOT_TRIED
from imgprint.items import ImageRecord, Sighting
from imgprint.keys import url_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT_SECONDS = 0.5

_RECORD = tuple(field.name for field in fields(ImageRecord))
_SIGHTING = tuple(field.name for field in fields(Sighting))
# Errors of what a later run may do better.
OPEN = (INTERRUPTED, NOT_TRIED)

_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS images (key INTEGER PRIMARY KEY, error TEXT);
CREATE TABLE IF NOT EXISTS sightings (key INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sites (site TEXT PRIMARY KEY, images INTEGER);
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, size INTEGER);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS feeds (uri TEXT PRIMARY KEY, records INT, sightings INT);
"""


class JsonLines:
    """A file of JSON lines that a crash can tear at its end only."""

    def __init__(self, path: Path):
        self.path = path
        self._file = path.open("ab", buffering=0)
        self.size = cut_torn_line(path)

    def append(self, value: Any) -> None:
        """Hand *value* to the system. Raise OSError, with the file as it was."""
        line = memoryview(json.dumps(value).encode() + b"\n")
        size = self.size + len(line)
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError:
            os.ftruncate(self._file.fileno(), self.size)
            raise
        self.size = size

    def read(self, start: int = 0) -> Iterator[tuple[int, Any]]:
        """Yield where each line from *start* on begins, and its value."""
        with self.path.open("rb") as file:
            place = file.seek(start)
            for line in file:
                yield place, json.loads(line)
                place += len(line)

    def close(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()


def cut_torn_line(path: Path) -> int:
    """Cut off what follows the last line end of the file; return its size then."""
    with path.open("r+b") as file:
        size = end = file.seek(0, 2)
        whole = 0
        while end and not whole:
            start = max(0, end - 65_536)
            file.seek(start)
            whole = start + file.read(end - start).rfind(b"\n") + 1
            whole = 0 if whole == start else whole
            end = start
        if whole != size:
            file.truncate(whole)
        return whole


class Journal:
    """What the job in *folder* has found so far, in files and an index of them.

    An image is settled when its record is written, or that it has none.
    """

    def __init__(self, folder: Path):
        self.records = JsonLines(folder / "records.jsonl")
        self.sightings = JsonLines(folder / "sightings.jsonl")
        self.dropped = JsonLines(folder / "dropped.jsonl")
        self._files = (self.records, self.sightings, self.dropped)
        self._db = sqlite3.connect(folder / "index.sqlite", isolation_level=None)
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._committed = monotonic()
        self._catch_up()

    def _catch_up(self) -> None:
        """Index what was written after the index was last saved."""
        sizes: dict[str, int] = dict(self._db.execute("SELECT name, size FROM files"))
        steps = (self._index_record, self._index_sighting, self._index_record)
        for file, step in zip(self._files, steps, strict=True):
            for _, line in file.read(sizes.get(file.path.name, 0)):
                step(line)
        self._commit()

    # Writing

    def add_record(self, record: ImageRecord) -> bool:
        """Write *record*, and return whether it is new."""
        if self.settled(record.url):
            return False
        line = {name: getattr(record, name) for name in _RECORD}
        self.records.append(line)
        self._index_record(line)
        return True

    def add_sighting(self, sighting: Sighting) -> bool:
        """Write *sighting*, and return whether it is new."""
        line = {name: getattr(sighting, name) for name in _SIGHTING}
        if self._db.execute(
            "SELECT 1 FROM sightings WHERE key = ?", (_sighting_key(line),)
        ).fetchone():
            return False
        self.sightings.append(line)
        self._index_sighting(line)
        return True

    def add_dropped(self, record: ImageRecord) -> None:
        """Write that there is to be no record of this image."""
        if not self.settled(record.url):
            line = {n: getattr(record, n) for n in ("url", "site", "page_url")}
            self.dropped.append(line)
            self._index_record(line)

    def _index_record(self, line: dict[str, Any]) -> None:
        self._settle(line["url"], None, line["site"] if line["page_url"] else None)

    def _index_sighting(self, line: dict[str, Any]) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO sightings VALUES (?)", (_sighting_key(line),)
        )
        error, url = line["error"], line["image_url"]
        if url and error and not error.startswith(OPEN):
            self._settle(url, error, line["site"] if line["page_url"] else None)
        self._tick()

    def _settle(self, url: str, error: str | None, site: str | None) -> None:
        new = self._db.execute(
            "INSERT OR IGNORE INTO images VALUES (?, ?)",
            (_number(url_key(url)), error),
        )
        if site and new.rowcount:
            self._db.execute(
                "INSERT INTO sites VALUES (?, 1)"
                " ON CONFLICT DO UPDATE SET images = images + 1",
                (site,),
            )
        self._tick()

    # Asking

    def settled(self, url: str) -> bool:
        return self.outcome(url_key(url)) is not None

    def outcome(self, key: bytes) -> tuple[str | None] | None:
        """Return the error, if any, of an image that is settled, None of others."""
        row: tuple[str | None] | None = self._db.execute(
            "SELECT error FROM images WHERE key = ?", (_number(key),)
        ).fetchone()
        return row

    def site_images(self) -> Counter[str | None]:
        """Return the number of images of pages that are settled, by site."""
        return Counter(dict(self._db.execute("SELECT site, images FROM sites")))

    def items(self) -> Iterator[tuple[int, ImageRecord | Sighting]]:
        """Yield all records, then all sightings, each with its place in its file."""
        for place, line in self.records.read():
            yield place, ImageRecord(**line)
        for place, line in self.sightings.read():
            yield place, Sighting(**line)

    # Feeds

    def feed_start(self, uri: str) -> tuple[int, int] | None:
        """Return the places in the files up to which the feed *uri* has them."""
        row: tuple[int, int] | None = self._db.execute(
            "SELECT records, sightings FROM feeds WHERE uri = ?", (uri,)
        ).fetchone()
        return row

    def set_feed_start(self, uri: str, start: tuple[int, int]) -> None:
        self._db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", (uri, *start))
        self._commit()

    def end(self) -> tuple[int, int]:
        return self.records.size, self.sightings.size

    def started(self, now: str) -> str:
        """Return when the job began: *now*, if it does."""
        self._db.execute("INSERT OR IGNORE INTO facts VALUES ('started', ?)", (now,))
        row = self._db.execute("SELECT value FROM facts WHERE name = 'started'")
        return str(row.fetchone()[0])

    def close(self) -> None:
        """Save everything. The files are closed even if they can't be saved."""
        try:
            if self._db.in_transaction:  # or the disk is full, and took it back
                self._commit()
        finally:
            self._db.close()
            for file in self._files:
                file.close()

    def _tick(self) -> None:
        if monotonic() - self._committed > COMMIT_SECONDS:
            self._commit()

    def _commit(self) -> None:
        for file in self._files:
            row = (file.path.name, file.size)
            self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", row)
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")
        self._committed = monotonic()


def _number(key: bytes) -> int:
    return int.from_bytes(key, "big", signed=True)


def _sighting_key(line: dict[str, Any]) -> int:
    """Return what tells this sighting from others: all but why it has no record.

    Of a line of the input that could be no URL the reason is all there is. That
    something was not tried does not stand for what comes of it when it is.
    """
    told, error = line, line["error"]
    if (line["image_url"] or line["page_url"]) and not (error or "").startswith(OPEN):
        told = {**line, "error": None}
    text = json.dumps(list(told.values())).encode()
    return _number(blake2b(text, digest_size=8).digest())
