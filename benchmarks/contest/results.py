"""Results of a contest: kept as JSON Lines, and their medians."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from benchmarks.contest.contenders import THREADS

REFERENCES = ["reference" if n == 10 else f"reference-{n}" for n in THREADS]


@dataclass
class Result:
    """A run, and the run without images that was made just before it.

    Times are seconds, sizes bytes, *peak* is MB. *sent* is what the server's
    kernel took from it, *passed* what came through a relay. *faults* are the first
    things that were wrong in what the contender found. *commit* is imgprint's, with
    a plus sign if files differed from it.
    """

    contender: str
    link: str
    images: int
    wall: float
    cpu: float
    peak: float
    start_wall: float
    start_cpu: float
    requests: int
    image_requests: int
    sent: int
    image_sent: int
    server_cpu: float
    passed: int | None
    found: int
    faults: list[str] = field(default_factory=list)
    at: str = ""
    commit: str = ""

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.images * 1000

    @property
    def steady_ms(self) -> float:
        """Milliseconds of CPU per image, those of a run without images taken off."""
        return (self.cpu - self.start_cpu) / self.images * 1000

    @property
    def server_ms(self) -> float:
        return self.server_cpu / self.images * 1000

    @property
    def rate(self) -> float:
        """Images per second of the whole run."""
        return self.images / self.wall

    @property
    def net_rate(self) -> float:
        """The same, the time of a run without images taken off."""
        return self.images / max(self.wall - self.start_wall, 0.001)

    @property
    def bytes_per_image(self) -> float:
        """All that came back, pages included."""
        return (self.passed or self.sent) / self.images

    @property
    def requests_per_image(self) -> float:
        """Requests for images only."""
        return self.image_requests / self.images


class Store:
    """Results as JSON Lines, so that a contest can be held in parts."""

    def __init__(self, path: Path):
        self.path = path

    def add(self, result: Result) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def results(self) -> list[Result]:
        if not self.path.exists():
            return []
        lines = self.path.read_text().splitlines()
        return [Result(**json.loads(line)) for line in lines]


class Runs(list[Result]):
    """The runs of one contender, all with as many images by the same link."""

    def median(self, value: Callable[[Result], float]) -> float:
        return statistics.median(map(value, self))

    @property
    def images(self) -> int:
        return self[0].images

    @property
    def fault(self) -> str | None:
        return next((run.faults[0] for run in self if run.faults), None)


def runs_of(
    results: list[Result], contender: str, link: str, images: int | None = None
) -> Runs | None:
    """Return the runs of *contender*: those with *images*, or with the most."""
    own = [r for r in results if (r.contender, r.link) == (contender, link)]
    if images is None:
        images = max((r.images for r in own if r.images <= 5000), default=None)
    return Runs(r for r in own if r.images == images) or None


def best_reference(results: list[Result], link: str) -> str | None:
    """Return the name of the reference's thread count that is quickest on *link*."""
    rates = {
        name: runs.median(lambda r: r.rate)
        for name in REFERENCES
        if (runs := runs_of(results, name, link))
    }
    return max(rates, key=lambda name: rates[name]) if rates else None
