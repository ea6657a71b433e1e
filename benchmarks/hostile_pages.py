"""How long the crawl's loop stands still while it reads hostile pages of 31 MB.

    python -m benchmarks.hostile_pages [KIND ...]

Each page is served compressed to a crawl of its own, with 20 images of another page
beside it. Prints for each kind: the longest time for which the event loop stood
still, the most CPU time that its thread took meanwhile, the seconds of the crawl, its
peak of memory and that of the process that reads large pages, in MB, the bytes of
sightings, and what became of the page. The loop must not be held for
more than 0.5 s of CPU time, which other programs do not change, nor the peak be over
400 MB; the exit code says whether that holds.
"""

import asyncio
import gzip
import json
import logging
import resource
import sys
import tempfile
from pathlib import Path
from time import monotonic, thread_time

from scrapy import signals

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl
from tests.support.pictures import jpeg

SIZE = 31_000_000
HTML = "text/html; charset=utf-8"
TICK = 0.02
MOST_SECONDS = 0.5
MOST_MEMORY = 400
GOOD_IMAGES = 20


class Ticker:
    """An extension that logs for how long the event loop stood still at most."""

    @classmethod
    def from_crawler(cls, crawler):
        ticker = cls()
        ticker.longest, ticker.busiest, ticker.task = 0.0, 0.0, None
        crawler.signals.connect(ticker.opened, signals.spider_opened)
        crawler.signals.connect(ticker.closed, signals.spider_closed)
        crawler.signals.connect(ticker.stopped, signals.engine_stopped)
        return ticker

    def opened(self):
        self.task = asyncio.get_running_loop().create_task(self.tick())

    async def tick(self):
        await asyncio.sleep(0.3)  # imports of the first request
        while True:
            before, spent = monotonic(), thread_time()
            await asyncio.sleep(TICK)
            self.busiest = max(self.busiest, thread_time() - spent)
            self.longest = max(self.longest, monotonic() - before - TICK)

    def closed(self):
        self.task.cancel()

    def stopped(self):
        usage = [
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        logging.getLogger(__name__).info(
            "TICKER %s", json.dumps([self.longest, self.busiest, *usage])
        )


def filled(part, before=b"", after=b"", size=SIZE):
    """Return *part* again and again, up to *size* bytes."""
    return before + part * ((size - len(before) - len(after)) // len(part)) + after


def numbered(template, size=SIZE):
    """Return *template* with numbers, up to *size* bytes."""
    count = size // (len(template) + 5)
    return "".join(template.replace("#", str(n)) for n in range(count)).encode()


def attributes(count):
    names = " ".join(f"data-{n:x}=/a{n}.jpg" for n in range(count))
    return f"<b {names}>".encode()


def short_attributes(count):
    return b"<b " + b" ".join(b"a%x" % n for n in range(count)) + b">"


def kinds():
    """Return a function for each kind, which makes media type and body."""
    srcset = "/#.jpg #w, "
    return {
        "punycode": lambda: (
            "text/html; charset=punycode",
            b"<body><img src=/i.jpg>-" + b"a" * 3_000_000,
        ),
        "punycode-meta": lambda: (
            "text/html",
            b"<meta charset=punycode><img src=/i.jpg>-" + b"a" * 3_000_000,
        ),
        "tags": lambda: (HTML, filled(b"<i>a</i>")),
        "images": lambda: (HTML, numbered("<img src=/#.jpg>")),
        "one-image": lambda: (HTML, filled(b"<img src=/a.jpg>")),
        "links": lambda: (HTML, numbered("<a href=/#>a</a>")),
        "nested": lambda: (HTML, filled(b"<div>")),
        "nested-lists": lambda: (HTML, filled(b"<ul><li>")),
        "nested-tables": lambda: (HTML, filled(b"<table><tr><td>")),
        "misnested": lambda: (HTML, filled(b"<a><b><i></a>")),
        "text": lambda: (HTML, filled(b"word ")),
        "entities": lambda: (HTML, filled(b"&amp;&#120;")),
        "comments": lambda: (HTML, filled(b"<!-- a -->")),
        "open-comment": lambda: (HTML, filled(b"<!--")),
        "less-than": lambda: (HTML, filled(b"<")),
        "attributes-1999": lambda: (HTML, filled(short_attributes(1999))),
        "attributes-490": lambda: (HTML, filled(short_attributes(490))),
        "attributes-of-images": lambda: (HTML, filled(attributes(490))),
        "attribute": lambda: (HTML, filled(b"x", b'<img src="', b'">')),
        "attribute-open": lambda: (HTML, filled(b"x ", b'<img src="')),
        "alt": lambda: (HTML, filled(b"x", b'<img src=/a.jpg alt="', b'">')),
        "srcset": lambda: (HTML, b'<img srcset="' + numbered(srcset) + b'">'),
        "srcsets": lambda: (
            HTML,
            filled(b'<img srcset="' + numbered(srcset, 100_000) + b'">'),
        ),
        "alt-times-srcset": lambda: (
            HTML,
            filled(
                b'<img alt="'
                + b"x" * 20_000
                + b'" srcset="'
                + numbered(srcset, 100_000)
                + b'">'
            ),
        ),
        "base-times-images": lambda: (
            HTML,
            b"<base href=/" + b"x" * 4_000 + b"/>" + numbered("<img src=#.jpg>"),
        ),
        "style": lambda: (
            HTML,
            b"<style>" + numbered("a{background:url(/#.png)}") + b"</style>",
        ),
        "style-odd": lambda: (
            HTML,
            filled(b"a{b:image-set(url(/a.png) 1x)}", b"<style>"),
        ),
        "style-open": lambda: (HTML, filled(b"url(", b"<style>")),
        "style-attributes": lambda: (
            HTML,
            numbered("<b style='background:url(/#.png)'>"),
        ),
        "script": lambda: (HTML, b"<script>" + numbered('"/#.jpg",')),
        "script-open": lambda: (HTML, filled(b".jpg", b"<script>")),
        "json-ld": lambda: (
            HTML,
            b"<script type=application/ld+json>["
            + numbered('{"image":"/#.jpg"},')
            + b"{}]</script>",
        ),
        "json-nested": lambda: (
            HTML,
            filled(b"[", b"<script type=application/json>", b"</script>"),
        ),
        "srcdoc": lambda: (
            HTML,
            filled(b"&lt;img src=/a.jpg&gt;", b'<iframe srcdoc="', b'">'),
        ),
        "noscript": lambda: (HTML, filled(b"<noscript><img src=/a.jpg></noscript>")),
        "template": lambda: (HTML, filled(b"<template><img src=/a.jpg>")),
        "picture": lambda: (HTML, filled(b"<source srcset=/a.jpg>", b"<picture>")),
        "data-uri": lambda: (
            HTML,
            filled(b"R0lG", b"<img src=data:image/gif;base64,", b">"),
        ),
        "data-type": lambda: (
            HTML,
            filled(b"x", b"<img src=data:image/", b";base64,R0lGODlh>"),
        ),
        "data-uris": lambda: (
            HTML,
            numbered(f"<img src=data:image/gif;base64,R0lG{'A' * 2000}#>"),
        ),
        "meta-refresh": lambda: (
            HTML,
            filled(b"<meta http-equiv=refresh content='9; url=/'>"),
        ),
        "meta-robots": lambda: (HTML, filled(b"<meta name=robots content=a,b,c>")),
        "undeclared": lambda: ("text/html", filled(b"\xe9\xe8 \xff")),
        "gb18030": lambda: ("text/html; charset=gb18030", filled(b"\x81\x30\x81\x30")),
        "sitemap": lambda: (
            "application/xml",
            b"<urlset>"
            + numbered(
                "<url><loc>http://a.example/#</loc><image><loc>http://a.example/#.jpg"
                "</loc></image></url>"
            )
            + b"</urlset>",
        ),
        "sitemap-nested": lambda: ("application/xml", filled(b"<url>", b"<urlset>")),
        "feed": lambda: (
            "application/rss+xml",
            filled(
                b"<item><enclosure url='/a.jpg' type='image/jpeg'/></item>", b"<rss>"
            ),
        ),
        "json-feed": lambda: (
            "application/json",
            b'{"version":"https://jsonfeed.org/version/1.1","items":['
            + numbered('{"image":"/#.jpg"},')
            + b"{}]}",
        ),
        "stylesheet": lambda: (HTML, b"<link rel=stylesheet href=/part>"),
        "manifest": lambda: (HTML, b"<link rel=manifest href=/part>"),
        "robots": lambda: (HTML, b"<img src=/a.jpg>"),
    }


def files_of(name, media_type, body):
    good = "".join(f"<img src=/good/{n}.jpg>" for n in range(GOOD_IMAGES))
    files = {"/": (media_type, gzip.compress(body, 6), {"Content-Encoding": "gzip"})}
    files["/good"] = (HTML, good.encode())
    for n in range(GOOD_IMAGES):
        files[f"/good/{n}.jpg"] = ("image/jpeg", jpeg(n, (16, 16)))
    parts = {
        "stylesheet": ("/part", "text/css", b"a{background:url(/a.png)}"),
        "manifest": ("/part", "application/json", b'{"icons":[]}'),
        "robots": ("/robots.txt", "text/plain", b"Disallow: /a*b*c$\n"),
    }
    if name in parts:
        path, kind, part = parts[name]
        packed = gzip.compress(filled(part), 6)
        files[path] = (kind, packed, {"Content-Encoding": "gzip"})
    return files


def measure(name, make):
    """Print the line of one kind; return whether it is within bounds."""
    media_type, body = make()
    files = files_of(name, media_type, body)
    sent = len(files["/"][1])
    del body
    with tempfile.TemporaryDirectory() as folder, GallerySite(files) as site:
        start = monotonic()
        done = crawl(
            f"-aurl={site.url}/,{site.url}/good",
            "-adepth=1",
            "-amax_images=100",
            "-amax_pages=20",
            cwd=folder,
            settings={
                "EXTENSIONS": '{"benchmarks.hostile_pages.Ticker": 0}',
                "IMGPRINT_MIN_SIZE": 0,
                "AUTOTHROTTLE_ENABLED": "False",
            },
            timeout=600,
        )
        seconds = monotonic() - start
        written = sum(p.stat().st_size for p in Path(folder).glob("data/sightings/*"))
    line = done.log.partition("TICKER ")[2].partition("\n")[0]
    longest, busiest, own, other = json.loads(line) if line else (9e9, 9e9, 0, 0)
    peak = max(own, other) / 1024
    good = sum("/good/" in record["url"] for record in done.records)
    told = next(
        (s["error"] for s in done.sightings if not s["image_url"] and s["error"]), ""
    )
    fine = busiest <= MOST_SECONDS and peak <= MOST_MEMORY and good == GOOD_IMAGES
    print(
        f"{name:22}{sent / 1e3:7.0f}{longest:8.3f}{busiest:8.3f}{seconds:8.1f}"
        f"{own / 1024:7.0f}{other / 1024:7.0f}{written / 1e6:9.2f}  "
        f"{'ok' if fine else 'OVER'}  {told[:70]}",
        flush=True,
    )
    return fine


def main(names):
    print(
        f"{'page':22}{'KB sent':>7}{'still s':>8}{'CPU s':>8}{'all s':>8}"
        f"{'MB':>7}{'reader':>7}{'MB seen':>9}"
    )
    made = kinds()
    results = [measure(name, made[name]) for name in names or made]
    print(f"{sum(results)} of {len(results)} within bounds")
    return all(results)


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
