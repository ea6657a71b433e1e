"""Lines of a list in a job: each is asked for once, however often it is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from imgprint.items import Sighting
    from imgprint.jobs.job import Job
    from imgprint.spiders.seeds import Line


async def unlisted_lines(
    job: Job, lines: Iterable[Line], suffix: str = ""
) -> AsyncIterator[Line]:
    """Yield those of *lines* whose requests were not queued before.

    *suffix* tells what else is asked for each line: it is part of what *job* knows.
    """
    for number, line in enumerate(lines):
        if not job.is_listed(f"{line.text}{suffix}"):
            yield line
        elif number % 100 == 0:
            await asyncio.sleep(0)  # signals want to be heard


def mark_when_queued(
    job: Job, text: str, outputs: Iterable[Request | Sighting]
) -> Iterator[Request | Sighting]:
    """Yield *outputs*, all that a line asks for, and have *job* remember its *text*.

    It does so when the last request is queued; at once, if there is nothing.
    """
    last: Request | Sighting | None = None
    for output in outputs:
        if last is not None:
            yield last
        last = output
    if last is None or isinstance(last, Request):
        job.mark_listed(text, last)
    if last is not None:
        yield last
