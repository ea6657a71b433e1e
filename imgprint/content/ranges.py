"""The grammar of range requests: RFC 9110 section 14, RFC 2046 section 5.1.

Spans are half-open ``range`` objects that count from byte 0. The inclusive
ends of the wire exist only in ``range_header`` and ``parse_content_range``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 9110 section 14.4; "*" stands for an unknown or inapplicable number.
_CONTENT_RANGE = re.compile(r"\s*bytes\s+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)\s*")

# RFC 2046 section 5.1.1: up to 70 characters, quoted or not.
_BOUNDARY = re.compile(
    r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE
)

_HEADER_END = re.compile(rb"\r?\n\r?\n")

MAX_PARTS = 16
MAX_PART_HEADER = 4096


def range_header(*parts: range | int) -> str:
    """Return the Range field value for *parts*: spans, or ``-n`` for the last n.

    Written without spaces: Apache ignores, and webfs refuses, a list that has
    one after the comma.

    >>> range_header(range(0, 10241), -1024)
    'bytes=0-10240,-1024'
    """
    return "bytes=" + ",".join(
        f"{part}" if isinstance(part, int) else f"{part.start}-{part.stop - 1}"
        for part in parts
    )


def parse_content_range(value: str) -> tuple[range | None, int | None]:
    """Return the span and the complete size that a Content-Range field states.

    The span is None in the ``*/N`` of a 416, the size None where it is ``*``.
    Raise ValueError if *value* is malformed or contradicts itself.

    >>> parse_content_range("bytes 0-10240/32764")
    (range(0, 10241), 32764)
    >>> parse_content_range("bytes */32764")
    (None, 32764)
    """
    match = _CONTENT_RANGE.fullmatch(value)
    if not match:
        raise ValueError(f"Invalid Content-Range: {value[:80]!r}")
    first, last, total = match.groups()
    size = None if total == "*" else int(total)
    if first is None:
        return None, size
    span = range(int(first), int(last) + 1)
    if not span or (size is not None and span.stop > size):
        raise ValueError(f"Impossible Content-Range: {value[:80]!r}")
    return span, size


def is_multipart(content_type: str) -> bool:
    """Return whether *content_type* is multipart/byteranges."""
    return content_type.strip().lower().startswith("multipart/byteranges")


@dataclass(slots=True, frozen=True)
class Part:
    """Bytes from *start* of a representation of *size* bytes (None: unknown).

    *data* may be shorter than what was announced, never longer. *media_type*
    is the Content-Type of the part, None if it has none.
    """

    start: int
    data: bytes
    size: int | None
    media_type: str | None = None


def multipart_parts(content_type: str, body: bytes) -> Iterator[Part]:
    """Yield the parts of a multipart/byteranges *body* that say where they lie.

    A preamble, bare LF line ends, a missing last delimiter, and parts without
    a usable Content-Range are tolerated. A part ends by its Content-Range, so
    that its data may look like a delimiter, unless a real one comes sooner.

    Raise ValueError if *content_type* names no boundary.

    Source: RFC 9110 section 14.6; RFC 2046 section 5.1.1.
    """
    match = _BOUNDARY.search(content_type)
    if not match:
        raise ValueError("multipart/byteranges without a boundary")
    boundary = re.escape((match[1] or match[2]).encode("latin-1", "replace"))
    delimiter = re.compile(rb"(?:^|\r?\n)--" + boundary + rb"(--)?[ \t]*\r?\n")
    position = 0
    for _ in range(MAX_PARTS):
        found = delimiter.search(body, position)
        if not found or found[1]:
            return
        fields, position = _part_header(body, found.end())
        try:
            span, size = parse_content_range(fields.get("content-range", ""))
        except ValueError:
            continue
        if span is None:
            continue
        data = body[position : position + len(span)]
        after = position + len(data)
        if after < len(body) and not _delimiter_at(delimiter, body, after):
            early = delimiter.search(body, position, after)
            data = body[position : early.start()] if early else data
            after = position + len(data)
        yield Part(span.start, data, size, fields.get("content-type"))
        position = after


def _delimiter_at(delimiter: re.Pattern[bytes], body: bytes, position: int) -> bool:
    # The last delimiter may lack its line end (Tomcat, Starlette).
    return bool(delimiter.match(body + b"\r\n", position))


def _part_header(body: bytes, position: int) -> tuple[dict[str, str], int]:
    """Return a part's header fields (lower-case names), and where its data is."""
    # The line end of the delimiter counts: a part may have no header at all.
    end = _HEADER_END.search(body, position - 2, position + MAX_PART_HEADER)
    if not end:
        return {}, position
    fields: dict[str, str] = {}
    for line in body[position : end.start()].decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return fields, end.end()
