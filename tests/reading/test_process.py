"""A document that a process reads is what it is when the crawl reads it itself."""

import asyncio
import os
from collections import Counter
from types import SimpleNamespace

import pytest
from scrapy.http import HtmlResponse
from scrapy.utils.test import get_crawler

from imgprint.reading.document import Task, read
from imgprint.reading.process import LARGE, Reader, ReadingInterrupted, page_task

URL = "http://a.example/"
PAGE = """<base href="/b/"><meta name=robots content=noai><link rel=manifest href=m>
<link rel=stylesheet href=s.css><a href=/link>é</a><a href=/image.jpg>a</a>
<img srcset="1.jpg 1w, 2.jpg 2w" alt="é \N{GRINNING FACE}" width=3><img src=blob:x>
<img src="data:image/gif;base64,R0lGODlh"><script>a = "/s.jpg"</script>
<script type=application/ld+json>{"image": "/j", "caption": "\\ud800"}</script>"""
FIELDS = {
    "Link": "</l.jpg>; rel=preload; as=image",
    "X-Robots-Tag": "noimageindex",
    "Onion-Location": f"http://{'a' * 55}d.onion/",
}
SITEMAP = b"""<?xml version="1.0" encoding="utf-16"?><urlset>
<url><loc>http://a.example/p</loc><image><loc>http://a.example/i</loc></image></url>
</urlset>"""
SHEET = b"@import 'b.css'; a { background: url(a.png) }"
TASKS = {
    "page": page_task(
        "page", HtmlResponse(URL, headers=FIELDS, body=PAGE, encoding="utf-8")
    ),
    "sitemap": Task("listing", URL, SITEMAP),
    "index": Task(
        "listing",
        URL,
        b"<sitemapindex><sitemap><loc>http://a.example/s</loc></sitemap>",
    ),
    "feed": Task("listing", URL, b"<rss><item><link>http://a.example/p</link></item>"),
    "neither": Task("listing", URL, b"text"),
    "stylesheet": Task("stylesheet", URL, SHEET),
    "manifest": Task("manifest", URL, b'{"icons": [{"src": "/i.png"}]}'),
    "browser": Task("browser", URL, b"<script>a</script>"),
    "no browser": Task("browser", URL, b"<p>text"),
}


def run(use, **settings):
    """Return what the coroutine function *use* does with a reader, and the stats."""

    async def main():
        crawler = get_crawler(settings_dict=settings)
        crawler.engine = SimpleNamespace(running=True)
        reader = Reader(crawler)
        try:
            return await use(reader), crawler.stats.get_stats()
        finally:
            reader.close()

    return asyncio.run(main())


def plain(document):
    if document is None:
        return None
    values = dict(vars(document))
    for name in ("candidates", "links"):
        values[name] = list(values[name])
    return values


def test_both_read_the_same():
    async def use(reader):
        found = {}
        for name, task in TASKS.items():
            skipped = Counter()
            found[name] = plain(await reader.read(task, skipped)), skipped
        return found

    found, stats = run(use)
    for name, task in TASKS.items():
        skipped = Counter()
        assert found[name] == (plain(read(task, skipped)), skipped), name
    assert len(found["page"][0]["candidates"]) > 5
    assert found["page"][0]["links"] == [f"{URL}link"]
    assert stats["imgprint/page/large"] == len(TASKS)


def test_a_document_that_takes_too_long_is_given_up_with_what_was_found():
    # Every URL is another one: there is no end of them within a second.
    images = b"".join(b"<img src=/%d.jpg>" % n for n in range(90_000))
    task = Task("page", URL, images * 5)

    async def use(reader):
        first = plain(await reader.read(task, Counter()))
        reader.timeout = 60
        return first, plain(await reader.read(TASKS["page"], Counter()))

    (first, second), stats = run(use, IMGPRINT_READ_TIMEOUT=1)
    assert "longer than 1 seconds" in first["unread"]
    assert stats["imgprint/page/given_up"] == 1
    assert not second["unread"]  # by another process


def test_a_document_that_ends_the_process_is_not_the_end():
    async def use(reader):
        await reader.read(TASKS["page"], Counter())
        os.kill(reader._process.pid, 9)
        found = plain(await reader.read(TASKS["page"], Counter()))
        return found, plain(await reader.read(TASKS["page"], Counter()))

    (lost, found), _ = run(use)
    assert "the process that read it ended" in lost["unread"]
    assert found["candidates"]


def test_a_failure_is_counted_and_said():
    async def use(reader):
        task = Task("stylesheet", URL, b"a{}", encoding="no-codec")
        return plain(await reader.read(task, Counter()))

    found, stats = run(use)
    assert found["unread"] == "not all of it was read: LookupError"
    assert stats["imgprint/error/unexpected"] == 1


def test_a_crawl_that_stops_waits_for_no_document():
    task = Task("page", URL, b"<script>" + b'"/a.jpg",' * LARGE * 10)

    async def use(reader):
        reading = asyncio.ensure_future(reader.read(task, Counter()))
        waiting = asyncio.ensure_future(reader.read(task, Counter()))
        while not reader._process:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        reader.crawler.engine.running = False
        results = await asyncio.gather(reading, waiting, return_exceptions=True)
        return results, reader._process

    (results, process), _ = run(use)
    assert [type(result) for result in results] == [ReadingInterrupted] * 2
    assert process is None


@pytest.mark.parametrize("links", [True, False])
def test_links_are_looked_for_if_they_are_wanted(links):
    task = page_task("page", HtmlResponse(URL, body=b"<a href=/b>", encoding="utf-8"))
    task.links = links
    found = read(task, Counter())
    assert list(found.links) == [f"{URL}b"] * links
