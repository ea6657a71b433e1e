"""Fetch head and tail of the images of pages, and write the files' sizes.

    python bare.py PAGES.txt FOUND.txt CONCURRENCY

One request per image for two ranges. Of an answer only the size in the first
Content-Range is read, and that it holds as many bytes as were asked for.
"""

import asyncio
import re
import sys
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import uvloop

RANGES = {"Range": "bytes=0-10240,-1024", "Accept-Encoding": "identity"}
WANTED = 10_241 + 1024
IMAGE = re.compile(r'<img src="([^"]+)"')
SIZE = re.compile(rb"Content-Range: bytes 0-10240/(\d+)", re.IGNORECASE)


async def work(session, queue, found):
    while True:
        url, is_page = await queue.get()
        async with session.get(url, headers=None if is_page else RANGES) as response:
            body = await response.read()
        if is_page:
            for path in IMAGE.findall(body.decode()):
                queue.put_nowait((urljoin(url, path), False))
        elif response.status == 206 and len(body) > WANTED:
            found.write(f"{url} {int(SIZE.search(body, 0, 500)[1])}\n")
        queue.task_done()


async def crawl(pages, found, concurrency):
    queue = asyncio.Queue()
    for url in pages:
        queue.put_nowait((url, True))
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [
            asyncio.create_task(work(session, queue, found)) for _ in range(concurrency)
        ]
        done = asyncio.create_task(queue.join())
        # A task ends only by an error: then so does the run.
        await asyncio.wait([done, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w") as file:
        urls = Path(sys.argv[1]).read_text().split()
        uvloop.run(crawl(urls, file, int(sys.argv[3])))
