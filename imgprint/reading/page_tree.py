"""The tree of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy.http import HtmlResponse


def tree_of(response: HtmlResponse) -> Any:
    """Return the root element of the page; it goes when the response does.

    A response and its selector hold each other, until the garbage collector
    comes, which counts objects: a page is thirty, and ten times its size.
    """
    response.selector.response = None
    return response.selector.root
