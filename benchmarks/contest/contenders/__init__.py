"""Who takes part: how each is run, and what it found, in one form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.contest.contenders.aiohttp_loop import Bare
from benchmarks.contest.contenders.imgprint import Imgprint, ImgprintJob

if TYPE_CHECKING:
    from benchmarks.contest.contenders.base import Contender

ALL: dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Imgprint(),
        ImgprintJob(),
        Bare(),
    )
}
