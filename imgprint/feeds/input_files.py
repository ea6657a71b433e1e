"""What commands are given: feeds, hash lists, keys, and pictures on disk."""

from __future__ import annotations

import codecs
import json
import os
import stat
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imgprint.content.formats import identify
from imgprint.errors import InputError
from imgprint.feeds.line_shapes import (
    MAX_LINE,
    NOT_JSON,
    NOT_TEXT,
    TOO_DEEP,
    TOO_LONG,
    ItemError,
    read_item,
)
from imgprint.masking import text_without_credentials, without_credentials
from imgprint.matching.hashlists import LEAST_KEY, Entry, ListError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import BufferedReader

CHUNK = 1 << 20
# A list is held in memory; ten million hashes are 400 MB of text.
MAX_LIST = 1 << 30
MAX_KEY = 1 << 20
SEPARATORS = " \t\r\n,"
MAKE_KEY = "head -c 32 /dev/urandom > FILE"


@contextmanager
def reading(what: str, path: Path) -> Iterator[None]:
    """Say in one sentence that *path* can't be read."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{what} '{path}' can't be read: {reason}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{what} '{path}' line {line}: {NOT_TEXT}") from error


@contextmanager
def open_input(what: str, path: Path) -> Iterator[BufferedReader]:
    """Open a file that the user named. Raise InputError, for devices, too.

    Of a device such as /dev/zero there is no end.
    """
    with reading(what, path), path.open("rb") as file:
        if stat.S_ISCHR(os.fstat(file.fileno()).st_mode):
            raise InputError(f"{what} '{path}' can't be read: it is a device")
        yield file


def _read(what: str, path: Path, most: int) -> bytes:
    """Return what is in a file of up to *most* bytes. Raise InputError."""
    with open_input(what, path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        size = f"{most >> 30} GiB" if most >> 30 else f"{most:,} bytes"
        raise InputError(f"{what} '{path}' is over {size}")
    return data


def kind_of(path: Path) -> str:
    """Return what the file at *path* is: image, feed or list."""
    with open_input("query", path) as file:
        head = file.read(4096)
    if identify(head):
        return "image"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    names = (b'"url":', b'"image_url":')
    squeezed = head.replace(b" ", b"")
    if not start and path.suffix == ".json":
        return "feed"
    if path.suffix == ".jsonl":
        return "feed"
    if start[:1] in (b"{", b"[") and any(name in squeezed for name in names):
        return "feed"
    return "list"


class LeftOut:
    """Lines of feeds that could not be used, and how many items could be."""

    def __init__(self) -> None:
        self.used = 0
        self._first: dict[Path, str] = {}
        self._count: Counter[Path] = Counter()

    def begin(self, path: Path) -> None:
        """Forget what was left out of *path*, which is read again."""
        self._first.pop(path, None)
        self._count.pop(path, None)

    def add(self, path: Path, where: str, reason: str) -> None:
        self._first.setdefault(path, f"feed '{path}' {where}: {reason}")
        self._count[path] += 1

    def sentences(self) -> list[str]:
        """Return a sentence for each feed of which something was left out."""
        found = []
        for path, first in self._first.items():
            more = self._count[path] - 1
            lines = "line" if more == 1 else "lines"
            what = f"and {more:,} more {lines} are" if more else "is"
            found.append(f"{first}; it {what} left out")
        return found

    def check(self) -> None:
        """Raise InputError if nothing could be used of what there was."""
        if self._first and not self.used:
            first = next(iter(self._first.values()))
            raise InputError(f"{first}; give one of imgprint's .json or .jsonl feeds")


def read_feeds(
    feeds: Iterable[str], left_out: LeftOut, *, exact: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield what read_feed does, of all *feeds*. Raise InputError if it is nothing."""
    for feed in feeds:
        yield from read_feed(Path(feed), left_out, exact=exact)
    left_out.check()


