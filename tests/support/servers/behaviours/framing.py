"""Servers that break, bend or starve HTTP/1.1 itself."""

from tests.support.servers.exchange import (
    Behaviours,
    Exchange,
    HangUp,
    Reset,
    content_range,
)

BEHAVIOURS = Behaviours()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"


@BEHAVIOURS.add
def stall_at_once(x: Exchange) -> None:
    """The request is read and never answered."""
    x.stall()


@BEHAVIOURS.add
def stall_in_head(x: Exchange) -> None:
    """Half a header, then nothing."""
    x.raw(OK)
    x.stall()


@BEHAVIOURS.add
def stall_after_head(x: Exchange) -> None:
    """A whole header, then nothing."""
    span = (x.spans or [range(len(x.image))])[0]
    x.send_head(206, len(span), Content_Range=content_range(span, len(x.image)))
    x.stall()


@BEHAVIOURS.add
def stall_in_body(x: Exchange) -> None:
    """5,000 bytes of the body, then nothing."""
    x.send_head(200, len(x.image))
    x.body(x.image[:5000])
    x.stall()


@BEHAVIOURS.add
def slow_drip(x: Exchange) -> None:
    """A byte of the body every 0.2 seconds."""
    x.send_head(200, len(x.image))
    for byte in x.image:
        x.body(bytes([byte]))
        x.wait(0.2)


@BEHAVIOURS.add
def slow_head(x: Exchange) -> None:
    """A byte of an endless header every 0.2 seconds."""
    x.raw(OK + b"X-Slow: ")
    while True:
        x.raw(b"x")
        x.wait(0.2)


@BEHAVIOURS.add
def hang_up_at_once(x: Exchange) -> None:
    """The connection is closed without an answer."""
    raise HangUp


@BEHAVIOURS.add
def hang_up_once(x: Exchange) -> None:
    """The first request is not answered, later ones are."""
    if x.turn == 0:
        raise HangUp
    x.honour()


@BEHAVIOURS.add
def reset_at_once(x: Exchange) -> None:
    """The connection is reset without an answer."""
    raise Reset


@BEHAVIOURS.add
def reset_in_head(x: Exchange) -> None:
    """The connection is reset in the middle of the header."""
    x.raw(OK)
    x.wait(0.05)
    raise Reset


@BEHAVIOURS.add
def reset_in_body(x: Exchange) -> None:
    """The connection is reset after 5,000 bytes of the body."""
    x.send_head(200, len(x.image))
    x.body(x.image[:5000])
    x.wait(0.05)
    raise Reset


@BEHAVIOURS.add
def body_ends_early(x: Exchange) -> None:
    """The connection is closed after 5,000 bytes of the body."""
    x.send_head(200, len(x.image))
    x.body(x.image[:5000])
    raise HangUp


@BEHAVIOURS.add
def no_status_line(x: Exchange) -> None:
    """The answer starts with a header field."""
    x.raw(b"Content-Type: image/jpeg\r\nContent-Length: 3\r\n\r\n")
    x.body(b"abc")
    raise HangUp


@BEHAVIOURS.add
def http_0_9(x: Exchange) -> None:
    """The image without any header."""
    x.body(x.image)
    raise HangUp


