"""The grammar of range requests: RFC 9110 section 14, RFC 2046 section 5.1.

Spans are half-open ``range`` objects that count from byte 0. The inclusive
ends of the wire exist only in ``range_header`` and ``parse_content_range``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 9110 section 14.4; "*" stands for an unknown or inapplicable number.
_CONTENT_RANGE = re.compile(r"\s*bytes\s+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)\s*")

# RFC 2046 section 5.1.1: up to 70 characters, quoted or not.
_BOUNDARY = re.compile(
    r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE
)

# What most servers send after a delimiter, whose line end counts.
_USUAL_HEADER = re.compile(
    rb"\r\n(?:Content-[Tt]ype: ([!-~]{1,100})\r\n)?"
    rb"Content-[Rr]ange: bytes (\d{1,18})-(\d{1,18})/(\d{1,18})\r\n\r\n"
)
_LINE_END = re.compile(rb"[ \t]*(?:\r?\n|\Z)")
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


class Part(NamedTuple):
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
    marker = b"--" + (match[1] or match[2]).encode("latin-1", "replace")
    position = 0
    following: _Delimiter | None = None
    for _ in range(MAX_PARTS):
        found = following or _delimiter(body, marker, position, len(body))
        following = None
        if not found or found.last:
            return
        span, size, media_type, position = _place(body, found.stop)
        if span is None:
            continue
        stop = min(position + len(span), len(body))
        room = stop + 2 + len(marker)
        exact = _delimiter(body, marker, stop, room)
        if exact and exact.start == stop:
            following = exact
        elif stop < len(body):
            early = _delimiter(body, marker, position, room)
            stop = early.start if early else stop
        yield Part(span.start, body[position:stop], size, media_type)
        position = stop


class _Delimiter(NamedTuple):
    """Where a delimiter line begins, with the line end before it, and stops."""

    start: int
    stop: int
    last: bool


def _delimiter(body: bytes, marker: bytes, start: int, stop: int) -> _Delimiter | None:
    """Return the first delimiter line in ``body[start:stop]``.

    Its own line end may be missing at the end of *body* (Tomcat, Starlette).
    """
    at = body.find(marker, start, stop)
    while at >= 0:
        begin = at - body.endswith(b"\n", start, at)
        begin -= body.endswith(b"\r\n", start, at)
        end = at + len(marker)
        last = body.startswith(b"--", end)
        line_end = _LINE_END.match(body, end + 2 * last)
        if (begin < at or at == start) and line_end:
            return _Delimiter(begin, line_end.end(), last)
        at = body.find(marker, at + 1, stop)
    return None


def _place(
    body: bytes, position: int
) -> tuple[range | None, int | None, str | None, int]:
    """Return a part's span, its file's size, its type, and where its data is.

    The span is None where the header states none, or an impossible one.
    """
    if usual := _USUAL_HEADER.match(body, position - 2):
        media_type, first, last, total = usual.groups()
        start, stop, size = int(first), int(last) + 1, int(total)
        if start < stop <= size:
            kind = media_type.decode() if media_type else None
            return range(start, stop), size, kind, usual.end()
    fields, position = _part_header(body, position)
    try:
        span, known = parse_content_range(fields.get("content-range", ""))
    except ValueError:
        span, known = None, None
    return span, known, fields.get("content-type"), position


def _part_header(body: bytes, position: int) -> tuple[dict[str, str], int]:
    """Return a part's header fields (lower-case names), and where its data is.

    Repeated fields are one list (RFC 9110 section 5.3): no Content-Range then.
    """
    # The line end of the delimiter counts: a part may have no header at all.
    end = _HEADER_END.search(body, position - 2, position + MAX_PART_HEADER)
    if not end:
        return {}, position
    fields: dict[str, str] = {}
    for line in body[position : end.start()].decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields, end.end()
