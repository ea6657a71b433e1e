"""Pages go when they were read, also if no garbage is collected."""

import logging

import pytest
from scrapy import signals
from scrapy.http import HtmlResponse
from scrapy.utils.trackref import live_refs

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl

PAGES = 40


class Kept:
    """An extension that logs how many pages there are when the crawl ends."""

    @classmethod
    def from_crawler(cls, crawler):
        kept = cls()
        crawler.signals.connect(kept.closed, signals.spider_closed)
        return kept

    def closed(self):
        kept = len(live_refs[HtmlResponse])
        logging.getLogger(__name__).info("%s pages are kept", kept)


@pytest.mark.parametrize("render", ["0", "auto"])
def test_no_page_waits_for_the_garbage_collector(render, tmp_path):
    text = b"<img src=/gone.jpg><a href=/>home</a><meta name=robots content=all>"
    pages = {f"/{n}": ("text/html", text) for n in range(PAGES)}
    with GallerySite(pages) as site:
        (tmp_path / "urls.txt").write_text("\n".join(site.url + path for path in pages))
        done = crawl(
            "-aurls=urls.txt",
            f"-arender={render}",
            cwd=tmp_path,
            settings={
                # Before GarbageThreshold, which lets the collector loose again.
                "EXTENSIONS": '{"tests.reading.test_page_tree.Kept": -1}',
                "IMGPRINT_GC_THRESHOLD": 10_000_000,
            },
        )
    assert done.stats["imgprint/page/count"] == PAGES
    assert "INFO: 0 pages are kept" in done.log
