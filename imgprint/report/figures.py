"""The figures of a report, counted while records and sightings go by."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

from imgprint.items import NOT_CHOSEN
from imgprint.matching.grades import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imgprint.matching.shared import Pair

MOST = 300
"""Rows of a ranking that a report shows at most."""
MOST_SITES = 40
MOST_PAIRS = 2_000
MOST_GROUPS = 20_000
"""Pairs of sites, and images of several sites, that a report holds at most."""
MOST_PLACES = 3_000
EXAMPLES = 5
# Of a sighting, what a report says beside a record.
SEEN = ("page_url", "element", "alt", "width", "height", "depth", "rendered")
NO_RECORD = "no record in these feeds; images under IMGPRINT_MIN_SIZE have none"
# Upper ends of the classes of file size, in bytes.
SIZES = (50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000)


def text(value: Any) -> str | None:
    """Return a metadata value as text, None if there is none.

    >>> text(" Canon "), text(0), text(""), text(None)
    ('Canon', '0', None, None)
    """
    return None if value is None else str(value).strip() or None


def is_record(item: Mapping[str, Any]) -> bool:
    """Return whether an item of a feed is a record; else it is a sighting."""
    return isinstance(item.get("url"), str)


def part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the dict *name* of a record, an empty one if it is none."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def camera_of(record: Mapping[str, Any]) -> str | None:
    """Return make and model; the make is left out where the model begins with it.

    >>> camera_of({"camera": {"make": "NIKON CORPORATION", "model": "NIKON Z 6"}})
    'NIKON Z 6'
    """
    camera = part(record, "camera")
    make, model = text(camera.get("make")), text(camera.get("model"))
    if make and model and model.lower().startswith(make.lower().split()[0]):
        return model
    return " ".join(filter(None, (make, model))) or None


def place_of(record: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return latitude and longitude, to about a kilometre."""
    gps = part(record, "gps")
    latitude, longitude = gps.get("latitude"), gps.get("longitude")
    for value, limit in ((latitude, 90), (longitude, 180)):
        if not isinstance(value, int | float) or not abs(value) <= limit:
            return None
    assert latitude is not None
    assert longitude is not None
    return round(latitude, 2), round(longitude, 2)


def taken(record: Mapping[str, Any]) -> str | None:
    """Return when the picture was taken, else digitized."""
    dates = part(record, "dates")
    return text(dates.get("original")) or text(dates.get("digitized"))


def encoder_of(record: Mapping[str, Any]) -> str | None:
    """Return the signature of the coding tables, with libjpeg's quality."""
    encoder = part(part(record, "fingerprints"), "encoder")
    signature, quality = text(encoder.get("signature")), encoder.get("quality")
    if signature and quality:
        return f"{signature}, quality {quality}, {encoder.get('sampling')}"
    return signature


def integer(value: Any) -> int:
    return value if isinstance(value, int) else 0


