from scrapy.core.downloader import Slot
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from imgprint.extensions.autothrottle import AutoThrottle
from tests.support.crawling import crawl


def delay_after(status):
    throttle = AutoThrottle(get_crawler(settings_dict={"AUTOTHROTTLE_ENABLED": True}))
    throttle.mindelay, throttle.maxdelay = 0.0, 60.0
    slot = Slot(concurrency=8, delay=5.0, jitter=0.0)
    throttle._adjust_delay(slot, 0.01, Response("http://a.example/", status=status))
    return slot.delay


def test_parts_speed_up_as_whole_files_do():
    assert delay_after(206) == delay_after(200) < 5.0


def test_error_pages_do_not():
    assert delay_after(404) == 5.0


def test_it_is_the_one_that_runs(tmp_path):
    done = crawl("-aurl=http://127.0.0.1:9/", cwd=tmp_path, settings={"RETRY_TIMES": 0})
    assert "imgprint.extensions.autothrottle.AutoThrottle" in done.log
    assert "scrapy.extensions.throttle.AutoThrottle" not in done.log
