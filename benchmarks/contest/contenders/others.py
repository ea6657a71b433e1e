"""Others that identify images: by ranges, or by downloading whole files."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from benchmarks.contest.contenders.base import ROOT, Contender, Found
from benchmarks.contest.contenders.imgprint import found_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.contest.contenders.base import Job

_BENCH = ROOT / ".venv-bench/bin"


class Reference(Contender):
    """A stand-in for the reference, with so many threads."""

    def __init__(self, threads: int = 10):
        self.threads = threads
        self.name = "reference" if threads == 10 else f"reference-{threads}"
        self.title = f"reference's way, {threads} thread{'s' * (threads > 1)}"

    def command(self, job: Job) -> list[str]:
        return self.program("reference.py", job.pages, "records.json", self.threads)

    def found(self, job: Job) -> Iterator[Found]:
        records = json.loads((job.folder / "records.json").read_text())
        yield from map(found_of, records)


class Pipeline(Contender):
    """Scrapy's FilesPipeline or ImagesPipeline, then EXIF of the stored files.

    ImagesPipeline stores pictures anew, without EXIF, and its checksum is that of
    what it stored.
    """

    whole = True

    def __init__(self, kind: str):
        self.kind = kind
        self.name = kind
        lost = " (no EXIF left)" if kind == "images" else " and EXIF"
        self.title = f"Scrapy {kind.capitalize()}Pipeline{lost}"

    def command(self, job: Job) -> list[str]:
        return self.program("pipelines.py", self.kind, job.pages, "items.jsonl")

    def found(self, job: Job) -> Iterator[Found]:
        for line in (job.folder / "items.jsonl").read_text().splitlines():
            for file in json.loads(line)[self.kind]:
                if self.kind == "files":
                    yield Found(file["url"], {"md5": file["checksum"]}, file["exif"])
                elif (job.folder / "stored" / file["path"]).stat().st_size:
                    yield Found(file["url"])


class Img2dataset(Contender):
    """img2dataset, as it is or without making pictures anew. Takes the images."""

    takes = "images"
    whole = True

    def __init__(self, reencode: bool):
        self.name = "img2dataset" if reencode else "img2dataset-no"
        self.title = "img2dataset" if reencode else "img2dataset, no re-encoding"
        self.options = [] if reencode else ["--disable_all_reencoding=True"]

    def missing(self) -> str | None:
        if (_BENCH / "img2dataset").exists():
            return None
        return "img2dataset is missing: make .venv-bench/done"

    def env(self) -> dict[str, str]:
        # Both would ask hosts on the internet.
        return {"NO_ALBUMENTATIONS_UPDATE": "1", "WANDB_MODE": "disabled"}

    def command(self, job: Job) -> list[str]:
        options = ["--url_list", str(job.images), "--output_folder", "dataset"]
        return [str(_BENCH / "img2dataset"), *options, *self.options]

    def found(self, job: Job) -> Iterator[Found]:
        for path in (job.folder / "dataset").glob("*/*.json"):
            entry = json.loads(path.read_text())
            if entry["status"] == "success":
                exif = json.loads(entry["exif"])
                found = {tag.rpartition(" ")[2]: value for tag, value in exif.items()}
                yield Found(entry["url"], {"sha256": entry["sha256"]}, found)


class Curl(Contender):
    """``curl -Z`` for ranges, then exiftool in one batch."""

    name = "curl"
    title = "curl -Z ranges, exiftool"

    def missing(self) -> str | None:
        for program, package in (
            ("curl", "curl"),
            ("exiftool", "libimage-exiftool-perl"),
        ):
            if not shutil.which(program):
                return f"{program} is missing: apt-get install {package}"
        return None

    def env(self) -> dict[str, str]:
        return {"LC_ALL": "C", "PATH": os.environ["PATH"]}

    def command(self, job: Job) -> list[str]:
        program = ROOT / "benchmarks/contest/programs/curl.sh"
        return ["sh", str(program), str(job.pages)]

    def found(self, job: Job) -> Iterator[Found]:
        hashes = {}
        for line in (job.folder / "sums.txt").read_text().splitlines():
            digest, path = line.split()
            hashes[path] = digest
        entries = json.loads((job.folder / "exif.json").read_text())
        exif = {entry["SourceFile"]: entry for entry in entries}
        urls = (job.folder / "found.txt").read_text().split()
        for number, url in enumerate(urls, 1):
            head, tail = f"heads/{number:06}.jpg", f"tails/{number:06}.jpg"
            claims = {"head": hashes[head], "tail": hashes[tail]}
            yield Found(url, claims, exif[head])