def read_feed(
    path: Path, left_out: LeftOut | None = None, *, exact: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield records and sightings of a feed: JSON Lines, or a JSON array.

    All fields that imgprint.items has are of its types, or missing. A last line
    that a crash cut short is left out. One item is held in memory at a time. URLs
    are without credentials, which older feeds have, unless *exact*.
    Raise InputError if the file can't be read, and at the first line that is no
    item, unless *left_out* takes it.
    """
    if left_out:
        left_out.begin(path)
    with open_input("feed", path) as file:
        lines = _array if _is_array(file) else _lines
        for where, item in lines(file):
            if not isinstance(item, ItemError):
                if left_out:
                    left_out.used += 1
                yield item if exact else _published(item)
            elif left_out:
                left_out.add(path, where, str(item))
            else:
                raise InputError(
                    f"feed '{path}' {where}: {item}; give one of imgprint's "
                    ".json or .jsonl feeds"
                )


def _published(item: dict[str, Any]) -> dict[str, Any]:
    for name in ("url", "image_url", "page_url"):
        url = item.get(name)
        if isinstance(url, str) and "@" in url:
            item[name] = without_credentials(url)
    error = item.get("error")
    if isinstance(error, str) and "@" in error:
        item["error"] = text_without_credentials(error)
    return item


def _is_array(file: BufferedReader) -> bool:
    """Skip a byte order mark; return whether the file begins with a bracket."""
    if file.peek(3).startswith(codecs.BOM_UTF8):
        file.read(3)
    return file.peek(1)[:1] == b"["


def _lines(file: BufferedReader) -> Iterator[tuple[str, dict[str, Any] | ItemError]]:
    for number, line in enumerate(bounded_lines(file, MAX_LINE), 1):
        if line is None:
            yield f"line {number}", ItemError(TOO_LONG)
        elif not line.isspace():
            item = _item(line)
            cut = isinstance(item, ItemError) and not line.endswith(b"\n")
            if not (cut and number > 1 and str(item) in (NOT_JSON, NOT_TEXT)):
                yield f"line {number}", item


def bounded_lines(file: IO[bytes], most: int) -> Iterator[bytes | None]:
    """Yield the lines of *file*, None for each of more than *most* bytes."""
    while line := file.readline(most + 1):
        if len(line) <= most:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(CHUNK)
        yield None


def _item(line: bytes) -> dict[str, Any] | ItemError:
    try:
        return read_item(line)
    except ItemError as error:
        return error


def _array(file: IO[bytes]) -> Iterator[tuple[str, dict[str, Any] | ItemError]]:
    """Yield the items of an array; what is not JSON ends it, cut short or not."""
    read = _reader(file)
    # Where an item ends is all that it is to tell: numbers are not made.
    decode = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
    held, at, number = read(CHUNK), 1, 0
    while True:
        while held[at : at + 1] in SEPARATORS and at < len(held):
            at += 1
        if held[at : at + 1] == "]":
            return
        where = f"item {number + 1}"
        try:
            _, end = decode(held, at)
        except RecursionError:
            yield where, ItemError(f"{TOO_DEEP}; what follows is not read")
            return
        except ValueError:
            held, at = held[at:], 0
            if len(held) > MAX_LINE:
                yield where, ItemError(f"{NOT_JSON}, or {TOO_LONG}")
                return
            if more := read(max(CHUNK, len(held))):
                held += more
                continue
            if not number:
                yield where, ItemError("not a JSON array")
            return
        yield where, _item(held[at:end].encode("utf-8", "surrogateescape"))
        at, number = end, number + 1


def _reader(file: IO[bytes]) -> Callable[[int], str]:
    """Return a function that reads about so many characters, "" at the end."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def read(size: int) -> str:
        text = ""
        while not text and (data := file.read(size)):
            text = decoder.decode(data)
        return text or decoder.decode(b"", final=True)

    return read


def read_list(path: Path) -> list[Entry]:
    """Return the entries of the hash list at *path*. Raise InputError."""
    data = _read("hash list", path, MAX_LIST)
    with reading("hash list", path):
        text = data.decode()
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
    key = _read("key", path, MAX_KEY)
    if len(key) < LEAST_KEY:
        raise InputError(
            f"key '{path}' has {len(key)} bytes, under {LEAST_KEY}; "
            f"make one with {MAKE_KEY}"
        )
    return key
