"""Scrapy's way of an item, from the callback to the feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.pipelines import ItemPipelineManager

from imgprint.lean.waiting import awaitable, waits

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response


async def deliver(crawler: Crawler, item: Any, response: Response) -> None:
    """Hand *item* to the pipelines, past the generators of eight spider middlewares."""
    engine = crawler.engine
    assert engine
    await engine.scraper.start_itemproc_async(item, response=response)


class Pipelines(ItemPipelineManager):
    """Scrapy's item pipelines, awaited where there is something to await.

    This is the setting ITEM_PROCESSOR.
    """

    async def process_item_async(self, item: Any) -> Any:
        if self._mw_methods_requiring_spider:
            return await super().process_item_async(item)
        for method in self.methods["process_item"]:
            item = method(item)  # type: ignore[misc]
            if waits(item):
                item = await awaitable(item)
        return item
