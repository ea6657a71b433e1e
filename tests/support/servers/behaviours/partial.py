"""Servers whose 206, 416, 304 or 412 does not say what it should."""

from tests.support.servers.exchange import (
    ETAG,
    Behaviours,
    Exchange,
    HangUp,
    content_range,
)

BEHAVIOURS = Behaviours()


def _single(x: Exchange) -> range | None:
    """Answer all but a satisfiable single range; return that."""
    if x.listed or not x.spans:
        x.no_lists()
        return None
    return x.spans[0]


@BEHAVIOURS.add
def wrong_start(x: Exchange) -> None:
    """Single ranges come from 100 bytes further on, and say so."""
    if span := _single(x):
        start = min(span.start + 100, len(x.image) - 1)
        x.part(range(start, min(start + len(span), len(x.image))))


@BEHAVIOURS.add
def always_tail(x: Exchange) -> None:
    """Every range is answered with the last 1,024 bytes."""
    if x.spans:
        x.part(range(max(0, len(x.image) - 1024), len(x.image)))
    else:
        x.honour()


@BEHAVIOURS.add
def off_by_one_end(x: Exchange) -> None:
    """The end in Content-Range is one too high."""
    if span := _single(x):
        field = content_range(range(span.start, span.stop + 1), len(x.image) + 1)
        x.part(span, Content_Range=field)


@BEHAVIOURS.add
def one_byte_less(x: Exchange) -> None:
    """The end is taken as exclusive, body and Content-Range alike."""
    if span := _single(x):
        x.part(span[:-1])


@BEHAVIOURS.add
def wrong_total(x: Exchange) -> None:
    """Content-Range states a total that is 1,000 too low."""
    if span := _single(x):
        x.part(span, Content_Range=content_range(span, len(x.image) - 1000))


@BEHAVIOURS.add
def star_total(x: Exchange) -> None:
    """Content-Range states no total; suffixes work."""
    if span := _single(x):
        x.part(span, Content_Range=content_range(span, "*"))


@BEHAVIOURS.add
def total_changes(x: Exchange) -> None:
    """The total is another one at each request, validators are the same."""
    if span := _single(x):
        x.part(span, Content_Range=content_range(span, len(x.image) + x.turn))


@BEHAVIOURS.add
def body_longer(x: Exchange) -> None:
    """The body goes on 5,000 bytes beyond Content-Range."""
    if span := _single(x):
        data = x.image[span.start : span.stop] + b"\xee" * 5000
        x.answer(206, data, Content_Range=content_range(span, len(x.image)))


@BEHAVIOURS.add
def body_much_longer(x: Exchange) -> None:
    """A 206 for the range asked whose body never ends."""
    if span := _single(x):
        field = content_range(span, len(x.image))
        x.send_head(206, None, Content_Range=field, Connection="close")
        while True:
            x.body(x.image)


