"""The journal of a job: every record and sighting, each written once.

``records.jsonl`` and ``sightings.jsonl`` are the truth, complete up to the last
line; ``dropped.jsonl`` names the images that the pipelines left out.
``index.sqlite`` is made from them, and says what they hold without reading them.
Lines of items whose URLs had credentials have keys, too: see durable.keys.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import suppress
from functools import cached_property
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import OPEN, InputError
from imgprint.feeds.json_lines import (
    StoredRecord,
    StoredSighting,
    json_line,
    json_values,
)
from imgprint.feeds.line_files import JsonLines
from imgprint.items import asked_url
from imgprint.jobs.bloom_filter import BloomFilter
from imgprint.jobs.item_keys import (
    fields_and_keys,
    image_key,
    key_number,
    read_keyed_line,
    sighting_key,
    with_keys,
    without_keys,
)
from imgprint.masking import json_line_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from imgprint.items import ImageRecord, Sighting

# What is read again after a crash.
SAVE_SECONDS = 2

_OPEN_LINE = re.compile(b'"error":"(?:%s)' % "|".join(OPEN).encode())

# Nobody else reads it while the job runs: no lock is asked for with each question.
_TABLES = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS images (key INTEGER PRIMARY KEY, error TEXT);
CREATE TABLE IF NOT EXISTS sightings (key INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sites (site TEXT PRIMARY KEY, images INTEGER);
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, size INTEGER);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS feeds (uri TEXT PRIMARY KEY, records INT, sightings INT);
"""

# What reading a line raises that imgprint did not write.
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
# The place of a feed that is the job's own, to be written anew.
OWN = (-1, -1)


