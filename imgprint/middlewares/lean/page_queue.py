"""Which page comes next while images are being fetched."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from scrapy.pqueues import DownloaderAwarePriorityQueue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler


class Supply:
    """Which slots want their next page.

    While the downloader is full no new site is begun. But one that was, whose
    images are all under way, wants a page: else it would stand still until the
    others do, and they at the next turn; at the end one site would be left, at
    its own pace.
    """

    def __init__(self) -> None:
        self.short: set[str] = set()
        """Slots that were begun and have no image left to begin."""
        self.queues: list[PageQueue] = []
        self._pages: Counter[str] = Counter()

    def wanted(self) -> bool:
        """Return whether there is such a page."""
        return any(map(self._has, self.short))

    def _has(self, slot: str) -> bool:
        return any(slot in queue for queue in self.queues)

    def begin(self, slot: str) -> None:
        """Note that a page of *slot* may have images to begin."""
        self._pages[slot] += 1
        self.short.discard(slot)

    def begun(self, slot: str) -> bool:
        """Note that they are begun; return whether that makes *slot* short."""
        self._pages[slot] -= 1
        if self._pages[slot]:
            return False
        del self._pages[slot]
        self.short.add(slot)
        return True

    def end(self, slot: str) -> None:
        """Note that a page is through, and what it leads to in the queues."""
        if not self._has(slot):
            self.short.discard(slot)


class Delivery:
    """What *request*, which is through, and its images tell the supply.

    Nothing with a downloader that has none.
    """

    def __init__(self, crawler: Crawler, request: Request):
        self._engine: Any = crawler.engine
        downloader = self._engine.downloader
        self._supply: Supply | None = getattr(downloader, "supply", None)
        self._slot: str = downloader.get_slot_key(request) if self._supply else ""
        self._begun = False

    def __enter__(self) -> Self:
        if self._supply:
            self._supply.begin(self._slot)
        return self

    def begun(self) -> None:
        """Note that no image, or so few that a page takes as long, is still to come."""
        if self._supply and not self._begun:
            self._begun = True
            if self._supply.begun(self._slot) and self._engine._slot:
                self._engine._slot.nextcall.schedule()

    def __exit__(self, *_: object) -> None:
        self.begun()
        if self._supply:
            self._supply.end(self._slot)


class PageQueue(DownloaderAwarePriorityQueue):
    """Scrapy's, which gives a full downloader only what a short slot wants.

    This is the setting SCHEDULER_PRIORITY_QUEUE.
    """

    def __init__(self, crawler: Crawler, *args: Any, **named: Any):
        super().__init__(crawler, *args, **named)
        self._downloader: Any = crawler.engine.downloader
        self._supply: Supply | None = getattr(self._downloader, "supply", None)
        if self._supply:
            self._supply.queues.append(self)
            self._scrapys = self._downloader_interface.stats
            self._downloader_interface.stats = self._stats  # type: ignore[method-assign]

    def _stats(self, possible_slots: Iterable[str]) -> list[tuple[int, str]]:
        """Return how busy each slot is that a request may be for now."""
        if self._supply and self._downloader.full():
            possible_slots = [slot for slot in self._supply.short if slot in self]
        return self._scrapys(possible_slots)

    def pop(self) -> Request | None:
        request = super().pop()
        if request and self._supply and self._last_selected_slot:
            self._supply.short.discard(self._last_selected_slot)
        return request
