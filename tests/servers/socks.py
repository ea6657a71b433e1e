"""A SOCKS 5 proxy on loopback that says who asked for what."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
REFUSED = 0x05


@dataclass
class SocksProxy:
    """Lead every name to *target*, a port on loopback, while in context.

    *codes* are replies for names that are to fail; -1 hangs up, -2 is silent.
    ``seen`` lists login, name and port of each connection. Source: RFC 1928.
    """

    target: int
    codes: dict[str, int] = field(default_factory=dict)
    seen: list[tuple[str | None, str, int]] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        starting = asyncio.start_server(self._serve, HOST, 0)
        self._server = self._loop.run_until_complete(starting)
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"socks5h://{HOST}:{self.port}"

    async def _close(self) -> None:
        self._server.close()
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError, EOFError):
            await self._talk(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        _, count = await reader.readexactly(2)
        method = (await reader.readexactly(count))[-1]
        writer.write(bytes([5, method]))
        login = None
        if method == 2:
            await reader.readexactly(1)
            login = ":".join([await _text(reader), await _text(reader)])
            writer.write(b"\1\0")
        await reader.readexactly(4)
        name = await _text(reader)
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.seen.append((login, name, port))
        code = self.codes.get(name, 0)
        if code == -1:
            return
        if code == -2:
            await reader.read()
            return
        # The address after it may be of any kind: Tor sends a name for some.
        writer.write(bytes([5, code, 0, 3, 4]) + b"here\0\0")
        if not code:
            there, back = await asyncio.open_connection(HOST, self.target)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))


async def _text(reader: asyncio.StreamReader) -> str:
    (size,) = await reader.readexactly(1)
    return (await reader.readexactly(size)).decode()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
