"""spider.state of other projects' spiders: between runs, and nothing is run."""

import pickle

import pytest
from scrapy import Spider
from scrapy.utils.test import get_crawler

from imgprint.jobs.spider_state import SpiderState
from tests.jobs.test_old_jobs import Command


class Pages(Spider):
    name = "pages"


def state(folder):
    return SpiderState.from_crawler(get_crawler(Pages, {"JOBDIR": str(folder)}))


@pytest.fixture
def spider():
    return Pages()


def test_it_is_kept(spider, tmp_path):
    state(tmp_path).spider_opened(spider)
    assert spider.state == {}
    spider.state |= {"seen": {1, 2}, "place": (1.5, b"\x00"), "deep": {"a": [None]}}
    state(tmp_path).spider_closed(spider)
    again = Pages()
    state(tmp_path).spider_opened(again)
    assert again.state == spider.state
    again.state.clear()
    state(tmp_path).spider_closed(again)
    state(tmp_path).spider_opened(spider)
    assert spider.state == {}


def test_nothing_is_written_of_nothing(spider, tmp_path):
    state(tmp_path).spider_opened(spider)
    state(tmp_path).spider_closed(spider)
    assert not [*tmp_path.glob("spider.state")]


def test_a_pickle_of_plain_values(spider, tmp_path):
    (tmp_path / "spider.state").write_bytes(pickle.dumps({"a": 1}, 4))
    state(tmp_path).spider_opened(spider)
    assert spider.state == {"a": 1}


@pytest.mark.parametrize(
    "data", [None, b"", b"\x80\x04", b"5", b"\xff", b"\x91" * 9999]
)
def test_anything_else_is_not_read(data, spider, tmp_path, caplog):
    made = tmp_path / "made"
    if data is None:
        data = pickle.dumps({"a": Command(made)}, 4)
    (tmp_path / "spider.state").write_bytes(data)
    state(tmp_path).spider_opened(spider)
    assert spider.state == {}
    assert "is not read: it holds more than plain values" in caplog.text
    assert not made.exists()


def test_what_can_t_be_kept(spider, tmp_path, caplog):
    spider.state = {"a": object()}
    state(tmp_path).spider_closed(spider)
    assert not [*tmp_path.glob("spider.state")]
    assert "can't be kept for the next run" in caplog.text


def test_it_is_in_scrapy_s_place(tmp_path):
    crawler = get_crawler(
        Pages, {"JOBDIR": str(tmp_path), "ADDONS": {"imgprint.addon.Addon": 500}}
    )
    crawler._apply_settings()
    found = [type(each) for each in crawler.extensions.middlewares]
    assert [kind for kind in found if kind.__name__ == "SpiderState"] == [SpiderState]
