"""``scrapy shared``: which sites share images."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from imgprint.commands.crawl import complain
from imgprint.feeds.shared_formats import FORMATS

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "--db FILE [--format json|csv|graphml] [-o OUT]"

    def short_desc(self) -> str:
        return "Say which sites share images: copies, mirrors and clones"

    def long_desc(self) -> str:
        return (
            "Write the groups of sites that share images, and what of each pair of "
            "sites is the same: images by the strongest evidence, cameras, documents."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--db", metavar="FILE", help="index file")
        parser.add_argument(
            "--format",
            choices=sorted(FORMATS),
            help="json (default), csv (a line per pair) or graphml; else by OUT's name",
        )
        parser.add_argument(
            "-o", "--output", metavar="OUT", help="file (default: standard output)"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args or not opts.db:
            raise UsageError("give --db FILE, and no other argument")
        # Every command is imported at every start: without numpy, which this needs.
        from imgprint.matching.index import Index, IndexFileError
        from imgprint.matching.shared import shared

        ending = Path(opts.output or "").suffix[1:].lower()
        render = FORMATS[opts.format or (ending if ending in FORMATS else "json")]
        try:
            with Index(Path(opts.db)) as index:
                text = render(shared(index))
            if opts.output:
                Path(opts.output).write_text(text, encoding="utf-8")
            else:
                sys.stdout.write(text)
        except IndexFileError as error:
            complain(str(error))
            self.exitcode = 2
        except OSError as error:
            complain(f"'{opts.output}' can't be written: {error.strerror}")
            self.exitcode = 2
