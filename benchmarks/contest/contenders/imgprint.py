"""imgprint as a user runs it, with the settings that it has by default."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

from benchmarks.contest.contenders.base import Contender, Found, Job

if TYPE_CHECKING:
    from collections.abc import Iterator


class Imgprint(Contender):
    """``scrapy crawl images``; its JSON array is read."""

    name = "imgprint"
    title = "imgprint"
    arguments: tuple[str, ...] = ()

    def env(self) -> dict[str, str]:
        return super().env() | {"SCRAPY_SETTINGS_MODULE": "imgprint.settings"}

    def command(self, job: Job) -> list[str]:
        scrapy = [sys.executable, "-m", "scrapy", "crawl", "images"]
        return [*scrapy, "-a", f"urls={job.pages}", *self.arguments]

    def found(self, job: Job) -> Iterator[Found]:
        for feed in (job.folder / "data").glob("images-*.json"):
            for record in json.loads(feed.read_text()):
                claims = {
                    "size": record["image_size"],
                    "head": record["sha256_first_10240_bytes"],
                    "tail": record["sha256_last_1024_bytes"],
                }
                yield Found(record["url"], claims, record["exif"])


class ImgprintJob(Imgprint):
    """With a job, so that it goes on after any interruption."""

    name = "imgprint-job"
    title = "imgprint, job"
    arguments = ("-a", "job=contest")


class Halves(Imgprint):
    """Two processes at once, each with every other page of the list."""

    name = "imgprint-halves"
    title = "imgprint, 2 processes with half the list each"

    def command(self, job: Job) -> list[str]:
        pages = job.pages.read_text().split()
        commands = []
        for number in range(2):
            folder = job.folder / str(number)
            folder.mkdir()
            (folder / "pages.txt").write_text("\n".join(pages[number::2] or pages))
            half = Job(folder, folder / "pages.txt", job.images)
            words = shlex.join(super().command(half))
            commands.append(f"(cd {number} && {words}) & pid{number}=$!")
        both = "\n".join(commands) + "\nwait $pid0 && wait $pid1"
        return ["sh", "-c", both]

    def found(self, job: Job) -> Iterator[Found]:
        for number in range(2):
            yield from super().found(
                Job(job.folder / str(number), job.pages, job.images)
            )
