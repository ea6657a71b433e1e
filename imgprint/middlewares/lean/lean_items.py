"""Scrapy's way of an item, from the callback to the feeds."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter
from scrapy.pipelines import ItemPipelineManager

from imgprint.feeds.json_lines import ITEMS
from imgprint.fetch.concurrency import MAX_WITHOUT_PAUSE
from imgprint.middlewares.lean.waiting import awaitable, waits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult

_scraper = logging.getLogger("scrapy.core.scraper")


async def deliver(
    crawler: Crawler, items: AsyncIterator[Any], response: Response
) -> None:
    """Hand *items* to the pipelines, past eight spider middlewares' generators."""
    count = 0
    async for item in items:
        count += 1
        if not count % MAX_WITHOUT_PAUSE:
            await asyncio.sleep(0)
        await crawler.engine.scraper.start_itemproc_async(item, response=response)


class Pipelines(ItemPipelineManager):
    """Scrapy's item pipelines, awaited where there is something to await.

    This is the setting ITEM_PROCESSOR.
    """

    async def process_item_async(self, item: Any) -> Any:
        if self._mw_methods_requiring_spider:
            return await super().process_item_async(item)
        for method in self.methods["process_item"]:
            given, item = item, method(item)  # type: ignore[misc]
            if item is not given and waits(item):
                item = await awaitable(item)
        return item


class LeanLogFormatter(LogFormatter):
    """The setting LOG_FORMATTER: no text for what is not logged."""

    def scraped(self, *args: Any, **named: Any) -> LogFormatterResult:
        # Scrapy takes None for a line that is not wanted.
        if not _scraper.isEnabledFor(logging.DEBUG):
            return None  # type: ignore[return-value]
        return super().scraped(*args, **named)

    def item_error(self, item: Any, *args: Any, **named: Any) -> LogFormatterResult:
        """Leave it to FailedRecords to say so once, if *item* is of imgprint."""
        result = super().item_error(item, *args, **named)
        return {**result, "level": logging.DEBUG} if isinstance(item, ITEMS) else result
