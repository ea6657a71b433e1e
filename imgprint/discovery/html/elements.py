"""Which attributes of which HTML elements name an image."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from imgprint.discovery.html.attributes import attribute_images
from imgprint.discovery.html.css import css_images
from imgprint.discovery.html.image_elements import (
    LAZY_TWINS,
    Place,
    dimension,
    one_place,
    picture_places,
    source_places,
)
from imgprint.discovery.html.names import IMAGE_RELS, ITEM_PROPERTIES, META, WORDS
from imgprint.discovery.html.scripts import IMAGE_HINT, json_images
from imgprint.discovery.html.srcset import Source, parse_srcset
from imgprint.discovery.urls.image_urls import looks_like_image

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    Handler = Callable[[Any, dict[str, str]], Iterator[Place]]

MAX_LINK = 64
"""Elements of a link among which its thumbnail is looked for."""

_PRELOAD = frozenset(["preload", "prefetch"])
_SIZES = re.compile(r"\s*(\d{1,9})x(\d{1,9})\s*\Z", re.IGNORECASE | re.ASCII)


def _link_to_image(node: Any, attrs: dict[str, str]) -> Iterator[Place]:
    href = attrs.get("href")
    if href and "media=" in href and "pin/create" in href:
        for url in parse_qs(href.partition("?")[2], max_num_fields=50).get("media", ()):
            yield Place([Source(url, element="a")])
    elif href and (
        looks_like_image(href) or _is_image_type(attrs) or is_lightbox(attrs)
    ):
        element = node.tag if node.tag in ("a", "area") else "a"
        images = (
            child for child in islice(node.iter("*"), MAX_LINK) if child.get("alt")
        )
        image = next(images, None)
        alt = None if image is None else image.get("alt")
        yield Place([Source(href, element=element)], alt)


def is_lightbox(attrs: Mapping[str, str]) -> bool:
    """Return whether a link says that a lightbox opens it as a picture."""
    return (
        attrs.get("data-type") == "image"
        or "data-pswp-width" in attrs
        or attrs.get("rel", "").startswith("lightbox")
    )


def _is_image_type(attrs: dict[str, str]) -> bool:
    return attrs.get("type", "").strip().lower().startswith("image/")


def _meta(node: Any, attrs: dict[str, str]) -> Iterator[Place]:
    content = attrs.get("content")
    if not content:
        return
    for attribute in ("property", "name", "itemprop"):
        names = attrs.get(attribute, "").lower().split()
        if _is_text(content):
            return
        if content.lstrip()[:1] in ("{", "["):
            for found in json_images(content):
                yield Place([Source(found.url, element="meta")])
            return
        if any(name in META for name in names) or _is_of_image_object(node, names):
            yield Place([Source(content.strip(), element="meta")], *_about_meta(node))
            return
    if "//" in content and looks_like_image(content) and " " not in content.strip():
        yield Place([Source(content.strip(), element="meta")])


def _is_text(content: str) -> bool:
    """Return whether *content* is a word, or words, in place of a URL."""
    content = content.strip().lower()
    spaced = " " in content and "/" not in content and "." not in content
    return content in WORDS or spaced


def _is_of_image_object(node: Any, names: Collection[str]) -> bool:
    """Return whether *names* are those of the URL of a microdata ImageObject."""
    if "url" not in names and "contenturl" not in names:
        return False
    scopes = (
        ancestor.get("itemtype", "")
        for ancestor in islice(node.iterancestors(), MAX_LINK)
        if ancestor.get("itemscope") is not None
    )
    return next(scopes, "").strip().endswith("/ImageObject")


def _about_meta(node: Any) -> tuple[str | None, int | None, int | None]:
    """Return alt, width and height of Open Graph's structured properties."""
    about: dict[str, str] = {}
    for sibling in islice(node.itersiblings("meta"), 8):
        name = (sibling.get("property") or sibling.get("name") or "").lower()
        if name in ("og:image", "twitter:image"):
            break
        about.setdefault(
            name.rpartition(":")[2] if "image:" in name else "", sibling.get("content")
        )
    return (
        about.get("alt"),
        dimension(about.get("width")),
        dimension(about.get("height")),
    )


def _link(node: Any, attrs: dict[str, str]) -> Iterator[Place]:
    rels = set(attrs.get("rel", "").lower().split())
    names = f"{attrs.get('itemprop', '')} {attrs.get('property', '')}".lower().split()
    preloads = attrs.get("as", "").strip().lower() == "image" and (
        not rels or rels & _PRELOAD
    )
    if not (
        preloads
        or rels & IMAGE_RELS
        or not ITEM_PROPERTIES.isdisjoint(names)
        or _is_image_type(attrs)
        or _is_of_image_object(node, names)
    ):
        return
    size = sizes(attrs.get("sizes", ""))
    href = [Source(attrs["href"], element="link")] if attrs.get("href") else []
    srcset = parse_srcset(attrs.get("imagesrcset", ""))
    yield Place(chain(href, (s._replace(element="link") for s in srcset)), None, *size)


