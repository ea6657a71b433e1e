"""A crawl that lives as long as its worker: ``python -m imgprint.machines.leash``.

The worker holds the other end of standard input. While the queue's database says
that the shard is the worker's, it writes there now and then. If it dies, or has
lost the shard, nothing comes any more, and the crawl kills itself before another
worker may begin with the shard. What was found is in the job's journal.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from threading import Thread


def hold(seconds: float) -> None:
    """Kill this process and its children when nothing came for *seconds*."""
    while select.select([0], [], [], seconds)[0] and os.read(0, 4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> None:
    """Run ``scrapy`` on a leash: the arguments are its seconds, and scrapy's."""
    seconds, *arguments = sys.argv[1:]
    Thread(target=hold, args=(float(seconds),), daemon=True).start()
    from scrapy.cmdline import execute

    execute(["scrapy", *arguments])


if __name__ == "__main__":
    main()
