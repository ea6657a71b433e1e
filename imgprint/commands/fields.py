"""``scrapy fields``: the documentation of records and settings, from the code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints

from scrapy.commands import ScrapyCommand

from imgprint.content.describe import Description
from imgprint.content.sparse import SparseBytes
from imgprint.items import SCHEMA_VERSION, ImageRecord, Sighting
from imgprint.reference import reference

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


TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "dict[str, str]": {"type": "object", "additionalProperties": {"type": "string"}},
    "dict[str, Any]": {"type": "object"},
    "list[str]": {"type": "array", "items": {"type": "string"}},
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what is in feeds: records and sightings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Items of imgprint, schema_version {SCHEMA_VERSION}",
        "oneOf": [{"$ref": "#/$defs/record"}, {"$ref": "#/$defs/sighting"}],
        "$defs": {"record": _schema(ImageRecord), "sighting": _schema(Sighting)},
    }


def _schema(item: type[Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, kinds, text in documented(item):
        kind, _, null = kinds.partition(" or ")
        found: dict[str, Any] = {"description": text, **TYPES[kind]}
        if null:
            found["type"] = [found["type"], "null"]
        properties[name] = found
    if item is ImageRecord:
        properties["schema_version"]["const"] = SCHEMA_VERSION
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


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
        if opts.schema:
            print(json.dumps(schema(), indent=2))
        else:
            print(reference() if opts.settings else markdown(), end="")
