"""Results as a Markdown table of medians and ratios."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from benchmarks.contest.contenders import ALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.contest.run import Result

_HEADINGS = (
    "contender",
    "images/s",
    "imgprint is faster",
    "wall s",
    "CPU ms/image",
    "in steady state",
    "of the bare loop's",
    "peak MB",
    "requests/image",
    "bytes/image",
    "server CPU ms/image",
    "runs",
    "right",
)


def median(results: list[Result], value: Callable[[Result], float]) -> float:
    return statistics.median(map(value, results))


def grouped(results: list[Result], link: str, images: int) -> dict[str, list[Result]]:
    """Return the results of each contender on *link* with so many *images*."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if (result.link, result.images) == (link, images):
            groups.setdefault(result.contender, []).append(result)
    order = list(ALL)
    return dict(sorted(groups.items(), key=lambda item: order.index(item[0])))


def rows(groups: dict[str, list[Result]]) -> list[list[str]]:
    """Return a row of cells per contender: medians, and ratios of medians."""
    base = groups.get("imgprint")
    bare = groups.get("aiohttp")
    found = []
    for name, runs in groups.items():
        rate = median(runs, lambda r: r.rate)
        steady = median(runs, lambda r: r.steady_ms)
        faster = median(base, lambda r: r.rate) / rate if base else None
        of_bare = steady / median(bare, lambda r: r.steady_ms) if bare else None
        wrong = next((r.faults[0] for r in runs if r.faults), None)
        found.append(
            [
                ALL[name].title,
                f"{rate:,.0f}",
                f"{faster:.2f}x" if faster else "",
                f"{median(runs, lambda r: r.wall):.1f}",
                f"{median(runs, lambda r: r.cpu_ms):.2f}",
                f"{steady:.2f}",
                f"{of_bare:.2f}x" if of_bare else "",
                f"{median(runs, lambda r: r.peak):.0f}",
                f"{median(runs, lambda r: r.requests / r.images):.2f}",
                f"{median(runs, lambda r: r.bytes_per_image):,.0f}",
                f"{median(runs, lambda r: r.server_cpu / r.images * 1000):.2f}",
                str(len(runs)),
                wrong or "yes",
            ]
        )
    return found


def markdown(lines: list[list[str]]) -> str:
    """Return a table; numbers are on the right."""
    rule = ["---"] + ["--:"] * (len(_HEADINGS) - 2) + ["---"]
    return "\n".join(
        f"| {' | '.join(row)} |" for row in [list(_HEADINGS), rule, *lines]
    )


def tables(results: list[Result]) -> str:
    """Return a table for each link and number of images."""
    parts = []
    for link, images in sorted({(r.link, r.images) for r in results}):
        parts.append(f"{images:,} images, {link} link:\n")
        parts.append(markdown(rows(grouped(results, link, images))) + "\n")
    return "\n".join(parts)
