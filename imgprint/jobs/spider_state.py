"""Scrapy's ``spider.state`` for jobs, in a file that runs nothing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.job import job_dir

from imgprint.jobs.old_jobs import read_pickle
from imgprint.jobs.packing import PackingError, pack_values, unpack_values

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class SpiderState:
    """Keep ``spider.state`` between the runs of a job: a dict of plain values.

    It is in Scrapy's place, which keeps a pickle: that would be run. A pickle of
    plain values that an earlier run left is read. Nothing is written for a
    spider that keeps nothing.
    """

    def __init__(self, folder: Path):
        self._path = folder / "spider.state"

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        folder = job_dir(crawler.settings)
        if not folder:
            raise NotConfigured
        state = cls(Path(folder))
        crawler.signals.connect(state.spider_opened, signals.spider_opened)
        crawler.signals.connect(state.spider_closed, signals.spider_closed)
        return state

    def spider_opened(self, spider: Spider) -> None:
        spider.state = self._read()  # type: ignore[attr-defined]

    def spider_closed(self, spider: Spider) -> None:
        state: dict[Any, Any] = spider.state  # type: ignore[attr-defined]
        if not (state or self._path.exists()):
            return
        try:
            self._path.write_bytes(pack_values(state))
        except (OSError, PackingError) as error:
            logger.error("spider.state can't be kept for the next run: %s", error)

    def _read(self) -> dict[Any, Any]:
        if not self._path.exists():
            return {}
        try:
            data = self._path.read_bytes()
            # Pickles of protocol 2 and more begin with this byte, and a version.
            pickled = data[:1] == b"\x80" and len(data) > 1
            values = read_pickle(data) if pickled else unpack_values(data)
            if isinstance(values, dict):
                return values
        except (OSError, PackingError) as error:
            logger.debug("%s: %s", self._path, error)
        logger.error("%s is not read: it holds more than plain values", self._path)
        return {}
