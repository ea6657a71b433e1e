"""Scrapy's AutoThrottle, for answers that are parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.extensions import throttle

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot
    from scrapy.http import Response


class AutoThrottle(throttle.AutoThrottle):
    """Let delays go down again on 206, too.

    Scrapy's own lowers a site's delay only on 200, lest quick error pages
    speed up a crawl. Images are 206: one slow answer would slow down their
    site for good.
    """

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        if response.status == 206:
            response = response.replace(status=200, body=b"")
        super()._adjust_delay(slot, latency, response)
