"""Looking images and hashes up in the index."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imgprint.matching.grades import (
    COMMON,
    GRADES,
    LISTED,
    NUMBERS,
    RANK,
    Grade,
    digits,
    hashed,
    keys,
    pack,
    pdq_keys,
)
from imgprint.matching.hashlists import blinded
from imgprint.matching.near import as_hashes, from_bytes, near

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imgprint.matching.hashlists import Entry
    from imgprint.matching.index import Index

# A hash may be of a file seen whole here, and stated by a server there.
SAME = {n: numbers for numbers in LISTED.values() for n in numbers}
BLINDED = {1: "sha256", 5: "sha256", 2: "sha1", 6: "sha1"}
BLINDED |= {3: "md5", 7: "md5", 33: "md5"}


class Query(NamedTuple):
    """What to look for: packed keys, PDQ hashes by grade, and a blinded hash."""

    name: str
    keys: frozenset[int] = frozenset()
    pdq: tuple[tuple[int, str], ...] = ()
    blinded: str | None = None


class Reason(NamedTuple):
    """Why two images match; *distance* is that of PDQ, None for other grades."""

    number: int
    distance: int | None = None

    @property
    def grade(self) -> Grade:
        return GRADES[self.number]

    def __str__(self) -> str:
        if self.distance is None:
            return self.grade.why
        return f"{self.grade.why}: {self.distance}"


class Hit(NamedTuple):
    """A record that matches a query, by *reasons*, the strongest first."""

    query: int
    record: int
    reasons: tuple[Reason, ...]


def query_of_record(name: str, record: Mapping[str, Any]) -> Query:
    return Query(name, frozenset(keys(record)), tuple(pdq_keys(record)))


def query_of_url(url: str) -> Query:
    """Return a query for what is indexed under *url* itself."""
    return Query(url, frozenset({pack(NUMBERS["url"], hashed(url))}))


def query_of_entry(entry: Entry) -> Query:
    """Return a query for an entry of a hash list."""
    name = f"{entry.kind}:{entry.value}" + (f" ({entry.label})" * bool(entry.label))
    if entry.kind == "pdq":
        return Query(name, pdq=((NUMBERS["pdq"], entry.value),))
    if entry.kind in LISTED:
        number = LISTED[entry.kind][0]
        return Query(name, frozenset({pack(number, digits(entry.value))}))
    return Query(name, blinded=f"{entry.kind.removeprefix('hmac-')}:{entry.value}")


def search(
    index: Index,
    queries: list[Query],
    *,
    weak: bool = False,
    limit: int = 1000,
    key: bytes | None = None,
) -> list[Hit]:
    """Return what matches *queries*, by query and strength.

    Without *weak*, what only a weak grade joins is left out. At most *limit*
    records are returned for a query and grade. *key* is that of blinded hashes.
    """
    found: defaultdict[tuple[int, int], set[Reason]] = defaultdict(set)
    for number, query in enumerate(queries):
        for value in query.keys:
            for grade, record in _equal(index, value, weak=weak, limit=limit):
                found[number, record].add(Reason(grade))
    for number, record, reason in _near(index, queries):
        found[number, record].add(reason)
    if key and any(query.blinded for query in queries):
        for number, record, grade in _blinded(index, queries, key):
            found[number, record].add(Reason(grade))
    hits = [
        Hit(*pair, tuple(sorted(reasons, key=lambda r: RANK[r.number])))
        for pair, reasons in found.items()
    ]
    if not weak:
        hits = [h for h in hits if h.reasons[0].grade.strength != "weak"]
    return sorted(hits, key=lambda h: (h.query, RANK[h.reasons[0].number], h.record))


def _equal(
    index: Index, value: int, *, weak: bool, limit: int
) -> Iterable[tuple[int, int]]:
    """Yield grade and record of the keys that equal *value*.

    Of two ways to know a hash the weaker one grades the match.
    """
    own = value & 63
    if own in COMMON and not weak:
        return
    for number in SAME.get(own, (own,)):
        weaker = max(own, number, key=RANK.__getitem__)
        for record in index.find(pack(number, value >> 6), limit):
            yield weaker, record


def _near(index: Index, queries: list[Query]) -> Iterable[tuple[int, int, Reason]]:
    """Yield query, record and reason of PDQ hashes that are near."""
    wanted: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, query in enumerate(queries):
        for grade, value in query.pdq:
            wanted[grade].append((number, value))
    for grade, values in wanted.items():
        hashes, packed = index.hashes(grade)
        if not hashes:
            continue
        records = np.frombuffer(packed, dtype=np.uint32)
        mine = as_hashes(value for _, value in values)
        for left, right, distance in near(from_bytes(hashes), mine):
            yield values[left][0], int(records[right]), Reason(grade, distance)


def _blinded(
    index: Index, queries: list[Query], key: bytes
) -> Iterable[tuple[int, int, int]]:
    wanted = {query.blinded: number for number, query in enumerate(queries)}
    for grade, value, record in index.digests():
        kind = BLINDED[grade]
        number = wanted.get(f"{kind}:{blinded(kind, value, key)}")
        if number is not None:
            yield number, record, grade
