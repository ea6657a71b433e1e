"""The tables by which imgprint is wired into a Scrapy project, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import (
    MetaRefreshMiddleware,
    RedirectMiddleware,
)
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.downloadermiddlewares.stats import DownloaderStats
from scrapy.extensions import feedexport, spiderstate, throttle

from imgprint import config
from imgprint.extensions import log_filters
from imgprint.extensions.autothrottle import AutoThrottle
from imgprint.extensions.evidence import EvidenceLog
from imgprint.extensions.failed_records import FailedRecords
from imgprint.extensions.gc_threshold import GarbageThreshold
from imgprint.extensions.progress import Progress
from imgprint.extensions.startup_check import check_at_startup
from imgprint.feeds.feed_items import choose_feed_items
from imgprint.feeds.file_storage import FileStorage
from imgprint.feeds.json_exporters import (
    FastJsonItemExporter,
    FlushingJsonLinesItemExporter,
)
from imgprint.feeds.s3_storage import S3Storage
from imgprint.feeds.table_exporters import (
    GeoJsonExporter,
    ParquetExporter,
    RecordCsvExporter,
)
from imgprint.fetch.handler import HttpDownloadHandler, skip_unused_import
from imgprint.fetch.resolving import refuse_lookups
from imgprint.jobs.feed_exporter import FeedExporter
from imgprint.jobs.journal_pipeline import JournalPipeline
from imgprint.jobs.memory_queues import FifoQueue, LifoQueue
from imgprint.jobs.scheduler import DurableScheduler
from imgprint.jobs.spider_state import SpiderState
from imgprint.middlewares.backoff import BackoffMiddleware
from imgprint.middlewares.blocklist import BlocklistMiddleware
from imgprint.middlewares.guard import (
    GuardMiddleware,
    RedirectGuardMiddleware,
    SeedMiddleware,
)
from imgprint.middlewares.lean.download import Downloader
from imgprint.middlewares.lean.lean_items import LeanLogFormatter, Pipelines
from imgprint.middlewares.lean.page_queue import PageQueue
from imgprint.middlewares.lean.signals import LeanSignals
from imgprint.middlewares.lean.stats import LeanDownloaderStats, LeanStatsCollector
from imgprint.middlewares.page_bodies import BodyMiddleware
from imgprint.middlewares.page_type import PageMiddleware
from imgprint.middlewares.ranges import RangeMiddleware
from imgprint.middlewares.redirects import (
    PageRefreshMiddleware,
    SeenRedirectMiddleware,
)
from imgprint.middlewares.render import RenderMiddleware
from imgprint.middlewares.robots import OnionRobotsMiddleware
from imgprint.middlewares.tor_errors import OnionErrorMiddleware
from imgprint.middlewares.tor_routing import OnionMiddleware, OnionTagMiddleware
from imgprint.pipelines.hash_list import HashListPipeline
from imgprint.pipelines.image_facts import (
    FingerprintPipeline,
    MetadataPipeline,
    SizePipeline,
)
from imgprint.pipelines.privacy import PrivacyPipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.settings import BaseSettings

    Condition = Callable[[BaseSettings], bool]


def always(_: BaseSettings) -> bool:
    return True


def if_lean(settings: BaseSettings) -> bool:
    return config.LEAN.read(settings)


def if_job(settings: BaseSettings) -> bool:
    return bool(settings.get("JOBDIR"))


# Setting, component, order (None switches off one of Scrapy's), and when.
COMPONENTS: tuple[tuple[str, type, int | None, Condition], ...] = (
    ("SPIDER_MIDDLEWARES", SeedMiddleware, 30, always),
    ("SPIDER_MIDDLEWARES", OnionTagMiddleware, 31, always),
    ("DOWNLOADER_MIDDLEWARES", BlocklistMiddleware, 40, always),
    ("DOWNLOADER_MIDDLEWARES", GuardMiddleware, 50, always),
    ("DOWNLOADER_MIDDLEWARES", OnionMiddleware, 60, always),
    ("DOWNLOADER_MIDDLEWARES", RobotsTxtMiddleware, None, always),
    ("DOWNLOADER_MIDDLEWARES", OnionRobotsMiddleware, 100, always),
    ("DOWNLOADER_MIDDLEWARES", RenderMiddleware, 500, always),
    ("DOWNLOADER_MIDDLEWARES", BackoffMiddleware, 560, always),
    ("DOWNLOADER_MIDDLEWARES", OnionErrorMiddleware, 565, always),
    ("DOWNLOADER_MIDDLEWARES", MetaRefreshMiddleware, None, always),
    ("DOWNLOADER_MIDDLEWARES", PageRefreshMiddleware, 580, always),
    ("DOWNLOADER_MIDDLEWARES", HttpCompressionMiddleware, None, always),
    ("DOWNLOADER_MIDDLEWARES", BodyMiddleware, 590, always),
    ("DOWNLOADER_MIDDLEWARES", PageMiddleware, 594, always),
    ("DOWNLOADER_MIDDLEWARES", RangeMiddleware, 595, always),
    ("DOWNLOADER_MIDDLEWARES", RedirectMiddleware, None, always),
    ("DOWNLOADER_MIDDLEWARES", SeenRedirectMiddleware, 600, always),
    ("DOWNLOADER_MIDDLEWARES", RedirectGuardMiddleware, 605, always),
    ("DOWNLOADER_MIDDLEWARES", DownloaderStats, None, if_lean),
    ("DOWNLOADER_MIDDLEWARES", LeanDownloaderStats, 850, if_lean),
    ("ITEM_PIPELINES", SizePipeline, 100, always),
    ("ITEM_PIPELINES", MetadataPipeline, 200, always),
    ("ITEM_PIPELINES", FingerprintPipeline, 300, always),
    ("ITEM_PIPELINES", HashListPipeline, 400, always),
    ("ITEM_PIPELINES", PrivacyPipeline, 900, always),
    ("ITEM_PIPELINES", JournalPipeline, 950, if_job),
    ("EXTENSIONS", throttle.AutoThrottle, None, always),
    ("EXTENSIONS", AutoThrottle, 0, always),
    ("EXTENSIONS", Progress, 0, always),
    ("EXTENSIONS", EvidenceLog, 0, always),
    ("EXTENSIONS", FailedRecords, 0, always),
    ("EXTENSIONS", GarbageThreshold, 0, always),
    ("EXTENSIONS", LeanSignals, 0, if_lean),
    ("EXTENSIONS", spiderstate.SpiderState, None, if_job),
    ("EXTENSIONS", SpiderState, 0, if_job),
    ("EXTENSIONS", feedexport.FeedExporter, None, always),
    ("EXTENSIONS", FeedExporter, 0, always),
)

# Setting, key, component.
COMPONENTS_BY_KEY: tuple[tuple[str, str, type], ...] = (
    ("DOWNLOAD_HANDLERS", "http", HttpDownloadHandler),
    ("DOWNLOAD_HANDLERS", "https", HttpDownloadHandler),
    ("FEED_EXPORTERS", "jsonl", FlushingJsonLinesItemExporter),
    ("FEED_EXPORTERS", "jsonlines", FlushingJsonLinesItemExporter),
    ("FEED_EXPORTERS", "jl", FlushingJsonLinesItemExporter),
    ("FEED_EXPORTERS", "json", FastJsonItemExporter),
    ("FEED_EXPORTERS", "csv", RecordCsvExporter),
    ("FEED_EXPORTERS", "geojson", GeoJsonExporter),
    ("FEED_EXPORTERS", "parquet", ParquetExporter),
    ("FEED_STORAGES", "", FileStorage),
    ("FEED_STORAGES", "file", FileStorage),
    ("FEED_STORAGES", "s3", S3Storage),
)

# Setting, value, and when.
VALUES: tuple[tuple[str, type | int, Condition], ...] = (
    ("DOWNLOADER", Downloader, if_lean),
    ("SCHEDULER_PRIORITY_QUEUE", PageQueue, if_lean),
    ("ITEM_PROCESSOR", Pipelines, if_lean),
    ("LOG_FORMATTER", LeanLogFormatter, if_lean),
    ("STATS_CLASS", LeanStatsCollector, if_lean),
    # In Scrapy's own a page takes 2.5 KB, until it is fetched.
    ("SCHEDULER_MEMORY_QUEUE", LifoQueue, always),
    ("SCHEDULER_START_MEMORY_QUEUE", FifoQueue, always),
    # Scrapy's default of 100 starts a hundred workers for every response: 1 halves
    # the CPU time per image.
    ("CONCURRENT_ITEMS", 1, always),
    ("SCHEDULER", DurableScheduler, if_job),
)


class Addon:
    """``ADDONS = {"imgprint.addon.Addon": 500}`` gives a project all of imgprint.

    A setting of the project wins over one of the add-on.

    Feeds without ``item_classes`` or ``item_filter`` of their own get image
    records; sightings go to the feed IMGPRINT_SIGHTINGS.
    ``FEED_EXPORT_BATCH_ITEM_COUNT`` is for feeds with a placeholder that tells
    batches apart.

    With ``JOBDIR`` requests and items are kept there: see DurableScheduler and
    JournalPipeline.
    """

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        check_at_startup(settings)

    def update_settings(self, settings: BaseSettings) -> None:
        check_at_startup(settings)  # again: a spider may have settings of its own
        log_filters.install(settings.get("LOG_LEVEL"))
        refuse_lookups()
        log_filters.hide_secrets(settings)
        for name, component, order, is_on in COMPONENTS:
            if is_on(settings):
                settings.setdefault_in_component_priority_dict(name, component, order)
        for name, key, component in COMPONENTS_BY_KEY:
            settings[name].setdefault(key, component)
        for name, value, is_on in VALUES:
            if is_on(settings):
                settings.set(name, value, priority="addon")
        skip_unused_import(settings)
        choose_feed_items(settings)
