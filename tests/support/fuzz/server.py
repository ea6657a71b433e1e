"""A server on loopback whose answers are mutated, each by a seed of its own."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from contextlib import AsyncExitStack, suppress
from threading import Event, Thread
from typing import Self

from tests.support.fuzz.answers import image_answer, mutate_answer, pictures
from tests.support.fuzz.bytes import mutate
from tests.support.fuzz.pages import LINKED, ROBOTS, page

HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 17))
SURE = 3
"""Images of each mutated page that stand before what is mutated."""


class FuzzServer:
    """Serve pages of images, and mutated pages, while in context.

    ``/gallery/N`` is a page of *images* images. The answers for these are mutated;
    three of four of a thousand mutated pages, ``/page/N``, come as they are meant.
    Hosts are several, as a client remembers what a host can do. The same *seed* gives
    the same answers to the same requests.
    """

    def __init__(self, seed: int, images: int):
        self.seed = seed
        self.images = images
        self.answers = 0
        self.asked: Counter[str] = Counter()
        self._started = Event()
        self._thread = Thread(target=asyncio.run, args=(self._run(),))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with AsyncExitStack() as servers:
            self.port = 0
            for host in HOSTS:
                server = await asyncio.start_server(self._serve, host, self.port)
                servers.push_async_callback(_close, server)
                self.port = server.sockets[0].getsockname()[1]
            self._started.set()
            await self._end.wait()

    def url(self, kind: str, number: int) -> str:
        return f"http://{HOSTS[number % len(HOSTS)]}:{self.port}/{kind}/{number}"

    def random_of(self, path: str) -> random.Random:
        return random.Random(f"{self.seed} {path}")

    # What there is

    def gallery(self, number: int) -> list[str]:
        """Return the paths of the images of a page."""
        return [f"/{number}-{image}.jpg" for image in range(self.images)]

    def sure(self, number: int) -> list[str]:
        return [f"/sure/{number}-{image}.jpg" for image in range(SURE)]

    def is_plain(self, number: int) -> bool:
        """Return whether the answer for a mutated page is not mutated itself."""
        return number % 4 != 0

    def page(self, number: int) -> tuple[str, bytes]:
        return page(self.random_of(f"/page/{number}"), self.sure(number))

    # Answers

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.answers += 1
                path = head.split(" ", 2)[1]
                asked = re.search(r"(?im)^Range: (.*?)\r", head)
                answer, last = self._answer(path, asked[1] if asked else "")
                writer.write(answer)
                await writer.drain()
                if last:
                    break
        with suppress(OSError):
            writer.close()

    def _answer(self, path: str, asked: str) -> tuple[bytes, bool]:
        """Return the answer, and whether it is the connection's last."""
        self.asked[path] += 1
        rng = self.random_of(f"{path} {self.asked[path]} {asked}")
        kind, _, rest = path[1:].partition("/")
        if kind == "gallery":
            images = "".join(f"<img src={p}>" for p in self.gallery(int(rest)))
            return _plain("text/html", images.encode())
        if kind == "page" and rest.isdigit() and len(rest) < 9:
            media_type, body = self.page(int(rest))
            if self.is_plain(int(rest)):
                return _plain(media_type, body)
            fields = [("Content-Type", media_type), ("Content-Length", str(len(body)))]
            return mutate_answer(rng, "HTTP/1.1 200 OK", fields, body), True
        if path == "/robots.txt":
            return _plain("text/plain", ROBOTS.encode())
        end = path.rpartition(".")[2]
        if end in LINKED:
            media_type, text = LINKED[end]
            return _plain(media_type, mutate(rng, text.encode()))
        image = rng.choice(pictures())
        answer = image_answer(rng, asked, image)
        if kind == "sure" or rng.random() < 0.05:
            status, fields, body = answer
            text = "".join(f"{name}: {value}\r\n" for name, value in fields)
            return f"{status}\r\n{text}\r\n".encode() + body, False
        return mutate_answer(rng, *answer), True


async def _close(server: asyncio.Server) -> None:
    server.close()
    for connection in asyncio.all_tasks() - {asyncio.current_task()}:
        connection.cancel()


def _plain(media_type: str, body: bytes) -> tuple[bytes, bool]:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body, False
