"""Servers that do lists and write multipart/byteranges in ways of their own."""

from tests.support.servers.exchange import (
    BOUNDARY,
    Behaviours,
    Exchange,
    content_range,
    joined,
    multipart_type,
)

BEHAVIOURS = Behaviours()
# Stands in the data of "boundary-in-data", where a careless parser stops.
TRAP = b"\r\n--%b--\r\n" % BOUNDARY.encode()


def two_ranges(x: Exchange) -> list[range] | None:
    """Answer all but a list of two ranges; return those."""
    if x.listed and x.spans and len(x.spans) == 2:
        return x.spans
    x.honour()
    return None


def _body(x: Exchange, body: bytes, kind: str | None = None) -> None:
    x.answer(206, body, Content_Type=kind or multipart_type())


@BEHAVIOURS.add
def quoted_boundary(x: Exchange) -> None:
    """The boundary is a quoted string with a space in it (Squid, Twisted)."""
    if spans := two_ranges(x):
        parts = joined([x.packed(span) for span in spans], "two words")
        _body(x, parts, 'multipart/byteranges; boundary="two words"')


@BEHAVIOURS.add
def long_boundary(x: Exchange) -> None:
    """A boundary of 70 characters, the longest allowed."""
    if spans := two_ranges(x):
        line = "b" * 70
        _body(x, joined([x.packed(s) for s in spans], line), multipart_type(line))


@BEHAVIOURS.add
def other_parameters(x: Exchange) -> None:
    """Upper case names, and a parameter before the boundary."""
    if spans := two_ranges(x):
        kind = f"Multipart/ByteRanges; charset=x; BOUNDARY={BOUNDARY}"
        _body(x, joined([x.packed(span) for span in spans]), kind)


@BEHAVIOURS.add
def lf_only(x: Exchange) -> None:
    """Lines of boundaries and part headers end in LF."""
    if spans := two_ranges(x):
        body = b""
        for span in spans:
            field = content_range(span, len(x.image))
            body += f"\n--{BOUNDARY}\nContent-Range: {field}\n\n".encode()
            body += x.image[span.start : span.stop]
        _body(x, body + f"\n--{BOUNDARY}--\n".encode())


@BEHAVIOURS.add
def preamble(x: Exchange) -> None:
    """Text before the first boundary and after the last."""
    if spans := two_ranges(x):
        body = joined([x.packed(span) for span in spans])
        _body(x, b"If you can read this,\r\n-- \r\ntoo bad." + body + b"The end")


@BEHAVIOURS.add
def no_leading_line(x: Exchange) -> None:
    """The body starts with the boundary and ends without a line end."""
    if spans := two_ranges(x):
        _body(x, joined([x.packed(span) for span in spans]).strip(b"\r\n"))


@BEHAVIOURS.add
def padded_boundary(x: Exchange) -> None:
    """White space after each boundary."""
    if spans := two_ranges(x):
        body = joined([x.packed(span) for span in spans])
        line = BOUNDARY.encode()
        _body(x, body.replace(line + b"\r\n", line + b" \t\r\n"))


@BEHAVIOURS.add
def upper_case_fields(x: Exchange) -> None:
    """CONTENT-RANGE, without a space after the colon."""
    if spans := two_ranges(x):
        body = joined([x.packed(span) for span in spans])
        _body(x, body.replace(b"Content-Range: ", b"CONTENT-RANGE:"))


@BEHAVIOURS.add
def no_close(x: Exchange) -> None:
    """No final boundary."""
    if spans := two_ranges(x):
        body = joined([x.packed(span) for span in spans])
        _body(x, body.removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode()))


@BEHAVIOURS.add
def chunked_multipart(x: Exchange) -> None:
    """Chunked, in chunks of 1,000 bytes (Tomcat)."""
    if spans := two_ranges(x):
        body = joined([x.packed(span) for span in spans])
        kind = multipart_type()
        x.send_head(206, None, Content_Type=kind, Transfer_Encoding="chunked")
        for start in range(0, len(body), 1000):
            piece = body[start : start + 1000]
            x.body(b"%x\r\n%b\r\n" % (len(piece), piece))
        x.body(b"0\r\n\r\n")


@BEHAVIOURS.add
def one_part(x: Exchange) -> None:
    """A multipart of the first range only."""
    if spans := two_ranges(x):
        x.parts(spans[:1])


@BEHAVIOURS.add
def one_part_tail(x: Exchange) -> None:
    """A multipart of the last range only."""
    if spans := two_ranges(x):
        x.parts(spans[1:])


@BEHAVIOURS.add
def no_part(x: Exchange) -> None:
    """A multipart without parts."""
    if two_ranges(x):
        x.multipart([])


@BEHAVIOURS.add
def swapped_parts(x: Exchange) -> None:
    """The tail comes first."""
    if spans := two_ranges(x):
        x.parts(spans[::-1])


@BEHAVIOURS.add
def overlapping_parts(x: Exchange) -> None:
    """Three parts that overlap, with equal bytes."""
    if spans := two_ranges(x):
        head, tail = spans
        x.parts([range(6000), range(5000, head.stop), tail])


@BEHAVIOURS.add
def contradicting_parts(x: Exchange) -> None:
    """The head twice, with other bytes the second time."""
    if spans := two_ranges(x):
        parts = [x.packed(span) for span in spans]
        x.multipart([*parts, parts[0][:-1] + bytes([parts[0][-1] ^ 1])])


@BEHAVIOURS.add
def extra_parts(x: Exchange) -> None:
    """A part in the middle that nobody asked for."""
    if spans := two_ranges(x):
        middle = len(x.image) // 2
        x.parts([spans[0], range(middle, middle + 100), spans[1]])


@BEHAVIOURS.add
def coalesced(x: Exchange) -> None:
    """A list is answered by one plain 206 from the first to the last byte."""
    if spans := two_ranges(x):
        x.part(range(spans[0].start, spans[-1].stop))


@BEHAVIOURS.add
def coalesced_part(x: Exchange) -> None:
    """A multipart with one part from the first to the last byte."""
    if spans := two_ranges(x):
        x.parts([range(spans[0].start, spans[-1].stop)])


@BEHAVIOURS.add
def boundary_in_data(x: Exchange) -> None:
    """The image holds the final boundary, as bytes of its own."""
    if spans := two_ranges(x):
        x.parts(spans)


@BEHAVIOURS.add
def wrong_boundary(x: Exchange) -> None:
    """The header names another boundary than the body has."""
    if spans := two_ranges(x):
        x.parts(spans, Content_Type=multipart_type("something-else"))


@BEHAVIOURS.add
def no_boundary(x: Exchange) -> None:
    """The header names no boundary."""
    if spans := two_ranges(x):
        x.parts(spans, Content_Type="multipart/byteranges")


@BEHAVIOURS.add
def plain_type_multipart(x: Exchange) -> None:
    """A multipart body that is called image/jpeg."""
    if spans := two_ranges(x):
        x.parts(spans, Content_Type="image/jpeg")


@BEHAVIOURS.add
def multipart_in_200(x: Exchange) -> None:
    """A multipart body with status 200."""
    if spans := two_ranges(x):
        body = joined([x.packed(span) for span in spans])
        x.answer(200, body, Content_Type=multipart_type())
