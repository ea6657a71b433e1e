"""Crawls forked from a process that has imported what a crawl needs.

``scrapy crawl`` takes most of a second of CPU to import all that; a fork has it.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from scrapy.settings import default_settings
from scrapy.utils.misc import load_object

from imgprint.cluster import watchdog as leash

if TYPE_CHECKING:
    from asyncio import StreamReader
    from typing import NoReturn

PRELOADED = (
    "aiohttp",
    "imgprint.addon",
    "imgprint.spiders.images",
    "scrapy.core.engine",
    "scrapy.squeues",
    "uvloop",
)
"""What crawls import, besides what this process has, and COMPONENTS."""
COMPONENTS = (
    default_settings.DOWNLOADER_MIDDLEWARES_BASE,
    default_settings.EXTENSIONS_BASE,
    default_settings.SPIDER_MIDDLEWARES_BASE,
)
MAX_REQUEST = 1 << 20


class Gone(Exception):
    """The process that forks the crawls has died."""


class ForkServer:
    """A copy of this process that forks a crawl whenever it is asked to.

    Make it before the first thread, connection and event loop, which it would
    have, too. It ends with this process, or by ``close``. Raise OSError.
    """

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET
        )
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # so that looking for garbage copies no page of memory
        self._pid = os.fork()
        if self._pid == 0:
            self._requests.close()
            _Server(theirs).serve()
        theirs.close()

    def close(self) -> None:
        """End it; crawls live on for as long as their leashes are."""
        self._requests.close()
        os.waitpid(self._pid, 0)

    async def crawl(self, arguments: list[str], seconds: float, log: int) -> Forked:
        """Run ``scrapy`` with *arguments*, on a leash of *seconds*.

        What it says goes to the file descriptor *log*. Raise Gone, OSError.
        """
        begin, renewed = os.pipe()
        status, told = os.pipe()
        try:
            request = json.dumps([seconds, *arguments]).encode()
            socket.send_fds(self._requests, [request], [begin, log, told])
        except OSError as error:
            os.close(renewed)
            os.close(status)
            if error.errno in (errno.EPIPE, errno.ECONNRESET):
                raise Gone from error
            raise
        finally:
            os.close(begin)
            os.close(told)
        os.set_blocking(renewed, False)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(status, "rb", 0)
        )
        pid = await _number(reader)
        if pid < 0:
            os.close(renewed)
            raise OSError(-pid, os.strerror(-pid))
        return Forked(pid, renewed, reader)


@dataclass
class Forked:
    """A crawl under way: a process that leads a group of its own."""

    pid: int
    _leash: int
    _status: StreamReader
    over: bool = False

    def renew(self) -> None:
        """Let it live on for as long as its leash is."""
        if not self.over:
            with suppress(OSError):
                os.write(self._leash, b".")

    def signal(self, number: int) -> None:
        """Send a signal to it and its children."""
        if not self.over:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def wait(self) -> int:
        """Return its exit code, negative for a signal. Raise Gone."""
        code = await _number(self._status)
        self.over = True
        os.close(self._leash)
        return code


async def _number(reader: StreamReader) -> int:
    line = await reader.readline()
    if not line:
        raise Gone
    return int(line)


class _Server:
    """Fork crawls until the other end of *requests* is closed.

    Each request comes with three file descriptors: the end of the leash, the
    log, and where to say the number of the crawl's process, then how it ended.
    """

    def __init__(self, requests: socket.socket):
        self.requests = requests
        self.crawls: dict[int, tuple[int, int]] = {}
        """By what is closed when it ends: the process, and where to say that."""

    def serve(self) -> NoReturn:
        # Ctrl-C and the like are for the worker.
        self._handlers = {
            number: signal.signal(number, signal.SIG_IGN)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        for name in PRELOADED:
            import_module(name)
        for component in chain.from_iterable(COMPONENTS):
            load_object(component)
        gc.freeze()
        while True:
            requests = self.requests.fileno()
            ready = select.select([requests, *self.crawls], [], [])[0]
            for end in self.crawls.keys() & set(ready):
                self._ended(end)
            if requests in ready:
                text, files, _, _ = socket.recv_fds(self.requests, MAX_REQUEST, 3)
                if not text:
                    os._exit(0)
                self._fork(text, *files)

    def _ended(self, end: int) -> None:
        pid, told = self.crawls.pop(end)
        os.close(end)
        _tell(told, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os.close(told)

    def _fork(self, text: bytes, begin: int, log: int, told: int) -> None:
        end, held = os.pipe()  # the crawl holds the one as long as it lives
        try:
            pid = os.fork()
        except OSError as error:
            _tell(told, -(error.errno or errno.EAGAIN))
            for file in (end, told):
                os.close(file)
        else:
            if pid == 0:
                os.close(end)
                self._crawl(text, begin, log, told)
            self.crawls[end] = pid, told
        for file in (held, begin, log):
            os.close(file)

    def _crawl(self, text: bytes, begin: int, log: int, told: int) -> NoReturn:
        """Be as a process that was started by itself."""
        os.setsid()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        null = os.open(os.devnull, os.O_WRONLY)
        for standard, file in enumerate((begin, null, log)):
            os.dup2(file, standard)
        _tell(told, os.getpid())
        self.requests.close()
        others = [
            file for end, (_, told) in self.crawls.items() for file in (end, told)
        ]
        for file in (begin, null, log, told, *others):
            os.close(file)
        # They may have changed, or depend on the process.
        sys.modules.pop(os.environ.get("SCRAPY_SETTINGS_MODULE", ""), None)
        seconds, *arguments = json.loads(text)
        leash.scrapy(seconds, arguments)


def _tell(file: int, number: int) -> None:
    with suppress(BrokenPipeError):
        os.write(file, b"%d\n" % number)
