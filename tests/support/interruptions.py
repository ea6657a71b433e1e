"""Crawls that are interrupted, and what must be left when they went on."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import ROOT, jsonl
from tests.support.pictures import jpeg

# What the order of pages decides, and when.
VOLATILE = ("timestamp", "page_url", "site")


class CountedFiles(dict):
    """Files that count how often each was asked for, and take their time."""

    def __init__(self, files, delay):
        super().__init__(files)
        self.delay = delay
        self.asked = Counter()

    def get(self, path, default=None):
        self.asked[path] += 1
        time.sleep(self.delay)
        return super().get(path, default)

    def images(self):
        return Counter({k: n for k, n in self.asked.items() if k.endswith(".jpg")})


class Web(ExitStack):
    """Two sites of pages whose images overlap, are small, fail, or are listed.

    ``lines`` is the list to crawl, with depth=1: every tenth image, and half of
    the pages.
    """

    def __init__(self, images, delay=0.02):
        super().__init__()
        pictures = [jpeg(i, (220, 200)) for i in range(16)]
        small = jpeg(99, (20, 20))
        self.files = []
        self.lines = []
        for host in ("127.0.0.1", "localhost"):
            site = self.enter_context(GallerySite(host=host))
            count = images // 2
            found = {
                f"/{i}.jpg": ("image/jpeg", small if i % 31 == 0 else pictures[i % 16])
                for i in range(count)
                if i % 29
            }
            pages = count // 20
            for page in range(pages):
                html = f"<a href=/p{(page + 1) % pages}.html>next</a>"
                for i in range(page * 20, page * 20 + 25):
                    html += f"<img src=/{i}.jpg alt={i}>"
                found[f"/p{page}.html"] = ("text/html", html.encode())
            site.files = CountedFiles(found, delay)
            self.files.append(site.files)
            self.lines += [f"{site.url}/p{p}.html" for p in range(0, pages, 2)]
            self.lines += [f"{site.url}/{i}.jpg" for i in range(0, count, 10)]

    def asked(self):
        """How often each image was asked for so far."""
        total = Counter()
        for number, files in enumerate(self.files):
            total.update({(number, k): n for k, n in files.images().items()})
        return total


def content(records):
    return {
        r["url"]: {k: v for k, v in r.items() if k not in VOLATILE} for r in records
    }


def places(sightings):
    """What tells sightings apart.

    Not why there is no record: that a listed image failed is said of its places
    on pages only if it had failed by then.
    """
    return Counter(
        (s["page_url"], s["image_url"], s["element"], s["alt"]) for s in sightings
    )


@dataclass
class Job:
    """A job in *folder* that writes out.json, and sightings.jsonl."""

    folder: Path
    lines: list[str]
    settings: dict[str, str] = field(default_factory=dict)
    output: str = "out.json"
    env: dict[str, str] = field(default_factory=dict)
    urls: str = "urls.txt"
    log: str = ""

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "urls.txt").write_text("\n".join(self.lines))

    def start(self):
        with (self.folder / "log.txt").open("wb") as log:
            return self._start(log)

    def _start(self, log):
        options = [f"-s{name}={value}" for name, value in self.settings.items()]
        if "JOBDIR" not in self.settings:
            options.append("-ajob=job")
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "scrapy", "crawl", "images"),
                *(
                    f"-aurls={self.urls}",
                    "-adepth=1",
                    "-O",
                    self.output,
                    "-sRETRY_TIMES=0",
                    *options,
                ),
                "-sIMGPRINT_SIGHTINGS=data/sightings/%(time)s.jsonl",
            ],
            cwd=self.folder,
            env=os.environ
            | {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "imgprint.settings"}
            | self.env,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )

    def finish(self, timeout=120):
        """Run to the end; return the exit code."""
        code = self.start().wait(timeout)
        self.log = (self.folder / "log.txt").read_text()
        return code

    def records(self):
        return json.loads((self.folder / self.output).read_text())

    def sightings(self):
        (file,) = self.folder.glob("data/sightings/*.jsonl")
        return jsonl(file.read_text())


def interrupt(process, web, after, signals=(signal.SIGKILL,), wait=0.0):
    """Send *signals* when *after* more images were asked for; return if alive then."""
    goal = web.asked().total() + after
    deadline = time.monotonic() + 60
    while web.asked().total() < goal and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(wait)
    alive = process.poll() is None
    for number in signals:
        process.send_signal(number)
        time.sleep(0.1 if len(signals) > 1 else 0)
    process.wait(60)
    return alive


def random_kills(job, web, kills, seed):
    """Kill the job at *kills* random moments; return how many hit it running.

    A moment is after some images, or, once in four times, while it starts.
    """
    moments = random.Random(seed)
    left = len(web.lines) * 4
    hits = 0
    for _ in range(kills):
        starts = moments.random() < 0.25
        after = 0 if starts else moments.randrange(1, max(2, left // 3))
        wait = moments.random() * (1.5 if starts else 0.05)
        hits += interrupt(job.start(), web, after, wait=wait)
    return hits


@dataclass
class Comparison:
    """How a job's output differs from that of a run that nothing disturbed."""

    records: int
    lost: int
    doubled: int
    changed: int
    sightings_lost: int
    sightings_doubled: int
    again: int

    @property
    def same(self):
        numbers = (self.lost, self.doubled, self.changed)
        return not any((*numbers, self.sightings_lost, self.sightings_doubled))


def compare(job, undisturbed, again):
    records, expected = job.records(), content(undisturbed.records())
    found = content(records)
    seen, wanted = places(job.sightings()), places(undisturbed.sightings())
    return Comparison(
        len(records),
        len(expected.keys() - found.keys()),
        len(records) - len(found),
        sum(found[url] != expected[url] for url in found.keys() & expected.keys()),
        (wanted - seen).total(),
        (seen - wanted).total(),
        again,
    )
