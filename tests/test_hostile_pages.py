"""Pages that would hold a crawl up: others go on, and it can be stopped."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.hostile_pages import HTML, filled, numbered, short_attributes
from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import ROOT, crawl
from tests.support.pictures import jpeg

PICTURE = ("image/jpeg", jpeg(0, (16, 16)))
SETTINGS = {
    "IMGPRINT_MIN_SIZE": 0,
    "AUTOTHROTTLE_ENABLED": "False",
    "EXTENSIONS": '{"benchmarks.hostile_pages.Ticker": 0}',
}
SIZE = 3_000_000
IMAGE = b"<img src=/i.jpg>"
PAGES = {
    "attributes": (HTML, IMAGE + filled(short_attributes(1999), size=SIZE)),
    "script": (HTML, IMAGE + b"<script>" + numbered('"/#.jpg",', SIZE)),
    "style": (HTML, IMAGE + b"<style>" + numbered("a{background:url(/#)}", SIZE)),
    "images": (HTML, IMAGE + numbered("<img src=/#.jpg>", SIZE)),
    "nested": (HTML, IMAGE + filled(b"<ul><li>", size=SIZE)),
    "undeclared": ("text/html", IMAGE + filled(b"\xe9\xe8 \xff", size=SIZE)),
}
LABELS = ("punycode", "undefined", "hex", "idna", "utf-32", "cp037")


def packed(media_type, body):
    return media_type, gzip.compress(body, 1), {"Content-Encoding": "gzip"}


def busiest(done):
    """The most CPU seconds that the crawl's thread took between two turns."""
    line = done.log.partition("TICKER ")[2].partition("\n")[0]
    return json.loads(line)[1]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_holds_the_loop(name, tmp_path):
    with GallerySite({"/": packed(*PAGES[name]), "/i.jpg": PICTURE}) as site:
        done = crawl(
            f"-aurl={site.url}/", "-amax_images=1", cwd=tmp_path, settings=SETTINGS
        )
    assert [r["url"] for r in done.records] == [f"{site.url}/i.jpg"]
    assert done.stats["imgprint/page/large"] == 1
    assert done.stats["memusage/max"] < 400 << 20
    assert busiest(done) < 0.5


@pytest.mark.parametrize("where", ["field", "meta", "stylesheet"])
def test_labels_that_only_python_knows(where, tmp_path):
    """Python's punycode takes minutes for this, in the square of its length."""
    letters = b"-" + b"a" * 2_000_000
    files = {"/i.jpg": PICTURE}
    for label in LABELS:
        field = f"text/html; charset={label}" if where == "field" else "text/html"
        page = f"<meta charset={label if where == 'meta' else 'utf-8'}>".encode()
        if where == "stylesheet":
            page += f"<link rel=stylesheet href=/{label}.css>".encode()
            sheet = b"a{background:url(/i.jpg)} /*" + letters
            files[f"/{label}.css"] = packed(f"text/css; charset={label}", sheet)
        else:
            page += IMAGE + letters
        files[f"/{label}"] = packed(field, page)
    with GallerySite(files) as site:
        urls = ",".join(f"{site.url}/{label}" for label in LABELS)
        done = crawl(f"-aurl={urls}", cwd=tmp_path, settings=SETTINGS)
    assert [r["url"] for r in done.records] == [f"{site.url}/i.jpg"]
    assert [s["error"] for s in done.sightings] == [None] * len(LABELS)
    assert busiest(done) < 0.5


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
def test_pages_and_sitemaps_that_say_utf_16(codec, tmp_path):
    page = "<html><p>é</p><img src=/i.jpg></html>".encode(codec)
    entry = "<url><image><loc>{}</loc></image></url>"
    files = {"/": ("text/html; charset=utf-16", page), "/i.jpg": PICTURE}
    with GallerySite(files) as site:
        text = f'<?xml version="1.0" encoding="utf-16"?><urlset>{entry}</urlset>'
        sitemap = text.format(f"{site.url}/i.jpg").encode()
        files["/s.xml"] = ("application/xml", sitemap)
        done = crawl(
            f"-aurl={site.url}/,{site.url}/s.xml", cwd=tmp_path, settings=SETTINGS
        )
    assert [r["url"] for r in done.records] == [f"{site.url}/i.jpg"]
    assert sorted(s["element"] for s in done.sightings) == ["img", "sitemap"]


def reader_of(process):
    """The process that reads large pages for *process*, once there is one."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not (found := children.read_text().split()):
        assert process.poll() is None
        time.sleep(0.05)
    return int(found[0])


def wait_until_gone(process):
    """Wait until *process*, which was killed, ends: a busy system takes its time."""
    end = time.monotonic() + 5
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < end, "the reader goes on without its crawl"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_crawl_that_reads_a_page_and_the_job_reads_it_again(
    number, tmp_path
):
    page = b"<script>" + numbered('"/#.jpg",', 30_000_000)
    files = {"/": packed(HTML, page), "/i.jpg": PICTURE}
    with GallerySite(files) as site:
        arguments = ["crawl", "images", f"-aurl={site.url}/", "-ajob=j"]
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        reader = reader_of(process)
        process.send_signal(number)
        # Reading takes the page's whole time, which is longer.
        process.wait(timeout=15)
        wait_until_gone(reader)
        files["/"] = (HTML, IMAGE)
        done = crawl(f"-aurl={site.url}/", "-ajob=j", cwd=tmp_path, settings=SETTINGS)
    assert site.paths["/"] == 2
    assert [r["url"] for r in done.records] == [f"{site.url}/i.jpg"]
