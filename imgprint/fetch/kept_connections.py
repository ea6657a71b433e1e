"""Requests over connections that are kept: what aiohttp does, for a plain GET.

aiohttp's session works out a request anew each time: URL, fields, cookies,
redirects, proxy, writer, a response that releases itself. For an image that is as
much as all the rest of the transfer. Here a request is written as it is to a
connection of aiohttp's own pool, and its parser reads the answer. A new connection,
or a URL that yarl would not leave as it is, is the session's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http import HttpProcessingError
from scrapy.exceptions import DownloadFailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext

    from aiohttp.connector import Connection
    from aiohttp.http import HttpVersion
    from aiohttp.streams import StreamReader
    from scrapy.http import Headers
    from yarl import URL

    from imgprint.discovery.urls.targets import Place, Target

# Fields that say where a request goes, or how long it is.
_OTHERS = frozenset(
    [
        b"Host",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Expect",
        b"Proxy-Authorization",
    ]
)


def head_of(target: Target, headers: Headers) -> bytes | None:
    """Return the bytes of a GET request, None if one of its fields is not plain.

    Source: RFC 9112 sections 2.1, 3 and 5.
    """
    if not _OTHERS.isdisjoint(headers):
        return None
    lines = [f"GET {target.path} HTTP/1.1\r\nHost: {target.place.netloc}".encode()]
    for name, values in dict.items(headers):
        for value in values:
            lines.append(b"%b: %b" % (name, value))
    lines.append(b"\r\n")
    head = b"\r\n".join(lines)
    ends = len(lines) + 1
    if head.count(b"\r") != ends or head.count(b"\n") != ends or b"\0" in head:
        return None
    return head


class Answer(NamedTuple):
    """What the head of an answer says, and what its body comes by."""

    status: int
    version: HttpVersion
    raw_headers: tuple[tuple[bytes, bytes], ...]
    content: StreamReader


class Kept:
    """The kept connections of *connector*; *tls* is the session's.

    *silence* bounds each wait for the network, in seconds; *limit* is how many
    bytes may wait to be read.
    """

    def __init__(
        self,
        connector: aiohttp.BaseConnector,
        tls: Callable[[bool], SSLContext | bool],
        silence: float | None,
        limit: int,
    ):
        self._connector = connector
        self._tls = tls
        self._how = {
            "read_until_eof": True,
            "auto_decompress": False,
            "read_timeout": silence,
            "read_bufsize": limit,
        }

    async def connection(self, place: Place, route: URL | None) -> Connection | None:
        """Return a connection that waits for a request to *place*, if there is one."""
        tls = place.scheme == "https"
        ssl = self._tls(tls)
        key = ConnectionKey(place.host, place.port, tls, ssl, route, None, None, None)
        return await self._connector._get(key, [])

    async def ask(self, connection: Connection, head: bytes) -> Answer | None:
        """Send *head*; return the final answer, None if the connection was over."""
        protocol = connection.protocol
        assert protocol is not None
        protocol.set_response_params(**self._how)  # type: ignore[arg-type]
        transport = protocol.transport
        if transport is None or transport.is_closing():
            return None
        transport.write(head)
        protocol.start_timeout()
        try:
            while True:
                message, content = await protocol.read()
                if not 100 <= message.code <= 199 or message.code == 101:
                    return Answer(
                        message.code, message.version, message.raw_headers, content
                    )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return None
        except HttpProcessingError as error:
            raise DownloadFailedError(str(error)) from error


async def until_all_is_there(content: StreamReader) -> None:
    """Wait for the end of *content*, which it has room for, not for each packet."""
    if error := content.exception():
        raise error
    if not content.is_eof():
        await content.wait_eof()


def give_up(connection: Connection) -> None:
    """Raise TimeoutError where the answer is being waited for."""
    protocol = connection.protocol
    if protocol is not None:
        error = TimeoutError()
        protocol.set_exception(error)
        if protocol._payload is not None:
            protocol._payload.set_exception(error)
