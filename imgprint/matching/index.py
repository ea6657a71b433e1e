"""The index: one SQLite file that finds records by what they have in common.

SQLite rather than DuckDB, by measurement (1,000,000 records of 8 keys, two
cores): DuckDB 2.0 loads the keys in 4 s, but only from Arrow tables, SQLite
3.40 in 15 s; both answer 10,000 look-ups in 0.14 s and find the keys of
several sites in 2.7 s. DuckDB and pyarrow are 120 MB more to install, took
629 MB of memory (SQLite 267), and answer one look-up in 66 ms instead of 14 us.
At the 20 us that parsing a record takes, loading is not what one waits for.

Keys are cut to 56 bits (``grades.pack``) and clustered by value: equal ones
are neighbours. Two of a million records share a key by accident once in
10^5 indexes. PDQ hashes are packed, 32 bytes each, since only a search that
sees all of them finds the near ones.
"""

from __future__ import annotations

import sqlite3
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from imgprint.discovery.urls.sites import site_of
from imgprint.matching.grades import hashed, keys, pack, pdq_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

VERSION, UNFINISHED = 1, -1
URL = 60
HOW = "scrapy index FEED --db FILE"
# Records held in memory until they are written: their keys go in sorted.
BATCH = 50_000
SCHEMA = """
CREATE TABLE site (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE record (id INTEGER PRIMARY KEY, url TEXT, site INTEGER, page TEXT);
CREATE TABLE seen (identity INTEGER PRIMARY KEY);
CREATE TABLE key (value INTEGER, site INTEGER, record INTEGER,
                  PRIMARY KEY (value, site, record)) WITHOUT ROWID;
CREATE TABLE digest (grade INTEGER, value BLOB, record INTEGER);
CREATE TABLE pdq (grade INTEGER, records BLOB, hashes BLOB);
"""
# Grades whose full value is kept, so that blinded lists can be matched.
KEPT = {1: "sha256", 2: "sha1", 3: "md5"}
DECLARED = {5: "sha256", 6: "sha1", 7: "md5", 33: "unproven_md5"}


class IndexFileError(ValueError):
    """The file is no index, or can't be one; the text says why."""


class Place(NamedTuple):
    """Where an indexed image is."""

    url: str
    site: str | None
    page: str | None


