"""``scrapy match``: images and hash lists against an index."""

from __future__ import annotations

import json
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from imgprint import config
from imgprint.commands.crawl import (
    MOST,
    check_input,
    complain,
    complain_of,
    exit_code,
)
from imgprint.errors import InputError
from imgprint.feeds.input_files import LeftOut, read_key
from imgprint.items import ImageRecord
from imgprint.masking import json_text_safe, without_credentials
from imgprint.records import NO_PDQ
from imgprint.report.audit import printable
from imgprint.setting_check import prepare_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from imgprint.matching.index import Index
    from imgprint.matching.search import Hit, Query

# Queries held at a time.
BATCH = 10_000
SETTINGS: dict[str, Any] = {
    "LOG_LEVEL": "ERROR",
    "FEEDS": {},
    config.SIGHTINGS.name: None,
    config.MIN_SIZE.name: 0,
    config.HASHLIST.name: None,
}


class Command(ScrapyCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "QUERY... --db FILE [--weak] [--json] [--limit N] [--key FILE]"

    def short_desc(self) -> str:
        return "Find images and hash lists in an index, with why and how strong"

    def long_desc(self) -> str:
        return (
            "QUERY is a picture or a directory of pictures on this machine, the URL of "
            "an image or page (which is crawled, robots.txt obeyed), a feed, or a hash "
            "list: md5, sha1, sha256 or PDQ as text, CSV or JSON (Project VIC). Each "
            "hit says by what it matches, how strong that is (certain, strong, medium, "
            "source: the same camera or document; weak), and how often that happens by "
            "accident, where it is known."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--db", metavar="FILE", help="index file")
        parser.add_argument(
            "--weak", action="store_true", help="show weak matches, too"
        )
        parser.add_argument(
            "--json", action="store_true", help="a JSON object per hit and line"
        )
        parser.add_argument(
            "--limit",
            type=int,
            default=1000,
            metavar="N",
            help="at most N records for each query and grade (default: 1000)",
        )
        parser.add_argument("--key", metavar="FILE", help="key of a blinded list")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or not opts.db:
            raise UsageError("give at least one QUERY, and --db FILE")
        # Every command is imported at every start: without numpy, which this needs.
        from imgprint.matching.index import Index, IndexFileError

        count = found = 0
        left_out = LeftOut()
        try:
            assert self.settings is not None
            prepare_settings(self.settings)
            key = read_key(Path(opts.key)) if opts.key else None
            with Index(Path(opts.db)) as index:
                pending = self._queries(args, left_out)
                while batch := list(islice(pending, BATCH)):
                    if not key and any(query.blinded for query in batch):
                        raise InputError("the list is blinded: give --key FILE")
                    found += self._show(index, batch, key, opts)
                    count += len(batch)
                if not count:
                    left_out.check()
        except (InputError, IndexFileError) as error:
            complain(str(error))
            self.exitcode = 2
            return
        self.exitcode = complain_of(left_out) or self.exitcode
        if not found and not self.exitcode:
            complain(f"no match for {count:,} queries in '{opts.db}'")

    def _queries(self, args: list[str], left_out: LeftOut) -> Iterator[Query]:
        from imgprint.commands._queries import is_url, queries
        from imgprint.matching.search import query_of_record, query_of_url

        assert self.settings is not None
        decode = config.DECODE.read(self.settings) is not False
        if decode and not find_spec("pdqhash"):
            complain(f"no PDQ hashes of the pictures: {NO_PDQ}")
        for argument in args:
            if not is_url(argument):
                yield from queries(argument, left_out, decode=decode)
        if urls := [argument for argument in args if is_url(argument)]:
            yield from map(query_of_url, urls)
            for record in self._crawl(urls):
                yield query_of_record(record["url"], record)

    def _crawl(self, urls: list[str]) -> list[dict[str, Any]]:
        """Return the records of the images at, or on the pages at, *urls*."""
        from scrapy.crawler import AsyncCrawlerProcess

        assert self.settings is not None
        self.settings.setdict(SETTINGS, priority="cmdline")
        arguments = {"url": ",".join(urls)}
        check_input(self.settings, "images", arguments)
        process = AsyncCrawlerProcess(self.settings)
        crawler = process.create_crawler("images")
        records: list[dict[str, Any]] = []
        failed: list[str] = []

        def keep(item: Any) -> None:
            if isinstance(item, ImageRecord):
                records.append(vars(item))
            elif item.error:
                failed.append(f"{item.image_url or item.page_url}: {item.error}")

        crawler.signals.connect(keep, signals.item_scraped, weak=False)
        process.crawl(crawler, **arguments)
        process.start()
        for reason in failed:
            complain(reason)
        self.exitcode = exit_code(crawler) or int(not records)
        return records

    def _show(
        self,
        index: Index,
        batch: list[Query],
        key: bytes | None,
        opts: argparse.Namespace,
    ) -> int:
        from imgprint.matching.search import search

        hits = search(index, batch, weak=opts.weak, limit=opts.limit, key=key)
        for hit in hits:
            shown = describe_hit(index, batch[hit.query], hit)
            text = json.dumps(shown, ensure_ascii=False) if opts.json else _line(shown)
            print(json_text_safe(text))
        return len(hits)


def describe_hit(index: Index, query: Query, hit: Hit) -> dict[str, Any]:
    """Return what is shown of a hit: its reasons, the strongest first."""
    place = index.place(hit.record)
    return {
        "query": without_credentials(query.name),
        "url": place.url,
        "site": place.site,
        "page_url": place.page,
        "strength": hit.reasons[0].grade.strength,
        "reasons": [
            {
                "grade": reason.grade.name,
                "strength": reason.grade.strength,
                "why": reason.grade.why,
                "distance": reason.distance,
                "bound": reason.grade.bound,
            }
            for reason in hit.reasons
        ],
    }


def _line(shown: dict[str, Any]) -> str:
    query, url = (printable(shown[name], MOST) for name in ("query", "url"))
    lines = [f"{shown['strength']:>8}  {query}  {url}"]
    for reason in shown["reasons"]:
        why = f"{reason['grade']}, {reason['strength']}: {reason['why']}"
        if reason["distance"] is not None:
            why += f" (distance {reason['distance']})"
        if reason["bound"]:
            why += f"; false: {reason['bound']}"
        lines.append(f"{'':>10}{why}")
    return "\n".join(lines)
