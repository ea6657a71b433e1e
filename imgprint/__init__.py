"""Identify images on the web by a few of their bytes.

``find_images(body, url, content_type)`` yields the images of a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imgprint.discovery.find import find_images

__all__ = ["find_images"]


def __getattr__(name: str) -> Any:
    # Lazily (PEP 562): most imports of the package need no parser.
    if name == "find_images":
        from imgprint.discovery.find import find_images

        return find_images
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
