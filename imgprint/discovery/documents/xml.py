"""XML read element by element: no entities, no network, no tree kept."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lxml import etree  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?>\s*)*+"
    rb"<(?:[\w.-]+:)?([\w.-]+)",
    re.DOTALL,
)
_BARE = re.compile(rb"&(?!\w{1,40};|#\w{1,10};)")
_KINDS = {
    "rss": "feed",
    "feed": "feed",
    "RDF": "feed",
    "urlset": "sitemap",
    "sitemapindex": "sitemap",
}


def kind_of(body: bytes) -> str | None:
    """Return "feed" or "sitemap" by the document's root, else None.

    >>> kind_of(b'<?xml version="1.0"?><rss version="2.0">')
    'feed'
    """
    if b"//jsonfeed.org/version" in body[:1024].replace(b"\\/", b"/"):
        return "feed"
    match = _ROOT.match(body[:4096])
    return _KINDS.get(match[1].decode("ascii", "replace")) if match else None


def is_xhtml(body: bytes) -> bool:
    """Return whether the XML document *body* is an XHTML page.

    >>> is_xhtml(b'<html xmlns="http://www.w3.org/1999/xhtml">')
    True
    """
    match = _ROOT.match(body[:4096])
    return match is not None and match[1].lower() == b"html"


def records(body: bytes, *names: str) -> Iterator[Any]:
    """Yield each outermost element with a local name of *names*, once it is complete.

    What was yielded is emptied afterwards, so that memory stays flat. What is
    not well-formed ends the iteration, if it can't be recovered from.
    """
    if b"<![CDATA[" not in body:
        body = _BARE.sub(b"&amp;", body)
    tags = [f"{{*}}{name}" for name in names]
    found = etree.iterparse(
        BytesIO(body),
        events=("end",),
        tag=tags,
        recover=True,
        resolve_entities=False,
        no_network=True,
    )
    try:
        for _, node in found:
            if next(node.iterancestors(*tags), None) is not None:
                continue
            yield node
            node.clear()
            parent = node.getparent()
            while parent is not None and node.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError:
        return


def local(node: Any) -> str:
    """Return the name of *node* without namespace, lower case; "" of a comment."""
    tag = node.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def text_of(node: Any | None) -> str:
    """Return all text in *node*, stripped; "" for None."""
    return "" if node is None else "".join(node.itertext()).strip()
