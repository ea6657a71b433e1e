"""A crawl that lives as long as its worker.

The worker holds the other end of standard input. While the queue's database says
that the shard is the worker's, it writes there now and then. If it dies, or has
lost the shard, nothing comes any more, and the crawl kills itself before another
worker may begin with the shard. What was found is in the job's journal.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import sys
from threading import Thread
from typing import TYPE_CHECKING

from scrapy.cmdline import execute

if TYPE_CHECKING:
    from typing import NoReturn


def hold(seconds: float) -> None:
    """Kill this process and its children when nothing came for *seconds*."""
    while select.select([0], [], [], seconds)[0] and os.read(0, 4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def scrapy(seconds: float, arguments: list[str]) -> NoReturn:
    """Run ``scrapy`` with *arguments* on a leash of *seconds*, and exit as it does.

    The interpreter is not taken apart: of a fork, whose memory is another's until it
    writes there, that takes three times as long as a crawl of nothing.
    """
    Thread(target=hold, args=(seconds,), daemon=True).start()
    try:
        execute(["scrapy", *arguments])
    except SystemExit as end:
        if isinstance(end.code, str):  # it says why
            raise
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code or 0)
    raise AssertionError  # scrapy's last word is an exit
