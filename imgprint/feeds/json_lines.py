"""Records and sightings as lines of JSON, and back."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from functools import cache
from typing import Any

import msgspec

from imgprint.items import ImageRecord, Sighting
from imgprint.masking import json_line_safe

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def json_line(item: ImageRecord | Sighting) -> bytes:
    """Return the fields of *item* as UTF-8 JSON, without a line end.

    Nothing in it is a line end to ``str.splitlines`` or a command to a terminal:
    U+0085, U+2028 and U+2029 are escaped as well as other control characters.
    Half of a surrogate pair, which UTF-8 can't have, becomes a question mark.

    >>> json_line(Sighting(alt="café"))[:62].decode()
    '{"page_url":null,"image_url":null,"site":null,"element":null,"'
    """
    if isinstance(item, STORED):
        return json_line_safe(item.line)  # a job may be older than the escapes
    if item is Unchanged.item and Unchanged.line is not None:
        return Unchanged.line
    try:
        line = _encode(item)
    except UnicodeEncodeError:
        line = json_values(asdict(item))
    line = json_line_safe(line)
    if item is Unchanged.item:
        Unchanged.line = line
    return line


class Unchanged:
    """While in it, *item* stays as it is: its line is made once for all feeds."""

    item: object = None
    line: bytes | None = None

    def __init__(self, item: object):
        self.now = item

    def __enter__(self) -> None:
        Unchanged.item = self.now

    def __exit__(self, *_: object) -> None:
        Unchanged.item = Unchanged.line = None


def json_values(values: list[Any] | dict[str, Any]) -> bytes:
    """Return *values* as JSON in UTF-8. Half of a surrogate pair becomes "?"."""
    try:
        return _encode(values)
    except UnicodeEncodeError:
        text = json.dumps(values, ensure_ascii=False)
        return _encode(_decode(text.encode("utf-8", "replace")))


def pretty(line: bytes, indent: int) -> bytes:
    r"""Return *line* as ``json.dumps`` writes it; an *indent* of 0 is one line.

    >>> pretty(b'{"a":[1,2]}', 4)
    b'{\n    "a": [\n        1,\n        2\n    ]\n}'
    >>> pretty(b'{"a":[1,2]}', 0)
    b'{"a": [1, 2]}'
    """
    return msgspec.json.format(line, indent=indent)


def read_line(line: bytes | str) -> dict[str, Any]:
    """Return what *line* holds."""
    values: dict[str, Any] = _decode(line)
    return values


def fields_of(item: ImageRecord | Sighting) -> dict[str, Any]:
    """Return the fields of *item* by name; not to be changed."""
    if isinstance(item, STORED):
        return read_line(item.line)
    if isinstance(item, Sighting):
        return vars(item)  # it has nothing else
    kind: Any = type(item)
    return {name: getattr(item, name) for name in _names(kind)}


@cache
def _names(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]


class StoredRecord(ImageRecord):
    """A record of the journal: its *line*, read when a field is asked for."""

    asked = None
    fetched = None

    def __init__(self, line: bytes):
        self.line = line


class StoredSighting(Sighting):
    """A sighting of the journal: its *line*, read when a field is asked for."""

    asked = None

    def __init__(self, line: bytes):
        self.line = line


# Of what is asked for each item, tuples are told in a quarter of a union's time.
ITEMS = (ImageRecord, Sighting)
STORED = (StoredRecord, StoredSighting)


class _Unread:
    """A field of an item whose line was not read yet."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, item: StoredRecord | StoredSighting, _: Any = None) -> Any:
        values = read_line(item.line)
        vars(item).update(values)
        return values.get(self.name)


for _kind in (StoredRecord, StoredSighting):
    for _field in fields(_kind):
        setattr(_kind, _field.name, _Unread(_field.name))
