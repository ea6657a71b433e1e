"""The form of records and sightings, from the types and texts in the code.

``schema`` is the JSON Schema, ``markdown`` docs/record.md. A field without a
description, nested ones included, is a TypeError.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from imgprint.content.fetched_image import FetchedImage
from imgprint.items import SCHEMA_VERSION, ImageRecord, Sighting

# What a record holds of the picture itself: for docs/record.md.
PLAIN = (
    "**Bytes of the file.** A record holds at most 256 bytes of a file as they are, "
    "in the two samples of the reference: the last 128 bytes of the head (the first "
    "10,241 bytes), and bytes 384-511 of the last 1,024. In a JPEG, PNG or WebP they "
    "are mostly compressed data, of which nothing can be seen. In a small file that "
    "is not compressed, such as a BMP, they are pixels: 42 of 24 bits in each "
    "sample. `IMGPRINT_PRIVACY` removes them.",
    "**Text is text.** Values that strangers wrote (text, EXIF, XMP, IPTC, ICC, C2PA, "
    "header fields, alternative text) hold no bytes of a picture. A value with control "
    "characters other than tab and line ends, or with bytes that are not text, gives "
    "way to a mark of kind, length and SHA-256: `<jpeg image: 3000 bytes, "
    "sha256:...>`, `<binary: ...>`. Within a text, 64 or more characters of base64 or "
    "the like that are not text, 128 or more hexadecimal digits, 64 or more numbers, "
    "and SVG give way to `<base64 of a jpeg image: 4000 characters, sha256:...>`, "
    "where the hash is of the decoded bytes. `exif` keeps the form of the reference, "
    "control characters included, in values under 64 bytes that are not text; longer "
    "ones are marks, which the reference has as they come. It differs from Pillow's "
    "`str()` where that is not the text that was written: text that is not ASCII is "
    "read as UTF-8, else Latin-1 or Windows-1252 (Pillow: always Latin-1), XP tags as "
    "UTF-16, UserComment, GPSProcessingMethod and GPSAreaInformation by their "
    "character set, without it; NULs end a text, and a semicolon stands between the "
    "two parts of a Copyright. A text has at most 16,384 "
    "characters, and ends in `<cut: ... in all>` if it was longer; all texts of a "
    "record together have at most 131,072, and `<left out: ...>` stands for the rest. "
    "Whoever wants to can still spell a picture in words: no rule for text prevents "
    "that.",
)
SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}
# What annotations name that no field of a feed has.
UNSHOWN = {"FetchedImage": FetchedImage}


@dataclass(frozen=True)
class Field:
    """One field: *kind* is its type, *text* what it means."""

    name: str
    kind: Any
    text: str
    required: bool = True

    @property
    def inner(self) -> type[Any] | None:
        """Return the type that says what is within, None if nothing is."""
        kinds = [kind for kind in members(self.kind) if is_typeddict(kind)]
        return kinds[0] if kinds else None


def members(kind: Any) -> tuple[Any, ...]:
    """Return the types of a union, or the one type.

    >>> members(int | None), members(str)
    ((<class 'int'>, <class 'NoneType'>), (<class 'str'>,))
    """
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def documented(item: type[Any]) -> list[Field]:
    """Return the fields of a dataclass or TypedDict, in the order of feeds.

    Raise TypeError if one of them has no description.
    """
    hints = get_type_hints(item, localns=UNSHOWN, include_extras=True)
    if dataclasses.is_dataclass(item):
        names = [field.name for field in dataclasses.fields(item)]
    else:
        names = list(item.__annotations__)
    return [_field(item, name, hints[name]) for name in names]


def _field(item: type[Any], name: str, hint: Any) -> Field:
    if get_origin(hint) is NotRequired:
        (hint,) = get_args(hint)
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{item.__name__}.{name} has no description")
    kind, (text, *within) = hint.__origin__, hint.__metadata__
    if not isinstance(text, str) or not text.strip():
        raise TypeError(f"{item.__name__}.{name} has no description")
    if within:  # the types of the code are plain dicts
        kind = within[0] | None if NoneType in members(kind) else within[0]
    elif any(_value(member) is Any for member in members(kind)):
        raise TypeError(f"{item.__name__}.{name} does not say what is within")
    required = getattr(item, "__required_keys__", {name})
    return Field(name, kind, text, name in required)


def _value(kind: Any) -> Any:
    """Return the type of the values of a dict."""
    return get_args(kind)[-1] if get_args(kind) else None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what is in feeds: records and sightings."""
    record = _object(ImageRecord)
    record["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:imgprint:items:{SCHEMA_VERSION}",
        "title": f"Items of imgprint, schema_version {SCHEMA_VERSION}",
        "oneOf": [{"$ref": "#/$defs/record"}, {"$ref": "#/$defs/sighting"}],
        "$defs": {"record": record, "sighting": _object(Sighting)},
    }


def _object(item: type[Any]) -> dict[str, Any]:
    fields = documented(item)
    return {
        "type": "object",
        "properties": {
            field.name: {"description": field.text, **_schema(field.kind)}
            for field in fields
        },
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _schema(kind: Any) -> dict[str, Any]:
    kinds = members(kind)
    (one,) = (member for member in kinds if member is not NoneType)
    found = _plain(one)
    if NoneType in kinds:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"].append(None)
    return found


def _plain(kind: Any) -> dict[str, Any]:
    if is_typeddict(kind):
        return _object(kind)
    if get_origin(kind) is Literal:
        return {"type": "string", "enum": list(get_args(kind))}
    if get_origin(kind) is list:
        return {"type": "array", "items": _schema(get_args(kind)[0])}
    if get_origin(kind) is dict:
        return {"type": "object", "additionalProperties": _schema(_value(kind))}
    return {"type": SIMPLE[kind]}


def markdown() -> str:
    """Return docs/record.md: a table of the fields of each item."""
    parts = [
        "# What a crawl yields",
        "Made by `scrapy fields`; don't edit. [record.schema.json](record.schema.json) "
        "is the same as JSON Schema.",
        'What is absent is null, never "" or 0.',
        *PLAIN,
    ]
    for title, item in (("Image records", ImageRecord), ("Sightings", Sighting)):
        parts += [f"## {title}", *_tables(item, "")]
    return "\n\n".join(parts) + "\n"


def _tables(item: type[Any], path: str) -> list[str]:
    """Return the table of *item* and, under headings, those of what is within."""
    rows = ["| field | type | meaning |", "|---|---|---|"]
    parts: list[str] = []
    for field in documented(item):
        note = "" if field.required else "; may be missing"
        rows.append(f"| `{field.name}` | {_shown(field.kind)}{note} | {field.text} |")
        if field.inner:
            name = f"{path}{field.name}"
            parts += [f"### `{name}`", *_tables(field.inner, f"{name}.")]
    return ["\n".join(rows), *parts]


def _shown(kind: Any) -> str:
    """Return a type in words.

    >>> _shown(list[str] | None), _shown(Literal["a", "b"])
    ('list of str or null', '`a`, `b`')
    """
    return " or ".join(map(_word, members(kind)))


def _word(kind: Any) -> str:
    if kind is NoneType:
        return "null"
    if is_typeddict(kind):
        return "object"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) is list:
        return f"list of {_shown(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return f"object of {_shown(_value(kind))}"
    return str(kind.__name__)
