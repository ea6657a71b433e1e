"""What a crawl is doing: a panel on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

from imgprint import config
from imgprint.extensions.log_filters import SECRETS, hide_secrets
from imgprint.items import ImageRecord, Sighting
from imgprint.report.audit import printable
from imgprint.report.summary import Tally, render

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.panel import Panel
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)
REFRESH = 0.25
WINDOW = 20
SITES = 4


class Progress:
    """Keep the figures for the summary; with IMGPRINT_PROGRESS, show them.

    They are shown while the crawl runs, as a panel on a terminal, else as a log line
    every ``LOGSTATS_INTERVAL`` seconds. ``tally`` has them either way, in bounded
    memory.
    """

    def __init__(self, crawler: Crawler, *, shown: bool, interval: float):
        self.crawler = crawler
        self.stats = crawler.stats
        self.tally = Tally()
        self.feeds: list[str] = []
        self.shown = shown
        self.interval = interval
        self.begun = time.monotonic()
        self._counts: deque[tuple[float, int]] = deque(maxlen=WINDOW)
        self._live: Live | None = None
        self._loop: Any = None
        self._streams: list[tuple[logging.StreamHandler[Any], Any]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        # Other add-ons may have set something, and Scrapy logs all settings next.
        hide_secrets(crawler.settings)
        extension = cls(
            crawler,
            shown=config.PROGRESS.read(crawler.settings),
            interval=crawler.settings.getfloat("LOGSTATS_INTERVAL", 60.0),
        )
        connect = crawler.signals.connect
        connect(extension.item_scraped, signals.item_scraped)
        connect(extension.feed_closed, signals.feed_slot_closed)
        if extension.shown:
            connect(extension.opened, signals.spider_opened)
            connect(extension.closed, signals.spider_closed)
        return extension

    def item_scraped(self, item: Any) -> None:
        if isinstance(item, ImageRecord):
            self.tally.add_record(vars(item))
        elif isinstance(item, Sighting):
            self.tally.add_sighting(vars(item))

    def feed_closed(self, slot: Any) -> None:
        self.feeds.append(slot.uri)

    def summary(self) -> str:
        """Return what was found, as text without secrets."""
        feeds = map(SECRETS.mask, self.feeds)
        return SECRETS.mask(render(self.tally.result(self.stats.get_stats()), feeds))

    # Showing it

    def opened(self) -> None:
        self.begun = time.monotonic()
        if console := terminal():
            from rich.live import Live

            self._live = Live(
                self._panel(), console=console, auto_refresh=False, transient=True
            )
            self._live.start()
            self._divert()
            self._loop = create_looping_call(self._refresh)
            self._loop.start(REFRESH, now=False)
        elif self.interval:
            self._loop = create_looping_call(self._log)
            self._loop.start(self.interval, now=False)

    def closed(self) -> None:
        if self._loop and self._loop.running:
            self._loop.stop()
        if self._live:
            self._live.stop()
            for handler, stream in self._streams:
                handler.setStream(stream)

    def _divert(self) -> None:
        """Have log lines written above the panel, not into it."""
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in (
                sys.__stderr__,
                sys.__stdout__,
            ):
                self._streams.append((handler, handler.stream))
                handler.setStream(sys.stderr)

    def _refresh(self) -> None:
        assert self._live
        self._live.update(self._panel(), refresh=True)

    def _log(self) -> None:
        logger.info("%s", "; ".join(self.lines()))

    def _panel(self) -> Panel:
        from rich.panel import Panel
        from rich.text import Text

        seconds = int(time.monotonic() - self.begun)
        title = f"imgprint {seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return Panel(Text("\n".join(self.lines())), title=title, title_align="left")

    def lines(self) -> list[str]:
        """Return what is shown: counts, bytes and rate, sites."""
        stats = {
            name.removeprefix("imgprint/"): value
            for name, value in self.stats.get_stats().items()
            if name.startswith("imgprint/")
        }
        skipped = sum(v for n, v in stats.items() if n.startswith("image/skipped/"))
        done = stats.get("image/count", 0)
        received, held = (
            stats.get(f"image/{name}", 0) for name in ("bytes_received", "bytes")
        )
        return [
            f"pages {stats.get('page/count', 0):,}  "
            f"images found {stats.get('image/found', 0):,}  fingerprinted {done:,}  "
            f"skipped {skipped:,}  failed {stats.get('image/failed', 0):,}",
            f"received {received:,} of the {held:,} bytes that the images hold"
            f"{f' ({received / held:.1%})' if held else ''}, "
            f"{self._rate(done):.1f} images/s",
            f"now {self._sites() or 'waiting'}",
        ]

    def _rate(self, done: int) -> float:
        """Return images per second over the last few seconds."""
        now = time.monotonic()
        self._counts.append((now, done))
        then, before = self._counts[0]
        if now == then:
            then, before = self.begun, 0
        return (done - before) / (now - then) if now > then else 0.0

    def _sites(self) -> str:
        engine = self.crawler.engine
        slots = engine.downloader.slots if engine else {}
        busy = [printable(name, 60) for name, slot in slots.items() if slot.active]
        more = f" and {len(busy) - SITES} more" if len(busy) > SITES else ""
        return ", ".join(busy[:SITES]) + more


def terminal() -> Console | None:
    """Return the terminal that standard error is, None if it is none."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console

    console = Console(stderr=True)
    return None if console.is_dumb_terminal else console
