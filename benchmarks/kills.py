"""Crawls of a thousand images, interrupted in every way and resumed: a table.

    python benchmarks/kills.py [--images 1000] [--runs 20] [--seed 0]

Each run is killed with SIGKILL at one to five random moments; then one each is
stopped by SIGTERM and by Ctrl-C twice, finds its disk full (as root, on a small
tmpfs), and has no S3 endpoint for all of the crawl, or for part of it. All are
resumed by the same command and compared with a run that nothing disturbed:
records field by field, but for the time and for the page that led there first.

"again" are images that the server was asked for a second time; at most
CONCURRENT_REQUESTS (64) per interruption are allowed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.crawling import jsonl, scrapy
from tests.support.interruptions import (
    Job,
    Web,
    compare,
    content,
    interrupt,
    random_kills,
)
from tests.support.servers.moto_s3 import MotoS3
from tests.support.servers.process import free_port

COLUMNS = ("records", "lost", "doubled", "changed")
ALLOWED = 64


class LateS3(MotoS3):
    """An endpoint whose port was known before it began to listen."""

    def __init__(self, port: int):
        super().__init__("bucket")
        self.late_port = port

    def command(self) -> list[str]:
        self.port = self.late_port
        return super().command()


class Bench:
    """Runs in *folder*, against a run that nothing disturbed."""

    def __init__(self, folder: Path, web: Web):
        self.folder, self.web = folder, web
        self.undisturbed = Job(folder / "undisturbed", web.lines)
        assert self.undisturbed.finish() == 0, self.undisturbed.log
        self.bad = 0

    def job(self, name: str, **kwargs: object) -> Job:
        self.before = self.web.asked()
        return Job(self.folder / name, self.web.lines, **kwargs)

    def row(self, name: str, hits: int, job: Job, code: int) -> None:
        asked = self.web.asked() - self.before
        again = sum(n - 1 for n in asked.values())
        c = compare(job, self.undisturbed, again)
        good = c.same and code == 0 and again <= ALLOWED * max(hits, 1)
        self.bad += not good
        cells = (c.records, c.lost, c.doubled, c.changed)
        cells = (*cells, c.sightings_lost, c.sightings_doubled, again)
        print(f"{name:<28}{hits:>5}" + "".join(f"{n:>9}" for n in cells), flush=True)

    def kill(self, run: int) -> None:
        job = self.job(f"kill-{run}")
        kills = random.Random(run).randrange(1, 6)
        hits = random_kills(job, self.web, kills, run)
        self.row(f"kill -9, {kills} times", hits, job, job.finish())

    def stop(self, name: str, *signals: int) -> None:
        job = self.job(name.replace(" ", "-"))
        hit = interrupt(job.start(), self.web, len(self.web.lines), signals)
        self.row(name, int(hit), job, job.finish())

    def full_disk(self) -> None:
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(disk)]
        if os.geteuid() or subprocess.run(mount, check=False).returncode:
            print("disk full: not done, only root may mount a small file system")
            return
        try:
            job = self.job("full", settings={"JOBDIR": str(disk)})
            assert job.finish() == 1
            print("   ", job.log.splitlines()[-1])
            grow = ["mount", "-o", "remount,size=64m", str(disk)]
            subprocess.run(grow, check=True)
            self.row("disk full", 1, job, job.finish())
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)

    def no_s3(self, *, whole: bool) -> None:
        port = free_port()
        settings = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION_NAME": "us-east-1",
            "FEED_EXPORT_BATCH_ITEM_COUNT": "50",
            "JOBDIR": "",
        }
        name = "S3 down for all of it" if whole else "S3 down for part of it"
        job = self.job(
            name.replace(" ", "-"),
            settings=settings,
            output="s3://bucket/%(batch_id)05d.jsonl",
            env={"AWS_MAX_ATTEMPTS": "1"},
        )
        process = job.start()
        if whole:
            process.wait()
            code = process.returncode - 1  # 1 is right
            print("   ", (job.folder / "log.txt").read_text().splitlines()[-1])
        else:
            while not [*job.folder.glob("data/spool/*.json")]:
                time.sleep(0.01)
        with LateS3(port) as s3:
            if whole:
                options = [f"-s{k}={v}" for k, v in settings.items()]
                code += scrapy("spool", *options, cwd=job.folder).returncode
            else:
                code = process.wait()
            keys = s3.keys()
            stored = [r for key in keys for r in jsonl(s3.get(key).decode())]
        self.s3_row(name, stored, code)

    def s3_row(self, name: str, stored: list[dict], code: int) -> None:
        wanted = content(self.undisturbed.records())
        found = content(stored)
        lost, doubled = len(wanted.keys() - found.keys()), len(stored) - len(found)
        changed = sum(found[url] != wanted[url] for url in found.keys() & wanted.keys())
        self.bad += any((lost, doubled, changed, code))
        cells = (len(stored), lost, doubled, changed)
        print(f"{name:<28}{'-':>5}" + "".join(f"{n:>9}" for n in cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="number of the first run")
    options = parser.parse_args()
    names = (*COLUMNS, "s. lost", "s. doub.", "again")
    with tempfile.TemporaryDirectory() as folder, Web(options.images) as web:
        bench = Bench(Path(folder), web)
        print(f"{'':<28}{'hits':>5}" + "".join(f"{name:>9}" for name in names))
        print(f"{'undisturbed':<28}{0:>5}{len(bench.undisturbed.records()):>9}")
        for run in range(options.seed, options.seed + options.runs):
            bench.kill(run)
        bench.stop("SIGTERM", signal.SIGTERM)
        bench.stop("Ctrl-C", signal.SIGINT)
        bench.stop("Ctrl-C twice", signal.SIGINT, signal.SIGINT)
        bench.full_disk()
        bench.no_s3(whole=True)
        bench.no_s3(whole=False)
    print("all the same" if not bench.bad else f"{bench.bad} differ")
    sys.exit(bool(bench.bad))


if __name__ == "__main__":
    main()
