import json

import pytest
from scrapy.downloadermiddlewares.stats import DownloaderStats
from scrapy.settings import Settings
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from imgprint.addon import COMPONENTS, COMPONENTS_BY_KEY, VALUES, Addon
from imgprint.items import ImageRecord, Sighting
from imgprint.jobs.journal_pipeline import JournalPipeline
from imgprint.jobs.scheduler import DurableScheduler
from imgprint.middlewares.lean.stats import LeanDownloaderStats
from imgprint.middlewares.ranges import RangeMiddleware
from tests.support.crawling import scrapy
from tests.support.pictures import jpeg
from tests.support.servers.nginx import Nginx

FIVE_LINES = """
import scrapy

class PhotosSpider(scrapy.Spider):
    name = "photos"
    start_urls = ["PAGE"]
    def parse(self, response):
        for url in response.css("img::attr(src)").getall():
            yield response.follow(url, meta={"imgprint": True})
"""
OWN_CALLBACK = """
import scrapy

class PhotosSpider(scrapy.Spider):
    name = "photos"
    start_urls = ["PAGE"]
    def parse(self, response):
        for url in response.css("img::attr(src)").getall():
            yield response.follow(url, self.image, meta={"imgprint": True})

    def image(self, response):
        yield response.record(page_url=response.request.headers["Referer"].decode())
"""


@pytest.mark.parametrize("spider", [FIVE_LINES, OWN_CALLBACK])
def test_any_project_gets_full_records(spider, tmp_path):
    root = tmp_path / "www"
    root.mkdir()
    for i in range(3):
        (root / f"{i}.jpg").write_bytes(jpeg(i))
    (root / "index.html").write_text("".join(f"<img src={i}.jpg>" for i in range(3)))
    done = scrapy("startproject", "other", cwd=tmp_path, module=None)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "other"
    settings = project / "other" / "settings.py"
    text = settings.read_text()
    assert "ADDONS = {}" in text
    settings.write_text(
        text.replace("ADDONS = {}", 'ADDONS = {"imgprint.addon.Addon": 500}')
    )
    with Nginx(root) as nginx:
        page = f"{nginx.url}/index.html"
        file = project / "other" / "spiders" / "photos.py"
        file.write_text(spider.replace("PAGE", page))
        command = ("crawl", "photos", "-O", "out.json")
        done = scrapy(
            *command, "-sDOWNLOAD_DELAY=0", cwd=project, module=None, timeout=60
        )
        log = [line for line in nginx.log() if line.range]
    records = json.loads((project / "out.json").read_text())
    assert len(records) == len(log) == 3, done.stderr
    for record in records:
        assert (record["format"], record["width"]) == ("jpeg", 640)
        assert record["sha256_last_1024_bytes"]
        assert record["fingerprints"]["file_key"].startswith("f1:")
        assert record["transfer"]["range"] == "multipart"
        assert record["page_url"] == page
    assert "Traceback" not in done.stderr


def settings_of(**given):
    settings = Settings(given)
    addon = build_from_crawler(Addon, get_crawler())
    addon.update_settings(settings)
    return settings


def test_a_project_s_own_settings_win():
    class Mine:
        pass

    settings = settings_of(
        CONCURRENT_ITEMS=7,
        DOWNLOAD_HANDLERS={"http": Mine},
        DOWNLOADER_MIDDLEWARES={RangeMiddleware: 700},
        FEEDS={"a.json": {"format": "json", "item_classes": [dict]}},
    )
    assert settings.getint("CONCURRENT_ITEMS") == 7
    assert settings.getwithbase("DOWNLOAD_HANDLERS")["http"] is Mine
    assert settings.getwithbase("DOWNLOADER_MIDDLEWARES")[RangeMiddleware] == 700
    assert settings.getdict("FEEDS")["a.json"]["item_classes"] == [dict]


@pytest.mark.parametrize("sightings", [None, "s.jsonl"])
def test_feeds_get_records_and_sightings_apart(sightings):
    settings = settings_of(
        FEEDS={"a.json": {"format": "json"}}, IMGPRINT_SIGHTINGS=sightings
    )
    feeds = settings.getdict("FEEDS")
    assert feeds["a.json"]["item_classes"] == [ImageRecord]
    if sightings:
        assert feeds.pop("s.jsonl")["item_classes"] == [Sighting]
    assert list(feeds) == ["a.json"]


@pytest.mark.parametrize(
    ("given", "downloader_stats", "scheduler"),
    [
        ({}, True, False),
        ({"IMGPRINT_LEAN": "0"}, False, False),
        ({"IMGPRINT_LEAN": 0, "JOBDIR": "job"}, False, True),
    ],
)
def test_rows_of_the_table_depend_on_settings(given, downloader_stats, scheduler):
    settings = settings_of(**given)
    middlewares = settings.getwithbase("DOWNLOADER_MIDDLEWARES")
    assert (LeanDownloaderStats in middlewares) is downloader_stats
    assert (DownloaderStats in middlewares) is downloader_stats, "switched off"
    assert (settings["SCHEDULER"] is DurableScheduler) is scheduler
    assert (JournalPipeline in settings.getwithbase("ITEM_PIPELINES")) is scheduler


def test_the_table_has_its_rows_in_their_order():
    for setting in {row[0] for row in COMPONENTS}:
        rows = [row for row in COMPONENTS if row[0] == setting]
        orders = [order for _, _, order, _ in rows if order is not None]
        assert orders == sorted(orders)
        assert len({component for _, component, _, _ in rows}) == len(rows)


def test_every_row_is_in_force():
    settings = settings_of(JOBDIR="job")
    for name, component, order, _ in COMPONENTS:
        assert settings.getdict(name)[component] == order
    for name, key, component in COMPONENTS_BY_KEY:
        assert settings.getdict(name)[key] is component
    for name, value, _ in VALUES:
        assert settings[name] == value


def test_an_error_of_an_unused_handler_is_not_imported():
    def is_left(settings):
        return any("http11" in str(e) for e in settings.getlist("RETRY_EXCEPTIONS"))

    class Mine:
        pass

    assert not is_left(settings_of())
    assert is_left(settings_of(DOWNLOAD_HANDLERS={"https": Mine}))
