"""``scrapy blind``: a hash list that can be matched but not read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from imgprint.commands.crawl import complain
from imgprint.errors import InputError
from imgprint.feeds.input_files import MAKE_KEY, read_key, read_list
from imgprint.matching.hashlists import blind

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "LIST --key FILE [-o OUT]"

    def short_desc(self) -> str:
        return "Turn a hash list into keyed ones that can be matched but not read"

    def long_desc(self) -> str:
        return (
            "Write the HMAC-SHA256 of each md5, sha1 and sha256 of LIST under the key "
            f"in FILE (make one with: {MAKE_KEY}). Without the key nothing can be told "
            "from it; with the key, match and IMGPRINT_HASHLIST take it as LIST."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--key", metavar="FILE", help="secret of 16 bytes or more")
        parser.add_argument(
            "-o", "--output", metavar="OUT", help="file (default: standard output)"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1 or not opts.key:
            raise UsageError("give one LIST, and --key FILE")
        try:
            lines, left_out = blind(read_list(Path(args[0])), read_key(Path(opts.key)))
            text = "\n".join(lines) + "\n"
            if opts.output:
                Path(opts.output).write_text(text, encoding="utf-8")
            else:
                sys.stdout.write(text)
        except InputError as error:
            complain(str(error))
            self.exitcode = 2
            return
        except OSError as error:
            complain(f"'{opts.output}' can't be written: {error.strerror}")
            self.exitcode = 2
            return
        if left_out:
            complain(
                f"{left_out} entries left out: PDQ hashes and the like can't be blinded"
            )
