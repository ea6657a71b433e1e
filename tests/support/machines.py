"""Workers as processes of their own, and sites that take down who asks for what."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from imgprint.demo.gallery_server import GallerySite, _Handler
from tests.support.crawling import ROOT, jsonl, scrapy
from tests.support.pictures import jpeg

MODULE = "tests.support.machine_settings"
SHARED = 3
"""Images on a host of their own, which all sites show."""


@dataclass(frozen=True)
class Asked:
    at: float
    site: str
    path: str
    process: int


class Web(ExitStack):
    """Sites, each with a page of images and the shared ones, and their log."""

    def __init__(self, sites, images=20, delay=0.1):
        super().__init__()
        self.log: list[Asked] = []
        self.delay = delay
        files = {f"/{i}.jpg": ("image/jpeg", jpeg(i, (220, 200))) for i in range(8)}
        shared = self._site(100, {f"/s{i}.jpg": files["/0.jpg"] for i in range(SHARED)})
        page = "".join(f"<img src=/{i}.jpg>" for i in range(images))
        page += "".join(f"<img src={shared.url}/s{i}.jpg>" for i in range(SHARED))
        files = {f"/{i}.jpg": files[f"/{i % 8}.jpg"] for i in range(images)}
        files["/"] = ("text/html", page.encode())
        self.sites = [self._site(number, files) for number in range(1, sites + 1)]
        self.lines = [f"{site.url}/" for site in self.sites]
        self.images = {f"{s.url}/{i}.jpg" for s in self.sites for i in range(images)}
        self.images |= {f"{shared.url}/s{i}.jpg" for i in range(SHARED)}

    def _site(self, number, files):
        address = f"127.0.0.{number}"
        site = self.enter_context(GallerySite(files, address, address))
        web = self

        class Handler(_Handler):
            def do_GET(self):
                who = int(self.headers["User-Agent"])
                web.log.append(Asked(time.monotonic(), site.url, self.path, who))
                if self.path.endswith(".jpg"):
                    time.sleep(web.delay)
                super().do_GET()

        site._server.RequestHandlerClass = Handler
        return site

    def asked(self):
        """How often each image of a site was asked for."""
        own = {site.url for site in self.sites}
        asked = [a for a in self.log if a.site in own and a.path.endswith(".jpg")]
        return Counter(a.site + a.path for a in asked)

    def overlaps(self):
        """The sites that a process asked before another one was through with them."""
        spans = defaultdict(dict)
        own = {site.url for site in self.sites}
        for asked in self.log:
            if asked.site in own:
                first, _ = spans[asked.site].get(asked.process, (asked.at, 0))
                spans[asked.site][asked.process] = first, asked.at
        found = []
        for site, processes in spans.items():
            ordered = sorted(processes.values())
            pairs = pairwise(ordered)
            found += [site for (_, end), (begin, _) in pairs if begin <= end]
        return found


class Machine:
    """A folder with a worker in it."""

    def __init__(self, folder, env, timeout=12):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.env = env
        self.options = [f"-sIMGPRINT_QUEUE_TIMEOUT={timeout}"]
        self.process = None

    def run(self, *args):
        return scrapy(*args, cwd=self.folder, env=self.env, module=MODULE)

    def enqueue(self, lines, *options):
        (self.folder / "urls.txt").write_text("\n".join(lines))
        allowed = "-sIMGPRINT_ALLOWED_NETWORKS=127.0.0.0/8"
        return self.run("enqueue", "urls.txt", allowed, *options)

    def work(self, *options):
        environment = {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": MODULE}
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scrapy", "worker", *self.options, *options],
                cwd=self.folder,
                env=os.environ | environment | self.env,
                stdout=log,
                stderr=log,
            )
        return self

    def forks(self):
        """The process that the worker's crawls are forked from."""
        (pid,) = children(self.process.pid)
        return pid

    def crawls(self):
        """The processes of the worker's crawls."""
        return [pid for forks in children(self.process.pid) for pid in children(forks)]

    def wait(self, timeout=120):
        return self.process.wait(timeout)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    @property
    def log(self):
        return (self.folder / "log.txt").read_text()


def until(condition, seconds=60):
    """Wait for *condition* to be true, and return what it is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def children(pid):
    """The processes that the main thread of *pid* has started."""
    with suppress(OSError):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(pid) for pid in found.split()]
    return []


def alive(pid):
    """Whether a process runs; one that only waits for its parent does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def records(folder):
    return [
        r for f in sorted(Path(folder).glob("*.jsonl")) for r in jsonl(f.read_text())
    ]
