import asyncio

from scrapy import Request

from imgprint.items import Sighting
from imgprint.jobs.job import NoJob
from imgprint.spiders.listed_lines import mark_when_queued, unlisted_lines
from imgprint.spiders.seeds import Line


class Job(NoJob):
    def __init__(self, *listed):
        super().__init__()
        self.listed = set(listed)
        self.marked = []

    def is_listed(self, text):
        return text in self.listed

    def mark_listed(self, text, last):
        self.marked.append((text, last))


def left(job, lines, suffix=""):
    async def run():
        return [line async for line in unlisted_lines(job, lines, suffix)]

    return asyncio.run(run())


def test_lines_that_were_queued_before_are_left_out():
    lines = [Line("http://a/", "list:1"), Line("http://b/", "list:2")]
    assert left(Job("http://a/"), lines) == lines[1:]
    assert left(Job("http://a/"), lines, " sitemap") == lines
    assert left(NoJob(), lines) == lines


def test_a_line_is_marked_with_its_last_request():
    job, first, last = Job(), Request("http://a/"), Request("http://b/")
    found = mark_when_queued(job, "line", [first, last])
    assert next(found) is first
    assert job.marked == []
    assert [*found] == [last]
    assert job.marked == [("line", last)]


def test_a_line_that_asks_for_nothing_is_marked_at_once():
    job, sighting = Job(), Sighting("http://a/", error="not a URL")
    assert [*mark_when_queued(job, "line", [])] == []
    assert job.marked == [("line", None)]
    assert [*mark_when_queued(job, "other", [sighting])] == [sighting]
    assert len(job.marked) == 1, "it is said again"
