"""``scrapy demo``: crawl the embedded gallery, say what was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from imgprint import config
from imgprint.commands.crawl import check_input, complain, exit_code
from imgprint.errors import InputError
from imgprint.report.summary import render, summarize

if TYPE_CHECKING:
    import argparse

FOLDER = Path("data/demo")
RECORDS = FOLDER / "records.jsonl"
ARRAY = FOLDER / "records.json"
SIGHTINGS = FOLDER / "sightings.jsonl"


SETTINGS = {
    "LOG_LEVEL": "WARNING",
    "FEEDS": {
        str(RECORDS): {"format": "jsonl", "overwrite": True},
        str(ARRAY): {"format": "json", "indent": 4, "overwrite": True},
    },
    config.SIGHTINGS.name: str(SIGHTINGS),
}


class Command(ScrapyCommand):
    """The same spider and settings as ``scrapy crawl images``; other feeds."""

    requires_project = True

    def short_desc(self) -> str:
        return "Crawl an embedded gallery on loopback and show what imgprint finds"

    def long_desc(self) -> str:
        return (
            "Serve two small sites on this machine's loopback, crawl them as scrapy "
            "crawl images does, and print what was found. Nothing leaves the machine. "
            f"The feeds are in {FOLDER}/: try scrapy report with them."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        self.settings.setdict(SETTINGS, priority="cmdline")
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        assert self.crawler_process is not None
        # Every command imports this module.
        from imgprint.demo.gallery import build
        from imgprint.demo.gallery_server import GallerySite

        SIGHTINGS.unlink(missing_ok=True)
        with GallerySite() as first, GallerySite(host="localhost") as second:
            gallery = build(first.url, second.url)
            first.files = gallery.files[first.url]
            second.files = gallery.files[second.url]
            arguments = {"url": ",".join(gallery.start_urls)}
            try:
                check_input(self.settings, "images", arguments)
            except InputError as error:
                complain(str(error))
                self.exitcode = 2
                return
            crawler = self.crawler_process.create_crawler("images")
            self.crawler_process.crawl(crawler, **arguments)
            self.crawler_process.start()
        self.exitcode = exit_code(crawler)
        summary = summarize(crawler.stats.get_stats(), _read(RECORDS), _read(SIGHTINGS))
        print(render(summary, [str(RECORDS), str(ARRAY), str(SIGHTINGS)]))


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
