"""Which other documents a page or a style sheet links to that hold its images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imgprint.discovery.html.css import css_imports
from imgprint.discovery.urls.image_urls import Cleaner

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from imgprint.discovery.documents.headers import Link

MAX_LINKED = 200
"""Documents of one page; the largest real pages link to a hundred sheets."""

_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json")


class Linked(NamedTuple):
    """A document and what it is: "stylesheet", "manifest" or "feed"."""

    kind: str
    url: str


def linked_documents(
    root: Any, base: str, links: Iterable[Link], skipped: Counter[str]
) -> Iterator[Linked]:
    """Yield the style sheets, manifest and feeds of a page, each once.

    *links* are those of its Link fields, *skipped* counts what is no http URL.
    """
    cleaner = Cleaner(base, skipped)
    seen: set[str] = set()
    for kind, raw in _named(root, links):
        url = cleaner.clean(raw)
        if url and url not in seen and url.startswith("http"):
            seen.add(url)
            yield Linked(kind, url)
        if len(seen) == MAX_LINKED:
            return


def sheet_imports(text: str, base: str, skipped: Counter[str]) -> list[str]:
    """Return the URLs of what the style sheet *text* imports, absolute, each once."""
    cleaner = Cleaner(base, skipped)
    urls = dict.fromkeys(cleaner.clean(url) for url in css_imports(text))
    return [url for url in urls if url and url.startswith("http")][:MAX_LINKED]


def _named(root: Any, links: Iterable[Link]) -> Iterator[tuple[str, str]]:
    for node in root.iter("link", "style"):
        if node.tag == "style":
            for url in css_imports("".join(node.itertext())):
                yield "stylesheet", url
        elif href := node.get("href"):
            rels = set((node.get("rel") or "").lower().split())
            attrs = {name: node.get(name) or "" for name in ("as", "type")}
            if kind := _kind(rels, attrs):
                yield kind, href
    for link in links:
        if kind := _kind(link.rels, link.parameters):
            yield kind, link.url


def _kind(rels: set[str], attrs: dict[str, str]) -> str | None:
    if "stylesheet" in rels:
        return "stylesheet"
    if "preload" in rels and attrs.get("as", "").strip().lower() == "style":
        return "stylesheet"
    if "manifest" in rels:
        return "manifest"
    if "alternate" in rels and attrs.get("type", "").strip().lower() in _FEEDS:
        return "feed"
    return None
