"""``scrapy enqueue``: put a list of URLs into the queue of the workers."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.conf import arglist_to_dict

from imgprint import config
from imgprint.cluster.shards import Shard, cut
from imgprint.commands.crawl import add_spider_arguments, complain
from imgprint.discovery.urls.sites import site_of
from imgprint.errors import InputError
from imgprint.fetch.resolving import check_lookups
from imgprint.setting_check import prepare_settings
from imgprint.spiders.seeds import list_url, read_seeds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from scrapy.settings import BaseSettings

    from imgprint.cluster.queue import Queue

OUTPUT = "data/shards"
INSTALL = (
    "the queue needs procrastinate: pip install 'procrastinate==3.10.*' "
    "'psycopg[binary]==3.*'"
)
# Of the queue, not of crawls; the address may hold a password.
OWN = (config.QUEUE.name,)
SHOWN = 5


def open_queue(settings: BaseSettings) -> Queue:
    """Return the queue of IMGPRINT_QUEUE. Raise InputError."""
    try:
        from imgprint.cluster.queue import Queue
    except ImportError as error:
        raise InputError(INSTALL) from error
    check_lookups(settings)
    return Queue(config.QUEUE.read(settings) or "")


def crawl_settings(pairs: list[str]) -> list[str]:
    """Return the settings (NAME=VALUE) of *pairs* that are the crawls'."""
    return [pair for pair in pairs if not pair.startswith(OWN)]


class Command(ScrapyCommand):
    """Cut a list into shards by site, and put them into the queue."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] urls.txt"

    def short_desc(self) -> str:
        return "Put a list of URLs into the queue of the workers (scrapy worker)"

    def long_desc(self) -> str:
        return (
            "Cut urls.txt by site and put the parts into a queue in PostgreSQL "
            "(IMGPRINT_QUEUE), whose tables are made if they are not there. No two "
            "processes ever crawl one site at a time. What waits already is not "
            "added again. -s settings are those of the crawls."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_spider_arguments(parser, "depth=1")
        parser.add_argument(
            "--output",
            default=OUTPUT,
            metavar="DIR",
            help="directory that all machines share, or s3://bucket/prefix "
            f"(default: {OUTPUT})",
        )
        parser.add_argument(
            "--every",
            metavar="CRON",
            help="crawl at these times (UTC), such as '0 3 * * *', each time into a "
            "directory of its own; not now",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("give one file of URLs")
        gc.freeze()  # what is imported is no garbage
        try:
            new, old = self._enqueue(args[0], opts)
        except InputError as error:
            complain(str(error))
            self.exitcode = 2
            return
        kind = "timers" if opts.every else "shards"
        print(f"{len(self.sites)} sites: {new} {kind} put into the queue", end="")
        print(f", {old} were there already" if old else "")

    def _enqueue(self, urls: str, opts: argparse.Namespace) -> tuple[int, int]:
        assert self.settings is not None
        prepare_settings(self.settings)
        work = Shard(
            output(opts.output), self._arguments(urls, opts), crawl_settings(opts.set)
        )
        buckets = config.QUEUE_BUCKETS.read(self.settings)
        queue = open_queue(self.settings)
        try:
            queue.set_up()
            shards = cut(self._lines(urls), work, buckets)
            if opts.every:
                return queue.put_timers(shards, opts.every)
            return queue.put(shards, buckets)
        finally:
            queue.close()

    def _arguments(self, urls: str, opts: argparse.Namespace) -> dict[str, str]:
        """Return the spider's arguments. Raise InputError if they are none."""
        assert self.settings is not None
        try:
            arguments: dict[str, str] = arglist_to_dict(opts.spargs)
        except ValueError as error:
            raise InputError("give arguments of the spider as -a NAME=VALUE") from error
        if taken := {"urls", "url", "job"} & arguments.keys():
            raise InputError(f"-a {min(taken)}: the list is urls.txt, jobs are shards")
        if list_url(urls):
            raise InputError(f"{urls}: fetch the list into a file, and give that")
        spider: Any = get_spider_loader(self.settings).load("images")
        spider.check_arguments(urls=urls, **arguments)
        return arguments

    def _lines(self, urls: str) -> Iterator[tuple[str, str]]:
        """Yield site and line of each URL; say which lines are none."""
        self.sites: set[str] = set()
        bad = 0
        for seed in read_seeds(urls, None):
            site = site_of(seed.url) if not seed.error else None
            if site:
                self.sites.add(site)
                yield site, seed.url + (f" render={seed.render}" if seed.render else "")
                continue
            bad += 1
            if bad <= SHOWN:
                reason = seed.error or "files are of one machine: scrapy crawl images"
                complain(f"left out: {seed.where}: {reason}")
        if bad > SHOWN:
            complain(f"left out: {bad - SHOWN} lines more")
        if not self.sites:
            raise InputError(f"{urls} holds no URL: write one per line")


def output(given: str) -> str:
    """Return a directory as an absolute path; what has a scheme as it is."""
    return given.rstrip("/") if "://" in given else str(Path(given).absolute())
