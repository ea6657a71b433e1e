"""One shard's crawl: a ``scrapy crawl images`` of its own, on a leash."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from typing import TYPE_CHECKING

from imgprint.jobs.request_log import make_private

if TYPE_CHECKING:
    from pathlib import Path

    from imgprint.cluster.fork_server import Forked, ForkServer
    from imgprint.cluster.shards import Shard

GRACE = 60
"""Seconds that a crawl may take to stop before it is killed; nothing is lost."""


class Crawl:
    """The crawl of *shard* in *folder*, its job directory, forked by *forks*.

    What an earlier crawl left in *folder* is not fetched again. *leash* is how
    many seconds it lives without ``renew``. *settings* (NAME=VALUE) are this
    machine's and win over the shard's.
    """

    def __init__(
        self,
        shard: Shard,
        folder: Path,
        forks: ForkServer,
        leash: float,
        settings: list[str],
    ):
        self.shard = shard
        self.forks = forks
        self.folder = folder.absolute()
        self.leash = leash
        self.settings = settings
        self._process: Forked | None = None
        self._stopped = False

    async def run(self) -> int:
        """Return the exit code, negative for a signal. Raise OSError, forks.Gone."""
        make_private(self.folder)
        lines = "".join(f"{line}\n" for line in self.shard.lines)
        (self.folder / "urls.txt").write_text(lines, encoding="utf-8")
        with (self.folder / "log.txt").open("ab") as log:
            self._process = await self.forks.crawl(
                self.arguments(), self.leash, log.fileno()
            )
        if self._stopped:
            self._signal(signal.SIGTERM)
        return await self._process.wait()

    def arguments(self) -> list[str]:
        """Return scrapy's arguments."""
        shard = self.shard
        items = {"ImageRecord": shard.records, "Sighting": shard.sightings}
        feeds = {
            # Per cent signs are placeholders there.
            uri.replace("%", "%%"): {
                "format": "jsonl",
                "overwrite": True,
                "item_classes": [f"imgprint.items.{name}"],
            }
            for name, uri in items.items()
        }
        own = [
            f"JOBDIR={self.folder}",
            f"FEEDS={json.dumps(feeds)}",
            "IMGPRINT_SIGHTINGS=",
        ]
        arguments = ["crawl", "images", f"-aurls={self.folder / 'urls.txt'}"]
        arguments += [f"-a{name}={value}" for name, value in shard.arguments.items()]
        arguments += [f"-s{pair}" for pair in (*shard.settings, *self.settings, *own)]
        return arguments

    def renew(self) -> None:
        """Let the crawl live on."""
        if self._process:
            self._process.renew()

    def stop(self) -> None:
        """Let the crawl end what is under way, and save what it has."""
        self._stopped = True
        self._signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(GRACE, self.kill)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._process:
            self._process.signal(number)

    def reason(self, code: int) -> str:
        """Return why a crawl ended with *code*: its last sentence."""
        with (self.folder / "log.txt").open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - 10_000))
            text = log.read().decode("utf-8", "replace")
        said = [line for line in text.splitlines() if line.strip()] or ["nothing"]
        last = said[-1].removeprefix("imgprint: ").strip()[:500]
        if code < 0:
            return f"killed by signal {-code}; the last it said: {last}"
        return last

    def clean(self) -> None:
        """Remove the folder: the shard is done."""
        shutil.rmtree(self.folder, ignore_errors=True)
