"""SVG: the size that the root element gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

# XML 1.0 section 3.1: no attribute's value has a "<".
ROOT = re.compile(rb"<(?:\w{1,40}:)?svg(\s[^<>]{0,8000}+)?>")
ATTRIBUTE = re.compile(
    rb"\s(width|height|viewBox)\s{0,9}=\s{0,9}([\"'])([^\"']{0,200})\2"
)
LENGTH = re.compile(rb"\s*+(\d{1,9}(?:\.\d{1,9})?)\s*+(px|pt|pc|mm|cm|in)?\s*+$")
# CSS Values 3 section 6.2
UNITS = {b"px": 1.0, b"": 1.0, b"pt": 4 / 3, b"pc": 16.0, b"mm": 96 / 25.4}
UNITS |= {b"cm": 96 / 2.54, b"in": 96.0}


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the root element, by regular expressions, not XML.

    Pixels are CSS pixels; without width and height the viewBox counts. Title,
    description and RDF are looked for in the known start of the file only.

    Raise ValueError if no root element is there.

    Source: SVG 2 sections 5.1 and 8.2.
    """
    layout.settled = True
    image[0:4]
    known = image.spans[0].stop if image.spans else 0
    head = image[0 : min(known, 16_384)]
    root = ROOT.search(head)
    if not root:
        raise ValueError("No svg element")
    found = {match[1]: match[3] for match in ATTRIBUTE.finditer(root[1] or b"")}
    box = found.get(b"viewBox", b"").replace(b",", b" ").split()
    layout.width = _pixels(found.get(b"width")) or _pixels(
        box[2] if len(box) == 4 else None
    )
    layout.height = _pixels(found.get(b"height")) or _pixels(
        box[3] if len(box) == 4 else None
    )
    layout.frames = 1
    layout.picture = root.start()
    layout.add("svg", range(min(known, 65_536)))


def _pixels(length: bytes | None) -> int | None:
    match = LENGTH.match(length or b"")
    return round(float(match[1]) * UNITS[match[2] or b""]) or None if match else None
