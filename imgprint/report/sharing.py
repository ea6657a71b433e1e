"""Which images several sites share, by what evidence, found while records go by."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imgprint.matching.grades import GRADES, NUMBERS, RANK, keys, pdq_keys
from imgprint.matching.near import as_hashes, near_pairs
from imgprint.matching.shared import JOINING, MAX_SITES, SOURCES, Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ADDRESS, PDQ = NUMBERS["url"], NUMBERS["pdq"]
# Evidence in the words of a reader, from the strongest.
KINDS: dict[str, tuple[int, ...]] = {
    "same address": (ADDRESS,),
    "same file": (1, 2, 3, 4, 8),
    "same file, says the server": (5, 6, 7, 32, 33),
    "same picture data": (9, 10, 11),
    "near picture": (PDQ, 21, 22, 23, 24),
    "same version id": (30, 31),
    "same document": (40,),
    "same camera": (41,),
}
KIND = {number: kind for kind, numbers in KINDS.items() for number in numbers}
ONE_ADDRESS = "it is one address that pages of several sites show, not a copy"
MOST_PLACES = 20
"""Sites of a group that have no record of their own, as far as they are told."""


class Group(NamedTuple):
    """One image that is on several sites.

    *records* are numbers in the order of the feed, *grades* counts by how many
    joins of which grade its copies hang together, *seen* has sites that only show
    the address of another site's record.
    """

    records: list[int]
    sites: list[str]
    grades: dict[int, int]
    seen: list[str]


class Shared(NamedTuple):
    """*groups* and *pairs*, most sites and most images first; see ``Sharing``."""

    groups: list[Group]
    pairs: list[Pair]
    sources: list[tuple[int, str, list[str], int]]
    common: int


class Sharing:
    """Collect the keys of records, then say what the sites share.

    The keys are those of ``matching.grades``; near pictures are those that
    ``matching.near`` finds. Images on over MAX_SITES sites are counted in *common*
    and make no pair. A source (a camera, a document) joins sites, not images.
    """

    def __init__(self) -> None:
        self.urls: list[str] = []
        self._sites: list[str] = []
        self._first: dict[str, int] = {}
        self._values, self._owners = array("Q"), array("I")
        self._hashes: list[str] = []
        self._hashed: list[int] = []
        self._names: dict[int, str] = {}
        self._seen: defaultdict[str, set[str]] = defaultdict(set)

    def add_record(self, record: Mapping[str, Any], site: str) -> None:
        """Take the next record of the feed."""
        number, url = len(self.urls), record["url"]
        self.urls.append(url)
        self._sites.append(site)
        self._first.setdefault(url, number)
        try:
            found = [v for v in keys(record) if v & 63 in JOINING or v & 63 in SOURCES]
            hashes = [value for grade, value in pdq_keys(record) if grade == PDQ]
            hashes = [value for value in hashes if len(bytes.fromhex(value)) == 32]
        except (ValueError, TypeError, AttributeError):
            return  # its fields are not those of a record: it can't match
        self._values.extend(found)
        self._owners.extend([number] * len(found))
        self._hashes += hashes
        self._hashed += [number] * len(hashes)
        for value in found:
            if value & 63 in SOURCES:
                self._names.setdefault(value, source_name(record, value & 63))

    def add_sighting(self, url: str, site: str) -> None:
        """Take a site that shows the address *url*, which may have a record."""
        self._seen[url].add(site)

    def site_images(self) -> Counter[str]:
        """Return how many image addresses with a record each site shows."""
        count: Counter[str] = Counter()
        for url, number in self._first.items():
            count.update({self._sites[number], *self._seen.get(url, ())})
        return count

    def result(self) -> Shared:
        """Return what the sites share."""
        joined = _Components([self._shows(n) for n in range(len(self.urls))])
        for number, owners in self._joins():
            joined.join(number, owners)
        sources = {value: set(owners) for value, owners in self._equal(SOURCES)}
        groups = [self._group(records, grades) for records, grades in joined.groups()]
        common = sum(len(group.sites) > MAX_SITES for group in groups)
        groups.sort(key=lambda g: (-len(g.sites), -len(g.records), g.records[0]))
        pairs = self._pairs(groups, joined.pairs, sources)
        return Shared(groups, pairs, self._source_rows(sources), common)

    def _shows(self, number: int) -> frozenset[str]:
        return frozenset({self._sites[number], *self._seen.get(self.urls[number], ())})

    def _group(self, records: list[int], grades: dict[int, int]) -> Group:
        sites = {site for number in records for site in self._shows(number)}
        seen = sorted(sites - {self._sites[number] for number in records})
        if seen:
            grades = {**grades, ADDRESS: grades.get(ADDRESS, 0) + len(seen)}
        return Group(records, sorted(sites), grades, seen)

    def _joins(self) -> Iterator[tuple[int, list[int]]]:
        """Yield grade and records that are one image, the strongest grade first."""
        by_url: defaultdict[str, list[int]] = defaultdict(list)
        for number, url in enumerate(self.urls):
            by_url[url].append(number)
        yield from ((ADDRESS, numbers) for numbers in by_url.values())
        near = [(PDQ, pair) for pair in self._near()]
        equal = [(value & 63, owners) for value, owners in self._equal(JOINING)]
        yield from sorted([*equal, *near], key=lambda join: RANK[join[0]])

    def _equal(self, grades: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
        """Yield each key of *grades* that several records have, and the records."""
        values = np.frombuffer(self._values, np.uint64)
        owners = np.frombuffer(self._owners, np.uint32)
        if not len(values):
            return
        wanted = np.isin(values & np.uint64(63), list(grades))
        values, owners = values[wanted], owners[wanted]
        order = np.argsort(values, kind="stable")
        values, owners = values[order], owners[order]
        starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
        for begin, end in zip(starts, [*starts[1:], len(values)], strict=True):
            if end - begin > 1:
                yield int(values[begin]), owners[begin:end].tolist()

    def _near(self) -> list[list[int]]:
        if len(self._hashes) < 2:
            return []
        pairs = near_pairs(as_hashes(self._hashes))
        found: list[list[int]] = np.array(self._hashed)[pairs].tolist()
        return found

    def _pairs(
        self,
        groups: list[Group],
        met: Mapping[tuple[int, str, str], int],
        sources: Mapping[int, set[int]],
    ) -> list[Pair]:
        pairs: dict[tuple[str, str], Pair] = {}
        for at, group in enumerate(groups):
            if len(group.sites) > MAX_SITES:
                continue
            for a, b in combinations(group.sites, 2):
                pair = pairs.setdefault((a, b), Pair((a, b)))
                pair.images += 1
                number = met.get((group.records[0], a, b), ADDRESS)
                pair.evidence[GRADES[number].name] += 1
                if not pair.examples:
                    pair.examples.append((str(at), self.urls[group.records[0]]))
        for value, owners in sources.items():
            sites = sorted({self._sites[number] for number in owners})
            if len(sites) <= MAX_SITES:
                for a, b in combinations(sites, 2):
                    pair = pairs.setdefault((a, b), Pair((a, b)))
                    pair.sources[GRADES[value & 63].name] += 1
        totals = self.site_images()
        for (a, b), pair in pairs.items():
            pair.totals = totals[a], totals[b]
        return sorted(pairs.values(), key=lambda p: (-p.images, -p.share, p.sites))

    def _source_rows(
        self, sources: Mapping[int, set[int]]
    ) -> list[tuple[int, str, list[str], int]]:
        """Return grade, name, sites and count of records of each shared source."""
        rows = []
        for value, owners in sources.items():
            sites = sorted({self._sites[number] for number in owners})
            if len(sites) > 1:
                rows.append((value & 63, self._names[value], sites, len(owners)))
        return sorted(rows, key=lambda row: (-len(row[2]), -row[3], row[1]))


class _Components:
    """Records that are one image, and by which grade each two of its sites meet.

    Joins come strongest first, so the first grade that brings two sites together
    is the strongest chain of evidence between them.
    """

    def __init__(self, sites: list[frozenset[str]]) -> None:
        self._parent = list(range(len(sites)))
        self._sites = sites
        self._records: dict[int, list[int]] = {}
        self._grades: dict[int, Counter[int]] = {}
        self._met: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)

    def _find(self, number: int) -> int:
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(self, grade: int, records: Iterable[int]) -> None:
        """Make *records* one image by evidence of *grade*."""
        roots = sorted({self._find(number) for number in records})
        for root in roots[1:]:
            self._merge(grade, roots[0], root)

    def _merge(self, grade: int, a: int, b: int) -> None:
        ours, theirs = self._sites[a], self._sites[b]
        met = self._met[a]
        met.update(self._met.pop(b, {}))
        if len(ours | theirs) <= MAX_SITES:
            both = ours & theirs
            for one in ours:
                for other in theirs:
                    if one != other and not {one, other} <= both:
                        met.setdefault((min(one, other), max(one, other)), grade)
        self._sites[a] = ours | theirs
        self._records.setdefault(a, [a]).extend(self._records.pop(b, [b]))
        grades = self._grades.setdefault(a, Counter())
        grades.update(self._grades.pop(b, Counter()))
        grades[grade] += 1
        self._parent[b] = a

    def groups(self) -> Iterator[tuple[list[int], dict[int, int]]]:
        """Yield records and grades of each image of several sites."""
        for number, parent in enumerate(self._parent):
            if parent == number and len(self._sites[number]) > 1:
                records = sorted(self._records.get(number, [number]))
                yield records, dict(self._grades.get(number, {}))

    @property
    def pairs(self) -> dict[tuple[int, str, str], int]:
        """The grade by which two sites of an image meet, by its first record."""
        return {
            (min(self._records.get(root, [root])), a, b): grade
            for root, met in self._met.items()
            for (a, b), grade in met.items()
        }


def source_name(record: Mapping[str, Any], grade: int) -> str:
    """Return the serial number or the id of a document, as a reader knows it."""
    if grade == NUMBERS["camera_serial"]:
        return str(record["camera"]["serial_number"]).strip()
    ids = record["ids"]
    return str(ids.get("document_id") or ids.get("original_document_id"))


def grade_rows(shared: Shared) -> list[list[Any]]:
    """Return kind, strength, reasons, bounds and count of each kind of evidence."""
    rows: list[list[Any]] = []
    for kind, numbers in KINDS.items():
        groups = [g for g in shared.groups if not g.grades.keys().isdisjoint(numbers)]
        sources = [row for row in shared.sources if row[0] in numbers]
        found = {n for g in groups for n in g.grades} | {row[0] for row in sources}
        found &= set(numbers)
        if found == {ADDRESS}:
            count = len(groups)
            rows.append([kind, "certain", [GRADES[ADDRESS].why], [ONE_ADDRESS], count])
        elif found:
            strongest = GRADES[min(found, key=RANK.__getitem__)]
            whys = sorted({GRADES[n].why for n in found})
            bounds = sorted({GRADES[n].bound or "not known" for n in found})
            count = len(groups) + len(sources)
            rows.append([kind, strongest.strength, whys, bounds, count])
    return rows
