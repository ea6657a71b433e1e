"""Servers that send the client elsewhere."""

from tests.support.servers.exchange import Behaviours, Exchange

BEHAVIOURS = Behaviours()
# Where a canary may sit: loopback in the notations that clients understand.
CANARY_HOSTS = {
    "other-port": "127.0.0.1",
    "127-0-0-2": "127.0.0.2",
    "localhost": "localhost",
    "trailing-dot": "localhost.",
    "ipv6": "[::1]",
    "ipv6-mapped": "[::ffff:127.0.0.1]",
    "ipv6-mapped-hex": "[::ffff:7f00:1]",
    "ipv6-long": "[0:0:0:0:0:0:0:1]",
    "ipv6-any": "[::]",
    "decimal": "2130706433",
    "octal": "0177.0.0.1",
    "octal-whole": "017700000001",
    "hex": "0x7f.0.0.1",
    "hex-whole": "0x7f000001",
    "short": "127.1",
    "zero": "0.0.0.0",
    "zero-short": "0",
    "user-info": "example.com@127.0.0.1",
    "escaped": "%31%32%37.0.0.1",
    "full-width": "\uff11\uff12\uff17.0.0.1",
    "fragment": "127.0.0.1#example.com",
}
# Never a canary; the port is not 80, so that a leak does no harm.
OTHER_HOSTS = {
    "metadata": "169.254.169.254",
    "metadata-decimal": "2852039166",
    "private": "10.255.255.1",
    "carrier": "100.64.0.1",
    "ipv6-local": "[fe80::1]",
    "ipv6-unique-local": "[fd00:ec2::254]",
}
LOCATIONS = {
    "file": "file:///etc/passwd",
    "ftp": "ftp://127.0.0.1/x.jpg",
    "data": "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
    "javascript": "javascript:alert(1)",
    "s3": "s3://bucket/x.jpg",
    "empty": "",
    "bad": "http://[::bad/x.jpg",
    "bad-port": "http://127.0.0.1:99999/x.jpg",
    "no-host": "http:///x.jpg",
    "split": "/x.jpg\tX-Injected: 1",
    "long": "/" + "x" * 100_000,
    "onion": "http://" + "a" * 56 + ".onion/x.jpg",
}


def _go(x: Exchange, location: str, status: int = 302, body: bytes = b"") -> None:
    # http.client and browsers read header bytes as Latin-1; servers send UTF-8.
    target = location.encode().decode("latin-1")
    x.answer(status, body, Location=target, Content_Type="text/html", ETag=None)


def _to(name: str, location: str) -> None:
    def to(x: Exchange) -> None:
        _go(x, location)

    to.__doc__ = f"302 to {location[:60]}."
    BEHAVIOURS[f"redirect-{name}"] = to


def _to_host(name: str, host: str) -> None:
    def to_host(x: Exchange) -> None:
        host_, _, fragment = host.partition("#")
        end = f"#{fragment}" if fragment else ""
        _go(x, f"http://{host_}:{x.canary}/x.jpg{end}")

    to_host.__doc__ = f"302 to the canary's port at {host}."
    BEHAVIOURS[f"redirect-{name}"] = to_host


for _name, _location in LOCATIONS.items():
    _to(_name, _location)
for _name, _host in (CANARY_HOSTS | OTHER_HOSTS).items():
    _to_host(_name, _host)


def _status(status: int) -> None:
    def redirect(x: Exchange) -> None:
        _go(x, x.links("redirect-target"), status)

    redirect.__doc__ = f"{status} to the image; Range must be repeated there."
    BEHAVIOURS[f"redirect-{status}"] = redirect


for _code in (301, 302, 303, 307, 308):
    _status(_code)


@BEHAVIOURS.add
def redirect_target(x: Exchange) -> None:
    """The image, for those who come from a redirect."""
    x.honour()


@BEHAVIOURS.add
def redirect_target_single(x: Exchange) -> None:
    """The image without lists, for those who come from a redirect."""
    x.no_lists()


@BEHAVIOURS.add
def redirect_to_single(x: Exchange) -> None:
    """302 to a server without lists."""
    _go(x, x.links("redirect-target-single"))


@BEHAVIOURS.add
def redirect_here(x: Exchange) -> None:
    """302 to the same URL at the first request, by a relative Location."""
    if x.turn == 0:
        _go(x, x.path)
    else:
        x.honour()


@BEHAVIOURS.add
def redirect_no_location(x: Exchange) -> None:
    """302 without Location."""
    x.answer(302, b"Elsewhere", Content_Type="text/plain", ETag=None)


@BEHAVIOURS.add
def redirect_loop(x: Exchange) -> None:
    """302 to itself, always."""
    _go(x, x.path)


@BEHAVIOURS.add
def redirect_chain(x: Exchange) -> None:
    """Three hops by query string, then the image."""
    _chain(x, 3)


@BEHAVIOURS.add
def redirect_chain_long(x: Exchange) -> None:
    """Fifty hops by query string, then the image."""
    _chain(x, 50)


def _chain(x: Exchange, hops: int) -> None:
    path, _, hop = x.path.partition("?")
    if int(hop or 0) < hops:
        _go(x, f"{path}?{int(hop or 0) + 1}")
    else:
        x.honour()


@BEHAVIOURS.add
def redirect_with_body(x: Exchange) -> None:
    """302 to the image, with a body that never ends."""
    target = x.links("redirect-target")
    x.send_head(302, None, Location=target, Connection="close")
    while True:
        x.body(b"<p>Moved</p>" * 1000)


@BEHAVIOURS.add
def redirect_refresh(x: Exchange) -> None:
    """A page that leads to the canary by meta refresh."""
    url = f"http://127.0.0.1:{x.canary}/x.jpg"
    page = f'<html><head><meta http-equiv="refresh" content="0;url={url}"></head>'
    x.answer(200, page.encode(), Content_Type="text/html")


@BEHAVIOURS.add
def redirect_link_header(x: Exchange) -> None:
    """Content-Location and Link fields that name the canary: not to be followed."""
    url = f"http://127.0.0.1:{x.canary}/x.jpg"
    x.honour(Content_Location=url, Link=f'<{url}>; rel="canonical"')
