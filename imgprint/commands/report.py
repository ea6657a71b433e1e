"""``scrapy report``: what feeds say, as one HTML file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from imgprint.commands.crawl import complain, complain_of
from imgprint.errors import InputError
from imgprint.feeds.input_files import LeftOut, read_feeds
from imgprint.report.figures import Figures, is_record
from imgprint.report.first_screen import asked, seed_table
from imgprint.report.report_page import pieces

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

MOST_BYTES = 20_000_000
"""Size of a crawl.json or seeds.csv that is read at most."""


class Command(ScrapyCommand):
    """Read the feeds twice, so that they need not fit into memory."""

    requires_crawler_process = False

    def syntax(self) -> str:
        return "FEED... -o report.html"

    def short_desc(self) -> str:
        return "Make one HTML file of feeds: sites, places, dates, cameras, records"

    def long_desc(self) -> str:
        return (
            "Make one HTML file, which needs no network, of feeds of records and of "
            "sightings (.json or .jsonl). Sightings tell where each image was seen "
            "and why a page or an image gave no record."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-o",
            "--output",
            default="report.html",
            metavar="FILE",
            help="file to write (default: report.html)",
        )
        parser.add_argument("--title", metavar="TITLE", help="title of the report")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            if not args:
                raise InputError("nothing to report: give feeds, .json or .jsonl")
            left_out = LeftOut()
            count = write(args, Path(opts.output), left_out, opts.title)
        except InputError as error:
            complain(str(error))
            self.exitcode = 2
        else:
            print(f"{opts.output}: {count:,} records")
            self.exitcode = complain_of(left_out)


def write(
    feeds: Sequence[str], path: Path, left_out: LeftOut, title: str | None = None
) -> int:
    """Write the report of *feeds*; return how many records are in it."""
    figures = Figures()
    for item in read_feeds(feeds, left_out):
        figures.add_record(item) if is_record(item) else figures.add_sighting(item)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    records = (item for item in read_feeds(feeds, left_out) if is_record(item))
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            data = {**figures.result(), **about_crawl(feeds), "title": title}
            file.writelines(pieces(data, records, figures.seen, made))
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"report {str(path)!r} can't be written: {error.strerror}; "
            "give another path with -o"
        ) from error
    return figures.totals["records"]


def about_crawl(feeds: Sequence[str]) -> dict[str, Any]:
    """Return what crawl.json and seeds.csv beside *feeds* say; they may be missing."""
    for folder in dict.fromkeys(Path(feed).parent for feed in feeds):
        crawl, seeds = (_read(folder / n) for n in ("crawl.json", "seeds.csv"))
        if crawl or seeds:
            try:
                what = json.loads(crawl or "{}")
            except (ValueError, RecursionError):
                what = {}
            return {"asked": asked(what), "seeds": seed_table(seeds.splitlines())}
    return {}


def _read(path: Path) -> str:
    """Return the text of a small file, "" if it can't be read."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
