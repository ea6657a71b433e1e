import pickle

import pytest
from scrapy import Request, Spider
from scrapy.utils.test import get_crawler

from imgprint.postponed import SIGHTING, postpone, postponed
from imgprint.spiders.images import ImagesSpider

URL = "http://example.com/a.jpg"


@pytest.fixture
def spider():
    spider = get_crawler(ImagesSpider)._create_spider(url=URL)
    spider.state = {}
    return spider


def next_run(spider):
    spider.state = pickle.loads(pickle.dumps(spider.state))
    return list(postponed(spider))


def test_what_was_not_tried_comes_again(spider):
    meta = {"imgprint": "page", "imgprint_depth": 2, "imgprint_tor": "a.onion"}
    of_this_run = {"proxy": "socks5h://a", "retry_times": 1, "imgprint_rendered": []}
    page = Request(URL, meta={**meta, **of_this_run}, errback=spider.failed)
    image = Request(URL, meta={"imgprint": True, SIGHTING: {"alt": "x"}})
    postpone(spider, page)
    postpone(spider, image, "http://example.com/before.jpg")
    first, second = next_run(spider)
    assert first.meta == {**meta, "imgprint_seed": False}
    assert first.errback == spider.failed
    assert first.dont_filter
    assert second.url == "http://example.com/before.jpg"
    assert second.meta[SIGHTING] == {"alt": "x"}
    assert next_run(spider) == [], "once"


def test_seeds_stay_seeds(spider):
    postpone(spider, Request(URL, meta={"imgprint_seed": True}))
    (again,) = next_run(spider)
    assert again.meta["imgprint_seed"] is True


def test_nothing_is_kept_without_a_job():
    spider = Spider(name="other")
    postpone(spider, Request(URL))
    assert list(postponed(spider)) == []
