"""Items by feed: records, or sightings, unless the feed says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imgprint import config
from imgprint.items import ImageRecord, Sighting

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def choose_feed_items(settings: BaseSettings) -> None:
    """Give records to each feed that names no items, and add the sightings' feed."""
    feeds: dict[str, Any] = settings.getdict("FEEDS")
    for options in feeds.values():
        if not ("item_classes" in options or "item_filter" in options):
            options["item_classes"] = [ImageRecord]
    if sightings := config.SIGHTINGS.read(settings):
        feeds[sightings] = {"format": "jsonl", "item_classes": [Sighting]}
    for uri, options in feeds.items():
        if "%(batch_" not in str(uri):  # or Scrapy would write no feed at all
            options.setdefault("batch_item_count", 0)
    settings.set("FEEDS", feeds, priority=settings.getpriority("FEEDS") or 0)
