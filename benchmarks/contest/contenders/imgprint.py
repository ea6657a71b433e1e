"""imgprint as a user runs it, with the settings that it has by default."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contest.contenders.base import ROOT, Contender, Found, Job

if TYPE_CHECKING:
    from collections.abc import Iterator


SCRAPY = (sys.executable, "-m", "scrapy")


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
        return [*SCRAPY, "crawl", "images", "-a", f"urls={job.pages}", *self.arguments]

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
    """``scrapy worker`` until the queue is empty and all shards' feeds are finished.

    What comes before is not measured: PostgreSQL, which may be anywhere, and
    ``scrapy enqueue``.
    """

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
    def serving(self, job: Job) -> Iterator[dict[str, str]]:
        from tests.support.servers.postgres import Postgres

        with Postgres() as postgres:
            queue = postgres.new()
            subprocess.run(
                [*SCRAPY, "enqueue", job.pages, "--output", "data/shards"],
                cwd=job.folder,
                env=os.environ | self.env() | queue,
                stdout=subprocess.DEVNULL,
                check=True,
            )
            yield queue

    def command(self, job: Job) -> list[str]:
        options = ["--processes", str(self.processes), "--until-empty"]
        return [*SCRAPY, "worker", *options]

    def found(self, job: Job) -> Iterator[Found]:
        for shard in job.folder.glob("data/shards/*.jsonl"):
            with shard.open() as lines:
                for line in lines:
                    yield found_of(json.loads(line))
