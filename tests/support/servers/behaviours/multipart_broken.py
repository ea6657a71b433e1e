"""Servers whose multipart/byteranges is too long, too short or contradictory."""

from tests.support.servers.behaviours.multipart import two_ranges
from tests.support.servers.exchange import (
    BOUNDARY,
    Behaviours,
    Exchange,
    HangUp,
    content_range,
    joined,
    multipart_type,
)

BEHAVIOURS = Behaviours()


@BEHAVIOURS.add
def giant_part_header(x: Exchange) -> None:
    """A part header of a megabyte."""
    if spans := two_ranges(x):
        x.multipart([x.packed(span, X_Padding="x" * 1_000_000) for span in spans])


@BEHAVIOURS.add
def endless_part_header(x: Exchange) -> None:
    """A part header without end."""
    if two_ranges(x):
        x.send_head(206, None, Content_Type=multipart_type(), Connection="close")
        x.body(f"\r\n--{BOUNDARY}\r\n".encode())
        while True:
            x.body(b"X-Padding: " + b"x" * 1000 + b"\r\n")


@BEHAVIOURS.add
def endless_parts(x: Exchange) -> None:
    """Parts without end: the head, then single bytes for ever."""
    if spans := two_ranges(x):
        x.send_head(206, None, Content_Type=multipart_type(), Connection="close")
        x.body(f"\r\n--{BOUNDARY}\r\n".encode() + x.packed(spans[0]))
        while True:
            x.body(f"\r\n--{BOUNDARY}\r\n".encode() + x.packed(range(1)))


@BEHAVIOURS.add
def many_tiny_parts(x: Exchange) -> None:
    """Two thousand parts of one byte, then the close."""
    if two_ranges(x):
        x.parts([range(n, n + 1) for n in range(min(2000, len(x.image)))])


@BEHAVIOURS.add
def part_without_content_range(x: Exchange) -> None:
    """No part says where it belongs."""
    if spans := two_ranges(x):
        x.multipart([x.packed(span, Content_Range=None) for span in spans])


@BEHAVIOURS.add
def part_content_range_garbage(x: Exchange) -> None:
    """The second part's Content-Range is no such thing."""
    if spans := two_ranges(x):
        tail = x.packed(spans[1], Content_Range="bytes the rest/of it")
        x.multipart([x.packed(spans[0]), tail])


@BEHAVIOURS.add
def part_content_range_twice(x: Exchange) -> None:
    """Each part has two Content-Range fields that contradict each other."""
    if spans := two_ranges(x):
        other = content_range(range(7, 7 + 1024), len(x.image))
        x.multipart([x.packed(s, content_range=other) for s in spans])


@BEHAVIOURS.add
def outer_content_range(x: Exchange) -> None:
    """The header has a Content-Range too, of the first part."""
    if spans := two_ranges(x):
        field = content_range(spans[0], len(x.image))
        x.parts(spans, Content_Range=field)


@BEHAVIOURS.add
def part_totals_differ(x: Exchange) -> None:
    """The parts state different totals."""
    if spans := two_ranges(x):
        tail = x.packed(spans[1], Content_Range=content_range(spans[1], 9_999_999))
        x.multipart([x.packed(spans[0]), tail])


@BEHAVIOURS.add
def part_totals_star(x: Exchange) -> None:
    """The parts state no total."""
    if spans := two_ranges(x):
        stars = [x.packed(s, Content_Range=content_range(s, "*")) for s in spans]
        x.multipart(stars)


@BEHAVIOURS.add
def part_longer(x: Exchange) -> None:
    """The first part goes on beyond its Content-Range."""
    if spans := two_ranges(x):
        head, tail = (x.packed(span) for span in spans)
        x.multipart([head + b"\xee" * 500, tail])


@BEHAVIOURS.add
def part_shorter(x: Exchange) -> None:
    """The first part ends before its Content-Range does."""
    if spans := two_ranges(x):
        head, tail = (x.packed(span) for span in spans)
        x.multipart([head[:-500], tail])


@BEHAVIOURS.add
def multipart_cut(x: Exchange) -> None:
    """The connection ends in the middle of the second part."""
    if spans := two_ranges(x):
        body = joined([x.packed(span) for span in spans])
        x.send_head(206, len(body), Content_Type=multipart_type())
        x.body(body[:-700])
        raise HangUp
