"""``scrapy verify``: whether an evidence log is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from imgprint.commands.crawl import complain, complain_of
from imgprint.errors import InputError
from imgprint.feeds.input_files import LeftOut, bounded_lines, open_input, read_feeds
from imgprint.feeds.line_shapes import MAX_LINE
from imgprint.report.chain import BrokenError, record_hash, verify
from imgprint.report.figures import is_record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from imgprint.report.chain import Verified


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "LOG [FEED...]"

    def short_desc(self) -> str:
        return "Check an evidence log, and that the records of feeds are in it"

    def long_desc(self) -> str:
        return (
            "Check a log that IMGPRINT_EVIDENCE=1 wrote to data/evidence/: that no "
            "entry was changed, moved, added or removed. The first broken entry is "
            "named, and the exit code is 1. Of feeds, check that each record is in "
            "the log as it is in the feed. A log that was made anew as a whole has "
            "another end hash: compare it with the one that the crawl logged."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            if not args:
                raise InputError("nothing to verify: give an evidence log")
            found = check(args[0])
            left_out = LeftOut()
            items = read_feeds(args[1:], left_out, exact=True)
            missing = [*_missing(items, found)]
        except InputError as error:
            complain(str(error))
            self.exitcode = 2
        except BrokenError as error:
            complain(f"{args[0]!r} is broken: {error}")
            self.exitcode = 1
        else:
            print(
                f"{args[0]}: whole, {found.entries:,} entries: {found.requests:,} "
                f"requests, {found.bytes_received:,} bytes received, "
                f"{len(found.records):,} records, {found.complete:,} of them of files "
                f"that were received whole\nend hash {found.last}"
            )
            for url in missing:
                complain(f"not in the log as it is in the feed: {url}")
            self.exitcode = complain_of(left_out) or int(bool(missing))


def check(path: str) -> Verified:
    """Return what the log at *path* says. Raise InputError or BrokenError."""
    with open_input("log", Path(path)) as file:
        return verify(bounded_lines(file, MAX_LINE))


def _missing(items: Iterable[dict[str, Any]], found: Verified) -> Iterable[str]:
    """Yield the URLs of records that are not in the log, or there are others."""
    for record in items:
        if is_record(record) and record_hash(record) not in found.records:
            yield str(record["url"])
