"""What imgprint.jobs.engine_hooks takes from Scrapy must be as it was."""

import json

import pytest
from scrapy.extensions.feedexport import FeedExporter

from imgprint.demo.gallery_server import GallerySite
from imgprint.jobs.engine_hooks import OpenFeedExporter
from tests.support.crawling import scrapy

SPIDER = """
import asyncio, json, scrapy
from imgprint.jobs.engine_hooks import on_request_done

class Pipeline:
    async def process_item(self, item):
        await asyncio.sleep(0.05)
        Orders.events.append(["item", item["n"]])
        return item

class Orders(scrapy.Spider):
    name = "orders"
    events = []
    custom_settings = {"ITEM_PIPELINES": {Pipeline: 1}, "ROBOTSTXT_OBEY": False}

    @classmethod
    def from_crawler(cls, crawler, *args, **kwargs):
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.opened, scrapy.signals.spider_opened)
        crawler.signals.connect(spider.closed, scrapy.signals.spider_closed)
        return spider

    def opened(self):
        on_request_done(self.crawler, self.done)

    def done(self, request):
        self.events.append(["done", request.url[-2:]])

    def closed(self):
        print(json.dumps([*self.events, ["closed", ""]]))

    async def start(self):
        yield scrapy.Request("URL/a")

    async def parse(self, response):
        await self.crawler.engine.download_async(scrapy.Request("URL/b"))
        yield {"n": 1}
        yield {"n": 2}
        yield scrapy.Request("URL/c", self.broken, errback=self.failed)

    def broken(self, response):
        raise ValueError

    def failed(self, failure):
        pass
"""


def test_a_request_is_done_after_its_callback_and_its_items(tmp_path):
    pages = {f"/{name}": ("text/html", b"<p>") for name in "abc"}
    with GallerySite(pages) as site:
        spider = tmp_path / "spider.py"
        spider.write_text(SPIDER.replace("URL", site.url))
        done = scrapy("runspider", spider, cwd=tmp_path, module=None)
    events = [tuple(event) for event in json.loads(done.stdout)]
    assert len(events) == len(set(events)) == 6
    assert events[0] == ("done", "/b")  # awaited by the callback of /a
    assert events.index(("done", "/a")) > events.index(("item", 1))
    assert events.index(("done", "/a")) > events.index(("item", 2))
    assert ("done", "/c") in events  # its callback failed
    assert events[-1] == ("closed", "")


@pytest.mark.parametrize("name", ["_close_slot", "_start_new_batch", "_get_uri_params"])
def test_what_the_feed_exporter_overrides_is_there(name):
    assert getattr(OpenFeedExporter, name) is not getattr(FeedExporter, name)
