"""What a crawl found, in the words of somebody who reads it for the first time."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imgprint.items import NOT_CHOSEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass
class Summary:
    """The figures of one crawl.

    *skipped* is by reason; *shared* has, for each image of several sites, one
    of its URLs and the sites.
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


def summarize(
    stats: Mapping[str, Any],
    records: Iterable[Mapping[str, Any]],
    sightings: Iterable[Mapping[str, Any]],
) -> Summary:
    """Return the summary of a crawl from its stats and its two feeds.

    An image is shared if one file key was seen on several sites: under one URL
    or under several.
    """
    summary = Summary(
        pages=stats.get("imgprint/page/count", 0),
        found=stats.get("imgprint/image/found", 0),
        requests=stats.get("imgprint/image/request_count", 0),
        bytes_received=stats.get("imgprint/image/bytes_received", 0),
    )
    key_of: dict[str, str] = {}
    first_of: dict[str, str] = {}
    sites: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        summary.fingerprinted += 1
        summary.bytes_held += record["image_size"] or 0
        key = key_of[record["url"]] = record["fingerprints"]["file_key"]
        first_of.setdefault(key, record["url"])
        if gps := record["gps"]:
            summary.places[gps["latitude"], gps["longitude"]] = record["url"]
        if camera := record["camera"]:
            names = (camera.get("make"), camera.get("model"))
            summary.cameras[" ".join(filter(None, names))] += 1
    failed = set()
    for sighting in sightings:
        url, site = sighting["image_url"], sighting["site"]
        if sighting["error"] == NOT_CHOSEN:
            continue
        summary.sightings += 1
        if url in key_of and site:
            sites[key_of[url]].add(site)
        if sighting["error"] and (not url or url not in failed):
            failed.add(url)
            what = "" if url else "page: "
            summary.skipped[f"{what}{sighting['error']}"] += 1
    if small := stats.get("imgprint/image/skipped/small", 0):
        summary.skipped["smaller than IMGPRINT_MIN_SIZE"] = small
    summary.shared = [
        (first_of[key], sorted(names)) for key, names in sites.items() if len(names) > 1
    ]
    return summary


def render(summary: Summary, where: Iterable[str]) -> str:
    """Return *summary* as lines of text; *where* says where the records are."""
    skipped = ", ".join(f"{n} {reason}" for reason, n in summary.skipped.most_common())
    share = summary.bytes_received / summary.bytes_held if summary.bytes_held else 0
    rows = [
        ("pages", f"{summary.pages}"),
        ("images found", f"{summary.found}, seen in {summary.sightings} places"),
        ("fingerprinted", f"{summary.fingerprinted}"),
        ("skipped", skipped or "none"),
        (
            "bytes received",
            f"{summary.bytes_received:,} in {summary.requests} requests, of "
            f"{summary.bytes_held:,} bytes that the images hold ({share:.1%})",
        ),
        ("places", _listing(f"{a:.5f}, {b:.5f}" for a, b in summary.places)),
        ("cameras", _listing(f"{name} ({n})" for name, n in summary.cameras.items())),
        (
            "on several sites",
            _listing(f"{url} ({', '.join(names)})" for url, names in summary.shared),
        ),
        ("records", _listing(where)),
    ]
    return "\n".join(f"{name:>17}  {value}" for name, value in rows)


def _listing(values: Iterable[str], most: int = 10) -> str:
    lines = list(values)
    if len(lines) > most:
        lines[most:] = [f"and {len(lines) - most} more"]
    return ("\n" + " " * 19).join(lines) or "none"
