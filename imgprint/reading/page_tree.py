"""The tree of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imgprint.discovery.html.tree import parse_html

if TYPE_CHECKING:
    from scrapy.http import HtmlResponse


def tree_of(response: HtmlResponse) -> Any:
    """Return the root element of the page, by a parser that reads as browsers do."""
    return parse_html(response.text)
