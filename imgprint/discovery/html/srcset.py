"""srcset: parse it, choose from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_SOURCES = 10_000
"""Candidates read from one srcset; real ones have up to 50."""

_SPACE_COMMA = re.compile(r"[\t\n\f\r ,]*")
_URL = re.compile(r"[^\t\n\f\r ]+")
# Descriptors end at a comma outside parentheses, which do not nest: HTML 4.8.4.3.
_DESCRIPTORS = re.compile(r"(?:[^,(]++|\([^)]*+\)?)*+")
_DESCRIPTOR = re.compile(r"(?:[^\t\n\f\r (]++|\([^)]*+\)?)++")
_INTEGER = re.compile(r"\d+", re.ASCII)
_FLOAT = re.compile(
    r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE
)
_MODERN_TYPE = re.compile(r"image/(?:avif|webp|jxl)", re.IGNORECASE)
_MODERN_NAME = re.compile(r"[^?#]*\.(?:avif|webp|jxl)(?:[?#]|\Z)", re.IGNORECASE)


class Source(NamedTuple):
    """One of several URLs for the same picture.

    ``width`` and ``height`` are pixels, ``density`` pixels per CSS pixel, None
    if not given. ``media_type`` is that of a picture's source element.
    """

    url: str
    width: int | None = None
    height: int | None = None
    density: float | None = None
    media_type: str | None = None
    element: str = "img"


def parse_srcset(text: str) -> Iterator[Source]:
    """Yield the image candidates of a srcset attribute, at most MAX_SOURCES.

    A candidate with invalid descriptors is left out, as browsers do.

    >>> [source[:2] for source in parse_srcset("a,b.jpg 100w, c.jpg 2x, d.jpg 5q")]
    [('a,b.jpg', 100), ('c.jpg', None)]

    Source: HTML 4.8.4.3.10, "parse a srcset attribute".
    """
    position = 0
    for _ in range(MAX_SOURCES):
        position = _end(_SPACE_COMMA, text, position)
        url = _URL.match(text, position)
        if not url:
            return
        position = url.end()
        descriptors = ""
        address = url[0].rstrip(",")
        if len(address) == len(url[0]):
            position = _end(_DESCRIPTORS, text, position)
            descriptors = text[url.end() : position]
        source = _source(address, descriptors)
        if source:
            yield source


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _source(url: str, descriptors: str) -> Source | None:
    width = height = density = None
    for match in _DESCRIPTOR.finditer(descriptors):
        kind, number = match[0][-1], match[0][:-1]
        if kind == "w" and width is density is None and _INTEGER.fullmatch(number):
            width = _positive(number)
            if not width:
                return None
        elif kind == "h" and height is density is None and _INTEGER.fullmatch(number):
            height = _positive(number)
            if not height:
                return None
        elif (
            kind == "x"
            and width is height is density is None
            and _FLOAT.fullmatch(number)
            and float(number) >= 0
        ):
            density = float(number)
        else:
            return None
    if height and not width:
        return None
    return Source(url, width, height, density)


def _positive(digits: str) -> int | None:
    # int() refuses more than 4300 digits; no image is wider than nine digits.
    return int(digits) if len(digits) < 10 else None


def largest(sources: Iterable[Source]) -> Source | None:
    """Return the source to fetch when one is enough; None if there is none.

    JPEG, PNG and the like before AVIF, WebP and JPEG XL, which are re-encodes
    without metadata; then the widest, then the densest, then the last.

    >>> largest(parse_srcset("a.webp 900w, b.jpg 600w, c.jpg 300w")).url
    'b.jpg'
    """
    best = None
    best_rank = (False, 0, 0.0)
    for source in sources:
        density = 1.0 if source.density is None else source.density
        rank = (not is_modern(source), source.width or 0, density)
        # Equal ranks: the last one, unless widths say they are the same picture.
        if best is None or rank > best_rank or (rank == best_rank and not source.width):
            best, best_rank = source, rank
    return best


def is_modern(source: Source) -> bool:
    """Return whether *source* is AVIF, WebP or JPEG XL by its type or name."""
    if source.media_type:
        return _MODERN_TYPE.match(source.media_type) is not None
    return _MODERN_NAME.match(source.url) is not None
