"""What commands are given: feeds, hash lists, keys, and pictures on disk."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import msgspec

from imgprint.content.formats import identify
from imgprint.errors import InputError
from imgprint.lines import read_line
from imgprint.masking import text_without_credentials, without_credentials
from imgprint.matching.hashlists import LEAST_KEY, Entry, ListError, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 1 << 20
# A list is held in memory; ten million hashes are 400 MB of text.
MAX_LIST = 1 << 30
SEPARATORS = " \t\r\n,"
MAKE_KEY = "head -c 32 /dev/urandom > FILE"


@contextmanager
def reading(what: str, path: Path) -> Iterator[None]:
    """Say in one sentence that *path* can't be read."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{what} '{path}' can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{what} '{path}' is not text in UTF-8") from error


def kind_of(path: Path) -> str:
    """Return what the file at *path* is: image, feed or list."""
    with reading("query", path), path.open("rb") as file:
        head = file.read(4096)
    if identify(head):
        return "image"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    names = (b'"url":', b'"image_url":')
    squeezed = head.replace(b" ", b"")
    if not start and path.suffix in (".json", ".jsonl"):
        return "feed"
    if start[:1] in (b"{", b"[") and any(name in squeezed for name in names):
        return "feed"
    return "list"


def read_feed(path: Path, *, exact: bool = False) -> Iterator[dict[str, Any]]:
    """Yield records and sightings of a feed: JSON Lines, or a JSON array.

    Their URLs are without credentials, which older feeds have, unless *exact*.

    A last line that a crash cut short is left out. One item is held in memory
    at a time. Raise InputError.
    """
    with reading("feed", path), path.open(encoding="utf-8") as file:
        first = file.read(1)
        file.seek(0)
        items = _array(file, path) if first == "[" else _lines(file, path)
        for where, item in items:
            if not isinstance(item, dict) or not ("url" in item or "image_url" in item):
                raise InputError(f"feed '{path}' {where}: not a record")
            yield item if exact else _published(item)


def _published(item: dict[str, Any]) -> dict[str, Any]:
    for name in ("url", "image_url", "page_url"):
        url = item.get(name)
        if isinstance(url, str) and "@" in url:
            item[name] = without_credentials(url)
    error = item.get("error")
    if isinstance(error, str) and "@" in error:
        item["error"] = text_without_credentials(error)
    return item


def _lines(file: IO[str], path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(file, 1):
        if line.isspace():
            continue
        try:
            item = _loads(line)
        except ValueError as error:
            if not line.endswith("\n") and number > 1:
                return
            raise InputError(
                f"feed '{path}' line {number}: not JSON; give one of imgprint's "
                ".json or .jsonl feeds"
            ) from error
        yield f"line {number}", item


def _loads(line: str) -> Any:
    """Return what json.loads does, in less than half of the time."""
    try:
        return read_line(line)
    except msgspec.DecodeError:  # NaN, numbers beyond a float, halves of surrogates
        return json.loads(line)


def _array(file: IO[str], path: Path) -> Iterator[tuple[str, Any]]:
    decode = json.JSONDecoder().raw_decode
    text, at, number = file.read(CHUNK), 1, 0
    while True:
        while text[at : at + 1] in SEPARATORS and at < len(text):
            at += 1
        if text[at : at + 1] == "]":
            return
        try:
            item, at = decode(text, at)
        except ValueError:
            more = file.read(CHUNK)
            if not more:
                if number:  # cut short
                    return
                raise InputError(f"feed '{path}': not a JSON array") from None
            text, at = text[at:] + more, 0
            continue
        number += 1
        yield f"item {number}", item


def read_list(path: Path) -> list[Entry]:
    """Return the entries of the hash list at *path*. Raise InputError."""
    with reading("hash list", path):
        if path.stat().st_size > MAX_LIST:
            raise InputError(f"hash list '{path}' is over 1 GiB: cut it in parts")
        text = path.read_text(encoding="utf-8")
    try:
        entries = parse(text)
    except ListError as error:
        raise InputError(
            f"hash list '{path}' {error}; give md5, sha1, sha256 or PDQ hashes, "
            "one per line, in CSV or in JSON"
        ) from error
    if not entries:
        raise InputError(f"hash list '{path}' is empty")
    return entries


def read_key(path: Path) -> bytes:
    """Return the key of blinded lists in *path*. Raise InputError."""
    with reading("key", path):
        key = path.read_bytes()
    if len(key) < LEAST_KEY:
        raise InputError(
            f"key '{path}' has {len(key)} bytes, under {LEAST_KEY}; "
            f"make one with {MAKE_KEY}"
        )
    return key