@BEHAVIOURS.add
def other_protocol(x: Exchange) -> None:
    """A greeting of another protocol."""
    x.raw(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    raise HangUp


@BEHAVIOURS.add
def status_nonsense(x: Exchange) -> None:
    """A status that is no number."""
    x.raw(b"HTTP/1.1 okay fine\r\nContent-Length: 0\r\n\r\n")
    raise HangUp


@BEHAVIOURS.add
def status_999(x: Exchange) -> None:
    """A status of no known class (LinkedIn)."""
    x.answer(999, b"no")


@BEHAVIOURS.add
def two_lengths(x: Exchange) -> None:
    """Two Content-Length fields that differ."""
    x.raw(OK + b"Content-Length: 100\r\nContent-Length: %d\r\n\r\n" % len(x.image))
    x.body(x.image)
    raise HangUp


@BEHAVIOURS.add
def length_list(x: Exchange) -> None:
    """One Content-Length field with two values."""
    x.raw(OK + b"Content-Length: 100, %d\r\n\r\n" % len(x.image))
    x.body(x.image)
    raise HangUp


def _length(name: str, value: bytes) -> None:
    def stated(x: Exchange) -> None:
        x.raw(OK + b"Content-Length: " + value + b"\r\n\r\n")
        x.body(x.image)
        raise HangUp

    stated.__doc__ = f"Content-Length: {value.decode()}."
    BEHAVIOURS[name] = stated


_length("length-negative", b"-1")
_length("length-huge", b"999999999999999999")
_length("length-beyond-64-bits", b"9" * 40)
_length("length-nonsense", b"a lot")


@BEHAVIOURS.add
def length_zero_with_body(x: Exchange) -> None:
    """Content-Length: 0, and a body in the same packet."""
    x.raw(OK + b"Content-Length: 0\r\n\r\n" + x.image[:1000])
    raise HangUp


@BEHAVIOURS.add
def length_and_chunked(x: Exchange) -> None:
    """Both Content-Length and Transfer-Encoding."""
    x.raw(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
    x.body(b"%x\r\n%b\r\n0\r\n\r\n" % (len(x.image), x.image))
    raise HangUp


def _chunk(name: str, line: bytes) -> None:
    def stated(x: Exchange) -> None:
        head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        first = b"3e8\r\n" + x.image[:1000] + b"\r\n" + line + b"\r\n"
        if len(line) < 100:  # at once, or the packets' timing decides the error
            x.raw(head + first)
        else:
            x.raw(head)
            x.body(first)
        x.body(x.image[1000:])
        raise HangUp

    stated.__doc__ = f"Chunked, the second chunk's size is {line[:20].decode()}."
    BEHAVIOURS[name] = stated


_chunk("chunk-size-nonsense", b"zz")
_chunk("chunk-size-negative", b"-5")
_chunk("chunk-size-huge", b"fffffffffffffffffff")
_chunk("chunk-size-line-long", b"5;" + b"x" * 100_000)


@BEHAVIOURS.add
def chunks_without_end(x: Exchange) -> None:
    """Chunked, closed without the last chunk."""
    x.raw(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    x.body(b"%x\r\n%b\r\n" % (len(x.image), x.image))
    raise HangUp


@BEHAVIOURS.add
def giant_header(x: Exchange) -> None:
    """A header field of a megabyte."""
    x.honour(X_Padding="x" * 1_000_000)


@BEHAVIOURS.add
def many_headers(x: Exchange) -> None:
    """Ten thousand header fields."""
    x.honour(**{f"X_{n}": "x" for n in range(10_000)})


@BEHAVIOURS.add
def endless_header(x: Exchange) -> None:
    """Header fields without end."""
    x.raw(OK)
    while True:
        x.raw(b"X-Padding: " + b"x" * 1000 + b"\r\n")


@BEHAVIOURS.add
def odd_header_bytes(x: Exchange) -> None:
    """Header fields with bytes that are no text."""
    x.honour(X_Odd="\x00\x07\x1b[2J\xff", Server="\xe9\x80")


@BEHAVIOURS.add
def continue_first(x: Exchange) -> None:
    """100 Continue, unasked, before the answer."""
    x.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
    x.honour()


@BEHAVIOURS.add
def early_hints_first(x: Exchange) -> None:
    """103 Early Hints before the answer."""
    x.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
    x.honour()


@BEHAVIOURS.add
def endless_hints(x: Exchange) -> None:
    """103 Early Hints without end."""
    while True:
        x.raw(b"HTTP/1.1 103 Early Hints\r\n\r\n")


@BEHAVIOURS.add
def switching_protocols(x: Exchange) -> None:
    """101, unasked."""
    x.raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\n")
    x.stall()


@BEHAVIOURS.add
def body_after_answer(x: Exchange) -> None:
    """A good answer, then a second one that nobody asked for."""
    x.honour()
    x.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    x.wait(0.05)
    raise HangUp
