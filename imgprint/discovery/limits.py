"""How much of a page is parsed, and how much of a text is kept.

The memory and time of lxml are not bounded by the bytes of a page.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import islice

MAX_PAGE_BYTES = 8 * 1024 * 1024
"""Bytes read of one page, style sheet or manifest. Real ones have up to five MB."""
MAX_ROBOTS_BYTES = 512_000
"""Bytes read of a robots.txt: RFC 9309 2.5 wants 500 KiB."""
MAX_TAGS = 300_000
"""Tags of one page. Real ones have thousands; each takes up to 1 KB as an element."""
MAX_ATTRIBUTES = 500
"""Attributes of one tag: the time that libxml2 takes grows with their square."""
MAX_URL = 8_192
"""Characters of a URL that is written down; servers refuse longer ones."""
MAX_REQUEST_URL = 65_536
"""Characters of a URL that is requested at all."""
MAX_ALT = 1_000
"""Characters of an alternative text that are written down."""

_TAG = re.compile(rb"<[a-zA-Z/!]")
_LONG = 2_048
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")


def within_limits(body: bytes) -> bytes:
    """Return *body*, up to MAX_TAGS tags, without tags of too many attributes.

    >>> within_limits(b"<p>Hello")
    b'<p>Hello'
    """
    if len(body) <= _LONG:
        return body
    if len(body) > MAX_PAGE_BYTES:
        body = cut_page(body, MAX_PAGE_BYTES)
    if body.count(b"<") > MAX_TAGS:
        rest = next(islice(_TAG.finditer(body), MAX_TAGS, None), None)
        body = body[: rest.start()] if rest else body
    pieces = body.split(b">")
    long = [i for i, piece in enumerate(pieces) if len(piece) > _LONG]
    crowded = [i for i in long if _attributes(pieces[i]) > MAX_ATTRIBUTES]
    for i in crowded:
        pieces[i] = b"<p"
    return b">".join(pieces) if crowded else body


def cut_page(body: bytes, most: int) -> bytes:
    """Return the first *most* bytes of *body*; a tag that is cut is closed.

    Parsers leave out a tag that does not end, whatever it has.

    >>> cut_page(b"<p>a<img srcset='b.jpg, c.jpg'>", 22)
    b"<p>a<img srcset='b.jpg'>"
    """
    if len(body) <= most:
        return body
    body = body[:most]
    tag = body[body.rfind(b"<") :]
    rest = _QUOTED.sub(b"", tag)
    if not _TAG.match(tag) or b">" in rest.partition(b"'")[0].partition(b'"')[0]:
        return body
    quotes = [quote for quote in (b'"', b"'") if quote in rest]
    quote = min(quotes, key=rest.find) if quotes else b""
    return body + quote + b">"


def cut_text(text: str | None, most: int = MAX_ALT) -> str | None:
    """Return at most *most* characters of *text*, with a mark if it was longer.

    >>> cut_text("abcdef", 3), cut_text(None)
    ('ab…', None)
    """
    return text if text is None or len(text) <= most else f"{text[: most - 1]}…"


def cut_url(url: str, most: int = MAX_URL) -> str:
    """Return *url*, or its beginning with its length and hash if it is longer.

    Different URLs stay different. A URL that was cut stays as it is.

    >>> cut_url("http://a.example/" + "b" * 100, 63)
    'http://a.example…[cut: 117 characters, sha256:9e1802a3b89ffd9c]'
    """
    if len(url) <= most:
        return url
    digest = sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    mark = f"…[cut: {len(url)} characters, sha256:{digest}]"
    return url[: most - len(mark)] + mark


def _attributes(piece: bytes) -> int:
    """Return at most how many attributes the tag at the end of *piece* has."""
    _, mark, tag = piece.rpartition(b"<")
    if not mark or not re.match(rb"[a-zA-Z]", tag):
        return 0
    return len(_QUOTED.sub(b" ", tag).split())
