"""The other side of imgprint.reading.document: large documents are read in a process.

Whatever a page makes lxml or a regular expression do, the crawl's own thread does
not wait for it; and a process can be ended at any time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy import signals

from imgprint import config
from imgprint.discovery.candidate import Candidate
from imgprint.discovery.documents.linked import Linked
from imgprint.discovery.html.refresh import Refresh
from imgprint.reading.document import Document, Task, pack

if TYPE_CHECKING:
    from collections import Counter

    from scrapy.crawler import Crawler
    from scrapy.http import HtmlResponse

logger = logging.getLogger(__name__)

LARGE = 131_072
"""Bytes from which on a document is read by the process. Smaller ones take less
than 0.2 s, whatever is in them."""

_FIELDS = ("Link", "X-Robots-Tag", "Onion-Location", "Refresh")
_POLL_SECONDS = 0.1
# One line is one batch, and a batch may be one data: URI of a whole page.
_MAX_LINE = 64 * 1024 * 1024


class ReadingInterrupted(Exception):
    """The crawl is being stopped: the document was not read."""


class Reader:
    """Read large documents, one at a time, in a process that starts with the first.

    Images that are found before IMGPRINT_READ_TIMEOUT is over count.

    Stats: ``imgprint/page/large``, documents that were read so;
    ``imgprint/page/given_up``, those that took too long or too much memory.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.timeout = config.READ_TIMEOUT.read(crawler.settings)
        self._turn = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        crawler.signals.connect(self.close, signals.engine_stopped)

    async def read(self, task: Task, skipped: Counter[str]) -> Document | None:
        """Do as imgprint.reading.document.read does. Raise ReadingInterrupted.

        ``unread`` of the document says so if it was given up.
        """
        async with self._turn:
            self._check_running()
            self._count("page/large")
            document = Document("")
            asking = asyncio.ensure_future(self._ask(task, document, skipped))
            try:
                reason = await self._watch(asking)
            finally:
                if not asking.done():
                    asking.cancel()
                    self.close()
            if reason:
                self.close()
                self._count("page/given_up")
                document.unread = f"not all of it was read: {reason}"
                document.kind = document.kind or task.kind
            return document if document.kind else None

    def _check_running(self) -> None:
        if not self.crawler.engine.running:
            raise ReadingInterrupted

    async def _watch(self, asking: asyncio.Future[str]) -> str:
        """Wait for *asking*; return why it did not come to its end, or ""."""
        end = monotonic() + self.timeout
        while True:
            done, _ = await asyncio.wait([asking], timeout=_POLL_SECONDS)
            if done:
                break
            self._check_running()
            if monotonic() > end:
                return f"it took longer than {self.timeout:g} seconds"
        try:
            return asking.result()
        except (OSError, EOFError, ValueError) as error:
            return f"the process that read it ended ({type(error).__name__})"

    async def _ask(self, task: Task, document: Document, skipped: Counter[str]) -> str:
        """Have *task* done, and add to *document* what comes of it, as it comes."""
        reader, writer = self._streams or await self._start()
        for data in pack(task):
            writer.write(data)
            await writer.drain()
        candidates: list[Candidate] = []
        links: list[str] = []
        document.candidates, document.links = candidates, links
        failure = ""
        while True:
            name, value = json.loads(await _line(reader))
            if name == "end":
                return failure
            if name == "about":
                _describe(document, value)
            elif name == "candidates":
                candidates += [Candidate(*fields) for fields in value]
            elif name == "links":
                links += value
            elif name == "lists":
                document.lists += value
            elif name == "skipped":
                for scheme, count in value.items():
                    skipped[scheme] += count
            elif name == "failed":
                failure = value
                self._count("error/unexpected")
                logger.error("%s: reading it failed: %s", task.url[:300], value)

    async def _start(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        here, there = socket.socketpair()
        with there:
            self._process = _start_process(there)
        here.setblocking(False)
        self._streams = await asyncio.open_connection(sock=here, limit=_MAX_LINE)
        return self._streams

    def _count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"imgprint/{name}")

    def close(self) -> None:
        """End the process, whatever it does. The next document gets another."""
        if self._streams:
            self._streams[1].close()
            self._streams = None
        if self._process:
            with suppress(OSError):
                self._process.kill()
            self._process.wait()
            self._process = None


def _start_process(connection: socket.socket) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, sys.path))
    # In a session of its own: Ctrl-C in a terminal is for the crawl.
    return subprocess.Popen(
        [sys.executable, "-m", "imgprint.reading.document"],
        stdin=connection.fileno(),
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )


def _describe(document: Document, about: dict[str, Any]) -> None:
    document.kind = about["kind"]
    document.linked = [Linked(*fields) for fields in about["linked"]]
    document.robots = frozenset(about["robots"])
    document.onion = about["onion"]
    refresh = about["refresh"]
    document.refresh = Refresh(*refresh) if refresh else None
    document.unread = about["unread"]


def page_task(kind: str, response: HtmlResponse) -> Task:
    """Return the task to read the page *response*."""
    fields = [
        (name, value.decode("latin-1"))
        for name in _FIELDS
        for value in response.headers.getlist(name)
    ]
    return Task(kind, response.url, response.body, response.encoding, fields)


async def _line(reader: asyncio.StreamReader) -> bytes:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line
