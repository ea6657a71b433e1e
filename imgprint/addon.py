"""The one place where imgprint is wired into a Scrapy project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import (
    MetaRefreshMiddleware,
    RedirectMiddleware,
)
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.downloadermiddlewares.stats import DownloaderStats
from scrapy.extensions import feedexport, spiderstate, throttle

from imgprint.extensions import log_filters as logs
from imgprint.extensions.autothrottle import AutoThrottle
from imgprint.extensions.evidence import EvidenceLog
from imgprint.extensions.failed_records import FailedRecords
from imgprint.extensions.gc_threshold import GarbageThreshold
from imgprint.extensions.progress import Progress
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
from imgprint.fetch.handler import HttpDownloadHandler
from imgprint.fetch.resolving import refuse_lookups
from imgprint.items import ImageRecord, Sighting
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
    from scrapy.settings import BaseSettings


TUNNEL_ERROR = "scrapy.core.downloader.handlers.http11.TunnelError"


class Addon:
    """``ADDONS = {"imgprint.addon.Addon": 500}`` gives a project all of imgprint.

    A setting of the project wins over one of the add-on.

    Feeds without ``item_classes`` or ``item_filter`` of their own get image
    records; sightings go to the feed ``IMGPRINT_SIGHTINGS`` (default: none),
    which takes the same placeholders as FEEDS. ``FEED_EXPORT_BATCH_ITEM_COUNT``
    is for feeds with a placeholder that tells batches apart.

    With ``JOBDIR`` requests and items are kept there: see DurableScheduler and
    JournalPipeline.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        logs.install(settings.get("LOG_LEVEL"))
        refuse_lookups()
        logs.hide_secrets(settings)
        for order, spider_middleware in (
            (30, SeedMiddleware),
            (31, OnionTagMiddleware),
        ):
            settings.setdefault_in_component_priority_dict(
                "SPIDER_MIDDLEWARES", spider_middleware, order
            )
        for order, middleware in (
            (40, BlocklistMiddleware),
            (50, GuardMiddleware),
            (60, OnionMiddleware),
            (100, OnionRobotsMiddleware),
            (500, RenderMiddleware),
            (560, BackoffMiddleware),
            (565, OnionErrorMiddleware),
            (580, PageRefreshMiddleware),
            (590, BodyMiddleware),
            (594, PageMiddleware),
            (595, RangeMiddleware),
            (600, SeenRedirectMiddleware),
            (605, RedirectGuardMiddleware),
        ):
            settings.setdefault_in_component_priority_dict(
                "DOWNLOADER_MIDDLEWARES", middleware, order
            )
        for replaced in (
            RobotsTxtMiddleware,
            HttpCompressionMiddleware,
            MetaRefreshMiddleware,
            RedirectMiddleware,
        ):
            settings.setdefault_in_component_priority_dict(
                "DOWNLOADER_MIDDLEWARES", replaced, None
            )
        for order, pipeline in (
            (100, SizePipeline),
            (200, MetadataPipeline),
            (300, FingerprintPipeline),
            (900, PrivacyPipeline),
            (400, HashListPipeline),
        ):
            settings.setdefault_in_component_priority_dict(
                "ITEM_PIPELINES", pipeline, order
            )
        settings.setdefault_in_component_priority_dict(
            "EXTENSIONS", throttle.AutoThrottle, None
        )
        settings.setdefault_in_component_priority_dict("EXTENSIONS", AutoThrottle, 0)
        settings.setdefault_in_component_priority_dict("EXTENSIONS", Progress, 0)
        settings.setdefault_in_component_priority_dict("EXTENSIONS", EvidenceLog, 0)
        settings.setdefault_in_component_priority_dict("EXTENSIONS", FailedRecords, 0)
        settings.setdefault_in_component_priority_dict(
            "EXTENSIONS", GarbageThreshold, 0
        )
        for scheme in ("http", "https"):
            settings["DOWNLOAD_HANDLERS"].setdefault(scheme, HttpDownloadHandler)
        if settings["DOWNLOAD_HANDLERS"]["https"] is HttpDownloadHandler:
            # Of the handler that is not used; it takes a tenth of the start-up.
            kept = [
                e for e in settings.getlist("RETRY_EXCEPTIONS") if e != TUNNEL_ERROR
            ]
            settings.set("RETRY_EXCEPTIONS", kept, priority="addon")
        for name in ("jsonl", "jsonlines", "jl"):
            settings["FEED_EXPORTERS"].setdefault(name, FlushingJsonLinesItemExporter)
        for name, exporter in (
            ("json", FastJsonItemExporter),
            ("csv", RecordCsvExporter),
            ("geojson", GeoJsonExporter),
            ("parquet", ParquetExporter),
        ):
            settings["FEED_EXPORTERS"].setdefault(name, exporter)
        if settings.getbool("IMGPRINT_LEAN", True):
            settings.set("DOWNLOADER", Downloader, priority="addon")
            settings.set("SCHEDULER_PRIORITY_QUEUE", PageQueue, priority="addon")
            settings.set("ITEM_PROCESSOR", Pipelines, priority="addon")
            settings.set("LOG_FORMATTER", LeanLogFormatter, priority="addon")
            settings.set("STATS_CLASS", LeanStatsCollector, priority="addon")
            settings.setdefault_in_component_priority_dict(
                "DOWNLOADER_MIDDLEWARES", DownloaderStats, None
            )
            settings.setdefault_in_component_priority_dict(
                "DOWNLOADER_MIDDLEWARES", LeanDownloaderStats, 850
            )
            settings.setdefault_in_component_priority_dict("EXTENSIONS", LeanSignals, 0)
        # In Scrapy's own a page takes 2.5 KB, until it is fetched.
        settings.set("SCHEDULER_MEMORY_QUEUE", LifoQueue, priority="addon")
        settings.set("SCHEDULER_START_MEMORY_QUEUE", FifoQueue, priority="addon")
        # Scrapy's default of 100 starts a hundred workers for every response:
        # 1 halves the CPU time per image.
        settings.set("CONCURRENT_ITEMS", 1, priority="addon")
        if settings.get("JOBDIR"):
            settings.set("SCHEDULER", DurableScheduler, priority="addon")
            settings.setdefault_in_component_priority_dict(
                "EXTENSIONS", spiderstate.SpiderState, None
            )
            settings.setdefault_in_component_priority_dict("EXTENSIONS", SpiderState, 0)
            settings.setdefault_in_component_priority_dict(
                "ITEM_PIPELINES", JournalPipeline, 950
            )
        settings.setdefault_in_component_priority_dict(
            "EXTENSIONS", feedexport.FeedExporter, None
        )
        settings.setdefault_in_component_priority_dict("EXTENSIONS", FeedExporter, 0)
        for scheme, storage in (
            ("", FileStorage),
            ("file", FileStorage),
            ("s3", S3Storage),
        ):
            settings["FEED_STORAGES"].setdefault(scheme, storage)
        self._update_feeds(settings)

    def _update_feeds(self, settings: BaseSettings) -> None:
        feeds: dict[str, Any] = settings.getdict("FEEDS")
        for options in feeds.values():
            if not ("item_classes" in options or "item_filter" in options):
                options["item_classes"] = [ImageRecord]
        if sightings := settings.get("IMGPRINT_SIGHTINGS"):
            feeds[sightings] = {"format": "jsonl", "item_classes": [Sighting]}
        for uri, options in feeds.items():
            if "%(batch_" not in str(uri):  # or Scrapy would write no feed at all
                options.setdefault("batch_item_count", 0)
        settings.set("FEEDS", feeds, priority=settings.getpriority("FEEDS") or 0)
