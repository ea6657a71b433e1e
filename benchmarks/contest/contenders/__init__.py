"""Who takes part: how each is run, and what it found, in one form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.contest.contenders.aiohttp_loop import Bare
from benchmarks.contest.contenders.imgprint import (
    Halves,
    Imgprint,
    ImgprintJob,
    ImgprintSources,
    Workers,
)
from benchmarks.contest.contenders.others import Curl, Img2dataset, Pipeline, Reference

if TYPE_CHECKING:
    from benchmarks.contest.contenders.base import Contender

THREADS = (1, 4, 10, 20, 40)
ALL: dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Imgprint(),
        ImgprintJob(),
        ImgprintSources(),
        Halves(),
        Workers(1),
        Workers(2),
        Bare(),
        *map(Reference, THREADS),
        Curl(),
        Pipeline("files"),
        Pipeline("images"),
        Img2dataset(reencode=False),
        Img2dataset(reencode=True),
    )
}
