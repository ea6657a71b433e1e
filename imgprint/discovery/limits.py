"""How much of a page is parsed: lxml's memory and time are not bounded by its bytes."""

from __future__ import annotations

import re
from itertools import islice

MAX_TAGS = 300_000
"""Tags of one page. Real ones have thousands; each takes up to 1 KB as an element."""
MAX_ATTRIBUTES = 2_000
"""Attributes of one tag: libxml2 takes 25 seconds for 100,000, in their square."""

_TAG = re.compile(rb"<[a-zA-Z/!]")
_LONG = 16_384
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")


def within_limits(body: bytes) -> bytes:
    """Return *body*, up to MAX_TAGS tags, without tags of too many attributes.

    >>> within_limits(b"<p>Hello")
    b'<p>Hello'
    """
    if len(body) <= _LONG:
        return body
    if body.count(b"<") > MAX_TAGS:
        rest = next(islice(_TAG.finditer(body), MAX_TAGS, None), None)
        body = body[: rest.start()] if rest else body
    pieces = body.split(b">")
    long = [i for i, piece in enumerate(pieces) if len(piece) > _LONG]
    crowded = [i for i in long if _attributes(pieces[i]) > MAX_ATTRIBUTES]
    for i in crowded:
        pieces[i] = b"<p"
    return b">".join(pieces) if crowded else body


def _attributes(piece: bytes) -> int:
    """Return at most how many attributes the tag at the end of *piece* has."""
    tag = piece.rpartition(b"<")[2]
    if not re.match(rb"[a-zA-Z]", tag):
        return 0
    return len(_QUOTED.sub(b" ", tag).split())
