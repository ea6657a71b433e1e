"""What imgprint claims of its speed, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.contest.contenders import ALL
from benchmarks.contest.link import PLAIN, SHAPED
from benchmarks.contest.results import best_reference, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.contest.results import Result, Runs

GROWING = ("imgprint", "imgprint-job")
OWN = (*GROWING, "imgprint-sources")
PAIRS = (("imgprint-worker-1", "imgprint-worker-2"), ("imgprint", "imgprint-halves"))
"""With one process, and with two."""
SCALING = 50_000
"""More images than elsewhere: start-up is what does not scale."""


@dataclass
class Claim:
    """A sentence with what was measured; *holds* is None if it was not measured."""

    text: str
    measured: str
    holds: bool | None

    def __str__(self) -> str:
        verdict = {True: "holds", False: "DOES NOT HOLD", None: "not measured"}
        return f"{self.text}: {self.measured}{verdict[self.holds]}"


def most(text: str, value: float | None, limit: float, unit: str = "") -> Claim:
    if value is None:
        return Claim(f"{text} at most {limit}{unit}", "", None)
    shown = f"{value:.2f}{unit}, "
    return Claim(f"{text} at most {limit}{unit}", shown, value <= limit)


def least(text: str, value: float | None, limit: float) -> Claim:
    if value is None:
        return Claim(f"{text} at least {limit} times", "", None)
    shown = f"{value:.2f} times, "
    return Claim(f"{text} at least {limit} times", shown, value >= limit)


def _rate(runs: Runs | None) -> float | None:
    return runs.median(lambda r: r.rate) if runs else None


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


def claims(results: list[Result]) -> Iterator[Claim]:
    """Yield the claims: of a crawl without a job, and with one where it matters."""
    bare = runs_of(results, "aiohttp", PLAIN)
    for name in OWN:
        title, runs = ALL[name].title, runs_of(results, name, PLAIN)
        steady = runs.median(lambda r: r.steady_ms) if runs else None
        of_bare = _ratio(steady, bare.median(lambda r: r.steady_ms) if bare else None)
        yield most(f"1. CPU per image of {title}", steady, 1.2, " ms")
        yield most(f"1. CPU per image of {title}, by the bare loop's,", of_bare, 4)
    for name in OWN:
        yield from _rates(results, name)
    # img2dataset takes more than one core, too.
    yield _rate_by(results, "imgprint-halves", "img2dataset-no", 6)
    for name in OWN:
        yield from _slow_link(results, name)
    for name in OWN:
        yield from _bytes(results, name, bare)
    for name in GROWING:
        yield from _growth(results, name)
    yield from _processes(results)
    wrong = sorted({r.contender for r in results if r.faults})
    shown = f"{len(results)} runs, " + (f"wrong: {', '.join(wrong)}; " if wrong else "")
    yield Claim("All that was found is right", shown, not wrong)


def _rates(results: list[Result], name: str) -> Iterator[Claim]:
    best = best_reference(results, PLAIN) or "reference"
    for other, limit in (
        (best, 3),
        ("files", 4),
        ("images", 15),
        ("img2dataset-no", 6),
    ):
        yield _rate_by(results, name, other, limit)


def _rate_by(results: list[Result], name: str, other: str, limit: float) -> Claim:
    rates = [_rate(runs_of(results, each, PLAIN)) for each in (name, other)]
    text = f"2. Images/s of {ALL[name].title} by those of {ALL[other].title}"
    return least(text, _ratio(*rates), limit)


def _slow_link(results: list[Result], name: str) -> Iterator[Claim]:
    own, bare = (runs_of(results, each, SHAPED) for each in (name, "aiohttp"))
    title = ALL[name].title
    for other, contender in ALL.items():
        if contender.whole:
            runs = runs_of(results, other, SHAPED)
            # For the others' good: their start-up is taken off, ours is not.
            net = runs.median(lambda r: r.net_rate) if runs else None
            ratio = _ratio(_rate(own), net)
            text = f"3. Slow link: images/s of {title} by {contender.title}'s"
            yield least(text, ratio, 10)
    wall = _ratio(_rate(bare), _rate(own))
    yield most(f"3. Slow link: time of {title} by the bare loop's", wall, 1.3)


def _bytes(results: list[Result], name: str, bare: Runs | None) -> Iterator[Claim]:
    runs = runs_of(results, name, PLAIN)
    sizes = [r.median(lambda r: r.bytes_per_image) if r else None for r in (runs, bare)]
    title = ALL[name].title
    yield most(
        f"4. Bytes per image of {title} by the bare loop's", _ratio(*sizes), 1.03
    )
    requests = runs.median(lambda r: r.requests_per_image) if runs else None
    yield most(f"4. Requests per image of {title}", requests, 1)


def _growth(results: list[Result], name: str) -> Iterator[Claim]:
    few, many = (runs_of(results, name, PLAIN, n) for n in (1000, 100_000))
    steady = [r.median(lambda r: r.steady_ms) if r else None for r in (many, few)]
    title = ALL[name].title
    text = f"5. CPU per image of {title} at 100,000 by that at 1,000"
    yield most(text, _ratio(*steady), 1.1)
    peak = many.median(lambda r: r.peak) if many else None
    yield most(f"5. Peak of {title} at 100,000", peak, 200, " MB")


def _processes(results: list[Result]) -> Iterator[Claim]:
    for pair in PAIRS:
        one, two = (runs_of(results, name, PLAIN, SCALING) for name in pair)
        names = f"{ALL[pair[1]].title} by those of {ALL[pair[0]].title}"
        text = f"6. {SCALING:,} images: images/s of {names}"
        claim = least(text, _ratio(_rate(two), _rate(one)), 1.7)
        if two:
            server = two.median(lambda r: r.server_cpu / r.wall)
            claim.measured += f"the server took {server:.0%} of a core, "
        yield claim
