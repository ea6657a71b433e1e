"""What durability needs of Scrapy and Scrapy does not offer.

All use of private names of Scrapy's engine and feed exporter is here;
tests/jobs/test_engine_hooks.py says what they have to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.extensions import feedexport

from imgprint.feeds.json_lines import Unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.extensions.feedexport import FeedSlot


def on_request_done(crawler: Crawler, callback: Callable[[Request], None]) -> None:
    """Call *callback* with each request when its callback and pipelines are through.

    That is just before it leaves the engine's slot. Requests that were awaited
    with ``download_async`` are among them. Call this when the spider opens.
    """
    assert crawler.engine
    slot = crawler.engine._slot
    assert slot
    remove = slot.remove_request

    def remove_request(request: Request) -> None:
        callback(request)  # first: the last removal lets the engine close
        remove(request)

    slot.remove_request = remove_request  # type: ignore[method-assign]


class OpenFeedExporter(feedexport.FeedExporter):
    """Scrapy's FeedExporter with places to step in: see the methods below."""

    def failed(self, slot: FeedSlot, error: OSError) -> None:
        """Handle *error*, which ended the feed of *slot*."""
        raise error

    def begin(self, slot: FeedSlot) -> None:
        """Prepare *slot*, a feed or batch that nothing was written to yet."""

    def params(self, params: dict[str, Any]) -> None:
        """Change *params*, what placeholders in feed URIs stand for."""

    def item_scraped(self, item: Any, spider: Spider) -> None:
        with Unchanged(item):
            self.export(item, spider)

    def export(self, item: Any, spider: Spider) -> None:
        """Write *item* to all feeds that take it."""
        slots = self.slots
        broken = []
        for index, slot in enumerate(slots):
            if not slot.filter.accepts(item):
                continue
            try:
                if self.feeds[slot.uri_template]["batch_item_count"]:
                    slots[index] = self._next_batch(slot, item, spider)
                else:
                    slot.start_exporting()
                    assert slot.exporter
                    slot.exporter.export_item(item)
                    slot.itemcount += 1
            except OSError as error:
                broken.append((slot, error))
        for slot, reason in broken:
            slots.remove(slot)
            self.failed(slot, reason)

    def _next_batch(self, slot: FeedSlot, item: Any, spider: Spider) -> FeedSlot:
        """Have Scrapy write *item*; return *slot*, or the next if that is full now."""
        slots, self.slots = self.slots, [slot]
        try:
            super().item_scraped(item, spider)
            return self.slots[0]
        finally:
            self.slots = slots

    async def _close_slot(self, slot: FeedSlot, spider: Spider) -> None:
        try:
            await super()._close_slot(slot, spider)
        except OSError as error:
            self.failed(slot, error)

    def _start_new_batch(self, *args: Any, **kwargs: Any) -> FeedSlot:
        slot = super()._start_new_batch(*args, **kwargs)
        self.begin(slot)
        return slot

    def _get_uri_params(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        params = super()._get_uri_params(*args, **kwargs)
        self.params(params)
        return params
