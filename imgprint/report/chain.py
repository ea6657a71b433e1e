"""A log whose entries hold on to each other: none can be changed unnoticed.

A log is JSON Lines. Each entry has its ``number``, the ``hash`` of the one
before as ``previous``, and its own ``hash``: SHA-256 over the entry without
it, as JSON with sorted keys and without spaces. The first is a "begin", the
last an "end". Who keeps the last hash elsewhere can tell a log made anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

START = "0" * 64
MAX_BYTES = 1 << 63


class BrokenError(ValueError):
    """The log is not as it was written; *number* is the first entry that tells."""

    def __init__(self, number: int, reason: str):
        super().__init__(f"entry {number}: {reason}")
        self.number = number


@dataclass
class Verified:
    """What a whole log says. ``records`` are the hashes of its records."""

    entries: int = 0
    requests: int = 0
    bytes_received: int = 0
    complete: int = 0
    records: set[str] = field(default_factory=set)
    last: str = START


def canonical(value: Any) -> bytes:
    r"""Return *value* as JSON in the one form that is hashed.

    >>> canonical({"b": 1, "a": [None, "é"]})
    b'{"a":[null,"\\u00e9"],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def record_hash(record: Any) -> str:
    """Return the hash of a record as a feed has it."""
    return sha256(canonical(record)).hexdigest()


class Chain:
    """Makes entries, each with the hash of the one before."""

    def __init__(self) -> None:
        self.number = 0
        self.last = START

    def entry(self, kind: str, time: str, facts: dict[str, Any]) -> str:
        """Return the next line of the log."""
        self.number += 1
        entry = {"number": self.number, "time": time, "kind": kind, **facts}
        entry["previous"] = self.last
        self.last = entry["hash"] = record_hash(entry)
        return json.dumps(entry) + "\n"


def verify(lines: Iterable[str | bytes | None]) -> Verified:
    """Return what the log says. Raise BrokenError at the first broken entry.

    A line of None is one that is too long to be an entry.
    """
    found, kind = Verified(), None
    for number, line in enumerate(lines, 1):
        entry = _entry(number, line)
        if entry["number"] != number:
            raise BrokenError(
                number, f"is numbered {_shown(entry)}: entries are missing or moved"
            )
        if kind == "end":
            raise BrokenError(number, "stands behind the end")
        if (number == 1) != (entry.get("kind") == "begin"):
            raise BrokenError(number, "is not where a log begins")
        if entry["previous"] != found.last:
            raise BrokenError(number, "does not follow the entry before it")
        if entry["hash"] != _own_hash(number, entry):
            raise BrokenError(number, "was changed: its hash is another")
        kind, found.last, found.entries = entry.get("kind"), entry["hash"], number
        _count(found, number, entry)
    if kind != "end":
        reason = "is missing: the log was cut short, or its crawl was"
        raise BrokenError(found.entries + 1, reason)
    return found


def _own_hash(number: int, entry: dict[str, Any]) -> str:
    try:
        return record_hash({name: v for name, v in entry.items() if name != "hash"})
    except RecursionError:
        raise BrokenError(number, "is nested too deep") from None


def _shown(entry: dict[str, Any]) -> str:
    number = entry["number"]
    return str(number)[:20] if isinstance(number, int | float | str) else "otherwise"


def _entry(number: int, line: str | bytes | None) -> dict[str, Any]:
    if line is None:
        raise BrokenError(number, "is too long")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenError(number, "is not JSON") from None
    names = {"number", "previous", "hash"}
    if not isinstance(entry, dict) or not names <= entry.keys():
        raise BrokenError(number, "is no entry of a log")
    return entry


def _count(found: Verified, number: int, entry: dict[str, Any]) -> None:
    if entry.get("kind") == "exchange":
        received = entry.get("bytes_received")
        received = 0 if received is None else received
        if type(received) is not int or not 0 <= received < MAX_BYTES:
            raise BrokenError(number, "does not say how many bytes were received")
        found.requests += 1
        found.bytes_received += received
    elif entry.get("kind") == "record":
        digest = entry.get("record_sha256")
        if not isinstance(digest, str):
            raise BrokenError(number, "has no hash of its record")
        found.records.add(digest)
        found.complete += entry.get("complete") is True
