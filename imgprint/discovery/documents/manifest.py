"""Images of a web app manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imgprint.discovery.html.elements import sizes
from imgprint.discovery.html.image_elements import Place
from imgprint.discovery.html.srcset import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MANIFEST = 1_000_000


def manifest_places(text: str) -> Iterator[Place]:
    """Yield the icons and screenshots of a manifest, its shortcuts' included.

    Nothing if *text* is not a manifest.

    Source: W3C, Web Application Manifest, "icons", "screenshots", "shortcuts".
    """
    try:
        manifest = json.loads(text) if len(text) <= MAX_MANIFEST else None
    except (ValueError, RecursionError):
        return
    if not isinstance(manifest, dict):
        return
    yield from _images(manifest)
    for shortcut in _objects(manifest.get("shortcuts")):
        yield from _images(shortcut)


def _images(member: dict[str, Any]) -> Iterator[Place]:
    for name in ("icons", "screenshots"):
        for image in _objects(member.get(name)):
            src, label, size = (image.get(n) for n in ("src", "label", "sizes"))
            if isinstance(src, str) and src:
                yield Place(
                    [Source(src, element="manifest")],
                    label if isinstance(label, str) else None,
                    *sizes(size if isinstance(size, str) else ""),
                )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