class Figures:
    """What a report says of all records and sightings together.

    ``seen`` has, for each image URL, the places where it was seen.
    """

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.pages: set[str] = set()
        self.times: tuple[str, str] | None = None
        self.count: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.places: Counter[tuple[float, float]] = Counter()
        self.serials: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.seen: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        # NumPy takes its time; a crawl needs no report.
        from imgprint.report.sharing import Sharing

        self.sharing = Sharing()
        self.outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._urls: set[str] = set()
        self._errors: dict[tuple[str | None, str | None, str], str | None] = {}

    def add_record(self, record: Mapping[str, Any]) -> None:
        transfer, url = part(record, "transfer"), record["url"]
        site = text(record.get("site")) or "(no site)"
        self.totals["records"] += 1
        self.totals["held"] += integer(record.get("image_size"))
        self.totals["received"] += integer(transfer.get("bytes_received"))
        self.totals["requests"] += integer(transfer.get("requests"))
        self.totals["proven"] += transfer.get("proven") is True
        self.totals["thumbnails"] += part(record, "thumbnail").get("differs") is True
        self.totals["position"] += place_of(record) is not None
        self.count["site"][site] += 1
        self.count["size"][str(size_class(record.get("image_size")))] += 1
        for name, value in (
            ("camera", camera_of(record)),
            ("software", text(record.get("software"))),
            ("encoder", encoder_of(record)),
            ("format", text(record.get("format")) or "unknown"),
            ("range", text(transfer.get("range"))),
            ("server", text(record.get("server"))),
            ("owner", text(part(record, "camera").get("owner"))),
        ):
            if value:
                self.count[name][value] += 1
        self._add_time(record)
        if place := place_of(record):
            self.places[place] += 1
        camera = part(record, "camera")
        for name in ("serial_number", "lens_serial_number"):
            if serial := text(camera.get(name)):
                self.serials[serial].append({"site": site, "camera": camera_of(record)})
        self._urls.add(url)
        self.sharing.add_record(record, site)
        if page := record.get("page_url"):
            self.pages.add(str(page))

    def _add_time(self, record: Mapping[str, Any]) -> None:
        if time := text(record.get("timestamp")):
            first, last = self.times or (time, time)
            self.times = min(first, time), max(last, time)
        if (moment := taken(record)) and moment[:4].isdecimal():
            self.count["month"][moment[:7]] += 1

    def add_sighting(self, sighting: Mapping[str, Any]) -> None:
        url, page = text(sighting.get("image_url")), text(sighting.get("page_url"))
        error = text(sighting.get("outcome")) or text(sighting.get("error"))
        if page:
            self.pages.add(page)
        if onion := text(sighting.get("onion_location")):
            self.count["onion"][onion] += 1
        if not url and not error:
            return
        if error != NOT_CHOSEN:
            self.totals["sightings"] += bool(url)
        if url and not error and len(self.seen[url]) < EXAMPLES:
            self.seen[url].append(
                {name: sighting[name] for name in SEEN if sighting.get(name)}
            )
        site = text(sighting.get("site"))
        if error and error != NOT_CHOSEN:
            self.outcomes[site or "(no site)"][error] += 1
        if url and site:
            self.sharing.add_sighting(url, site)
        if error or url:
            what = None if url else page
            self._errors.setdefault((url, what, error or NO_RECORD), page)

    def result(self) -> dict[str, Any]:
        """Return all figures as JSON values, rankings cut to ``MOST`` rows."""
        from imgprint.report.sharing import KIND, grade_rows

        rank = {
            name: [[value, n] for value, n in counter.most_common(MOST)]
            for name, counter in self.count.items()
            if name not in ("month", "size")
        }
        found = self.sharing.result()
        groups = found.groups[:MOST_GROUPS]
        shared = [(self.sharing.urls[g.records[0]], set(g.sites)) for g in found.groups]
        places = [[a, b, n] for (a, b), n in self.places.most_common(MOST_PLACES)]
        return {
            "totals": {**self.totals, "pages": len(self.pages)},
            "sites": len(self.count["site"]),
            "times": self.times,
            "rank": rank,
            "distinct": {name: len(counter) for name, counter in self.count.items()},
            "months": sorted(self.count["month"].items()),
            "sizes": [
                [label(i), self.count["size"][str(i)]] for i in range(len(SIZES) + 1)
            ],
            "unknown_size": self.count["size"]["None"],
            "places": places,
            "place_count": len(self.places),
            "serials": self._serials(),
            "serial_count": len(self.serials),
            "shared": [[url, sorted(names)[:50]] for url, names in shared[:MOST]],
            "shared_count": len(shared),
            "common": found.common,
            "grades": grade_rows(found),
            "groups": [
                [g.sites[:50], sorted({KIND[n] for n in g.grades}), g.seen[:20]]
                for g in groups
            ],
            "pairs": [pair_row(pair) for pair in found.pairs[:MOST_PAIRS]],
            "pair_count": len(found.pairs),
            "group_of": {n: i for i, g in enumerate(groups) for n in g.records},
            "graph": graph(names for _, names in shared),
            "skipped": self._skipped(),
            "outcomes": self._outcomes(),
        }

    def _outcomes(self) -> list[list[Any]]:
        """Return records and failures of each site, those without a record first."""
        rows: list[list[Any]] = []
        for site in {*self.count["site"], *self.outcomes}:
            errors = self.outcomes.get(site, Counter())
            most = errors.most_common(1)[0][0] if errors else None
            rows.append([site, self.count["site"][site], errors.total(), most])
        return sorted(rows, key=lambda row: (row[1] > 0, -row[2], row[0]))[:MOST]

    def _serials(self) -> list[list[Any]]:
        rows: list[list[Any]] = [
            [
                serial,
                len(uses),
                next((use["camera"] for use in uses if use["camera"]), None),
                sorted({use["site"] for use in uses})[:50],
            ]
            for serial, uses in self.serials.items()
        ]
        return sorted(rows, key=lambda row: (-len(row[3]), -row[1]))[:MOST]

    def _skipped(self) -> list[dict[str, Any]]:
        """Return why pages and images gave no record, each of them counted once."""
        reasons: Counter[str] = Counter()
        examples: defaultdict[str, list[list[str | None]]] = defaultdict(list)
        for (url, what, error), page in self._errors.items():
            if url in self._urls:  # another of its sightings gave the record
                continue
            reason = error if url else f"page: {error}"
            reasons[reason] += 1
            if len(examples[reason]) < EXAMPLES:
                examples[reason].append([url or what, page if url else None])
        return [
            {"reason": reason, "count": n, "examples": examples[reason]}
            for reason, n in reasons.most_common(MOST)
        ]


