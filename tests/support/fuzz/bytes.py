"""Bytes that were changed at random."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.fuzz.words import (
    CHARSETS,
    CODINGS,
    HOSTS,
    NUMBERS,
    SCHEMES,
    TEXTS,
    TYPES,
)

if TYPE_CHECKING:
    import random


def nasty(rng: random.Random) -> str:
    """Return a text that programs have failed at, or a part of a URL that is one."""
    kind = rng.randrange(4)
    if kind == 0:
        path = rng.choice(["/", "", "/a.jpg", "/%", "/../..", "?", "#", "/\ud83d.png"])
        return rng.choice(SCHEMES) + rng.choice(HOSTS) + path
    return rng.choice(rng.choice([NUMBERS, TEXTS, CODINGS, CHARSETS, TYPES]))


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# Bytes


def flip(rng: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.choice([1, 4, 100, len(data)]) :]


def repeat(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    part = data[start : start + rng.choice([1, 8, 300])]
    return data[:start] + part * rng.choice([2, 3, 40]) + data[start:]


def insert(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + raw(nasty(rng)) + data[start:]


def number(rng: random.Random, data: bytes) -> bytes:
    """Replace a number of *data*, or its last attribute's value."""
    found = [*re.finditer(rb"\d+|(?<==)[\"'][^\"'<>]*", data)]
    if not found:
        return insert(rng, data)
    match = rng.choice(found)
    value = raw(nasty(rng) if rng.random() < 0.5 else rng.choice(NUMBERS))
    return data[: match.start()] + value + data[match.end() :]


def noise(rng: random.Random, data: bytes) -> bytes:
    return rng.randbytes(rng.choice([0, 1, 10, 2000]))


BYTES = (flip, cut, repeat, insert, number)


def mutate(rng: random.Random, data: bytes) -> bytes:
    """Return *data* after one to four mutations."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        data = rng.choice(BYTES)(rng, data)
    return data
