"""One shard's crawl: a ``scrapy crawl images`` of its own, on a leash."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import imgprint

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from imgprint.machines.shards import Shard

GRACE = 60
"""Seconds that a crawl may take to stop before it is killed; nothing is lost."""


class Crawl:
    """The crawl of *shard* in *folder*, its job directory.

    What an earlier crawl left in *folder* is not fetched again. *leash* is how
    many seconds it lives without ``renew``. *settings* (NAME=VALUE) are this
    machine's and win over the shard's.
    """

    def __init__(self, shard: Shard, folder: Path, leash: float, settings: list[str]):
        self.shard = shard
        self.folder = folder.absolute()
        self.leash = leash
        self.settings = settings
        self._process: Process | None = None
        self._stopped = False

    async def run(self) -> int:
        """Return the exit code, negative for a signal. Raise OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{line}\n" for line in self.shard.lines)
        (self.folder / "urls.txt").write_text(lines, encoding="utf-8")
        root = str(Path(imgprint.__file__).parent.parent)
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        with (self.folder / "log.txt").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "imgprint.machines.leash", str(self.leash)),
                *self.arguments(),
                env=os.environ | {"PYTHONPATH": path},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the worker
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
        if self._process and self._process.stdin:
            with suppress(OSError):
                self._process.stdin.write(b".")

    def stop(self) -> None:
        """Let the crawl end what is under way, and save what it has."""
        self._stopped = True
        self._signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(GRACE, self.kill)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

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
