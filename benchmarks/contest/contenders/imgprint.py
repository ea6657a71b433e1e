"""imgprint as a user runs it, with the settings that it has by default."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contest.contenders.base import ROOT, Contender, Found, Job

if TYPE_CHECKING:
    from collections.abc import Iterator


def found_of(record: dict[str, Any]) -> Found:
    """Return what a record of imgprint, or of the reference, says."""
    claims = {
        "size": record["image_size"],
        "head": record["sha256_first_10240_bytes"],
        "tail": record["sha256_last_1024_bytes"],
    }
    return Found(record["url"], claims, record["exif"])


class Imgprint(Contender):
    """``scrapy crawl images``, as make builds it; its JSON array is read."""

    name = "imgprint"
    title = "imgprint"
    arguments: tuple[str, ...] = ()
    compiled = str(ROOT / "build/compiled")

    def missing(self) -> str | None:
        built = self.compiled == "0" or Path(self.compiled).is_dir()
        return None if built else "the compiled core is missing: make compiled"

    def env(self) -> dict[str, str]:
        return super().env() | {
            "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
            "IMGPRINT_COMPILED": self.compiled,
        }

    def command(self, job: Job) -> list[str]:
        scrapy = [sys.executable, "-m", "scrapy", "crawl", "images"]
        return [*scrapy, "-a", f"urls={job.pages}", *self.arguments]

    def found(self, job: Job) -> Iterator[Found]:
        for feed in (job.folder / "data").glob("images-*.json"):
            yield from map(found_of, json.loads(feed.read_text()))


class ImgprintJob(Imgprint):
    """With a job, so that it goes on after any interruption."""

    name = "imgprint-job"
    title = "imgprint, job"
    arguments = ("-a", "job=contest")


class ImgprintSources(Imgprint):
    """As it runs where there is no C compiler."""

    name = "imgprint-sources"
    title = "imgprint, no compiled core"
    compiled = "0"


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


class Workers(Imgprint):
    """``scrapy enqueue``, ``worker`` and ``export``, over a queue in PostgreSQL.

    PostgreSQL is not measured, as it may be anywhere. The default of 64 buckets is
    for many machines; so few sites would be a process each.
    """

    buckets = 8

    def __init__(self, processes: int):
        self.processes = processes
        self.name = f"imgprint-worker-{processes}"
        plural = "es" if processes > 1 else ""
        self.title = f"imgprint, worker with {processes} process{plural}"

    def missing(self) -> str | None:
        for module in ("procrastinate", "psycopg"):
            if find_spec(module) is None:
                return f"{module} is missing: pip install -r requirements-machines.txt"
        if not any(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
            return "PostgreSQL is missing: apt-get install postgresql"
        return super().missing()

    @contextmanager
    def serving(self) -> Iterator[dict[str, str]]:
        from tests.servers.postgres import Postgres

        with Postgres() as postgres:
            yield postgres.new()

    def command(self, job: Job) -> list[str]:
        scrapy = f"{shlex.quote(sys.executable)} -m scrapy"
        buckets = f"-s IMGPRINT_QUEUE_BUCKETS={self.buckets}"
        pages = shlex.quote(str(job.pages))
        lines = (
            f"{scrapy} enqueue {pages} --output data/shards {buckets}",
            f"{scrapy} worker --processes {self.processes} --until-empty",
            f"{scrapy} export data/shards/*.jsonl --to jsonl -o all.jsonl",
        )
        return ["sh", "-c", " && ".join(lines)]

    def found(self, job: Job) -> Iterator[Found]:
        for line in (job.folder / "all.jsonl").read_text().splitlines():
            yield found_of(json.loads(line))
