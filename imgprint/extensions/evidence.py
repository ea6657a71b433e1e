"""The evidence log: what was asked, what came, and how little of it."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import NotConfigured
from w3lib.url import safe_url_string

from imgprint import config
from imgprint.content.metadata.plain import plain_text
from imgprint.items import ImageRecord
from imgprint.jobs.postponed import first_url
from imgprint.masking import (
    text_without_credentials,
    without_credentials,
    without_tokens,
)
from imgprint.report.chain import Chain, record_hash

if TYPE_CHECKING:
    from collections.abc import Collection

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

logger = logging.getLogger(__name__)
FOLDER = Path("data/evidence")
# Values that would let a reader of the log in. The names stay: they were sent.
SECRET = {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"}
_SECRET_NAME = re.compile(
    rb"auth|cookie|token|secret|password|session|api-?key", re.IGNORECASE
)
LEFT_OUT = "(left out)"


class EvidenceLog:
    """Write each exchange and record into a log that can't be changed unnoticed.

    IMGPRINT_EVIDENCE turns it on; ``imgprint.report.chain`` has the format. It leaves
    out the values of cookies and credentials, credentials in URLs, and the query and
    long parts of the path of IMGPRINT_WEBHOOK.

    Stat: ``imgprint/evidence/entries``.
    """

    def __init__(self, crawler: Crawler):
        if not config.EVIDENCE.read(crawler.settings):
            raise NotConfigured
        self.stats = crawler.stats
        self.chain = Chain()
        self.path = FOLDER
        webhook = config.WEBHOOK.read(crawler.settings)
        self.webhook = safe_url_string(webhook) if webhook else None
        self.crawler = crawler
        self.failure: str | None = None
        """Why the log can't be written: the crawl is stopped then."""
        self._file: IO[str] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._received: WeakKeyDictionary[Request, int] = WeakKeyDictionary()
        self._responses: WeakKeyDictionary[Request, Response] = WeakKeyDictionary()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        log = cls(crawler)
        for handler, signal in (
            (log.opened, signals.spider_opened),
            (log.bytes_received, signals.bytes_received),
            (log.downloaded, signals.response_downloaded),
            (log.left, signals.request_left_downloader),
            (log.item_scraped, signals.item_scraped),
            (log.closed, signals.spider_closed),
        ):
            crawler.signals.connect(handler, signal)
        return log

    def opened(self, spider: Spider) -> None:
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
        self.path = FOLDER / f"{spider.name}-{time}.jsonl"
        try:
            FOLDER.mkdir(parents=True, exist_ok=True)
            # "x": evidence is never written over.
            self._file = self.path.open("x", encoding="ascii")
        except OSError as error:
            self._fail(error)
        else:
            self._write("begin", spider=spider.name)

    def bytes_received(self, data: bytes, request: Request) -> None:
        self._received[request] = self._received.get(request, 0) + len(data)

    def downloaded(self, response: Response, request: Request) -> None:
        self._responses[request] = response

    def left(self, request: Request) -> None:
        """Write the exchange, whether it succeeded or broke off."""
        response = self._responses.pop(request, None)
        told = without_credentials(request.url)
        private: set[bytes] = set()
        if first_url(request) == self.webhook:
            told, private = without_tokens(told), {b"location", b"referer"}
        self._write(
            "exchange",
            method=request.method,
            url=told,
            request=fields(request.headers, private | _secret_names(request.headers)),
            status=response.status if response else None,
            response=fields(response.headers, private) if response else None,
            bytes_received=self._received.pop(request, 0 if not response else None),
        )

    def item_scraped(self, item: Any) -> None:
        if isinstance(item, ImageRecord):
            transfer = item.transfer or {}
            self._write(
                "record",
                url=item.url,
                record_sha256=record_hash(asdict(item)),
                image_size=item.image_size,
                bytes_received=transfer.get("bytes_received"),
                complete=transfer.get("complete"),
            )

    def closed(self, reason: str) -> None:
        if self._file and not self.failure:
            self._write("end", reason=reason)
        if self._file and not self.failure:
            self._file.close()
            logger.info("Evidence: %s ends with %s", self.path, self.chain.last)

    def _write(self, kind: str, **facts: Any) -> None:
        if not self._file or self._file.closed or self.failure:
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            self._file.write(self.chain.entry(kind, time, facts))
            self._file.flush()
        except OSError as error:
            self._fail(error)
            return
        self.stats.inc_value("imgprint/evidence/entries")

    def _fail(self, error: OSError) -> None:
        """Say that there is no evidence of what follows, and stop the crawl."""
        self.failure = (
            f"evidence {str(self.path)!r} can't be written: {error.strerror or error}; "
            "the crawl was stopped: make room, or crawl without IMGPRINT_EVIDENCE"
        )
        logger.error("%s", self.failure)
        with suppress(OSError):
            if self._file:
                self._file.close()
        stopping = self.crawler.stop_async()
        self._stopping = asyncio.get_running_loop().create_task(stopping)


def fields(headers: Headers, private: Collection[bytes] = ()) -> list[list[str]]:
    """Return names and values of header fields, without secrets.

    *private* are names in lower case of more fields whose values are left out.
    Values that are no text, or a picture as text, give way to a mark.
    """
    return [
        [plain_text(name.decode("latin-1")), _told(name.lower(), value, private)]
        for name, values in headers.items()
        for value in values
    ]


def _told(name: bytes, value: bytes, private: Collection[bytes]) -> str:
    if name in SECRET or name in private:
        return LEFT_OUT
    return text_without_credentials(plain_text(value.decode("latin-1")))


def _secret_names(headers: Headers) -> set[bytes]:
    """Return names of fields of a request by which a project of its own logs in."""
    return {name.lower() for name in headers if _SECRET_NAME.search(name)}
