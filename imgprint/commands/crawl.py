"""``scrapy crawl``, with its input checked before anything is fetched."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from scrapy.commands import crawl
from scrapy.spiderloader import get_spider_loader

from imgprint import config
from imgprint.commands._check_settings import check_settings
from imgprint.errors import InputError
from imgprint.extensions.evidence import EvidenceLog
from imgprint.extensions.log_filters import hide_secrets, readable
from imgprint.extensions.progress import Progress
from imgprint.feeds.feed_targets import (
    check_formats,
    check_names,
    check_schemes,
    check_targets,
)
from imgprint.jobs.feed_exporter import FeedExporter
from imgprint.jobs.folder import job_folder
from imgprint.jobs.journal_pipeline import JournalPipeline, check_job
from imgprint.report.audit import printable

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from imgprint.feeds.input_files import LeftOut

logger = logging.getLogger(__name__)

MOST = 4_000
"""Characters of a sentence that are shown."""


def add_spider_arguments(parser: argparse.ArgumentParser, example: str) -> None:
    """Add ``-a NAME=VALUE`` as ``scrapy crawl`` has it, as ``spargs``."""
    parser.add_argument(
        "-a",
        dest="spargs",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"argument of the spider, such as {example}",
    )


def check_input(settings: BaseSettings, name: str, arguments: dict[str, str]) -> None:
    """Raise InputError if the spider *name* can't crawl, or its feeds be written."""
    loader = get_spider_loader(settings)
    if name not in loader.list():
        raise InputError(f"no spider {name!r}; there is: {', '.join(loader.list())}")
    if check := getattr(loader.load(name), "check_arguments", None):
        check(**arguments)
    check_settings(settings)
    job, own = arguments.get("job"), set[str]()
    if folder := settings.get("JOBDIR") or (job and job_folder(job)):
        own = check_job(Path(folder))
    check_schemes(map(str, settings.getdict("FEEDS")), settings)
    check_formats(settings.getdict("FEEDS"), own)
    sightings = config.SIGHTINGS.read(settings)
    feeds = [*settings.getdict("FEEDS"), *([sightings] if sightings else [])]
    if not settings.get("FEED_URI_PARAMS"):
        check_names(map(str, feeds), loader.load(name), arguments)
    check_targets(feeds)


def exit_code(crawler: Crawler) -> int:
    """Return 1 if the crawl failed, a list was not read or a feed not stored, else 0.

    Say which, in a sentence each.
    """
    stats: dict[str, Any] = crawler.stats.get_stats() if crawler.stats else {}
    failures: list[str] = []
    if crawler.extensions:
        exporter = crawler.get_extension(FeedExporter)
        if exporter:
            failures += exporter.failures
        elif crawler.settings.getdict("FEEDS"):
            failures.append("no feed was written: see the log above")
        evidence = crawler.get_extension(EvidenceLog)
        failures += [evidence.failure] if evidence and evidence.failure else []
    if crawler.engine and (job := crawler.get_item_pipeline(JournalPipeline)):
        failures += [job.failure] if job.failure else []
    failures += getattr(crawler.spider, "failures", [])
    for failure in failures:
        complain(failure)
    return int(bool(failures) or stats.get("finish_reason") != "finished")


def _summary_file(settings: BaseSettings) -> TextIO:
    """Return standard output, or standard error where a feed goes there."""
    feeds = settings.getdict("FEEDS")
    taken = any(str(uri) == "-" or str(uri).startswith("stdout:") for uri in feeds)
    return sys.stderr if taken else sys.stdout


def complain(sentence: str) -> None:
    """Print *sentence*, without secrets, on one line of standard error."""
    print(f"imgprint: {printable(readable(sentence), MOST)}", file=sys.stderr)


def complain_of(left_out: LeftOut) -> int:
    """Say which lines of feeds were left out; return 2 if any were, else 0."""
    sentences = left_out.sentences()
    for sentence in sentences:
        complain(sentence)
    return 2 if sentences else 0


class Command(crawl.Command):
    """Say what is wrong with the input in one sentence; tell success by exit code."""

    crawler: Crawler | None = None

    def short_desc(self) -> str:
        return "Run a spider; images crawls pages and identifies their images"

    def long_desc(self) -> str:
        return (
            "scrapy crawl images -a urls=urls.txt crawls a list of pages and images. "
            "More arguments, each with -a: url=URL,URL in place of a list; depth=N to "
            "follow links; max_pages=N, max_images=N per site; allow=REGEX, "
            "deny=REGEX; sitemap=1; render=1 or auto for a browser; job=NAME to go on "
            "after any interruption. Records and sightings go to data/, with -O FILE "
            "there, too. The exit code is 0 if the crawl ended and its feeds are "
            "stored, 2 if its input is wrong, else 1."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        hide_secrets(self.settings)  # before the add-on is there to do it
        if len(args) == 1:
            try:
                check_input(self.settings, args[0], opts.spargs)
            except InputError as error:
                complain(str(error))
                if self.settings.get("LOG_FILE"):  # under Scrapyd all that one sees
                    logger.error("%s", error)
                self.exitcode = 2
                return
        super().run(args, opts)
        if self.crawler:
            self.exitcode = self.exitcode or exit_code(self.crawler)
            if progress := self.crawler.get_extension(Progress):
                print(progress.summary(), file=_summary_file(self.settings))

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self.crawler = super()._create_crawler(spidercls)
        return self.crawler