def sizes(text: str) -> tuple[int | None, int | None]:
    """Return width and height of a link's or manifest's sizes, None if several.

    >>> sizes("180x180"), sizes("any")
    ((180, 180), (None, None))
    """
    match = _SIZES.match(text)
    return (int(match[1]) or None, int(match[2]) or None) if match else (None, None)


def _input(_: Any, attrs: dict[str, str]) -> Iterator[Place]:
    src = attrs.get("src", "")
    if attrs.get("type", "").strip().lower() == "image" or looks_like_image(src):
        yield from one_place(src, "input", attrs)


def _object(node: Any, attrs: dict[str, str]) -> Iterator[Place]:
    url = attrs.get("data") or attrs.get("src") or ""
    if _is_image_type(attrs) or looks_like_image(url):
        yield from one_place(url, node.tag, attrs)


def _frame(_: Any, attrs: dict[str, str]) -> Iterator[Place]:
    src = attrs.get("src", "")
    if looks_like_image(src):
        yield from one_place(src, "iframe", attrs)


def _svg(_: Any, attrs: dict[str, str]) -> Iterator[Place]:
    for name in ("href", "xlink:href"):
        yield from one_place(attrs.get(name), "svg", attrs)


def _svg_use(_: Any, attrs: dict[str, str]) -> Iterator[Place]:
    for name in ("href", "xlink:href"):
        url = attrs.get(name, "").strip()
        if not url.startswith("#"):
            yield from one_place(url, "svg", attrs)


HANDLERS: dict[str, Handler] = {
    "picture": picture_places,
    "source": source_places,
    "a": _link_to_image,
    "area": _link_to_image,
    "meta": _meta,
    "link": _link,
    "input": _input,
    "object": _object,
    "embed": _object,
    "iframe": _frame,
    "frame": _frame,
    "feimage": _svg,
    "use": _svg_use,
}
_URL_ATTRIBUTES = ("content", "resource", "src", "href", "data")
_SRCSET_TAGS = frozenset(["source", "picture", "link"])
# Elements whose src or href is never an image's, or is read by their handler.
_NO_SRC = frozenset([*HANDLERS, "script", "base", "video", "audio", "track", "bgsound"])


def attribute_places(tag: str, items: list[tuple[str, str]]) -> Iterator[Place]:
    """Yield the places that attributes name on any element: style, poster, data-*."""
    for name, value in items:
        if name == "style":
            yield from map(Place, css_images(value))
        elif name == "poster":
            yield Place([Source(value, element="video")])
        elif name == "background":
            yield Place([Source(value, element="background")])
        elif name == "lowsrc" or (
            name in ("dynsrc", "longdesc") and looks_like_image(value)
        ):
            yield Place([Source(value)])
        elif name in ("src", "href", "data") and tag not in _NO_SRC:
            if IMAGE_HINT.search(value) and looks_like_image(value):
                yield Place([Source(value, element="data-attribute")])
        elif name == "srcset" and tag not in _SRCSET_TAGS:
            yield Place(s._replace(element="source") for s in parse_srcset(value))
        elif name in ("itemprop", "property"):
            yield from _microdata(value, tag, dict(items))
    if tag == "source":  # a picture's lazy sources are one with the picture
        items = [item for item in items if item[0] not in LAZY_TWINS]
    yield from map(Place, attribute_images(items, tag, is_image=False))


def text_places(node: Any, attrs: dict[str, str]) -> Iterator[Place]:
    """Yield the image whose URL is the text of an element: microdata.

    Source: HTML 5.2.4, "values".
    """
    names = attrs.get("itemprop", "").lower().split()
    if any(name in attrs for name in _URL_ATTRIBUTES):
        return
    text = (node.text or "").strip()
    if not text.startswith(("http", "//")) or " " in text:
        return
    if not ITEM_PROPERTIES.isdisjoint(names) or _is_of_image_object(node, names):
        yield Place([Source(text, element="microdata")])


def _microdata(names: str, tag: str, attrs: dict[str, str]) -> Iterator[Place]:
    if tag in ("meta", "link") or not set(names.lower().split()) & ITEM_PROPERTIES:
        return
    for name in ("content", "resource", "src", "href", "data"):
        if attrs.get(name):
            yield Place([Source(attrs[name], element="microdata")], attrs.get("alt"))
            return
