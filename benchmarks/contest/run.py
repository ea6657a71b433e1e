"""Runs of contenders: measured, checked, and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contest import measure
from benchmarks.contest.contenders.base import ROOT, Job
from benchmarks.contest.link import PLAIN, SHAPED
from benchmarks.contest.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.contest.contenders.base import Contender, Found
    from benchmarks.contest.gallery import Gallery
    from benchmarks.contest.link import Relay
    from benchmarks.contest.server import Server

TIMEOUT = 1800
MAX_FAULTS = 3


class Runner:
    """Run contenders against *server*, by way of *relay* if there is one."""

    def __init__(self, server: Server, relay: Relay | None = None):
        self.gallery = server.gallery
        self.server = server
        self.relay = relay
        self.link = SHAPED if relay else PLAIN
        self.port = relay.port if relay else server.port
        self.commit = commit()

    def result(self, contender: Contender, images: int) -> Result:
        """Run *contender* without images, then with *images*; return what it took."""
        empty, _, _ = self._run(contender, 0)
        self.server.served()
        before = self.server.cpu()
        passed = self.relay.passed() if self.relay else 0
        usage, found, faults = self._run(contender, images)
        served = self.server.served()
        return Result(
            contender=contender.name,
            link=self.link,
            images=images,
            wall=usage.wall,
            cpu=usage.cpu,
            peak=usage.peak,
            start_wall=empty.wall,
            start_cpu=empty.cpu,
            requests=served.requests,
            image_requests=served.image_requests,
            sent=served.sent,
            image_sent=served.image_sent,
            server_cpu=self.server.cpu() - before,
            passed=self.relay.passed() - passed if self.relay else None,
            found=found,
            faults=faults,
            commit=self.commit,
            at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def _run(
        self, contender: Contender, images: int
    ) -> tuple[measure.Usage, int, list[str]]:
        with tempfile.TemporaryDirectory(prefix="imgprint-contest-") as name:
            folder = Path(name)
            job = Job(folder, folder / "pages.txt", folder / "images.txt")
            urls = self.gallery.image_urls(images, self.port)
            pages = self.gallery.page_urls(images, self.port)
            job.pages.write_text("\n".join(pages) + "\n")
            job.images.write_text("".join(f"{url}\n" for url in urls))
            with contender.serving(job) as more:
                env = contender.env() | more
                os.sync()  # what the one before wrote is no load of this one
                usage = measure.run(contender.command(job), folder, env, TIMEOUT)
            if not images:
                return usage, 0, []
            if usage.code:
                number, faults = 0, [f"exit code {usage.code}"]
            else:
                number, faults = check(self.gallery, urls, contender.found(job))
            if faults:
                kept = Path(tempfile.gettempdir(), "imgprint-contest-failed.txt")
                shutil.copy(folder / "output.txt", kept)
                faults.append(f"its output is in {kept}")
            return usage, number, faults


def commit() -> str:
    """Return which commit of imgprint this is; "" outside of a repository."""
    answers = [
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        for words in (("rev-parse", "--short", "HEAD"), ("diff", "--quiet", "HEAD"))
        if shutil.which("git")
    ]
    if not answers or answers[0].returncode:
        return ""
    return answers[0].stdout.strip() + ("+" if answers[1].returncode else "")


def check(
    gallery: Gallery, urls: list[str], found: Iterable[Found]
) -> tuple[int, list[str]]:
    """Return how many images were found, and what is wrong with what was."""
    wanted, seen, faults = set(urls), set(), []
    for one in found:
        if one.url not in wanted or one.url in seen:
            faults.append(f"{one.url}: not asked for, or found twice")
            continue
        seen.add(one.url)
        truth = asdict(gallery.truth(one.url))
        faults += [
            f"{one.url}: {name} is {value}, not {truth[name]}"
            for name, value in one.claims.items()
            if value != truth[name]
        ]
        if one.exif is not None:
            faults += [
                f"{one.url}: {name} is {one.exif.get(name)}, not {value}"
                for name, value in truth["exif"].items()
                if str(one.exif.get(name)) != value
            ]
    if len(seen) != len(wanted):
        faults.insert(0, f"{len(seen)} of {len(wanted)} images found")
    return len(seen), faults[:MAX_FAULTS]
