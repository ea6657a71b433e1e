"""Requests beyond so many wait in a temporary file."""

import random
from collections import deque

import pytest
from scrapy import Request, Spider
from scrapy.squeues import FifoMemoryQueue
from scrapy.utils.test import get_crawler

from imgprint.demo.gallery_server import GallerySite
from imgprint.jobs.memory_queues import FifoQueue, LifoQueue, Overflow
from tests.support.crawling import crawl
from tests.support.pictures import jpeg
from tests.test_addon import settings_of

STORED = "imgprint/queue/stored"
PAGES = 30


class Pages(Spider):
    name = "pages"

    def parse(self, response):
        pass


def crawler_of(most):
    crawler = get_crawler(Pages, {"IMGPRINT_REQUESTS_IN_MEMORY": most})
    crawler.spider = Pages()
    return crawler


def request_of(number, callback=None):
    return Request(f"http://a.example/{number}", callback, meta={"number": number})


def numbers(queue):
    found = []
    while request := queue.pop():
        found.append(request.meta["number"])
    return found


@pytest.mark.parametrize("kind", [FifoQueue, LifoQueue])
@pytest.mark.parametrize("most", [0, 1, 5, 1000])
def test_the_order_is_that_of_a_queue_in_memory(kind, most):
    crawler = crawler_of(most)
    queues = [(kind.from_crawler(crawler, "/0"), deque()) for _ in range(3)]
    rng = random.Random(most)
    total = 0
    for number in range(2000):
        queue, model = rng.choice(queues)
        # Longer, then shorter again.
        if rng.random() < (0.65 if number < 1000 else 0.35):
            queue.push(request_of(number))
            model.append(number)
            total += 1
        else:
            request = queue.pop()
            if not model:
                assert request is None
                continue
            expected = model.pop() if kind.last else model.popleft()
            assert request.meta["number"] == expected
        assert len(queue) == len(model)
        assert sum(len(each._held) for each, _ in queues) <= most
    for queue, model in queues:
        assert numbers(queue) == ([*model][::-1] if kind.last else [*model])
        assert not queue
    assert crawler.stats.get_value(STORED, 0) <= total
    assert bool(crawler.stats.get_value(STORED)) == (most < 1000)


def test_what_was_stored_is_the_same_request():
    crawler = crawler_of(0)
    queue = FifoQueue.from_crawler(crawler)
    first = Request(
        "http://a.example/?b=1#c",
        crawler.spider.parse,
        method="POST",
        headers={"X-A": ["1", "2"]},
        body=b"\x00",
        meta={"depth": 3},
        priority=-2,
        dont_filter=True,
        flags=["f"],
    )
    queue.push(first)
    again = queue.pop()
    assert again is not first
    assert again.to_dict(spider=crawler.spider) == first.to_dict(spider=crawler.spider)


def test_what_can_t_be_written_waits_in_memory():
    crawler = crawler_of(0)
    queue = FifoQueue.from_crawler(crawler)
    queue.push(request_of(0, lambda response: None))
    queue.push(request_of(1))
    assert crawler.stats.get_value(STORED) == 1
    assert numbers(queue) == [0, 1]


def test_nothing_is_lost_when_the_temporary_file_is_full(caplog):
    crawler = crawler_of(0)
    queue = FifoQueue.from_crawler(crawler)
    queue.push(request_of(0))
    Overflow.of(crawler)._file.execute("PRAGMA max_page_count = 20")
    for number in range(1, 2000):
        queue.push(request_of(number))
    stored = crawler.stats.get_value(STORED)
    assert 1 < stored < 1000
    assert len(queue) == 2000
    assert sorted(numbers(queue)) == [*range(2000)]
    (warning,) = [r for r in caplog.records if r.name == "imgprint.jobs.memory_queues"]
    assert "(database or disk is full): set TMPDIR" in warning.message


def test_crawls_don_t_share_a_file():
    one, two = (FifoQueue.from_crawler(crawler_of(0)) for _ in range(2))
    one.push(request_of(1))
    two.push(request_of(2))
    assert (numbers(one), numbers(two)) == ([1], [2])


def test_a_project_s_own_queues_win():
    settings = settings_of(SCHEDULER_MEMORY_QUEUE=FifoMemoryQueue)
    assert settings["SCHEDULER_MEMORY_QUEUE"] is FifoMemoryQueue
    assert settings["SCHEDULER_START_MEMORY_QUEUE"] is FifoQueue


@pytest.mark.parametrize("most", [0, 3, 10_000])
def test_a_crawl_finds_the_same_however_many_are_stored(most, tmp_path):
    files = {"/1.jpg": ("image/jpeg", jpeg(1)), "/list.jpg": ("image/jpeg", jpeg(2))}
    for number in range(PAGES):
        # Each of the list leads to another, which isn't listed.
        tags = f"<a href=/more{number}>more</a><img src=/1.jpg>"
        files[f"/page{number}"] = ("text/html", tags.encode())
        files[f"/more{number}"] = ("text/html", b"<img src=/1.jpg>")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with GallerySite(files) as site:
        urls = [f"{site.url}/page{number}" for number in range(PAGES)]
        (tmp_path / "urls.txt").write_text("\n".join([*urls, f"{site.url}/list.jpg"]))
        done = crawl(
            *("-aurls=urls.txt", "-adepth=1"),
            cwd=tmp_path,
            settings={"IMGPRINT_REQUESTS_IN_MEMORY": most, "DOWNLOAD_DELAY": 0},
            env={"SQLITE_TMPDIR": str(temporary)},
        )
    assert done.code == 0, done.log
    assert "Traceback" not in done.log
    assert {path: site.paths[path] for path in files} == dict.fromkeys(files, 1)
    assert len(done.records) == 2
    assert len(done.sightings) == 2 * PAGES + 1
    stored = done.stats.get(STORED, 0)
    assert bool(stored) == (most < PAGES)
    assert not [*temporary.iterdir()]
