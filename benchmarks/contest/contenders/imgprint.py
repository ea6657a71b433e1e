"""imgprint as a user runs it, with the settings that it has by default."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from benchmarks.contest.contenders.base import Contender, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.contest.contenders.base import Job

_FINGERPRINTS = ("file_key", "data_sha256")


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
