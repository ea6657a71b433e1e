"""Elements that show an image, and pictures: src, srcset and their lazy twins."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from imgprint.discovery.html.attributes import (
    attribute_images,
    is_address,
    lazy_images,
    srcset_images,
)
from imgprint.discovery.html.names import IGNORED, LAZY_SRC, LAZY_SRCSET, NO_PICTURES
from imgprint.discovery.html.srcset import Source, parse_srcset
from imgprint.discovery.urls.image_urls import is_placeholder, looks_like_other

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_PICTURE = 1000
"""Elements read of one picture, attributes of one image."""
MAX_INNER_PICTURE = 32
"""Elements read of a picture in a picture: a page may nest two thousand."""

# Of src and srcset of one image, or of one picture, one is enough; so of these.
LAZY_TWINS = LAZY_SRCSET | {"data-src", "data-lazy-src"}
# What else an image element may have besides what image_places reads.
IMAGE_RULES = frozenset(["style", "background", "lowsrc", "dynsrc", "longdesc"])
_READ = LAZY_TWINS | IGNORED
_DIMENSION = re.compile(r"\s*\+?(\d{1,9})(?![\d%]|\.\d+%)", re.ASCII)


class Place(NamedTuple):
    """One picture in one place: its sources, and what the page says of it."""

    sources: Iterable[Source]
    alt: str | None = None
    width: int | None = None
    height: int | None = None


def is_image_element(tag: str) -> bool:
    """Return whether *tag* shows one image by src or srcset: img, amp-img, *-img."""
    return tag in ("img", "image", "amp-anim") or tag.endswith("-img")


def dimension(value: str | None) -> int | None:
    """Return a declared length in pixels; None for per cent, 0, "auto", nothing.

    >>> dimension("300px"), dimension("50%"), dimension("auto")
    (300, None, None)

    Source: HTML 2.4.4.4, "rules for parsing dimension values".
    """
    match = _DIMENSION.match(value) if value else None
    return (int(match[1]) or None) if match else None


def describe(attrs: dict[str, str]) -> tuple[str | None, int | None, int | None]:
    """Return the alt text, width and height that attributes declare."""
    width, height = dimension(attrs.get("width")), dimension(attrs.get("height"))
    return attrs.get("alt"), width, height


def one_place(url: str | None, element: str, attrs: dict[str, str]) -> Iterator[Place]:
    """Yield the place of one URL, if there is one."""
    if url:
        yield Place([Source(url, element=element)], *describe(attrs))


def image_places(node: Any, tag: str, attrs: dict[str, str]) -> Iterator[Place]:
    """Yield the places of an image element: src and srcset, lazy twins, the rest.

    A placeholder in src is left out if another attribute has the image.
    """
    about = describe(attrs)
    if tag == "image":
        for name in ("href", "xlink:href"):
            yield from one_place(attrs.get(name), "svg", attrs)
    rest = [item for item in attrs.items() if item[0] not in _READ]
    others: list[Iterable[Source]] = []
    if rest:
        found = attribute_images(rest, tag, is_image=True)
        others = list(islice(found, MAX_PICTURE))
    if not others and not has_lazy_twin(attrs) and _has_no_picture(attrs):
        others = list(_unknown_lazy(attrs))
    if next(node.iterancestors("{*}picture"), None) is None:
        lazy = has_lazy_twin(attrs)
        skip = lazy or bool(others)
        yield Place(_own_sources(attrs, skip_placeholder=skip), *about)
        if lazy:
            yield Place(_lazy_sources(attrs), *about)
    for sources in others:
        yield Place(sources, *about)


def _has_no_picture(attrs: dict[str, str]) -> bool:
    src = attrs.get("src", "").strip()
    return not attrs.get("srcset") and (not src or is_placeholder(src))


def _unknown_lazy(attrs: dict[str, str]) -> Iterator[Iterable[Source]]:
    """Yield what an image without a picture of its own names in any attribute."""
    for name, value in attrs.items():
        if name in IGNORED and name not in ("rel", "content"):
            continue
        value = value.strip()
        whole = value.startswith(("http://", "https://", "//"))
        if any(word in name for word in NO_PICTURES) or " " in value:
            continue
        rooted = whole or value.startswith("/")
        if rooted and is_address(value) and not looks_like_other(value):
            yield [Source(value, element="data-attribute")]


def has_lazy_twin(attrs: dict[str, str]) -> bool:
    """Return whether lazy attributes name what src and srcset will be."""
    if LAZY_TWINS.isdisjoint(attrs):
        return False
    return next(_lazy_sources(attrs), None) is not None


def _own_sources(attrs: dict[str, str], *, skip_placeholder: bool) -> Iterable[Source]:
    sources = [Source(attrs["src"])] if attrs.get("src") else []
    if skip_placeholder and sources and is_placeholder(attrs["src"].strip()):
        sources = []
    if "srcset" not in attrs:
        return sources
    return chain(
        sources,
        (
            source
            for source in parse_srcset(attrs["srcset"])
            if not (skip_placeholder and is_placeholder(source.url))
        ),
    )


def _lazy_sources(attrs: dict[str, str]) -> Iterator[Source]:
    for name, value in attrs.items():
        if name in LAZY_SRCSET:
            yield from chain.from_iterable(srcset_images(value))
        elif name in LAZY_TWINS:
            yield from chain.from_iterable(lazy_images(value, strict=False))


def picture_places(node: Any, _: dict[str, str]) -> Iterator[Place]:
    """Yield a picture as one place: the sources of its children, by type."""
    is_inner = next(node.iterancestors("{*}picture"), None) is not None
    most = MAX_INNER_PICTURE if is_inner else MAX_PICTURE
    children = [
        (str(child.tag).rpartition("}")[2], dict(child.items()))
        for child in islice(node.iter("{*}source", "{*}img", "{*}amp-img"), most)
    ]
    about = next((describe(attrs) for tag, attrs in children if tag != "source"), ())
    lazy = any(has_lazy_twin(attrs) for _, attrs in children)
    skip = lazy or any(not LAZY_SRC.isdisjoint(attrs) for _, attrs in children)
    yield Place(_picture_sources(children, skip_placeholder=skip), *about)
    if lazy:
        yield Place(_picture_lazy_sources(children), *about)


def _picture_sources(
    children: list[tuple[str, dict[str, str]]], *, skip_placeholder: bool
) -> Iterator[Source]:
    for tag, attrs in children:
        for source in _own_sources(attrs, skip_placeholder=skip_placeholder):
            yield (
                _of_type(source._replace(element="source"), attrs)
                if (tag == "source")
                else source
            )


def _picture_lazy_sources(
    children: list[tuple[str, dict[str, str]]],
) -> Iterator[Source]:
    for tag, attrs in children:
        for source in _lazy_sources(attrs):
            yield _of_type(source, attrs) if tag == "source" else source


def _of_type(source: Source, attrs: dict[str, str]) -> Source:
    return source._replace(media_type=attrs.get("type"))


def source_places(node: Any, attrs: dict[str, str]) -> Iterator[Place]:
    """Outside a picture, a source is of audio or video unless it has a srcset."""
    if next(node.iterancestors("{*}picture"), None) is None:
        srcset = attrs.get("srcset") or attrs.get("data-srcset") or ""
        yield Place(s._replace(element="source") for s in parse_srcset(srcset))
