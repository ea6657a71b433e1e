"""Scrapy's AutoThrottle, for answers that are parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.extensions import throttle
from scrapy.http import Response

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot

# Its status is all that counts.
_QUICK = Response("http://localhost/", status=200)


class AutoThrottle(throttle.AutoThrottle):
    """Let delays go down again on 206, too.

    Scrapy's own lowers a site's delay only on 200, lest quick error pages
    speed up a crawl. Images are 206: one slow answer would slow down their
    site for good.
    """

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        if response.status == 206:
            response = _QUICK
        super()._adjust_delay(slot, latency, response)
