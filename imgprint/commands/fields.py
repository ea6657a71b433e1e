"""``scrapy fields``: the documentation of records and settings, from the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Show the fields of records and sightings, or all settings and stats"

    def long_desc(self) -> str:
        return (
            "Show docs/record.md; with --schema docs/record.schema.json, the JSON "
            "Schema of feeds; with --settings docs/settings.md. All are made from "
            "the code."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--schema", action="store_true", help="show JSON Schema")
        group.add_argument(
            "--settings", action="store_true", help="show settings and stats"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Every command imports this module.
        from imgprint.commands._reference import reference
        from imgprint.feeds.schema import markdown, schema

        if opts.schema:
            print(json.dumps(schema(), indent=2))
        else:
            print(reference() if opts.settings else markdown(), end="")
