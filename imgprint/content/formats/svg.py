"""SVG: the size that the root element gives."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

HEAD = 16_384
MAX_ATTRIBUTES = 200
PROLOGUE = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE", b">"))
ROOT = re.compile(rb"<(?:\w{1,40}:)?svg(?=[\s>/])")
# XML 1.0 section 3.1: no attribute's value has a "<".
ATTRIBUTE = re.compile(
    rb"\s{1,99}+([^\s=<>/\"']{1,99}+)\s{0,9}+=\s{0,9}+(\"[^\"<]{0,4000}+\"|'[^'<]{0,4000}+')"
)
TITLE = re.compile(rb"<title(?:\s[^<>]{0,200}+)?>([^<]{1,4000}+)</title")
DESCRIPTION = re.compile(rb"<desc(?:\s[^<>]{0,200}+)?>([^<]{1,4000}+)</desc")
LENGTH = re.compile(
    rb"\s*+\+?((?:\d{1,9}+(?:\.\d{0,9}+)?|\.\d{1,9}+)(?:[eE][+-]?\d{1,2})?+)"
    rb"(px|pt|pc|mm|cm|in)?\s*+$"
)
MAX_SIDE = 0x7FFF_FFFF
# CSS Values 3 section 6.2
UNITS = {b"px": 1.0, b"": 1.0, b"pt": 4 / 3, b"pc": 16.0, b"mm": 96 / 25.4}
UNITS |= {b"cm": 96 / 2.54, b"in": 96.0}


def find_root(head: bytes) -> int | None:
    """Return where the svg element starts if it comes first, after any prologue.

    Source: XML 1.0 section 2.8.

    >>> find_root(b"<!-- <svg> --> <svg/>")
    15
    """
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    for _ in range(MAX_ATTRIBUTES):
        at += len(head) - at - len(head[at:].lstrip())
        for start, stop in PROLOGUE:
            if head.startswith(start, at):
                end = head.find(stop, at)
                if start == b"<!DOCTYPE" and -1 < head.find(b"[", at) < end:
                    end = head.find(b">", max(head.find(b"]", at), at))
                if end < 0:
                    return None
                at = end + len(stop)
                break
        else:
            return at if ROOT.match(head, at) else None
    return None


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the root element, by regular expressions, not XML.

    Pixels are CSS pixels; without width and height the viewBox counts, and with
    one of them its ratio. Title, description and RDF are looked for in the known
    start of the file only.

    Raise ValueError if no root element is there.

    Source: SVG 2 sections 5.1, 8.2 and 8.11.
    """
    layout.settled = True
    image[0:4]
    known = image.spans[0].stop if image.spans else 0
    head = image[0 : min(known, HEAD)]
    root = find_root(head)
    if root is None:
        raise ValueError("No svg element")
    found = _attributes(head, root)
    width, height = _pixels(found.get(b"width")), _pixels(found.get(b"height"))
    box = found.get(b"viewBox", b"").replace(b",", b" ").split()
    across, down = map(_number, box[2:] if len(box) == 4 else (b"", b""))
    if across and down and (width or height):
        width, height = width or height * across / down, height or width * down / across
    layout.width = _side(width or across)
    layout.height = _side(height or down)
    layout.frames = 1
    layout.picture = root
    layout.unseen = image.size is None or known < image.size
    layout.add("svg", range(min(known, 65_536)))


def texts(data: bytes) -> dict[str, str]:
    """Return the first title and the first description, under the names of PNG.

    Source: SVG 2 section 5.7.
    """
    found = {}
    for key, pattern in (("Title", TITLE), ("Description", DESCRIPTION)):
        match = pattern.search(data)
        text = unescape(match[1].decode("utf-8", "replace")).strip() if match else ""
        if text:
            found[key] = text
    return found


def _attributes(head: bytes, root: int) -> dict[bytes, bytes]:
    """Return the attributes of the element at *root*, as far as they are known."""
    match = ROOT.match(head, root)
    found: dict[bytes, bytes] = {}
    at = match.end() if match else root
    for _ in range(MAX_ATTRIBUTES):
        match = ATTRIBUTE.match(head, at)
        if not match:
            break
        found.setdefault(match[1], match[2][1:-1])
        at = match.end()
    return found


def _pixels(length: bytes | None) -> float:
    match = LENGTH.match(length or b"")
    return float(match[1]) * UNITS[match[2] or b""] if match else 0.0


def _number(text: bytes) -> float:
    match = LENGTH.match(text)
    return float(match[1]) if match and not match[2] else 0.0


def _side(pixels: float) -> int | None:
    return round(pixels) or None if pixels <= MAX_SIDE else None
