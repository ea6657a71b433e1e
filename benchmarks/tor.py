"""Images over Tor: imgprint's way against HEAD and two GETs on new connections.

    python benchmarks/tor.py [IMAGES [CONCURRENCY [DELAY]]]

Starts a private Tor network, with an onion in front of nginx, fetches the ends
of IMAGES (default: 300) of 200 KB from it in both ways, CONCURRENCY (default: 8)
at a time, and says what that took: images per second, streams opened, requests,
round trips (one per stream, one per request), and bytes that Tor moved. DELAY
(default: 0.3) is what a round trip through Tor takes in the second of two runs:
this network has none of its own.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import aiohttp

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from imgprint.fetch.tor.socks import SocksConnector, SocksRequest  # noqa: E402
from tests.support.pictures import jpeg  # noqa: E402
from tests.support.servers.nginx import Nginx  # noqa: E402
from tests.support.servers.tornet import TorNetwork  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HANDSHAKE = 2
"""Messages each way that only the local proxy sees: greeting and login."""


class Result(NamedTuple):
    """What *images* took, by the clock, by Tor and by the server's log."""

    name: str
    images: int
    seconds: float
    streams: int
    requests: int
    read: int

    def __str__(self) -> str:
        each = self.images
        return (
            f"{self.name:>10}  {each / self.seconds:7.1f} images/s"
            f"  {self.streams / each:6.2f} streams"
            f"  {self.requests / each:5.2f} requests"
            f"  {(self.streams + self.requests) / each:5.2f} round trips"
            f"  {self.read / each:9,.0f} bytes"
        )


@asynccontextmanager
async def slower(port: int, delay: float) -> AsyncIterator[int]:
    """Yield the port of a proxy before *port* that adds *delay* to round trips."""

    async def passed_on(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    writer.close()
                    return
                writer.write(data)
                await writer.drain()

        task = asyncio.create_task(deliver())
        for number in range(sys.maxsize):
            data = await reader.read(65_536)
            late = delay / 2 if number >= HANDSHAKE else 0
            waiting.put_nowait((time.monotonic() + late, data))
            if not data:
                break
        await task

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(passed_on(reader, back), passed_on(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def reference(urls: list[str], proxy: str, concurrency: int) -> None:
    """Do as the reference does: HEAD, head and tail, each on a new connection."""
    turns = asyncio.Semaphore(concurrency)
    connector = SocksConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(
        connector=connector, request_class=SocksRequest
    ) as session:

        async def one(url: str) -> None:
            async with turns:
                async with session.head(url, proxy=proxy) as response:
                    size = int(response.headers["Content-Length"])
                for span in ("0-10240", f"{size - 1024}-{size - 1}"):
                    headers = {"Range": f"bytes={span}"}
                    async with session.get(url, headers=headers, proxy=proxy) as part:
                        await part.read()

        await asyncio.gather(*map(one, urls))


async def imgprint(page: str, proxy: str, concurrency: int, folder: Path) -> float:
    """Crawl *page*; return for how long the spider was open."""
    settings = {
        "IMGPRINT_TOR_PROXIES": proxy,
        "AUTOTHROTTLE_ENABLED": False,
        "CONCURRENT_REQUESTS": concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
    }
    options = [f"-s{name}={value}" for name, value in settings.items()]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scrapy", "crawl", "images", f"-aurl={page}", *options),
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
        },
        stdout=subprocess.DEVNULL,  # a summary
        stderr=subprocess.PIPE,
    )
    _, log = await process.communicate()
    found = re.search(rb"'elapsed_time_seconds': ([\d.]+)", log)
    assert found, log.decode()
    assert f"'item_scraped_count': {2 * count_of(page)}".encode() in log, log.decode()
    return float(found[1])


def count_of(page: str) -> int:
    return int(page.rpartition("/")[2].removesuffix(".html"))


async def measure(
    name: str, net: TorNetwork, nginx: Nginx, count: int, concurrency: int, delay: float
) -> Result:
    onion, client = net.onions[0], net.clients[0]
    urls = [f"http://{onion}/{i}.jpg" for i in range(count)]
    before = len(nginx.log())
    with client.connect() as control:
        control.ask("SETEVENTS STREAM")
        moved = int(control.ask("GETINFO traffic/read")[0].rpartition("=")[2])
        async with slower(client.socks, delay) as slow:
            port = slow if delay else client.socks
            start = time.monotonic()
            if name == "reference":
                route = f"socks5h://{name}:{delay}@127.0.0.1:{port}"
                await reference(urls, route, concurrency)
                seconds = time.monotonic() - start
            else:
                proxy, page = f"socks5h://127.0.0.1:{port}", f"{count}.html"
                with tempfile.TemporaryDirectory() as folder:
                    seconds = await imgprint(
                        f"http://{onion}/{page}", proxy, concurrency, Path(folder)
                    )
        read = int(control.ask("GETINFO traffic/read")[0].rpartition("=")[2]) - moved
        streams = sum(" SENTCONNECT " in event for event in control.heard())
    requests = len(nginx.log()) - before
    return Result(name, count, seconds, streams, requests, read)


def main(count: int = 300, concurrency: int = 8, delay: float = 0.3) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        picture = jpeg(0)
        for i in range(count):
            (root / f"{i}.jpg").write_bytes(picture)
        page = "".join(f"<img src={i}.jpg>" for i in range(count))
        (root / f"{count}.html").write_text(page)
        with Nginx(root) as nginx, TorNetwork([nginx.port], []) as net:
            for wait in (0.0, delay):
                print(
                    f"{count} images of {len(picture):,} bytes, {concurrency} at a "
                    f"time, round trips of {wait:g} s and what this machine takes"
                )
                results = [
                    asyncio.run(measure(name, net, nginx, count, concurrency, wait))
                    for name in ("reference", "imgprint")
                ]
                print(*results, sep="\n")
                ratio = results[0].seconds / results[1].seconds
                print(f"{'ratio':>10}  {ratio:7.2f}\n")


if __name__ == "__main__":
    main(*(kind(x) for kind, x in zip((int, int, float), sys.argv[1:], strict=False)))
