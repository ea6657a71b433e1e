"""Servers whose bytes or types are not the image's, or that say no."""

import gzip
import zlib
from email.utils import formatdate
from time import time

from tests.support.servers.exchange import Behaviours, Exchange, HangUp

BEHAVIOURS = Behaviours()
HTML = b"<!DOCTYPE html><title>Error</title><h1>Something went wrong</h1>\n"


@BEHAVIOURS.add
def gzip_200(x: Exchange) -> None:
    """The whole file, gzip though identity was asked for."""
    x.answer(200, gzip.compress(x.image, mtime=0), Content_Encoding="gzip")


@BEHAVIOURS.add
def gzip_206(x: Exchange) -> None:
    """Ranges of the gzip form: offsets are not the image's."""
    x.image = gzip.compress(x.image, mtime=0)
    x.no_lists(Content_Encoding="gzip")


@BEHAVIOURS.add
def gzip_206_lists(x: Exchange) -> None:
    """Ranges of the gzip form, lists too."""
    x.image = gzip.compress(x.image, mtime=0)
    x.honour(Content_Encoding="gzip")


@BEHAVIOURS.add
def gzip_bomb(x: Exchange) -> None:
    """A megabyte that unpacks to a gigabyte of zeros."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    x.send_head(200, None, Content_Encoding="gzip", Connection="close")
    for _ in range(1024):
        x.body(packer.compress(zeros))
    x.body(packer.flush())
    raise HangUp


@BEHAVIOURS.add
def gzip_garbage(x: Exchange) -> None:
    """Called gzip, but it is the plain image."""
    x.whole(Content_Encoding="gzip")


@BEHAVIOURS.add
def unknown_coding(x: Exchange) -> None:
    """A coding that nobody has."""
    x.whole(Content_Encoding="x-rot13")


@BEHAVIOURS.add
def identity_coding(x: Exchange) -> None:
    """``Content-Encoding: identity``, which means none."""
    x.honour(Content_Encoding="identity")


@BEHAVIOURS.add
def html_as_jpeg(x: Exchange) -> None:
    """An error page, called 200 image/jpeg."""
    x.answer(200, HTML)


@BEHAVIOURS.add
def html_as_jpeg_large(x: Exchange) -> None:
    """A large error page, called image/jpeg, with ranges."""
    x.image = HTML * (len(x.image) // len(HTML))
    x.honour()


@BEHAVIOURS.add
def image_as_html(x: Exchange) -> None:
    """The image, called text/html."""
    x.honour(Content_Type="text/html; charset=utf-8")


@BEHAVIOURS.add
def image_as_html_single(x: Exchange) -> None:
    """The image, called text/html, no lists."""
    x.no_lists(Content_Type="text/html; charset=utf-8")


@BEHAVIOURS.add
def no_type(x: Exchange) -> None:
    """The image without Content-Type."""
    x.no_lists(Content_Type=None)


@BEHAVIOURS.add
def octet_stream(x: Exchange) -> None:
    """The image, called application/octet-stream, as a download."""
    x.honour(Content_Type="application/octet-stream", Content_Disposition="attachment")


@BEHAVIOURS.add
def empty(x: Exchange) -> None:
    """An empty file; a Range cannot be satisfied."""
    x.honour()


@BEHAVIOURS.add
def empty_200(x: Exchange) -> None:
    """An empty file, 200 whatever is asked."""
    x.whole()


@BEHAVIOURS.add
def empty_lie(x: Exchange) -> None:
    """An empty body, though Content-Length promises the image."""
    x.send_head(200, len(x.image))
    raise HangUp


@BEHAVIOURS.add
def one_byte(x: Exchange) -> None:
    """A file of one byte."""
    x.honour()


@BEHAVIOURS.add
def bytes_500(x: Exchange) -> None:
    """A file of 500 bytes, smaller than the tail."""
    x.honour()


@BEHAVIOURS.add
def bytes_10241(x: Exchange) -> None:
    """A file as long as the head."""
    x.honour()


@BEHAVIOURS.add
def bytes_11264(x: Exchange) -> None:
    """A file in which head and tail overlap by one byte."""
    x.honour()


@BEHAVIOURS.add
def bytes_11265(x: Exchange) -> None:
    """A file in which head and tail just touch."""
    x.honour()


@BEHAVIOURS.add
def bytes_11265_coalesced(x: Exchange) -> None:
    """The same, with touching ranges made one (Apache, lighttpd)."""
    if x.listed:
        x.part(range(len(x.image)))
    else:
        x.honour()


@BEHAVIOURS.add
def bytes_11266(x: Exchange) -> None:
    """A file with one byte between head and tail."""
    x.honour()


def _say_no(status: int) -> None:
    def say_no(x: Exchange) -> None:
        x.answer(status, HTML, Content_Type="text/html", ETag=None)

    say_no.__doc__ = f"{status} to everything."
    BEHAVIOURS[f"status-{status}"] = say_no


for _status in (400, 401, 403, 404, 410, 451, 500, 501, 502, 503):
    _say_no(_status)


@BEHAVIOURS.add
def status_204(x: Exchange) -> None:
    """204 No Content."""
    x.head(204, [("Server", "hostile")])


@BEHAVIOURS.add
def status_205(x: Exchange) -> None:
    """205 Reset Content."""
    x.answer(205)


@BEHAVIOURS.add
def status_404_with_image(x: Exchange) -> None:
    """404 that carries the image."""
    x.answer(404, x.image)


@BEHAVIOURS.add
def status_404_endless(x: Exchange) -> None:
    """404 with a body that never ends."""
    x.send_head(404, None, Content_Type="text/html", Connection="close")
    while True:
        x.body(HTML * 100)


def _busy(name: str, status: int, busy_for: int, after: str | None) -> None:
    def busy(x: Exchange) -> None:
        if x.turn < busy_for:
            when = formatdate(time() + 1, usegmt=True) if after == "date" else after
            x.answer(status, b"", Retry_After=when)
        else:
            x.honour()

    busy.__doc__ = f"{status} {busy_for} times with Retry-After: {after}."
    BEHAVIOURS[name] = busy


_busy("busy-429", 429, 1, "1")
_busy("busy-503", 503, 1, "1")
_busy("busy-503-date", 503, 1, "date")
_busy("busy-503-twice", 503, 2, "0")
_busy("busy-429-without", 429, 1, None)
_busy("busy-429-nonsense", 429, 1, "soon")
_busy("busy-429-negative", 429, 1, "-5")
_busy("busy-429-for-a-year", 429, 1_000_000, "31536000")
