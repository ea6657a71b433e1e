"""Hash lists: plain text, CSV, JSON in Project VIC's form, and blinded ones."""

from __future__ import annotations

import csv
import hmac
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEX = re.compile(r"[0-9a-fA-F]+")
# 64 digits are SHA-256 or PDQ: unless something says which, they are tried as both.
KINDS = {32: ("md5",), 40: ("sha1",), 64: ("sha256", "pdq")}
SIZES = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
NAMES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq"}
NAMES |= {"pdqhash": "pdq", "hashmd5": "md5", "hashsha1": "sha1"}
KEYS = {"f1": ("file_key", 32), "d1": ("data", 64)}
LABELS = ("label", "name", "title", "mediaid", "id", "category")
BLINDED = "# imgprint blinded list, version 1"
BLIND_KINDS = ("md5", "sha1", "sha256")
LEAST_KEY = 16


class ListError(ValueError):
    """The text is no hash list; the message says where and why."""


class Entry(NamedTuple):
    """One hash of a list: lower case, without prefix.

    *kind* is md5, sha1, sha256, pdq, file_key, data, or one of the first three
    after "hmac-". *label* is what the list says of it, "" for nothing.
    """

    kind: str
    value: str
    label: str = ""


def parse(text: str) -> list[Entry]:
    """Return the entries of a hash list in any of the forms. Raise ListError."""
    body = text.lstrip("\ufeff \t\r\n")
    if body[:1] in ("{", "["):
        return _json(body)
    first = body.partition("\n")[0].lower()
    header = [_name(cell) for cell in re.split("[,\t;]", first)]
    if NAMES.keys() & set(header):
        return _csv(body)
    return _text(body)


def _text(text: str) -> list[Entry]:
    """Return the entries of lines: a hash, and a label after a blank or comma."""
    entries: list[Entry] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            value, _, label = re.sub(r"[\s,;]+", "\0", line, count=1).partition("\0")
            found = list(entries_of(value, label.strip()))
            if not found:
                raise ListError(f"line {number}: {line[:40]!r} is no hash")
            entries += found
    return entries


def entries_of(value: str, label: str = "", kind: str | None = None) -> Iterator[Entry]:
    """Yield what *value* stands for: nothing if it is no hash.

    >>> [e.kind for e in entries_of("pdq:" + "0" * 64)], list(entries_of("x"))
    (['pdq'], [])
    """
    prefix, colon, rest = value.strip().strip('"').partition(":")
    if colon:
        kind, value = prefix.lower(), rest
    if not HEX.fullmatch(value := value.strip().strip('"')):
        return
    value = value.lower()
    if kind in KEYS:
        if len(value) == KEYS[kind][1]:
            yield Entry(KEYS[kind][0], value, label)
    elif kind and kind.removeprefix("hmac-") in SIZES:
        size = 64 if kind.startswith("hmac-") else SIZES[kind]
        if len(value) == size:
            yield Entry(kind, value, label)
    elif kind is None:
        for name in KINDS.get(len(value), ()):
            yield Entry(name, value, label)


def _csv(text: str) -> list[Entry]:
    sample = text.partition("\n")[0]
    delimiter = max(",;\t", key=sample.count)
    entries: list[Entry] = []
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter)
    try:
        for row in reader:
            cells = {_name(k): v for k, v in row.items() if k and isinstance(v, str)}
            entries += _of_fields(cells)
    except csv.Error as error:
        raise ListError(f"line {reader.line_num}: {error}") from None
    if not entries:
        raise ListError("no hash in any column")
    return entries


def _of_fields(fields: dict[str, Any]) -> Iterator[Entry]:
    """Yield the hashes of one row or object, by the names of its fields."""
    label = next(
        (str(fields[n]) for n in LABELS if fields.get(n) not in (None, "")), ""
    )
    for name, value in fields.items():
        if name in NAMES and isinstance(value, str):
            yield from entries_of(value, label, NAMES[name])


def _name(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def _json(text: str) -> list[Entry]:
    """Return the hashes of all objects that name some, wherever they stand.

    Project VIC's VICS is an OData answer, ``{"value": [{"MediaID": 1,
    "Category": 1, "MD5": "...", "SHA1": "..."}]}``, with more hashes in
    ``"AlternativeHashes"`` or ``"MediaFiles"``.
    """
    try:
        entries = list(_walk(json.loads(text), ""))
    except ValueError as error:
        raise ListError(f"not JSON: {error}") from error
    except RecursionError:
        raise ListError("JSON nested too deep") from None
    if not entries:
        raise ListError("JSON without a hash")
    return entries


def _walk(value: Any, label: str) -> Iterator[Entry]:
    if isinstance(value, str):
        yield from entries_of(value, label)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, label)
    elif isinstance(value, dict):
        fields = {_name(key): v for key, v in value.items()}
        named = {k: v for k, v in fields.items() if k in LABELS}
        label = next((str(named[n]) for n in LABELS if named.get(n)), label)
        kind = NAMES.get(_name(str(fields.get("hashname", ""))))
        if kind and isinstance(fields.get("hashvalue"), str):
            yield from entries_of(fields["hashvalue"], label, kind)
        yield from _of_fields({"label": label, **fields})
        for item in value.values():
            if isinstance(item, dict | list):
                yield from _walk(item, label)


# Blinded lists


def blinded(kind: str, value: bytes, key: bytes) -> str:
    """Return what stands for a hash in a list that can be matched but not read.

    Recipe b1, never to change: HMAC-SHA256 of the kind ("md5", "sha1",
    "sha256"), a colon, and the bytes of the hash.
    """
    return hmac.digest(key, kind.encode() + b":" + value, "sha256").hex()


def blind(entries: Iterable[Entry], key: bytes) -> tuple[list[str], int]:
    """Return the lines of a blinded list, sorted, and how many entries are left out.

    A PDQ hash can't be blinded: no distance is left to measure. Labels are left
    out, and so is the order. Whoever has the key can test a hash they know, so
    the key stays with those who may.
    """
    lines, left_out = set(), 0
    for kind, value, _ in entries:
        if kind in BLIND_KINDS:
            lines.add(f"hmac-{kind}:{blinded(kind, bytes.fromhex(value), key)}")
        else:
            left_out += 1
    return [BLINDED, *sorted(lines)], left_out
