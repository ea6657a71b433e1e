import pytest
from scrapy import Request
from scrapy.utils.request import request_from_dict
from scrapy.utils.test import get_crawler

from imgprint.jobs.postponed import SIGHTING, postpone
from imgprint.spiders.images import ImagesSpider

URL = "http://example.com/a.jpg"


class Kept(list):
    """A job that keeps what is put off, as it would be written."""

    def __init__(self, spider):
        super().__init__()
        self.spider = spider

    def postpone(self, request):
        fields = request.to_dict(spider=self.spider)
        self.append(request_from_dict(fields, spider=self.spider))


@pytest.fixture
def spider():
    return get_crawler(ImagesSpider)._create_spider(url=URL)


@pytest.fixture
def job(spider):
    return Kept(spider)


def test_what_was_not_tried_comes_again(spider, job):
    meta = {"imgprint": "page", "imgprint_depth": 2, "imgprint_tor": "a.onion"}
    of_this_run = {"proxy": "socks5h://a", "retry_times": 1, "imgprint_rendered": []}
    page = Request(URL, meta={**meta, **of_this_run}, errback=spider.failed)
    image = Request(URL, meta={"imgprint": True, SIGHTING: {"alt": "x"}})
    postpone(job, spider, page)
    postpone(job, spider, image, "http://example.com/before.jpg")
    first, second = job
    assert first.meta == {**meta, "imgprint_seed": False}
    assert first.errback == spider.failed
    assert first.dont_filter
    assert second.url == "http://example.com/before.jpg"
    assert second.meta[SIGHTING] == {"alt": "x"}
    assert (second.callback, second.errback) == (spider.parse, spider.failed)


def test_seeds_stay_seeds(spider, job):
    postpone(job, spider, Request(URL, meta={"imgprint_seed": True}))
    (again,) = job
    assert again.meta["imgprint_seed"] is True