def pair_row(pair: Pair) -> list[Any]:
    """Return two sites, images of both, share, relation, counts by kind, an example."""
    from imgprint.report.sharing import KIND

    kinds: Counter[str] = Counter()
    for name, count in (*pair.evidence.items(), *pair.sources.items()):
        kinds[KIND[NUMBERS[name]]] += count
    example = pair.examples[0][1] if pair.examples else None
    share = round(pair.share, 3)
    return [*pair.sites, pair.images, share, pair.relation, dict(kinds), example]


def graph(shared: Iterable[set[str]]) -> dict[str, list[list[Any]]]:
    """Return the sites that share images, and how many each two of them share."""
    sites: Counter[str] = Counter()
    links: Counter[tuple[str, str]] = Counter()
    for names in shared:
        sites.update(names)
        # An image that is everywhere joins nobody in particular.
        for pair in combinations(sorted(names)[:MOST_SITES], 2):
            links[pair] += 1
    nodes = sites.most_common(MOST_SITES)
    kept = {name for name, _ in nodes}
    return {
        "nodes": [[name, n] for name, n in nodes],
        "links": [[a, b, n] for (a, b), n in links.items() if {a, b} <= kept],
        "more": [[len(sites)]],
    }


def size_class(size: Any) -> int | None:
    """Return the class of a file size, None if it is unknown.

    >>> size_class(50_000), size_class(50_001), size_class(10**9), size_class(None)
    (0, 1, 8, None)
    """
    if not isinstance(size, int):
        return None
    return next((i for i, top in enumerate(SIZES) if size <= top), len(SIZES))


def label(index: int) -> str:
    """Return the name of a class of file size.

    >>> label(0), label(4), label(8)
    ('to 50 kB', 'to 1 MB', 'over 10 MB')
    """
    top = SIZES[min(index, len(SIZES) - 1)]
    kilo = math.log10(top) < 6
    value = f"{top // 1000} kB" if kilo else f"{top // 1_000_000} MB"
    return f"over {value}" if index == len(SIZES) else f"to {value}"
