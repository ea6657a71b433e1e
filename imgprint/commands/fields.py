"""``scrapy fields``: the documentation of the records, from the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints

from scrapy.commands import ScrapyCommand

from imgprint.content.describe import Description
from imgprint.content.sparse import SparseBytes
from imgprint.items import ImageRecord, Sighting

if TYPE_CHECKING:
    import argparse


def markdown() -> str:
    """Return docs/record.md: a table of the fields of each item."""
    parts = ["# What a crawl yields", "Made by `scrapy fields`; don't edit."]
    for title, item in (("Image records", ImageRecord), ("Sightings", Sighting)):
        rows = [f"## {title}", "", "| field | type | meaning |", "|---|---|---|"]
        rows += (f"| `{n}` | {t} | {text} |" for n, t, text in documented(item))
        parts.append("\n".join(rows))
    parts.insert(2, 'What is absent is null, never "" or 0.')
    return "\n\n".join(parts) + "\n"


def documented(item: type[Any]) -> list[tuple[str, str, str]]:
    """Return name, type and meaning of each field of *item*, in feed order."""
    names = {"SparseBytes": SparseBytes, "Description": Description}
    names["Mapping"] = Mapping
    hints = get_type_hints(item, localns=names, include_extras=True)
    return [
        (
            field.name,
            _type(hints[field.name].__origin__),
            hints[field.name].__metadata__[0],
        )
        for field in fields(item)
    ]


def _type(annotation: Any) -> str:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return name.replace("typing.", "").replace(" | ", " or ").replace("None", "null")


class Command(ScrapyCommand):
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Show the fields of records and sightings, as in docs/record.md"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        print(markdown(), end="")
