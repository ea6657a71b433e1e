"""Scrapy's stats, without its warnings of an argument that nobody here gives."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.stats import DownloaderStats, get_status_size
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.httpobj import urlparse_cached

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Headers, Response

    from imgprint.discovery.urls.targets import Target


class LeanStatsCollector(MemoryStatsCollector):
    """The setting STATS_CLASS: the same values, a call for each instead of six."""

    __getattribute__ = object.__getattribute__

    def inc_value(
        self, key: str, count: int = 1, start: int = 0, spider: Spider | None = None
    ) -> None:
        values = self._stats
        values[key] = values.get(key, start) + count


def _raw_size(headers: Headers) -> int:
    """Return how many bytes *headers* take as lines, without the last line's end."""
    size = -2
    for name, values in headers.items():
        for value in values:
            size += len(name) + len(value) + 4
    return max(0, size)


def _target_size(request: Request) -> int:
    """Return how many bytes the path and the host name of *request* take."""
    url = urlparse_cached(request)
    size = len((url.path or "/").encode()) + len((url.hostname or "").encode())
    for part in (url.params, url.query):
        size += len(part.encode()) + 1 if part else 0
    return size


_status_size = lru_cache(maxsize=1000)(get_status_size)


class LeanDownloaderStats(DownloaderStats):
    """The same sizes as Scrapy's, added up instead of written out."""

    def process_request(self, request: Request, spider: Any = None) -> None:
        # "GET /path HTTP/1.1", "Host: name", the fields and an empty line.
        size = len(request.method) + len(request.body) + 22
        target: Target | None = getattr(request, "target", None)
        if target:
            size += len(target.place.host) + len(target.path)
        else:
            size += _target_size(request)
        if headers := request.headers:
            size += _raw_size(headers) + 2
        count = self.stats.inc_value
        count("downloader/request_count")
        count(f"downloader/request_method_count/{request.method}")
        count("downloader/request_bytes", size)

    def process_response(
        self, request: Request, response: Response, spider: Any = None
    ) -> Response:
        size = len(response.body) + _status_size(response.status) + 2
        for name, values in response.headers.items():
            size += 2
            for value in values:
                size += len(name) + len(value) + 2
        count = self.stats.inc_value
        count("downloader/response_count")
        count(f"downloader/response_status_count/{response.status}")
        count("downloader/response_bytes", size)
        return response
