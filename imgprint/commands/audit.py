"""``scrapy audit``: what the images of a site give away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.commands import ScrapyCommand
from scrapy.utils.conf import arglist_to_dict

from imgprint import config
from imgprint.commands.crawl import (
    add_spider_arguments,
    check_input,
    complain,
    exit_code,
)
from imgprint.errors import InputError
from imgprint.items import NOT_CHOSEN, ImageRecord, Sighting
from imgprint.report.audit import SEVERITIES, as_json, as_text, findings, reaches
from imgprint.report.sarif import as_sarif

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from scrapy.crawler import Crawler

    from imgprint.report.audit import Finding

# Small images leak as large ones do.
SETTINGS: dict[str, Any] = {
    "LOG_LEVEL": "ERROR",
    "FEEDS": {},
    config.SIGHTINGS.name: None,
    config.MIN_SIZE.name: 0,
}
PAGES = 10


class Audit:
    """Findings of a crawl, as its items come in; the records are not kept."""

    def __init__(self) -> None:
        self.images = 0
        self.findings: list[Finding] = []
        self.failed: list[str] = []
        self._pages: dict[str, list[str]] = {}

    def add(self, item: Any) -> None:
        if isinstance(item, ImageRecord):
            self.images += 1
            for finding in findings(vars(item)):
                finding.pages = self._pages.setdefault(finding.url, [])
                self.findings.append(finding)
        elif isinstance(item, Sighting) and item.error:
            if item.error != NOT_CHOSEN:
                self.failed.append(f"{item.image_url or item.page_url}: {item.error}")
        elif isinstance(item, Sighting) and item.image_url and item.page_url:
            pages = self._pages.setdefault(item.image_url, [])
            if len(pages) < PAGES and item.page_url not in pages:
                pages.append(item.page_url)


class Command(ScrapyCommand):
    """The same spider and settings as ``scrapy crawl images``; no feeds."""

    requires_project = True

    def syntax(self) -> str:
        return "[options] urls.txt"

    def short_desc(self) -> str:
        return "Say what the images of your site give away: positions, names, serials"

    def long_desc(self) -> str:
        return (
            "Crawl the pages in urls.txt (see scrapy crawl images) and say what their "
            "images give away, by severity. high: position, owner's name, a thumbnail "
            "that shows something else than the picture. medium: serial numbers, "
            "prompts of image generators. low: ids of earlier versions, author, "
            "software. The exit code is 1 if something as grave as --fail-on was "
            "found, 2 if nothing could be looked at, else 0."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_spider_arguments(parser, "url=https://example.com/ or depth=2")
        parser.add_argument(
            "--format",
            choices=("text", "json", "sarif"),
            default="text",
            help="text (default), json, or sarif for code hosts and CI systems",
        )
        parser.add_argument(
            "--fail-on",
            choices=(*SEVERITIES, "never"),
            default="medium",
            help="least severity for exit code 1 (default: medium)",
        )
        parser.add_argument(
            "-o", "--output", metavar="FILE", help="file to write (default: none)"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        self.settings.setdict(SETTINGS, priority="cmdline")
        # Thumbnails can only be compared as pixels. The environment wins over this.
        self.settings.set(config.DECODE.name, True, priority="spider")
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            arguments = _arguments(args, opts.spargs)
            assert self.settings is not None
            check_input(self.settings, "images", arguments)
            if opts.output:
                _write(opts.output, "")
            audit = Audit()
            crawler = self._crawl(arguments, audit)
            self._show(audit, opts)
        except InputError as error:
            complain(str(error))
            self.exitcode = 2
            return
        if any(reaches(finding, opts.fail_on) for finding in audit.findings):
            self.exitcode = 1
        elif exit_code(crawler) or (audit.failed and not audit.images):
            complain("nothing could be audited")
            self.exitcode = 2

    def _crawl(self, arguments: dict[str, str], audit: Audit) -> Crawler:
        assert self.crawler_process is not None
        crawler = self.crawler_process.create_crawler("images")
        crawler.signals.connect(audit.add, signals.item_scraped)
        self.crawler_process.crawl(crawler, **arguments)
        self.crawler_process.start()
        return crawler

    def _show(self, audit: Audit, opts: argparse.Namespace) -> None:
        found = (audit.findings, audit.images, audit.failed)
        if opts.format == "text":
            shown = as_text(*found)
        else:
            log = as_sarif(*found) if opts.format == "sarif" else as_json(*found)
            shown = json.dumps(log, indent=2)
        if opts.output:
            _write(opts.output, shown + "\n")
        else:
            print(shown)


def _arguments(args: list[str], pairs: Iterable[str]) -> dict[str, str]:
    try:
        arguments = arglist_to_dict(list(pairs))
    except ValueError as error:
        raise InputError("give arguments of the spider as -a NAME=VALUE") from error
    if len(args) > 1:
        raise InputError("give one file of URLs")
    return {**arguments, "urls": args[0]} if args else arguments


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path!r} can't be written: {error.strerror}; give another path with -o"
        ) from error
