"""The tree of an HTML page, by a parser that reads as browsers do (lexbor)."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from parsel import Selector
from selectolax.lexbor import LexborHTMLParser

from imgprint.discovery.limits import MAX_TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ELEMENTS = 2 * MAX_TAGS
"""Elements of one tree: browsers make more than one of an unclosed b or font."""
MAX_REOPENED = 2_000_000
"""Elements that the parser may have to make of unclosed ones of other names."""
MAX_OPEN_STEPS = 100_000_000
"""Steps through its open elements that the parser may take, 5 ns each."""

_TEXTS = frozenset(["style", "script", "noscript", "noframes", "noembed", "iframe"])
# "Formatting" elements (HTML 13.2.4.2) are opened again in each later paragraph:
# up to three of each tag. Of "a" and "nobr" one stays open.
_FORMATTING = re.compile(
    rb"<(?:b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=[\s/>])[^>]{0,200}",
    re.IGNORECASE,
)
_START = re.compile(rb"<[a-zA-Z]")
_VOID = re.compile(
    rb"<(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p"
    rb"|li|a|option|script|style|dt|dd)(?=[\s/>])",
    re.IGNORECASE,
)


class Element:
    """An element of a page, with what discovery uses of lxml's interface.

    Names are in lower case, those of SVG, too. ``text`` is there where it may hold
    images: style, script, iframe, and what has an itemprop.
    """

    __slots__ = ("attributes", "first", "following", "parent", "tag", "text")

    def __init__(
        self, tag: str, attributes: dict[str, str], parent: Element | None
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.text: str = ""
        self.first: Element | None = None
        self.following: Element | None = None

    def get(self, name: str, default: str | None = None) -> str | None:
        return self.attributes.get(name, default)

    def keys(self) -> list[str]:
        return list(self.attributes)

    def items(self) -> list[tuple[str, str]]:
        return list(self.attributes.items())

    def itertext(self) -> Iterator[str]:
        for element in self.iter():
            if element.text:
                yield element.text

    def iter(self, *tags: str) -> Iterator[Element]:
        """Yield this element and those within, those of *tags* if there are any."""
        wanted = _names(tags)
        element = self
        while True:
            if not wanted or element.tag in wanted:
                yield element
            if element.first:
                element = element.first
                continue
            while element is not self and not element.following:
                assert element.parent
                element = element.parent
            if element is self or not element.following:
                return
            element = element.following

    def iterancestors(self, *tags: str) -> Iterator[Element]:
        wanted = _names(tags)
        element = self.parent
        while element:
            if not wanted or element.tag in wanted:
                yield element
            element = element.parent

    def itersiblings(self, *tags: str) -> Iterator[Element]:
        wanted = _names(tags)
        element = self.following
        while element:
            if not wanted or element.tag in wanted:
                yield element
            element = element.following


def parse_html(page: str | bytes) -> Any:
    """Return the root element of a page; bytes are UTF-8.

    A page that would take a browser's parser too long is read by libxml2: unclosed
    elements in each other by the thousand cost the square of their number.

    >>> [node.get("src") for node in parse_html("<p></html><img src=a>").iter("img")]
    ['a']
    """
    if isinstance(page, str):
        # Lone surrogates come from broken decoders.
        page = page.encode("utf-8", "replace")
    if len(page) > 2_048 and _is_costly(page):
        return Selector(page.decode("utf-8", "replace"), type="html").root
    parser = LexborHTMLParser(page, scripting=True)
    root = _copy(parser.root) if parser.root else None
    return root if root is not None else Element("html", {}, None)


def _is_costly(page: bytes) -> bool:
    """Return whether the parser may take more than the square of what is usual."""
    starts = len(_START.findall(page))
    formatting = {match.lower() for match in _FORMATTING.findall(page)}
    if 3 * len(formatting) * starts > MAX_REOPENED:
        return True
    # An end tag closes at most one; in a comment or attribute it closes none.
    nested = starts - len(_VOID.findall(page))
    closed = min(page.count(b"</"), nested)
    return (nested - closed) * starts > MAX_OPEN_STEPS


def _copy(node: Any) -> Element:
    """Return a copy of the parser's tree that keeps no other text than needed."""
    root = Element(node.tag, _attributes(node), None)
    # What comes next: a node, its parent, and the sibling before it.
    stack: list[tuple[Any, Element, Element | None]] = [(node.first_child, root, None)]
    count = 0
    while stack and count < MAX_ELEMENTS:
        node, parent, before = stack.pop()
        while node is not None and not node.is_element_node:
            if node.is_text_node and _keeps_text(parent):
                parent.text += node.text_content or ""
            node = node.next
        if node is None:
            continue
        count += 1
        element = Element(node.tag.lower(), _attributes(node), parent)
        if before:
            before.following = element
        else:
            parent.first = element
        stack.append((node.next, parent, element))
        inner = node.first_child
        if element.tag == "template":
            fragments = node.template_fragments()
            inner = fragments[0].first_child if fragments else inner
        if element.tag == "noscript" and inner is not None and inner.is_text_node:
            inner = _without_scripts(inner.text_content or "", element)
        if inner is not None:
            stack.append((inner, element, None))
    return root


def _without_scripts(text: str, element: Element) -> Any:
    """Return the first node of what a noscript holds; note it if it is escaped.

    Browsers with scripts read it as text, so that an image there does not end the head.
    """
    if "<" not in text:
        element.text = unescape(text)
        return None
    return LexborHTMLParser(text, is_fragment=True).root


def _attributes(node: Any) -> dict[str, str]:
    attributes = node.attributes
    if not attributes:
        return _NONE
    return {name.lower(): value or "" for name, value in attributes.items()}


_NONE: dict[str, str] = {}


def _keeps_text(element: Element) -> bool:
    return element.tag in _TEXTS or "itemprop" in element.attributes


def _names(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(tag.rpartition("}")[2] for tag in tags if tag != "*")