class Index:
    """The index in the file at *path*; with *create*, it may be a new one.

    Use it as a context manager. Raise IndexFileError.
    """

    def __init__(self, path: Path, *, create: bool = False):
        self.path = path
        if not create and not path.is_file():
            raise IndexFileError(f"index '{path}' does not exist; make it: {HOW}")
        try:
            self.db = sqlite3.connect(path, isolation_level=None)
            # 64 MB of pages, whatever the size of the index.
            self.db.execute("PRAGMA cache_size = -65536")
            (version,) = self.db.execute("PRAGMA user_version").fetchone()
            (tables,) = self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if version == UNFINISHED:
                raise IndexFileError(
                    f"index '{path}' is unfinished: remove it, then {HOW}"
                )
            if version != VERSION and (tables or not create):
                raise IndexFileError(f"'{path}' is no index of this imgprint")
            self.fresh = not version
            if self.fresh:
                # Nothing to go back to: a crash leaves it unfinished, and says so.
                self.db.executescript(
                    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                    f"PRAGMA user_version = {UNFINISHED}; {SCHEMA}"
                )
        except sqlite3.Error as error:
            raise IndexFileError(f"index '{path}' can't be used: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.fresh and kind is None:
            self.db.execute(f"PRAGMA user_version = {VERSION}")
        self.db.close()
        if self.fresh and kind is not None:
            self.path.unlink(missing_ok=True)

    # Building

    def add(self, lines: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
        """Add records and sightings; return how many records, and how many are new.

        An image that did not change is added once for each URL. Raise KeyError,
        TypeError or ValueError for what is neither; what came before is kept.
        """
        batch, total, new = _Batch(self.db), 0, 0
        try:
            for line in lines:
                if "image_url" in line and "url" not in line:
                    batch.add_sighting(line)
                else:
                    batch.add(line)
                    total += 1
                if len(batch) >= BATCH:
                    new += batch.write()
        finally:
            new += batch.write()
        return total, new

    # Reading

    def find(self, value: int, limit: int) -> list[int]:
        """Return up to *limit* records with the packed key *value*."""
        rows = self.db.execute(
            "SELECT record FROM key WHERE value = ? AND record LIMIT ?", (value, limit)
        )
        return [record for (record,) in rows]

    def place(self, record: int) -> Place:
        row = self.db.execute(
            "SELECT url, name, page FROM record LEFT JOIN site ON site.id = site"
            " WHERE record.id = ?",
            (record,),
        ).fetchone()
        return Place(*row)

    def hashes(self, grade: int) -> tuple[bytes, bytes]:
        """Return all PDQ hashes of *grade*, 32 bytes each; their records, 4 each."""
        rows = self.db.execute(
            "SELECT hashes, records FROM pdq WHERE grade = ?", (grade,)
        ).fetchall()
        return b"".join(h for h, _ in rows), b"".join(r for _, r in rows)

    def digests(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield grade, value and record of each hash of a whole file."""
        yield from self.db.execute("SELECT grade, value, record FROM digest")

    def count(self) -> int:
        """Return how many records there are."""
        (count,) = self.db.execute("SELECT count(*) FROM record").fetchone()
        return int(count)


class _Row(NamedTuple):
    """What the index keeps of one record."""

    identity: int
    url: str
    site: str | None
    page: str | None
    keys: list[int]
    pdq: list[tuple[int, str]]
    digests: list[tuple[int, str]]


def _row(record: Mapping[str, Any]) -> _Row:
    """Return what to keep of *record*. Raise KeyError, TypeError or ValueError."""
    url, page = record["url"], record.get("page_url")
    head = record.get("sha256_first_10240_bytes")
    identity = hashed(url, record.get("image_size"), head)
    found = keys(record)
    if url.startswith("data:"):
        url = "data:"  # a picture within a URL is not written out
    else:
        found.append(pack(URL, hashed(url)))
    site = record.get("site") or site_of(page or url)
    prints = record.get("fingerprints") or {}
    digests = [(n, prints[name]) for n, name in KEPT.items() if prints.get(name)]
    if declared := prints.get("declared"):
        digests += [(n, declared[k]) for n, k in DECLARED.items() if declared.get(k)]
    return _Row(identity, url, site, page, found, list(pdq_keys(record)), digests)


class _Batch:
    """Rows that are not written yet."""

    def __init__(self, db: sqlite3.Connection):
        self.db = db
        self.rows: dict[int, _Row] = {}
        self.sightings: set[tuple[str, str]] = set()
        self.sites: dict[str | None, int] = {None: 0}

    def add(self, record: Mapping[str, Any]) -> None:
        row = _row(record)
        self.rows[row.identity] = row

    def add_sighting(self, sighting: Mapping[str, Any]) -> None:
        url, site = sighting.get("image_url"), sighting.get("site")
        if url and site and not url.startswith("data:"):
            self.sightings.add((url, site))

    def __len__(self) -> int:
        return len(self.rows) + len(self.sightings)

    def write(self) -> int:
        """Write all rows; return how many records are new."""
        for identity in self._known():
            del self.rows[identity]
        (last,) = self.db.execute("SELECT max(id) FROM record").fetchone()
        numbered = list(enumerate(self.rows.values(), (last or 0) + 1))
        self.db.execute("BEGIN")
        for table, rows in (
            ("key VALUES (?, ?, ?)", self._keys(numbered)),
            ("seen VALUES (?)", [(identity,) for identity in sorted(self.rows)]),
            (
                "record VALUES (?, ?, ?, ?)",
                [(n, row.url, self._site(row.site), row.page) for n, row in numbered],
            ),
            (
                "digest VALUES (?, ?, ?)",
                [
                    (g, bytes.fromhex(v), n)
                    for n, row in numbered
                    for g, v in row.digests
                ],
            ),
            ("pdq VALUES (?, ?, ?)", _packed(numbered)),
        ):
            self.db.executemany(f"INSERT OR IGNORE INTO {table}", rows)
        self.db.execute("COMMIT")
        self.rows.clear()
        self.sightings.clear()
        return len(numbered)

    def _keys(self, numbered: list[tuple[int, _Row]]) -> Iterable[tuple[int, ...]]:
        """Return the rows of the key table in its order: many times as fast."""
        values = [key for _, row in numbered for key in row.keys]
        values += [pack(URL, hashed(url)) for url, _ in self.sightings]
        sites = [self._site(row.site) for _, row in numbered]
        others = [self._site(site) for _, site in self.sightings]
        sizes = [len(row.keys) for _, row in numbered]
        order = np.argsort(np.array(values, dtype=np.int64), kind="stable")
        columns = (
            np.array(values, dtype=np.int64),
            np.array(np.r_[np.repeat(sites, sizes), others], dtype=np.int64),
            np.r_[np.repeat([n for n, _ in numbered], sizes), [0] * len(others)],
        )
        return zip(*(c[order].astype(np.int64).tolist() for c in columns), strict=True)

    def _known(self) -> list[int]:
        """Return the identities that the index has already."""
        wanted, known = sorted(self.rows), []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT identity FROM seen WHERE identity IN ({marks})"  # noqa: S608
            known += [identity for (identity,) in self.db.execute(query, part)]
        return known

    def _site(self, name: str | None) -> int:
        """Return the number of the site *name*, 0 for none."""
        if name not in self.sites:
            if len(self.sites) > BATCH:
                self.sites = {None: 0}
            self.db.execute("INSERT OR IGNORE INTO site (name) VALUES (?)", (name,))
            row = self.db.execute("SELECT id FROM site WHERE name = ?", (name,))
            (self.sites[name],) = row.fetchone()
        return self.sites[name]


def _packed(numbered: list[tuple[int, _Row]]) -> list[tuple[int, bytes, bytes]]:
    """Return a row of the pdq table for each grade."""
    grades: dict[int, list[tuple[int, str]]] = {}
    for number, row in numbered:
        for grade, value in row.pdq:
            grades.setdefault(grade, []).append((number, value))
    return [
        (
            grade,
            array("I", [number for number, _ in found]).tobytes(),
            bytes.fromhex("".join(value for _, value in found)),
        )
        for grade, found in grades.items()
    ]