class Journal:
    """What the job in *folder* has found so far, in files and an index of them.

    An image is settled when its record is written, or that it has none.
    """

    def __init__(self, folder: Path):
        path = folder / "index.sqlite"
        self._db = sqlite3.connect(path, timeout=0, isolation_level=None)
        self._db.execute("PRAGMA trusted_schema = OFF")
        self._db.executescript(_TABLES)  # first: it fails if another process has it
        self.records = JsonLines(folder / "records.jsonl")
        self.sightings = JsonLines(folder / "sightings.jsonl")
        self.dropped = JsonLines(folder / "dropped.jsonl")
        self._files = (self.records, self.sightings, self.dropped)
        self._open: set[int] = set()
        # What is to be saved in the index.
        self._images: dict[int, str | None] = {}
        self._seen: set[int] = set()
        self._sites: Counter[str] = Counter()
        self._sizes: list[tuple[str, int]] = []
        self._saved = inf  # all that is caught up with is saved at once
        self._catch_up()

    @cached_property
    def _known(self) -> BloomFilter:
        """What the saved index may have: read when it is asked, not by a check."""
        known = BloomFilter()
        keys = "SELECT key FROM images UNION ALL SELECT key FROM sightings"
        known.update(key for (key,) in self._db.execute(keys))
        return known

    def _catch_up(self) -> None:
        """Index what was written after the index was last saved."""
        sizes: dict[str, int] = dict(self._db.execute("SELECT name, size FROM files"))
        self._sizes = [*sizes.items()]
        steps = (self._index_record, self._index_sighting, self._index_record)
        for file, step in zip(self._files, steps, strict=True):
            for place, line in file.read(_int(sizes.get(file.path.name, 0))):
                try:
                    step(read_keyed_line(line))
                except UNREADABLE as error:
                    where = f"in {str(file.path)!r} the line at byte {place}"
                    reason = f"the job can't go on: {where} is not imgprint's"
                    raise InputError(f"{reason}; begin another job") from error
        self._save()
        self._saved = monotonic()  # also if there was nothing

    # Writing

    def add_record(self, record: ImageRecord) -> bool:
        """Write *record*, and return whether it is new."""
        url = asked_url(record)
        assert url
        if self.settled(url):
            return False
        self.records.append(with_keys(json_line(record), record))
        self._settle(url_key(url), None, record.site if record.page_url else None)
        return True

    def add_sighting(self, sighting: Sighting) -> bool:
        """Write *sighting*, and return whether it is new."""
        fields = fields_and_keys(sighting)
        key = sighting_key(fields)
        if (fields["error"] or "").startswith(OPEN):
            self._open.add(key)
        if self._sighted(key):
            return False
        self.sightings.append(with_keys(json_line(sighting), sighting))
        self._index_sighting(fields, key)
        return True

    def add_dropped(self, record: ImageRecord) -> None:
        """Write that there is to be no record of this image."""
        url = asked_url(record)
        assert url
        if not self.settled(url):
            line = {n: getattr(record, n) for n in ("url", "site", "page_url")}
            text = json_line_safe(json_values(line))
            self.dropped.append(with_keys(text, record))
            self._settle(url_key(url), None, line["site"] if line["page_url"] else None)

    def settle(self, url: str, error: str, site: str | None) -> None:
        """Keep the outcome of an image of which nothing is written."""
        if not self.settled(url):
            self._settle(url_key(url), error, site)

    def _index_record(self, line: Mapping[str, Any]) -> None:
        key = image_key(line, "url")
        if key and self.outcome(key) is None:
            self._settle(key, None, line["site"] if line["page_url"] else None)

    def _index_sighting(self, line: Mapping[str, Any], key: int | None = None) -> None:
        self._seen.add(sighting_key(line) if key is None else key)
        error, image = line["error"], image_key(line, "image_url")
        final = image and error and not error.startswith(OPEN)
        if final and image and self.outcome(image) is None:
            self._settle(image, error, line["site"] if line["page_url"] else None)
        self._tick()

    def _settle(self, key: bytes, error: str | None, site: str | None) -> None:
        self._images[key_number(key)] = error
        if site:
            self._sites[site] += 1
        self._tick()

    # Asking

    def settled(self, url: str) -> bool:
        return self.outcome(url_key(url)) is not None

    def outcome(self, key: bytes) -> tuple[str | None] | None:
        """Return the error, if any, of an image that is settled, None of others."""
        number = key_number(key)
        if number in self._images:
            return (self._images[number],)
        if number not in self._known:
            return None
        row: tuple[str | None] | None = self._db.execute(
            "SELECT error FROM images WHERE key = ?", (number,)
        ).fetchone()
        return row

    def knows(self, sighting: Sighting) -> bool:
        """Return whether there is such a sighting, with whatever came of it."""
        return self._sighted(sighting_key(fields_and_keys(sighting)))

    def _sighted(self, key: int) -> bool:
        if key in self._seen:
            return True
        if key not in self._known:
            return False
        row = self._db.execute("SELECT 1 FROM sightings WHERE key = ?", (key,))
        return row.fetchone() is not None

    def site_images(self) -> Counter[str | None]:
        """Return the number of images of pages that are settled, by site."""
        self._save()
        return Counter(dict(self._db.execute("SELECT site, images FROM sites")))

    def items(
        self, *, finished: bool = False
    ) -> Iterator[tuple[int, ImageRecord | Sighting]]:
        """Yield all records, then all sightings, each with its place in its file.

        That something was not tried is left out once it was: in a run that is
        *finished* that is what this run did not say itself.
        """
        for place, line in self.records.read():
            yield place, StoredRecord(without_keys(line))
        for place, line in self.sightings.read():
            if not (_OPEN_LINE.search(line) and self._tried(line, finished)):
                yield place, StoredSighting(without_keys(line))

    def _tried(self, text: bytes, finished: bool) -> bool:
        line = read_keyed_line(text)
        if sighting_key(line) in self._open:
            return False
        return finished or self._sighted(sighting_key({**line, "error": None}))

    # Feeds

    def feed_start(self, uri: str) -> tuple[int, int] | None:
        """Return the places in the files up to which the feed *uri* has them."""
        row: tuple[int, int] | None = self._db.execute(
            "SELECT records, sightings FROM feeds WHERE uri = ?", (uri,)
        ).fetchone()
        return row

    def own_feeds(self) -> set[str]:
        """Return the URIs of feeds that are the job's own."""
        rows = self._db.execute("SELECT uri FROM feeds WHERE records < 0")
        return {uri for (uri,) in rows}

    def set_feed_start(self, uri: str, start: tuple[int, int]) -> None:
        self._db.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", (uri, *start))

    def end(self) -> tuple[int, int]:
        return self.records.size, self.sightings.size

    def started(self, now: str) -> str:
        """Return when the job began: *now*, if it does."""
        self._db.execute("INSERT OR IGNORE INTO facts VALUES ('started', ?)", (now,))
        row = self._db.execute("SELECT value FROM facts WHERE name = 'started'")
        return str(row.fetchone()[0])

    def sync(self) -> None:
        """Have the system write the files, so that ``close`` waits for less.

        This may be called from another thread. What can't be written ``close`` says.
        """
        for file in self._files:
            with suppress(OSError, ValueError):
                file.sync()

    def close(self) -> None:
        """Save everything. The files are closed even if they can't be saved."""
        try:
            self._save()
        finally:
            self._db.close()
            for file in self._files:
                file.close()

    def _tick(self) -> None:
        if monotonic() - self._saved > SAVE_SECONDS:
            self._save()

    def _save(self) -> None:
        """Save what is new in the index, all of it or, if that fails, nothing."""
        sizes = [(file.path.name, file.size) for file in self._files]
        if sizes == self._sizes:
            return  # a full disk may take no more than was written
        with self._db:
            self._db.execute("BEGIN")
            for statement, rows in (
                ("INSERT OR IGNORE INTO images VALUES (?, ?)", self._images.items()),
                ("INSERT OR IGNORE INTO sightings VALUES (?)", zip(self._seen)),
                (
                    "INSERT INTO sites VALUES (?, ?) ON CONFLICT DO UPDATE"
                    " SET images = images + excluded.images",
                    self._sites.items(),
                ),
                ("INSERT OR REPLACE INTO files VALUES (?, ?)", sizes),
            ):
                self._db.executemany(statement, rows)
        self._known.update(self._images)
        self._known.update(self._seen)
        self._images.clear()
        self._seen.clear()
        self._sites.clear()
        self._sizes = sizes
        self._saved = monotonic()


def _int(value: object) -> int:
    """Return a size of the index, 0 if something else stands there."""
    return value if isinstance(value, int) and value >= 0 else 0
