"""A bare loop: what a request per image costs in Python, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.contest.contenders.base import Contender, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.contest.contenders.base import Job

CONCURRENCY = 64  # as imgprint's CONCURRENT_REQUESTS


class Bare(Contender):
    """aiohttp and uvloop; writes nothing of an image but the file's size."""

    name = "aiohttp"
    title = "bare aiohttp loop"

    def command(self, job: Job) -> list[str]:
        return self.program("bare.py", job.pages, "found.txt", CONCURRENCY)

    def found(self, job: Job) -> Iterator[Found]:
        for line in (job.folder / "found.txt").read_text().splitlines():
            url, size = line.split()
            yield Found(url, {"size": int(size)})
