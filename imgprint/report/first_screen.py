"""The report's first screen: the question, the answer, what became of the list."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_ROWS = 1_000
MOST_COLUMNS = 12
MOST_ASKED = 40
MOST_LETTERS = 300


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def answer(figures: Mapping[str, Any]) -> list[str]:
    """Return the answer of a report in sentences made of its figures."""
    totals, pairs = figures["totals"], figures["pairs"]
    records = totals.get("records", 0)
    if not records:
        return _nothing(figures)
    images = _count(records, "image was", "images were")
    sites = _count(figures["sites"], "site", "sites")
    found = [f"{images} identified on {sites}."]
    if position := totals.get("position", 0):
        places = _count(figures["place_count"], "place", "places")
        verb = "says" if position == 1 else "say"
        found.append(f"{position:,} of them {verb} where they were taken: {places}.")
    else:
        found.append("None of them says where it was taken.")
    if shared := figures["shared_count"]:
        found.append(f"{_count(shared, 'image is', 'images are')} on several sites.")
    if pairs and pairs[0][2]:
        a, b, images, share, relation = pairs[0][:5]
        kind = "" if relation == "shares" else f" ({relation})"
        found.append(
            f"{a} and {b} share most, {images:,}: {share:.0%} of the smaller one{kind}."
        )
    serials = [row for row in figures["serials"] if len(row[3]) > 1]
    if serials:
        serial, _, camera, names = serials[0]
        name = f"{camera or 'A camera'} with serial number {serial}"
        found.append(f"{name} is on {len(names):,} sites.")
    if failed := sum(row["count"] for row in figures["skipped"]):
        found.append(f"{_count(failed, 'address', 'addresses')} gave no record.")
    return found


def _nothing(figures: Mapping[str, Any]) -> list[str]:
    """Return why there is nothing to show, and how to go on."""
    if not figures["skipped"]:
        return [
            "No image was identified, and these feeds name no reason.",
            "Give the feed of sightings, too: it says what failed. Pages that are "
            "made by scripts need -a render=auto, pages behind others -a depth=1.",
        ]
    reason = figures["skipped"][0]
    return [
        "No image was identified.",
        f"Most often ({reason['count']:,} times): {reason['reason']}.",
        "What was skipped, and why, is listed below. Pages that are made by scripts "
        "need -a render=auto, pages behind others -a depth=1.",
    ]


def asked(crawl: Any) -> list[list[str]]:
    """Return names and values of what *crawl*, a crawl.json, says was asked for."""
    found: list[list[str]] = []

    def add(name: str, value: Any) -> None:
        if len(found) >= MOST_ASKED or value is None or value in ("", [], {}):
            return
        if isinstance(value, dict) and name.count(" ") < 3:
            for key, inner in value.items():
                add(f"{name} {key}".strip(), inner)
        else:
            if isinstance(value, list):
                value = ", ".join(str(one) for one in value[:20])
            found.append([name[:80], str(value)[:MOST_LETTERS]])

    add("", crawl if isinstance(crawl, dict) else {})
    return found


def seed_table(lines: Iterable[str]) -> dict[str, Any] | None:
    """Return heads and rows of a seeds.csv; None if it has no rows."""
    heads: list[str] = []
    rows: list[list[str]] = []
    total = 0
    try:
        for cells in csv.reader(lines):
            cut = [cell[:MOST_LETTERS] for cell in cells[:MOST_COLUMNS]]
            if not heads:
                heads = cut
            elif cut:
                total += 1
                if total <= MOST_ROWS:
                    rows.append(cut + [""] * (len(heads) - len(cut)))
    except csv.Error:
        pass  # what came before it stands
    return {"heads": heads, "rows": rows, "total": total} if rows else None
