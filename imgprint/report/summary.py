"""What a crawl found, in the words of somebody who reads it for the first time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imgprint.items import NOT_CHOSEN
from imgprint.report.audit import printable
from imgprint.report.figures import camera_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIMIT = 50_000
MOST = 1_000


@dataclass
class Summary:
    """The figures of one crawl.

    *skipped* is by reason; *shared* has, for each image of several sites, one
    of its URLs and the sites; *partial*: of the first images only.
    """

    pages: int = 0
    sightings: int = 0
    found: int = 0
    fingerprinted: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    bytes_received: int = 0
    bytes_held: int = 0
    requests: int = 0
    places: dict[tuple[float, float], str] = field(default_factory=dict)
    cameras: Counter[str] = field(default_factory=Counter)
    shared: list[tuple[str, list[str]]] = field(default_factory=list)
    partial: bool = False


class Tally:
    """The figures of a crawl, kept while its items go by, in bounded memory.

    An image is shared if one file key was seen on several sites: under one URL
    or under several. That is known of the first *limit* images; of names and
    places, too, no more than *limit* are kept.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.summary = Summary()
        self._keys: dict[int, int] = {}
        self._sites: dict[int, tuple[str, str]] = {}
        self._waiting: dict[int, set[str]] = {}
        self._shared: dict[int, tuple[str, set[str]]] = {}
        self._failed: set[int] = set()

    def add_record(self, record: Mapping[str, Any]) -> None:
        summary, url = self.summary, record["url"]
        summary.fingerprinted += 1
        summary.bytes_held += record["image_size"] or 0
        if (gps := record["gps"]) and len(summary.places) < self.limit:
            summary.places[gps["latitude"], gps["longitude"]] = url
        if camera := camera_of(record):
            self._count(summary.cameras, camera)
        number, key = hash(url), hash(record["fingerprints"]["file_key"])
        if number in self._keys or len(self._keys) < self.limit:
            self._keys[number] = key
        else:
            summary.partial = True
            if key not in self._sites:
                return
        sites = self._waiting.pop(number, set())
        if site := record.get("site"):
            sites.add(site)
        for site in sorted(sites):
            self._see(key, url, site)

    def add_sighting(self, sighting: Mapping[str, Any]) -> None:
        url, site, error = (sighting[n] for n in ("image_url", "site", "error"))
        if error == NOT_CHOSEN or not (url or error):
            return
        self.summary.sightings += 1
        number = hash(url)
        if url and site and number in self._keys:
            self._see(self._keys[number], url, site)
        elif url and site and not error and self._may_wait():
            self._waiting.setdefault(number, set()).add(site)
        if error and not (url and number in self._failed):
            if len(self._failed) < self.limit:
                self._failed.add(number)
            self._count(self.summary.skipped, f"{'' if url else 'page: '}{error}")

    def _may_wait(self) -> bool:
        """Return whether a record may still come that a sighting waits for."""
        return not self.summary.partial and len(self._waiting) < self.limit

    def _see(self, key: int, url: str, site: str) -> None:
        first, at = self._sites.setdefault(key, (site, url))
        if key in self._shared or (site != first and len(self._shared) < self.limit):
            known, sites = self._shared.get(key, (at, {first}))
            # Whichever came first: the summary is the same in every crawl.
            self._shared[key] = (min(known, url), {*sites, site})

    def _count(self, counter: Counter[str], name: str) -> None:
        """Count *name*, or "others" where there are too many names already."""
        counter[name if name in counter or len(counter) < MOST else "others"] += 1

    def result(self, stats: Mapping[str, Any]) -> Summary:
        """Return the summary, with what only Scrapy's *stats* know."""
        summary = self.summary
        summary.pages = stats.get("imgprint/page/count", 0)
        summary.found = stats.get("imgprint/image/found", 0)
        summary.requests = stats.get("imgprint/image/request_count", 0)
        summary.bytes_received = stats.get("imgprint/image/bytes_received", 0)
        if small := stats.get("imgprint/image/skipped/small", 0):
            summary.skipped["smaller than IMGPRINT_MIN_SIZE"] = small
        summary.shared = sorted(
            (url, sorted(names)) for url, names in self._shared.values()
        )
        return summary


def summarize(
    stats: Mapping[str, Any],
    records: Iterable[Mapping[str, Any]],
    sightings: Iterable[Mapping[str, Any]],
) -> Summary:
    """Return the summary of a crawl from its stats and its two feeds."""
    tally = Tally()
    for record in records:
        tally.add_record(record)
    for sighting in sightings:
        tally.add_sighting(sighting)
    return tally.result(stats)


def render(summary: Summary, where: Iterable[str]) -> str:
    """Return *summary* as lines of text; *where* says where the records are."""
    skipped = ", ".join(f"{n} {reason}" for reason, n in _most(summary.skipped))
    share = summary.bytes_received / summary.bytes_held if summary.bytes_held else 0
    rows = [
        ("pages", f"{summary.pages}"),
        ("images found", f"{summary.found}, seen in {summary.sightings} places"),
        ("fingerprinted", f"{summary.fingerprinted}"),
        ("skipped", printable(skipped, 2_000) or "none"),
        (
            "bytes received",
            f"{summary.bytes_received:,} in {summary.requests} requests, of "
            f"{summary.bytes_held:,} bytes that the images hold ({share:.1%})",
        ),
        ("places", _listing(f"{a:.5f}, {b:.5f}" for a, b in sorted(summary.places))),
        ("cameras", _listing(f"{name} ({n})" for name, n in _most(summary.cameras))),
        (
            "on several sites",
            _listing(f"{url} ({', '.join(names)})" for url, names in summary.shared)
            + (f" (of the first {LIMIT:,} images)" if summary.partial else ""),
        ),
        ("records", _listing(where)),
    ]
    return "\n".join(f"{name:>17}  {value}" for name, value in rows)


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return names and counts, most first: the same in every crawl."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _listing(values: Iterable[str], most: int = 10) -> str:
    lines = [printable(value, 300) for value in values]
    if len(lines) > most:
        lines[most:] = [f"and {len(lines) - most} more"]
    return ("\n" + " " * 19).join(lines) or "none"
