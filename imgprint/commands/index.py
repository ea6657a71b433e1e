"""``scrapy index``: feeds into an index."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from imgprint.commands.crawl import complain, complain_of
from imgprint.errors import InputError
from imgprint.feeds.input_files import LeftOut, read_feed

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "FEED... --db FILE"

    def short_desc(self) -> str:
        return "Add the records of feeds to an index, for match and shared"

    def long_desc(self) -> str:
        return (
            "Add records and sightings of feeds (.jsonl or .json) to the index FILE, "
            "which is made if it does not exist. What is in it already is left as it "
            "is, so a feed may be given again when it has grown."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--db", metavar="FILE", help="index file (SQLite)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or not opts.db:
            raise UsageError("give at least one FEED, and --db FILE")
        # Every command is imported at every start: without numpy, which this needs.
        from imgprint.matching.index import Index, IndexFileError

        # Nothing here is cyclic; looking for it takes as long as the work.
        gc.disable()
        left_out = LeftOut()
        try:
            with Index(Path(opts.db), create=True) as index:
                for feed in args:
                    total, new = index.add(read_feed(Path(feed), left_out))
                    print(f"{feed}: {total:,} records, {new:,} of them new")
                left_out.check()
                print(f"{opts.db}: {index.count():,} records")
            self.exitcode = complain_of(left_out)
        except (InputError, IndexFileError) as error:
            complain(str(error))
            self.exitcode = 2
