"""Image candidates of an HTML page, from every place where one may be."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from imgprint.discovery.documents.collect import Collector, Mode
from imgprint.discovery.html.css import css_images
from imgprint.discovery.html.elements import HANDLERS, attribute_places, text_places
from imgprint.discovery.html.image_elements import (
    IMAGE_RULES,
    Place,
    image_places,
    is_image_element,
)
from imgprint.discovery.html.names import PLAIN, PLAIN_LINK
from imgprint.discovery.html.scripts import json_images, script_images
from imgprint.discovery.html.srcset import Source
from imgprint.discovery.html.tree import parse_html
from imgprint.discovery.urls.image_urls import Cleaner, looks_like_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imgprint.discovery.candidate import Candidate

MAX_DEPTH = 3
"""Levels of documents in attributes and text: srcdoc, noscript, templates."""

MAX_RELATIVE = 10_000
"""Relative paths in the scripts of one page that are looked at."""
MAX_ENDS = 10_000
"""Ends of URLs that are remembered for these."""
MAX_END = 4
"""Segments at the end of a URL that a relative path in a script may be."""

_TEXTS = frozenset(["style", "script", "noscript", "noframes", "noembed", "iframe"])
_WITHOUT_ATTRIBUTES = _TEXTS | {"picture", "template"}
_HTML_SCRIPTS = ("text/html", "text/template", "text/x-", "text/ng-", "template")


def image_candidates(
    document: Any,
    url: str,
    *,
    candidates: Mode = "largest",
    skipped: Counter[str] | None = None,
    encoding: str = "utf-8",
) -> Iterator[Candidate]:
    """Yield the images of an HTML page in document order, each URL once.

    *document* is the text, a parsel Selector, or an lxml element; *url* the
    final URL of the page, to which ``base href`` is relative. *candidates* is
    "largest" (one of each srcset or picture), "all", or "marked" (all, but
    those that are not the largest come last and are not ``chosen``).

    *skipped* counts what looked like an image and is no http or data URL: by
    scheme (``blob``, ``cid``, ``javascript``, ...), ``invalid`` or ``template``;
    and ``limit`` once if the page has more than MAX_CANDIDATES. Queries of URLs are in
    *encoding*, as browsers send them.

    Raise ValueError if *candidates* is none of these.
    """
    collector = Collector(candidates, Counter() if skipped is None else skipped)
    root = document if hasattr(document, "iter") else root_of(document)
    page = Page(collector, encoding)
    found = page.with_relative(page.images(root, base_url(root, url)))
    return chain(found, collector.others())


def root_of(document: Any) -> Any:
    """Return the root element of a text or a parsel Selector."""
    return parse_html(document) if isinstance(document, str) else document.root


def base_url(root: Any, url: str) -> str:
    """Return the URL to which those of the document are relative.

    The first ``base`` with an href counts, if that is http or https.

    Source: HTML 2.4.1, "document base URL"; 4.2.3.
    """
    for base in root.iter("base", "{http://www.w3.org/1999/xhtml}base"):
        if base.get("href") is not None and _is_of_document(base):
            try:
                joined: str = urljoin(url, base.get("href").strip())
                if urlsplit(joined).scheme in ("http", "https"):
                    return joined
            except ValueError:  # a bad IPv6 address
                pass
            break
    return url


def _is_of_document(node: Any) -> bool:
    """Return whether *node* is neither in a template nor of SVG."""
    return next(node.iterancestors("{*}template", "{*}svg"), None) is None


class Page:
    """The walk through an HTML document and those within it."""

    def __init__(self, collector: Collector, encoding: str = "utf-8"):
        self.collector = collector
        self.encoding = encoding
        self.relative: list[tuple[Place, Cleaner, str | None]] = []

    def images(
        self, root: Any, base: str, inside: str | None = None, depth: int = 0
    ) -> Iterator[Candidate]:
        """Yield the candidates of a document; *inside* names where it is embedded."""
        cleaner = Cleaner(base, self.collector.skipped, self.encoding)
        embedded = inside is not None
        for node in root.iter("*"):
            tag: str = node.tag
            if tag[0] == "{":  # XHTML, SVG in XML
                tag = tag.rpartition("}")[2].lower()
            names = node.keys()
            if PLAIN.issuperset(names) and tag not in _WITHOUT_ATTRIBUTES:
                continue
            if (
                tag == "a"
                and PLAIN_LINK.issuperset(names)
                and not looks_like_image(node.get("href") or "")
                and "media=" not in (node.get("href") or "")
                and not (node.get("rel") or "").startswith("lightbox")
            ):
                continue
            items: list[tuple[str, str]] = node.items()
            if tag != node.tag:
                items = [(name.rpartition("}")[2], value) for name, value in items]
            if "data-widths" in names:
                items = _with_width(items)
            embedded = embedded or tag in ("noscript", "template")
            for place in _places(node, tag, items):
                where = _container(node, inside) if embedded else None
                yield from self.collector.take(place, cleaner, where)
            if tag in _TEXTS:
                yield from self._text(node, tag, cleaner, inside, depth)
            if self.collector.full:
                return

    def _text(
        self, node: Any, tag: str, cleaner: Cleaner, inside: str | None, depth: int
    ) -> Iterator[Candidate]:
        """Yield what the text of an element holds: CSS, JSON, code, HTML."""
        text = node.text or ""
        if tag == "style":
            for sources in css_images("".join(node.itertext())):
                yield from self.collector.take(Place(sources), cleaner, inside)
        elif tag == "script":
            yield from self._script(node, text, cleaner, inside, depth)
        elif depth < MAX_DEPTH:
            if tag == "iframe":
                text = node.get("srcdoc") or ""
            if "<" in text:
                root = root_of(text)
                where = inside or ("iframe" if tag == "iframe" else "noscript")
                base = base_url(root, cleaner.base) if tag == "iframe" else cleaner.base
                yield from self.images(root, base, where, depth + 1)

    def _script(
        self, node: Any, text: str, cleaner: Cleaner, inside: str | None, depth: int
    ) -> Iterator[Candidate]:
        kind = (node.get("type") or "").partition(";")[0].strip().lower()
        start = text.lstrip()[:2]
        is_json = start[:1] in ("{", "[") and start not in ("{{", "{%", "{#", "[[")
        if kind.startswith(_HTML_SCRIPTS) and not is_json:
            if "<" in text and depth < MAX_DEPTH:
                yield from self.images(
                    root_of(text), cleaner.base, inside or "template", depth + 1
                )
            return
        element = "json-ld" if kind == "application/ld+json" else "script"
        data = kind.endswith("json") or kind.startswith(_HTML_SCRIPTS)
        read = json_images if data else script_images
        for found in read(text):
            place = Place([Source(found.url, element=element)], *found[1:])
            if found.url[:1] in "/." or ":" in found.url:
                yield from self.collector.take(place, cleaner, inside)
            elif len(self.relative) < MAX_RELATIVE:
                self.relative.append((place, cleaner, inside))

    def with_relative(self, found: Iterator[Candidate]) -> Iterator[Candidate]:
        """Yield *found*, then what relative paths in scripts name.

        They are relative to what a script knows. A path that ends another URL of the
        page is that image.
        """
        ends: set[int] = set()
        for candidate in found:
            if len(ends) < MAX_ENDS:
                parts = candidate.url.partition("?")[0].rsplit("/", MAX_END)
                for count in range(2, len(parts)):
                    ends.add(hash("/".join(parts[-count:])))
            yield candidate
        for place, cleaner, inside in self.relative:
            path = next(iter(place.sources)).url.partition("?")[0]
            if hash(path) not in ends:
                yield from self.collector.take(place, cleaner, inside)


def _places(node: Any, tag: str, items: list[tuple[str, str]]) -> Iterator[Place]:
    if is_image_element(tag):
        yield from image_places(node, tag, dict(items))
        items = [item for item in items if item[0] in IMAGE_RULES]
    elif handler := HANDLERS.get(tag):
        yield from handler(node, dict(items))
    rest = [item for item in items if item[0] not in PLAIN]
    if node.text and tag not in _TEXTS and node.get("itemprop"):
        yield from text_places(node, dict(items))
    if rest:
        yield from attribute_places(tag, rest)


def _with_width(items: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return attributes with the largest of data-widths in place of ``{width}``.

    Source: lazysizes, plugins/rias.
    """
    digits = re.findall(r"\d{1,6}", dict(items)["data-widths"][:1000], re.ASCII)
    if not digits:
        return items
    width = str(max(map(int, digits)))
    return [(name, value.replace("{width}", width)) for name, value in items]


def _container(node: Any, inside: str | None) -> str | None:
    if inside:
        return inside
    container = next(node.iterancestors("{*}noscript", "{*}template"), None)
    return None if container is None else str(container.tag).rpartition("}")[2]
