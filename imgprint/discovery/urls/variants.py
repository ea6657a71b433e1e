"""Which picture a URL is a size of."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from imgprint.discovery.urls.amp import unwrap_amp
from imgprint.discovery.urls.services import RULES

MAX_URL = 4096
"""Characters of a URL that is looked at; a longer one is its own picture."""
MAX_NESTING = 4
"""Rules applied to one URL: a resized upload behind an image service is two."""

# Most URLs are of no service; one search tells.
_HINT = re.compile("|".join(re.escape(h) for _, hints, _ in RULES for h in hints))


class Variant(NamedTuple):
    """What the URL of an image says of the picture it is a variant of.

    ``key`` is the same for all variants of a picture: host, path and what
    counts of the query, without escapes. It is no URL.

    ``rule`` names the service or software, None if the URL is of no known form.
    ``original`` is the URL of the picture itself, if it is known and on the
    same host as the variant. ``width`` is in pixels, None if the URL has none.
    """

    key: str
    rule: str | None = None
    original: str | None = None
    width: int | None = None


def variant_of(url: str) -> Variant | None:
    """Return the picture that *url* shows; None if it is no http URL.

    No URL on another host is made up: what a service's URL holds is a key only.

    >>> variant_of("https://a.example/wp-content/uploads/b-300x200.jpg?ver=2").key
    'a.example/wp-content/uploads/b.jpg'
    >>> variant_of("https://i0.wp.com/a.example/b.jpg?w=300").original
    """
    if not url.startswith(("http://", "https://")):
        return None
    if len(url) > MAX_URL or not (_HINT.search(url) or "%" in url):
        return _itself(url)
    first = current = unwrap_amp(url)
    rule = width = None
    fetchable = first == url
    try:
        for _ in range(MAX_NESTING):
            parts = urlsplit(current)
            found = _apply(current, parts)
            if not found:
                break
            name, (current, at_width, exact) = found
            rule, width = rule or name, width or at_width
            fetchable = fetchable and exact
        parts = urlsplit(current)
        same_host = parts.netloc == urlsplit(url).netloc
    except ValueError:  # a bad IPv6 address or port within the URL
        return _itself(url)
    known = rule and fetchable and same_host and current != url
    return Variant(_key(parts), rule, current if known else None, width)


def _itself(url: str) -> Variant:
    host, slash, path = url.partition("://")[2].partition("/")
    return Variant(host.lower() + (slash or "/") + path)


def _apply(
    url: str, parts: SplitResult
) -> tuple[str, tuple[str, int | None, bool]] | None:
    for name, hints, rule in RULES:
        if any(hint in url for hint in hints):
            found = rule(parts)
            if found and found[0] != url:
                return name, found
    return None


def _key(parts: SplitResult) -> str:
    host = parts.netloc.lower().rpartition("@")[2]
    path = unquote(parts.path) or "/"
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return f"{host}{path}?{urlencode(pairs)}" if pairs else host + path
