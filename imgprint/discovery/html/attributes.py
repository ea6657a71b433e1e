"""Image URLs in attributes: lazy loading, zoom, JSON, event handlers, anything."""

from __future__ import annotations

import json
import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from imgprint.discovery.html.css import css_images
from imgprint.discovery.html.names import (
    AMBIGUOUS,
    IGNORED,
    LAZY_SRC,
    LAZY_SRCSET,
    MEDIA,
    TEXT_WORDS,
)
from imgprint.discovery.html.scripts import IMAGE_HINT, json_images, script_images
from imgprint.discovery.html.srcset import Source, parse_srcset
from imgprint.discovery.urls.image_urls import (
    looks_like_image,
    looks_like_other,
    unescape,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MEDIA_QUERY = re.compile(r"\[[^\]\[]*+\]")
MAX_NAMED = 10_000
"""Images of one attribute."""

_URL_START = re.compile(
    r"(?:https?:)?(?:\\?/){2}|\\?/|\.\.?/|data:image/", re.IGNORECASE
)
_RELATIVE_PATH = re.compile(r"[\w%.~-]+/[^\s,;|<>\"'{}]*\Z")
_SEPARATED = re.compile(r"[^\s,;|\"'<>\[\](){}]+")
_DESCRIPTOR = re.compile(r"\s\d+(?:\.\d+)?[wx]\s*(?:,|\Z)")


def attribute_images(
    items: Iterable[tuple[str, str]], tag: str, is_image: bool
) -> Iterator[Iterable[Source]]:
    """Yield the images that the attributes *items* of one element name.

    Each is the sources of one picture. *is_image* says that the element shows
    an image, so that the lazy attributes need no file extension. Attributes
    with a rule of their own (src, href, style, ...) are not read.
    """
    for name, value in items:
        if name in IGNORED or not value:
            continue
        if name in LAZY_SRCSET or name.endswith("srcset"):
            yield from srcset_images(value)
        elif name in LAZY_SRC:
            # Widgets, too, have a data-src, with a page: Outbrain's, Jetpack's.
            widget = tag in MEDIA or (name == "data-src" and not is_image)
            yield from lazy_images(value, strict=widget)
        elif name in AMBIGUOUS:
            yield from lazy_images(value, strict=not is_image)
        elif IMAGE_HINT.search(value) or "url(" in value:
            yield from _any_images(name, value)


def lazy_images(value: str, *, strict: bool) -> Iterator[Iterable[Source]]:
    """Yield the images of a lazy attribute; *strict*: only with an extension."""
    value = value.strip()
    if _DESCRIPTOR.search(value):
        yield _named(parse_srcset(value))
    elif value[:1] in "[{" or "url(" in value:
        found = list(islice(_any_images("", value), MAX_NAMED))
        yield from found
        if not found and not strict:
            for url in islice(named_urls(value), MAX_NAMED):
                yield [Source(url, element="data-attribute")]
    elif looks_like_image(value) or (
        not strict and is_address(value) and not looks_like_other(value)
    ):
        yield [Source(value, element="data-attribute")]


def srcset_images(value: str) -> Iterator[Iterable[Source]]:
    """Yield the picture of a lazy srcset: also JSON, or lazysizes' bgset with ``|``."""
    if value.lstrip()[:1] in ("{", "["):
        yield from _json_srcset(value)
    elif "|" in value and "http" not in value.partition("|")[0][1:]:
        parts = _MEDIA_QUERY.sub("", value).split("|")
        yield _named(chain.from_iterable(map(parse_srcset, parts)))
    else:
        yield _named(parse_srcset(value))


def _json_srcset(value: str) -> Iterator[Iterable[Source]]:
    """Yield the largest of files below one base, or all that a JSON text names."""
    try:
        known = json.loads(value)
        sizes = known["sizes"]
        name = sizes[max(sizes, key=int)]
        yield [Source(known["baseurl"] + name, element="data-attribute")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        for image in json_images(value):
            yield [Source(image.url, element="data-attribute")]


def named_urls(value: str) -> Iterator[str]:
    """Yield the absolute URLs in a JSON text that may be an image's."""
    try:
        stack = [json.loads(value)]
    except (ValueError, RecursionError):
        return
    while stack:
        known = stack.pop()
        if isinstance(known, dict):
            stack.extend(known.values())
        elif isinstance(known, list):
            stack.extend(known)
        elif (
            isinstance(known, str)
            and known.startswith(("http://", "https://", "//"))
            and not looks_like_other(known)
        ):
            yield known


def is_address(value: str) -> bool:
    """Return whether *value* is a URL rather than text, by its start or slashes.

    >>> is_address("/photo/1"), is_address("photos/1"), is_address("400x300")
    (True, True, False)
    """
    if _URL_START.match(value):
        return not any(mark in value for mark in "<>\n")
    return _RELATIVE_PATH.match(value) is not None


def _any_images(name: str, value: str) -> Iterator[Iterable[Source]]:
    """Yield what an attribute without rule holds: a URL, a list, JSON, CSS, code."""
    value = unescape(value).strip()
    if value[:1] in ("{", "["):
        found = False
        for image in json_images(value):
            found = True
            yield [Source(image.url, element="data-attribute")]
        if found:
            return
    if "url(" in value:
        for images in css_images(
            value if ":" in value.split("url(")[0] else f"a:{value}"
        ):
            yield _named(images)
    elif name.startswith("on") or "<" in value or '"' in value:
        for image in script_images(value):
            yield [Source(image.url, element="data-attribute")]
    elif name.rpartition("-")[2] not in TEXT_WORDS:
        yield from _urls(value, bare=name != "value" and not name.startswith("aria-"))


def _urls(value: str, *, bare: bool) -> Iterator[Iterable[Source]]:
    """Yield a URL, or those of a list; file names without a path if *bare*."""
    if looks_like_image(value) and (
        _URL_START.match(value) or _SEPARATED.fullmatch(value)
    ):
        if bare or "/" in value:
            yield [Source(value, element="data-attribute")]
        return
    for match in _SEPARATED.finditer(value):
        url = match[0]
        if looks_like_image(url) and is_address(url):
            yield [Source(url, element="data-attribute")]


def _named(sources: Iterable[Source]) -> Iterator[Source]:
    for source in sources:
        yield source._replace(element="data-attribute")
