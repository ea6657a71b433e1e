"""Results as Markdown tables of medians and ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.contest.claims import PAIRS, SCALING
from benchmarks.contest.contenders import ALL
from benchmarks.contest.link import PLAIN, SHAPED
from benchmarks.contest.results import REFERENCES, best_reference, runs_of

if TYPE_CHECKING:
    from benchmarks.contest.results import Result, Runs

HEADINGS = (
    "contender",
    "images",
    "images/s",
    "imgprint is faster",
    "wall s",
    "of it start-up",
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
GROWTH = ("contender", "images", "CPU ms/image in steady state", "peak MB", "runs")
PROCESSES = (
    "contender",
    "images",
    "images/s",
    "of one process",
    "CPU ms/image",
    "peak MB",
    "cores of the server",
    "runs",
)
SHORT = (
    "contender",
    "images/s",
    "CPU ms/image",
    "peak MB",
    "requests/image",
    "bytes/image",
    "images/s, slow link",
)


def markdown(headings: tuple[str, ...], lines: list[list[str]]) -> str:
    """Return a table; numbers are on the right."""
    rule = ["---"] + ["--:"] * (len(headings) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in [headings, rule, *lines])


def row(name: str, runs: Runs, base: Runs | None, bare: Runs | None) -> list[str]:
    rate, steady = runs.median(lambda r: r.rate), runs.median(lambda r: r.steady_ms)
    faster = base and f"{base.median(lambda r: r.rate) / rate:.2f}x"
    of_bare = bare and f"{steady / bare.median(lambda r: r.steady_ms):.2f}x"
    return [
        ALL[name].title,
        f"{runs.images:,}",
        f"{rate:,.0f}",
        faster or "",
        f"{runs.median(lambda r: r.wall):.1f}",
        f"{runs.median(lambda r: r.start_wall):.1f}",
        f"{runs.median(lambda r: r.cpu_ms):.2f}",
        f"{steady:.2f}",
        of_bare or "",
        f"{runs.median(lambda r: r.peak):.0f}",
        f"{runs.median(lambda r: r.requests_per_image):.2f}",
        f"{runs.median(lambda r: r.bytes_per_image):,.0f}",
        f"{runs.median(lambda r: r.server_ms):.2f}",
        str(len(runs)),
        runs.fault or "yes",
    ]


def link_table(results: list[Result], link: str) -> str:
    """Return the table of all contenders on *link*, each with the most images."""
    base, bare = (runs_of(results, name, link) for name in ("imgprint", "aiohttp"))
    lines = [
        row(name, runs, base, bare)
        for name in ALL
        if (runs := runs_of(results, name, link))
    ]
    return markdown(HEADINGS, lines)


def growth_table(results: list[Result]) -> str:
    """Return CPU and memory of imgprint by the number of images."""
    lines = []
    for name in ("imgprint", "imgprint-job"):
        for images in (100, 1000, 10_000, 100_000):
            if runs := runs_of(results, name, PLAIN, images):
                steady = runs.median(lambda r: r.steady_ms)
                peak = runs.median(lambda r: r.peak)
                cells = [f"{images:,}", f"{steady:.2f}", f"{peak:.0f}", str(len(runs))]
                lines.append([ALL[name].title, *cells])
    return markdown(GROWTH, lines)


def process_table(results: list[Result]) -> str:
    """Return what two processes do by what one does."""
    lines = []
    for pair in PAIRS:
        one = runs_of(results, pair[0], PLAIN, SCALING)
        for name in pair:
            if one and (runs := runs_of(results, name, PLAIN, SCALING)):
                rate = runs.median(lambda r: r.rate)
                cells = [
                    f"{SCALING:,}",
                    f"{rate:,.0f}",
                    f"{rate / one.median(lambda r: r.rate):.2f}x",
                    f"{runs.median(lambda r: r.cpu_ms):.2f}",
                    f"{runs.median(lambda r: r.peak):.0f}",
                    f"{runs.median(lambda r: r.server_cpu / r.wall):.2f}",
                    str(len(runs)),
                ]
                lines.append([ALL[name].title, *cells])
    return markdown(PROCESSES, lines)


def short_table(results: list[Result]) -> str:
    """Return what the README shows: of the reference its best number of threads."""
    lines = []
    best = best_reference(results, PLAIN)
    for name, contender in ALL.items():
        if name in REFERENCES and name != best:
            continue
        runs, slow = (runs_of(results, name, link) for link in (PLAIN, SHAPED))
        if runs:
            lines.append(
                [
                    contender.title,
                    f"{runs.median(lambda r: r.rate):,.0f}",
                    f"{runs.median(lambda r: r.steady_ms):.2f}",
                    f"{runs.median(lambda r: r.peak):.0f}",
                    f"{runs.median(lambda r: r.requests_per_image):.2f}",
                    f"{runs.median(lambda r: r.bytes_per_image):,.0f}",
                    f"{slow.median(lambda r: r.net_rate):,.0f}" if slow else "",
                ]
            )
    return markdown(SHORT, lines)


def tables(results: list[Result]) -> str:
    """Return all tables, as far as there are results for them."""
    parts = []
    for link, title in ((PLAIN, "Loopback"), (SHAPED, "Slow link")):
        if any(result.link == link for result in results):
            parts += [f"### {title}", link_table(results, link)]
    parts += ["### Growth", growth_table(results)]
    parts += ["### Processes", process_table(results)]
    return "\n\n".join(parts) + "\n"
