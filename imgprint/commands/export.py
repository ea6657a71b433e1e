"""``scrapy export``: records of feeds in the forms of other programs."""

from __future__ import annotations

import gc
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from imgprint.commands.crawl import complain, complain_of
from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import InputError
from imgprint.feeds.exchange_formats import as_misp, as_stix
from imgprint.feeds.input_files import LeftOut, read_feeds
from imgprint.feeds.parquet import ParquetRows
from imgprint.feeds.record_formats import WRITERS
from imgprint.report.figures import is_record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

FEEDS = ("json", "jsonl")
TEXTS = {**WRITERS, "misp": as_misp, "stix": as_stix}


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "FEED... --to FORMAT [-o FILE]"

    def short_desc(self) -> str:
        return "Write records as CSV, GeoJSON, KML, Parquet, MISP, STIX, or one feed"

    def long_desc(self) -> str:
        return (
            "csv and parquet have a row per record; geojson and kml a place per image "
            "that has a position; misp is an event and stix (2.1) a bundle with the "
            "file, its URL and EXIF. parquet needs pip install pyarrow. Sightings in "
            "the feeds are left out. json and jsonl are one feed of several: of "
            "records of the same URL the first is kept."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--to",
            choices=(*TEXTS, "parquet"),
            required=True,
            help="what to write",
        )
        parser.add_argument(
            "-o",
            "--output",
            metavar="FILE",
            help="file to write (default: standard output)",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        gc.freeze()  # what is imported is no garbage
        try:
            if not args:
                raise InputError("nothing to export: give feeds, .json or .jsonl")
            left_out = LeftOut()
            records = _records(args, left_out)
            if opts.to in FEEDS:
                records = _merged(records)
            if opts.to == "parquet":
                _write_parquet(records, opts.output)
            elif opts.output:
                _write(TEXTS[opts.to](records), opts.output)
            else:
                sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
                sys.stdout.writelines(TEXTS[opts.to](records))
            self.exitcode = complain_of(left_out)
        except InputError as error:
            complain(str(error))
            self.exitcode = 2


def _records(feeds: list[str], left_out: LeftOut) -> Iterator[dict[str, Any]]:
    yield from filter(is_record, read_feeds(feeds, left_out))


def _merged(records: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the first record of each URL. What was seen is kept on disk."""
    seen = sqlite3.connect("")  # a temporary file
    seen.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY)")
    for record in records:
        url = str(record["url"]).encode("utf-8", "replace").decode()
        key = int.from_bytes(url_key(url), "big", signed=True)
        if seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,)).rowcount:
            yield record
    seen.close()


def _write(pieces: Iterator[str], path: str) -> None:
    """Write *pieces* to *path*, which is not touched if they break off."""
    part = Path(f"{path}.part")
    try:
        with part.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(pieces)
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> InputError:
    return InputError(
        f"{path!r} can't be written: {error.strerror}; give another path with -o"
    )


def _write_parquet(records: Iterator[dict[str, Any]], path: str | None) -> None:
    if not path:
        raise InputError("parquet needs a file: give -o FILE")
    part = Path(f"{path}.part")
    try:
        rows = ParquetRows(part)
        for record in records:
            rows.add(record)
        rows.close()
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
