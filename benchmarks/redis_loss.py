"""What scrapy-redis loses when a worker is killed: a table.

    pip install scrapy-redis==0.9.1 redis==8.1.0; apt-get install redis-server
    python benchmarks/redis_loss.py [--images 480] [--runs 5]

Two processes crawl one list of images, with the settings of docs/machines.md:
scrapy-redis's scheduler and dupefilter on a Redis of this script's. One of them
is killed with SIGKILL in mid-run; the other goes on to the end; then a third one
is started with the same list, as somebody would who misses images. "lost" is
what none of the three has recorded, "doubled" what several have.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import ROOT, jsonl
from tests.support.interruptions import CountedFiles
from tests.support.pictures import jpeg
from tests.support.servers.process import ServerProcess, require

SETTINGS = {
    "SCHEDULER": "scrapy_redis.scheduler.Scheduler",
    "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
    "SCHEDULER_PERSIST": "True",
    "SCHEDULER_IDLE_BEFORE_CLOSE": "3",
}
AT_ONCE = 16


class Redis(ServerProcess):
    def __init__(self) -> None:
        self.program = require("redis-server", "redis-server")
        super().__init__()

    def command(self) -> list[str]:
        where = ["--bind", "127.0.0.1", "--port", str(self.port)]
        return [self.program, *where, "--save", "", "--appendonly", "no"]


def start(folder: Path, redis: Redis) -> subprocess.Popen[bytes]:
    folder.mkdir()
    settings = SETTINGS | {
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        "CONCURRENT_REQUESTS": str(AT_ONCE),
        "CONCURRENT_REQUESTS_PER_DOMAIN": str(AT_ONCE),
        "AUTOTHROTTLE_ENABLED": "0",
        "RETRY_TIMES": "0",
    }
    command = (sys.executable, "-m", "scrapy", "crawl", "images", "-aurls=../urls.txt")
    options = [f"-s{name}={value}" for name, value in settings.items()]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    env = {"PYTHONPATH": path, "SCRAPY_SETTINGS_MODULE": "imgprint.settings"}
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [*command, *options],
            cwd=folder,
            env=os.environ | env,
            stdout=log,
            stderr=log,
        )


def recorded(folder: Path) -> list[str]:
    lines = [f.read_text() for f in folder.glob("*/data/*.jsonl")]
    return [record["url"] for text in lines for record in jsonl(text)]


def run(folder: Path, images: int, number: int) -> tuple[int, int, int, int]:
    """Return images recorded, lost, doubled, and lost after a third process."""
    files = {
        f"/{i}.jpg": ("image/jpeg", jpeg(i % 16, (220, 200))) for i in range(images)
    }
    with Redis() as redis, GallerySite() as site:
        site.files = counted = CountedFiles(files, 0.3)
        urls = {f"{site.url}{path}" for path in files}
        (folder / "urls.txt").write_text("\n".join(sorted(urls)))
        first, second = start(folder / "1", redis), start(folder / "2", redis)
        both = ("1", "2")
        while not all([*folder.glob(f"{name}/data/*.jsonl")] for name in both):
            time.sleep(0.01)
        goal = counted.images().total() + 60 + 40 * number
        while counted.images().total() < goal:
            time.sleep(0.01)
        first.kill()
        first.wait()
        second.wait()
        found = Counter(recorded(folder))
        start(folder / "3", redis).wait()
        left = len(urls - set(recorded(folder)))
    return len(found), len(urls - found.keys()), found.total() - len(found), left


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=480)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(f"{options.images} images, {AT_ONCE} requests at a time in each process")
    print("run  recorded  lost  doubled  lost after a third process")
    for number in range(options.runs):
        with tempfile.TemporaryDirectory() as name:
            numbers = run(Path(name), options.images, number)
        print("{:>3}{:>10}{:>6}{:>9}{:>28}".format(number + 1, *numbers), flush=True)


if __name__ == "__main__":
    main()