@BEHAVIOURS.add
def body_shorter(x: Exchange) -> None:
    """Half of what Content-Range says, with a fitting Content-Length."""
    if span := _single(x):
        half = x.image[span.start : span.start + len(span) // 2]
        x.answer(206, half, Content_Range=content_range(span, len(x.image)))


@BEHAVIOURS.add
def body_cut(x: Exchange) -> None:
    """Half of what Content-Length says, then the end."""
    if span := _single(x):
        x.send_head(206, len(span), Content_Range=content_range(span, len(x.image)))
        x.body(x.image[span.start : span.start + len(span) // 2])
        raise HangUp


def _stated(name: str, field: str | None) -> None:
    def stated(x: Exchange) -> None:
        if span := _single(x):
            x.part(span, Content_Range=field)

    stated.__doc__ = f"206 with Content-Range: {field}."
    BEHAVIOURS[name] = stated


_stated("no-content-range", None)
_stated("content-range-garbage", "all of it")
_stated("content-range-backwards", "bytes 10240-0/200000")
_stated("content-range-other-unit", "pixels 0-10240/200000")
_stated("content-range-negative", "bytes -5241-4999/5000")
_stated("content-range-huge", "bytes 0-99999999999999999999/999999999999999999999")
_stated("content-range-star", "bytes */200000")


@BEHAVIOURS.add
def content_range_twice(x: Exchange) -> None:
    """Two Content-Range fields that contradict each other."""
    if span := _single(x):
        fields = [
            ("Content-Range", content_range(span, len(x.image))),
            ("Content-Range", content_range(range(5, 5 + len(span)), len(x.image))),
            ("Content-Length", str(len(span))),
            ("Content-Type", "image/jpeg"),
        ]
        x.head(206, fields)
        x.body(x.image[span.start : span.stop])


@BEHAVIOURS.add
def content_range_in_200(x: Exchange) -> None:
    """A 200 with everything that carries a Content-Range."""
    x.whole(Content_Range=content_range(range(10_241), len(x.image)))


@BEHAVIOURS.add
def unsatisfiable_always(x: Exchange) -> None:
    """416 with the right size to every Range; 200 without."""
    if "range" in x.headers:
        x.unsatisfiable(len(x.image))
    else:
        x.whole()


@BEHAVIOURS.add
def unsatisfiable_without_length(x: Exchange) -> None:
    """416 without Content-Range to every Range; 200 without."""
    if "range" in x.headers:
        x.unsatisfiable(None)
    else:
        x.whole()


@BEHAVIOURS.add
def unsatisfiable_even_plain(x: Exchange) -> None:
    """416 to everything, Range or not."""
    x.unsatisfiable(None)


@BEHAVIOURS.add
def unsatisfiable_zero(x: Exchange) -> None:
    """416 ``*/0`` to every Range: the file is empty."""
    if "range" in x.headers:
        x.unsatisfiable(0)
    else:
        x.answer(200)


@BEHAVIOURS.add
def unsatisfiable_absurd(x: Exchange) -> None:
    """416 with an absurd size to every Range."""
    if "range" in x.headers:
        x.unsatisfiable("99999999999999999999")
    else:
        x.whole()


@BEHAVIOURS.add
def unsatisfiable_small_lie(x: Exchange) -> None:
    """416 ``*/5000`` to every Range, though the file is larger."""
    if "range" in x.headers:
        x.unsatisfiable(5000)
    else:
        x.whole()


@BEHAVIOURS.add
def unsatisfiable_with_file(x: Exchange) -> None:
    """416 that carries the whole file (serve)."""
    if "range" in x.headers:
        x.unsatisfiable(len(x.image), x.image)
    else:
        x.whole()


def _changed(image: bytes, key: int) -> bytes:
    return image.translate(bytes(byte ^ key for byte in range(256)))


@BEHAVIOURS.add
def etag_flips(x: Exchange) -> None:
    """Another ETag and other bytes at each request."""
    x.image = _changed(x.image, x.turn % 256)
    x.no_lists(ETag=f'"v{x.turn}"')


def _tail_was_asked(x: Exchange) -> bool:
    """Return whether this or an earlier request was for a later range only."""
    asked = [field for field in x.count.ranges if field and "," not in field]
    return any(not field.startswith("bytes=0-") for field in asked)


@BEHAVIOURS.add
def etag_flips_once(x: Exchange) -> None:
    """The file is replaced between head and tail, then stays."""
    if _tail_was_asked(x):
        x.image = _changed(x.image, 1)
        x.no_lists(ETag='"new"')
    else:
        x.no_lists(ETag='"old"')


@BEHAVIOURS.add
def etag_flips_same_bytes(x: Exchange) -> None:
    """Another ETag at each request, bytes as before (a server farm)."""
    x.no_lists(ETag=f'"node-{x.turn}"')


@BEHAVIOURS.add
def weak_etag(x: Exchange) -> None:
    """A weak ETag."""
    x.no_lists(ETag='W/"v1"')


@BEHAVIOURS.add
def no_validators(x: Exchange) -> None:
    """Neither ETag nor Last-Modified."""
    x.no_lists(ETag=None, Last_Modified=None)


@BEHAVIOURS.add
def last_modified_only(x: Exchange) -> None:
    """Last-Modified without ETag."""
    x.no_lists(ETag=None)


@BEHAVIOURS.add
def last_modified_flips(x: Exchange) -> None:
    """Another Last-Modified at each request, no ETag."""
    date = f"Sat, 01 Jun 2024 12:00:{x.turn % 60:02} GMT"
    x.no_lists(ETag=None, Last_Modified=date)


@BEHAVIOURS.add
def type_changes(x: Exchange) -> None:
    """Head as image/jpeg, tail as image/webp, no validators."""
    kind = "image/webp" if _tail_was_asked(x) else "image/jpeg"
    x.no_lists(ETag=None, Last_Modified=None, Content_Type=kind)


@BEHAVIOURS.add
def unasked_304(x: Exchange) -> None:
    """304 to a request without conditions."""
    x.head(304, [("ETag", ETAG)])


@BEHAVIOURS.add
def unasked_412(x: Exchange) -> None:
    """412 to a request without conditions."""
    x.answer(412)


@BEHAVIOURS.add
def list_304(x: Exchange) -> None:
    """304 to lists only, unasked."""
    if x.listed:
        x.head(304, [("ETag", ETAG)])
    else:
        x.honour()
