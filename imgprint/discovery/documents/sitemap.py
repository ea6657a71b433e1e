"""Images and pages of sitemaps, and the sitemaps that robots.txt names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from imgprint.discovery.documents.xml import local, records, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_IMAGES = 1000
"""Images of one page in a sitemap: Google's limit."""
MAX_SITEMAPS = 1000
"""Sitemap lines read of one robots.txt."""

_LINE = re.compile(
    rb"^[^\S\n]*sitemap[^\S\n]*:[^\S\n]*([^\s#]+)", re.IGNORECASE | re.MULTILINE
)


class Entry(NamedTuple):
    """One URL of a sitemap: a "page", an "image" of a *page*, or a "sitemap"."""

    kind: str
    url: str
    page: str | None = None
    alt: str | None = None


def sitemap_entries(body: bytes) -> Iterator[Entry]:
    """Yield what a sitemap or sitemap index lists, in order, as it is written.

    Source: https://www.sitemaps.org/protocol.html;
    http://www.google.com/schemas/sitemap-image/1.1.
    """
    for node in records(body, "url", "sitemap"):
        parts = [(local(child), child) for child in node]
        page = next((text_of(n) for name, n in parts if name == "loc"), "")
        if local(node) == "sitemap":
            if page:
                yield Entry("sitemap", page)
            continue
        if page:
            yield Entry("page", page)
        images = [n for name, n in parts if name == "image"]
        for image in images[:MAX_IMAGES]:
            about = {local(child): text_of(child) for child in image}
            if url := about.get("loc"):
                alt = about.get("caption") or about.get("title") or None
                yield Entry("image", url, page or None, alt)


def robots_sitemaps(body: bytes) -> list[str]:
    r"""Return the URLs of the Sitemap lines of a robots.txt, each once.

    >>> robots_sitemaps(b"User-agent: *\nSitemap: https://a.example/s.xml # all")
    ['https://a.example/s.xml']

    Source: RFC 9309 section 2.2.4.
    """
    found = (m[1].decode("utf-8", "replace") for m in _LINE.finditer(body))
    return list(dict.fromkeys(found))[:MAX_SITEMAPS]
