"""Images and pages of RSS, Atom and RDF feeds."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from imgprint.discovery.documents.xml import local, records, text_of
from imgprint.discovery.html.image_elements import Place, dimension
from imgprint.discovery.html.srcset import Source
from imgprint.discovery.urls.image_urls import looks_like_image

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BASES = 32
"""Elements around an entry that may have an xml:base."""

_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_ENTRIES = ("item", "entry", "image", "logo", "icon", "thumbnail")
# What may hold HTML, as text or as elements.
_HTML = frozenset(["encoded", "description", "summary", "content"])


class Found(NamedTuple):
    """One thing in a feed: an image's *place*, HTML, or the URL of a *page*.

    *bases* are the xml:base of the HTML, each relative to the one before.
    """

    place: Place | None = None
    html: str = ""
    page: str = ""
    bases: tuple[str, ...] = ()


def feed_contents(body: bytes) -> Iterator[Found]:
    """Yield the images, embedded HTML and pages of a feed, in order.

    Source: RSS 2.0; RFC 4287 (Atom); Media RSS 1.5.1; Apple's itunes:image.
    """
    for node in records(body, *_ENTRIES):
        name = local(node)
        if name in ("item", "entry"):
            yield from _entry(node)
        elif name in ("logo", "icon"):
            yield from _image(text_of(node))
        elif name == "image" and not node.get("href"):
            for child in node:  # RSS's <image><url>
                if local(child) == "url":
                    yield from _image(text_of(child))
        else:
            yield from _media(node)


def _entry(node: Any) -> Iterator[Found]:
    for child in node:
        name = local(child)
        if name == "link":
            yield from _link(child)
        elif name in _HTML and child.get("url") is None:
            html = _inner(child)
            if "<" in html:
                yield Found(html=html, bases=_bases(child))
        elif name == "group":
            yield from _group(child)
        else:
            yield from _media(child)


def _bases(node: Any) -> tuple[str, ...]:
    """Return the xml:base attributes that hold for *node*, the outermost first.

    Source: XML Base 3 and 4.
    """
    nodes = [node, *islice(node.iterancestors(), MAX_BASES)]
    return tuple(n.get(_BASE).strip() for n in reversed(nodes) if n.get(_BASE))


def _link(node: Any) -> Iterator[Found]:
    href, rel = node.get("href"), node.get("rel", "alternate")
    if href is None:
        if page := text_of(node):
            yield Found(page=page)
    elif rel == "enclosure":
        yield from _image(href, node)
    elif rel == "alternate":
        yield Found(page=href)


def _media(node: Any) -> Iterator[Found]:
    """Yield the image of one element: Media RSS, enclosure, iTunes."""
    name, href = local(node), node.get("href")
    if name in ("content", "enclosure") and node.get("url"):
        yield from _image(node.get("url"), node)
        for child in node:
            yield from _media(child)
    elif name == "thumbnail":
        yield from _image(node.get("url") or text_of(node), node)
    elif name == "image" and href:
        yield from _image(href, node)


def _group(node: Any) -> Iterator[Found]:
    """Yield the contents of a media:group, which are one picture, and the rest."""
    sources = []
    for child in node:
        if local(child) == "content":
            place = next(_image(child.get("url") or "", child), Found()).place
            if place:
                source = next(iter(place.sources))
                sources.append(source._replace(width=dimension(child.get("width"))))
        else:
            yield from _media(child)
    if sources:
        yield Found(Place(sources))


def _image(url: str, node: Any = None) -> Iterator[Found]:
    """Yield the image at *url*, if *node*, which names it, does not say otherwise."""
    attrs: dict[str, str] = {} if node is None else dict(node.items())
    if url and (node is None or _is_image(url, local(node), attrs)):
        size = dimension(attrs.get("width")), dimension(attrs.get("height"))
        yield Found(Place([Source(url.strip(), element="feed")], None, *size))


def _is_image(url: str, name: str, attrs: dict[str, str]) -> bool:
    kind = attrs.get("type", "").strip().lower() or attrs.get("medium", "").lower()
    if kind:
        return kind.startswith("image")
    return name in ("thumbnail", "image") or looks_like_image(url)


def _inner(node: Any) -> str:
    """Return the HTML of an element: its text, or its child elements as text."""
    if len(node):
        return "".join(etree.tostring(child, encoding="unicode") for child in node)
    return node.text or ""
