"""``scrapy worker``: crawl what is in the queue."""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.utils.log import configure_logging

from imgprint import config
from imgprint.cluster.fork_server import ForkServer
from imgprint.commands.crawl import complain
from imgprint.commands.enqueue import crawl_settings, open_queue
from imgprint.errors import InputError
from imgprint.extensions import log_filters as logs
from imgprint.setting_check import prepare_settings

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Crawl what scrapy enqueue put into the queue, several sites at a time"

    def long_desc(self) -> str:
        return (
            "Run a crawl per shard of the queue (IMGPRINT_QUEUE), on as many machines "
            "as have a worker. Ctrl-C and SIGTERM let the crawls stop and hand their "
            "shards back; those of a worker that dies go to others. -s settings are "
            "those of the crawls on this machine."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--processes",
            type=int,
            default=len(os.sched_getaffinity(0)),
            metavar="N",
            help="crawls at a time (default: one per core)",
        )
        parser.add_argument(
            "--attempts",
            type=int,
            default=3,
            metavar="N",
            help="how often a shard's crawl may fail (default: 3)",
        )
        parser.add_argument(
            "--until-empty",
            action="store_true",
            help="end when no shard waits or runs any more, here or elsewhere",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            if args or min(opts.processes, opts.attempts) < 1:
                raise InputError("give --processes and --attempts of 1 or more")
            prepare_settings(self.settings)
            timeout = config.QUEUE_TIMEOUT.read(self.settings)
            with closing(ForkServer()) as forks:  # before what a fork must not have
                queue = open_queue(self.settings)
                queue.set_up()
                queue.close()
                self._work(forks, timeout, opts)
        except InputError as error:
            complain(str(error))
            self.exitcode = 2

    def _work(
        self, forks: ForkServer, timeout: float, opts: argparse.Namespace
    ) -> None:
        from imgprint.cluster.worker import Worker

        assert self.settings is not None
        configure_logging(self.settings)
        logs.install(self.settings.get("LOG_LEVEL"))
        logs.hide_secrets(self.settings)
        worker = Worker(
            config.QUEUE.read(self.settings) or "",
            forks,
            processes=opts.processes,
            timeout=timeout,
            attempts=opts.attempts,
            settings=crawl_settings(opts.set),
            until_empty=opts.until_empty,
        )
        asyncio.run(worker.run())
        print(f"{worker.done} shards done, {worker.failed} failed")
        if worker.failed:
            complain("'scrapy jobs' says why shards failed, and puts them back")
            self.exitcode = 1
