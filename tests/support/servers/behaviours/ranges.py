"""Servers that read Range in ways of their own."""

from tests.support.servers.exchange import (
    Behaviour,
    Behaviours,
    Exchange,
    HangUp,
    Reset,
)

BEHAVIOURS = Behaviours()


@BEHAVIOURS.add
def honour(x: Exchange) -> None:
    """As RFC 9110 has it: single ranges, lists, If-None-Match."""
    x.honour()


@BEHAVIOURS.add
def list_200(x: Exchange) -> None:
    """Whole file to lists (Node's send, S3)."""
    if x.listed:
        x.whole()
    else:
        x.honour()


@BEHAVIOURS.add
def list_416(x: Exchange) -> None:
    """416 with the right size to lists (Varnish, Flask, aiohttp)."""
    x.no_lists()


def _refuse_lists(status: int) -> Behaviour:
    def refuse(x: Exchange) -> None:
        if x.listed:
            x.answer(status, b"<h1>No</h1>", Content_Type="text/html", ETag=None)
        else:
            x.honour()

    refuse.__doc__ = f"{status} to lists, single ranges are fine."
    return refuse


for _status in (400, 403, 405, 500, 501, 503):
    BEHAVIOURS[f"list-{_status}"] = _refuse_lists(_status)


@BEHAVIOURS.add
def list_416_without_length(x: Exchange) -> None:
    """416 without Content-Range to lists."""
    if x.listed:
        x.unsatisfiable(None)
    else:
        x.honour()


@BEHAVIOURS.add
def list_reset(x: Exchange) -> None:
    """Connection reset at lists."""
    if x.listed:
        raise Reset
    x.honour()


@BEHAVIOURS.add
def list_hang_up(x: Exchange) -> None:
    """Connection closed at lists, without a byte."""
    if x.listed:
        raise HangUp
    x.honour()


@BEHAVIOURS.add
def list_stall(x: Exchange) -> None:
    """No answer to lists."""
    if x.listed:
        x.stall()
    x.honour()


@BEHAVIOURS.add
def first_range_only(x: Exchange) -> None:
    """The first range of a list as a plain 206 (serve, koa-range)."""
    if x.spans:
        x.part(x.spans[0])
    else:
        x.honour()


@BEHAVIOURS.add
def last_range_only(x: Exchange) -> None:
    """The last range of a list as a plain 206 (WsgiDAV)."""
    if x.spans:
        x.part(x.spans[-1])
    else:
        x.honour()


@BEHAVIOURS.add
def list_206_of_everything(x: Exchange) -> None:
    """The whole file as one range to lists (s3rver)."""
    if x.listed:
        x.part(range(len(x.image)))
    else:
        x.honour()


@BEHAVIOURS.add
def always_206_of_everything(x: Exchange) -> None:
    """The whole file as one range to everything, asked or not."""
    x.part(range(len(x.image)))


@BEHAVIOURS.add
def suffix_416(x: Exchange) -> None:
    """416 without length to suffixes, first range of lists (http-server)."""
    if x.suffix:
        x.unsatisfiable(None)
    else:
        first_range_only(x)


@BEHAVIOURS.add
def suffix_500(x: Exchange) -> None:
    """500 to suffixes, whole file to lists (Azurite)."""
    if x.suffix:
        x.answer(500)
    else:
        list_200(x)


@BEHAVIOURS.add
def suffix_501(x: Exchange) -> None:
    """501 to suffixes and to lists with one (Fastly, segmented)."""
    if "=-" in x.headers.get("range", "") or x.listed:
        x.answer(501, b"unsupported client range", Content_Type="text/plain")
    else:
        x.honour()


@BEHAVIOURS.add
def suffix_as_head(x: Exchange) -> None:
    """``-1024`` is read as ``0-1024``; first range of lists (sirv)."""
    if x.suffix:
        x.part(range(min(1025, len(x.image))))
    else:
        first_range_only(x)


@BEHAVIOURS.add
def suffix_200(x: Exchange) -> None:
    """Whole file to suffixes and lists (BusyBox)."""
    if x.suffix or x.listed:
        x.whole()
    else:
        x.honour()


@BEHAVIOURS.add
def list_with_head_for_suffix(x: Exchange) -> None:
    """A list whose second part is 0-1024: the suffix misread inside it."""
    if x.listed:
        x.parts([x.spans[0], range(min(1025, len(x.image)))])
    else:
        x.honour()


@BEHAVIOURS.add
def ignore_small(x: Exchange) -> None:
    """Range ignored; the file is of 16 KiB or less."""
    x.whole(Accept_Ranges=None)


@BEHAVIOURS.add
def ignore_large(x: Exchange) -> None:
    """Range ignored, Content-Length given."""
    x.whole(Accept_Ranges=None)


@BEHAVIOURS.add
def ignore_none(x: Exchange) -> None:
    """Range ignored, and said so: Accept-Ranges: none."""
    x.whole(Accept_Ranges="none")


@BEHAVIOURS.add
def ignore_chunked(x: Exchange) -> None:
    """Range ignored, chunked: the size is not known before the end."""
    x.send_head(200, None, Transfer_Encoding="chunked", Accept_Ranges=None)
    for start in range(0, len(x.image), 4096):
        piece = x.image[start : start + 4096]
        x.body(b"%x\r\n%b\r\n" % (len(piece), piece))
    x.body(b"0\r\n\r\n")


@BEHAVIOURS.add
def ignore_until_close(x: Exchange) -> None:
    """Range ignored, the body ends with the connection."""
    x.send_head(200, None, Connection="close")
    x.body(x.image)
    raise HangUp


@BEHAVIOURS.add
def ignore_endless(x: Exchange) -> None:
    """Range ignored, a body without length or end."""
    x.send_head(200, None, Connection="close")
    x.body(x.image)
    while True:
        x.body(x.image)


@BEHAVIOURS.add
def ignore_endless_chunked(x: Exchange) -> None:
    """Range ignored, chunks without end."""
    x.send_head(200, None, Transfer_Encoding="chunked")
    while True:
        x.body(b"%x\r\n%b\r\n" % (len(x.image), x.image))


@BEHAVIOURS.add
def cold_cache(x: Exchange) -> None:
    """200 to the first request, ranges and lists from then on."""
    if x.turn == 0:
        x.whole()
    else:
        x.honour()


@BEHAVIOURS.add
def cold_cache_single(x: Exchange) -> None:
    """200 to the first request, then single ranges; lists get 200."""
    if x.turn == 0:
        x.whole()
    else:
        list_200(x)


@BEHAVIOURS.add
def space_400(x: Exchange) -> None:
    """400 to any Range with a space in it (webfs)."""
    if " " in x.headers.get("range", ""):
        x.answer(400)
    else:
        x.honour()
