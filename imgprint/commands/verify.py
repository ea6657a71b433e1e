"""``scrapy verify``: whether an evidence log is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from imgprint.commands.crawl import complain
from imgprint.errors import InputError
from imgprint.inputs import read_feed
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
            missing = [url for feed in args[1:] for url in _missing(feed, found)]
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
            self.exitcode = int(bool(missing))


def check(path: str) -> Verified:
    """Return what the log at *path* says. Raise InputError or BrokenError."""
    try:
        with Path(path).open("rb") as lines:
            return verify(lines)
    except OSError as error:
        raise InputError(f"log {path!r} can't be read: {error.strerror}") from error


def _missing(feed: str, found: Verified) -> Iterable[str]:
    """Yield the URLs of records that are not in the log, or there are others."""
    for record in read_feed(Path(feed), exact=True):
        if is_record(record) and record_hash(record) not in found.records:
            yield str(record["url"])
