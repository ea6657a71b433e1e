"""Which sites share images: copies, mirrors, clones, one camera."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from imgprint.matching.grades import GRADES, NUMBERS, RANK
from imgprint.matching.near import from_bytes, near_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imgprint.matching.index import Index

# What joins two records into one image; an equal address is the same image.
JOINING = {
    number
    for number, grade in GRADES.items()
    if grade.strength in ("certain", "strong", "medium")
} | {NUMBERS["url"]}
SOURCES = {n for n, grade in GRADES.items() if grade.strength == "source"}
URL = NUMBERS["url"]
# An image on more sites than this is everybody's: it joins no two of them.
MAX_SITES = 100
MIRROR = 0.8
EXAMPLES = 3


@dataclass(slots=True)
class Pair:
    """Two sites and what they share.

    *images* is how many images are on both, *relation* "mirror" (that is at
    least 80 % of either site's), "clone" (of the smaller one's) or "shares",
    "source" where no image is. *evidence* counts images by the strongest grade
    that joins their copies, *sources* the cameras and documents of both, and
    *examples* are pairs of URLs.
    """

    sites: tuple[str, str]
    totals: tuple[int, int] = (0, 0)
    images: int = 0
    evidence: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of the smaller site's images that are on both."""
        return min(self.images / max(min(self.totals), 1), 1.0)

    @property
    def relation(self) -> str:
        if not self.images:
            return "source"
        if self.images >= MIRROR * max(self.totals):
            return "mirror"
        return "clone" if self.images >= MIRROR * min(self.totals) else "shares"

    @property
    def strength(self) -> str:
        """That of the strongest evidence."""
        names = self.evidence or self.sources
        return GRADES[min((NUMBERS[n] for n in names), key=RANK.__getitem__)].strength


@dataclass(slots=True)
class Shared:
    """*pairs*, most images first; *groups* of sites that pairs of copies join.

    *common* counts images on over 100 sites, which are in no pair.
    """

    pairs: list[Pair]
    groups: list[list[str]]
    common: int


class _Union:
    """Disjoint sets of integers."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {}

    def find(self, item: int) -> int:
        parent = self.parent
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def join(self, a: int, b: int) -> None:
        self.parent[self.find(a)] = self.find(b)


def shared(index: Index) -> Shared:
    """Return which sites share what.

    Records of no site (files of this machine) are left out. Near copies by PDQ
    are those that ``near.near_pairs`` finds.
    """
    images, best = _Union(), dict[int, int]()
    others: defaultdict[int, set[int]] = defaultdict(set)
    links: defaultdict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for number, rows in _groups(index):
        sites = {site for site, _ in rows}
        records = {record for _, record in rows if record}
        if number in SOURCES:
            if len(sites) <= MAX_SITES:
                for pair in combinations(sorted(sites), 2):
                    links[pair][GRADES[number].name] += 1
        elif records:  # or an address that was seen and has no record
            _join(images, best, number, records)
            others[min(records)] |= sites
    for a, b in _near(index):
        _join(images, best, NUMBERS["pdq"], {a, b})
    return _report(index, _clusters(images), best, others, links)


def _groups(index: Index) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield grade, and (site, record) of all, for each key of several sites."""
    wanted = ",".join(map(str, sorted(JOINING | SOURCES)))
    rows = index.db.execute(
        "SELECT value, site, record FROM key WHERE value IN (SELECT value FROM key"  # noqa: S608
        f" WHERE site AND value & 63 IN ({wanted})"
        " GROUP BY value HAVING min(site) <> max(site)) AND site ORDER BY value"
    )
    for value, group in groupby(rows, key=itemgetter(0)):
        yield value & 63, [(site, record) for _, site, record in group]


def _near(index: Index) -> Iterable[tuple[int, int]]:
    hashes, records = index.hashes(NUMBERS["pdq"])
    if not hashes:
        return []
    pairs = near_pairs(from_bytes(hashes))
    found: list[tuple[int, int]] = np.frombuffer(records, np.uint32)[pairs].tolist()
    return found


def _join(images: _Union, best: dict[int, int], number: int, records: set[int]) -> None:
    """Make *records* one image, by evidence of grade *number*."""
    first = min(records)
    for record in records:
        images.join(record, first)
        if RANK[number] < RANK[best.get(record, URL)]:
            best[record] = number


def _clusters(images: _Union) -> list[list[int]]:
    """Return the records of each image."""
    clusters: defaultdict[int, list[int]] = defaultdict(list)
    for record in images.parent:
        clusters[images.find(record)].append(record)
    return list(clusters.values())


def _report(
    index: Index,
    clusters: list[list[int]],
    best: dict[int, int],
    others: dict[int, set[int]],
    links: dict[tuple[int, int], Counter[str]],
) -> Shared:
    pairs: dict[tuple[int, int], Pair] = {}
    names = dict(index.db.execute("SELECT id, name FROM site"))
    common = 0

    def pair_of(sites: tuple[int, int]) -> Pair:
        if sites not in pairs:
            pairs[sites] = Pair((names[sites[0]], names[sites[1]]))
        return pairs[sites]

    for records in clusters:
        urls = _urls(index, records, others)
        if len(urls) > MAX_SITES:
            common += 1
            continue
        number = min((best.get(r, URL) for r in records), key=RANK.__getitem__)
        for sites in combinations(sorted(urls), 2):
            pair = pair_of(sites)
            pair.images += 1
            pair.evidence[GRADES[number].name] += 1
            if len(pair.examples) < EXAMPLES:
                pair.examples.append((urls[sites[0]], urls[sites[1]]))
    for sites, sources in links.items():
        pair_of(sites).sources = sources
    totals = _totals(index)
    for sites, pair in pairs.items():
        pair.totals = (totals.get(sites[0], 0), totals.get(sites[1], 0))
    ordered = sorted(pairs.values(), key=lambda p: (-p.images, p.sites))
    return Shared(ordered, _joined(ordered), common)


def _urls(
    index: Index, records: list[int], others: dict[int, set[int]]
) -> dict[int, str]:
    """Return a URL of the image for each site that has it."""
    urls: dict[int, str] = {}
    for record in records:
        query = "SELECT site, url FROM record WHERE id = ?"
        site, url = index.db.execute(query, (record,)).fetchone()
        if site:
            urls.setdefault(site, url)
        for other in others.get(record, ()):
            urls.setdefault(other, url)
    return urls


def _totals(index: Index) -> dict[int, int]:
    """Return how many image addresses each site has."""
    query = (
        "SELECT site, count(DISTINCT value) FROM key WHERE value & 63 = ? GROUP BY site"
    )
    return dict(index.db.execute(query, (URL,)))


def _joined(pairs: list[Pair]) -> list[list[str]]:
    """Return the groups of sites that pairs with images join, largest first."""
    sites = _Union()
    numbers: dict[str, int] = {}
    for pair in pairs:
        if pair.images:
            a, b = (numbers.setdefault(name, len(numbers)) for name in pair.sites)
            sites.join(a, b)
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for name, number in numbers.items():
        groups[sites.find(number)].append(name)
    return sorted((sorted(g) for g in groups.values()), key=lambda g: (-len(g), g))
