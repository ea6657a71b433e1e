"""Scrapy's own loops around a request and an item, without what they do for nothing.

Scrapy awaits every method of every middleware and pipeline, and every receiver of
a signal, by a coroutine or a future of its own, whether or not it has anything to
wait for. An image has some sixty such calls: half the CPU time that is not
the network's. Here what returns a value is taken as it is.

All of this leans on private names of Scrapy; tests/test_lean.py says what each has
to do, and that it does what Scrapy does.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Sequence
from time import monotonic
from types import MethodType
from typing import TYPE_CHECKING, Any, Self

from pydispatch.dispatcher import getAllReceivers, liveReceivers
from pydispatch.robustapply import robustApply
from scrapy import Request, signals
from scrapy.core.downloader import Downloader as ScrapyDownloader
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.exceptions import NotConfigured, StopDownload
from scrapy.http import Response
from scrapy.pipelines import ItemPipelineManager
from scrapy.utils.decorators import _warn_spider_arg
from scrapy.utils.defer import ensure_awaitable
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


def _waits(value: Any) -> bool:
    return isinstance(value, Deferred) or inspect.isawaitable(value)


class Middlewares(DownloaderMiddlewareManager):
    """Scrapy's downloader middlewares, awaited where there is something to await."""

    def _handle(self, method: Callable[..., Any], **kwargs: Any) -> Any:
        if self._mw_methods_requiring_spider:
            return self._handle_mw_method(method, **kwargs)
        return method(**kwargs)

    async def _process_request(self, request: Request, download_func: Any) -> Any:
        for method in self.methods["process_request"]:
            result = self._handle(method, request=request)  # type: ignore[arg-type]
            if result is not None and _waits(result):
                result = await ensure_awaitable(result)
            if result is None:
                continue
            if isinstance(result, Response | Request):
                return result
            _check(method, result)
        return await download_func(request)

    async def _process_response(
        self, response: Response | Request, request: Request
    ) -> Response | Request:
        if isinstance(response, Request):
            return response
        for method in self.methods["process_response"]:
            result = self._handle(method, request=request, response=response)  # type: ignore[arg-type]
            if not isinstance(result, Response):
                if _waits(result):
                    result = await ensure_awaitable(result)
                if isinstance(result, Request):
                    return result
                if not isinstance(result, Response):
                    _check(method, result)
            response = result
        return response


def _bare(method: Any) -> Any:
    """Return *method* without Scrapy's decorator that warns of an unwanted argument.

    Decorators of others stay.
    """
    code = getattr(method, "__code__", None)
    if code is None or code.co_filename != _warn_spider_arg.__code__.co_filename:
        return method
    return MethodType(method.__wrapped__, method.__self__)


def _check(method: Any, result: object) -> None:
    name = getattr(method, "__qualname__", repr(method))
    raise TypeError(f"{name} must return a Response or a Request, got {type(result)}")


class Downloader(ScrapyDownloader):
    """Scrapy's downloader with lean middlewares: the setting DOWNLOADER."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        # Not built a second time: they are connected to signals by now.
        self.middleware.__class__ = Middlewares
        for methods in self.middleware.methods.values():
            for index, method in enumerate(methods):
                methods[index] = _bare(method)

    async def _enqueue_request(self, request: Request) -> Response:
        """Wait for a turn in the request's slot, if there is need to; download."""
        key, slot = self._get_slot(request)
        if slot.queue or slot.latercall or slot.free_transfer_slots() <= 0:
            return await super()._enqueue_request(request)
        now = monotonic()
        delay = slot.download_delay()
        if delay and delay > now - slot.lastseen:
            return await super()._enqueue_request(request)
        # It is its turn: no queue, no future and no task.
        request.meta[self.DOWNLOAD_SLOT] = key
        slot.active.add(request)
        try:
            self.signals.send_catch_log(
                signal=signals.request_reached_downloader,
                request=request,
                spider=self.crawler.spider,
            )
            slot.lastseen = now
            return await self._download(slot, request)
        finally:
            slot.active.remove(request)


async def download(crawler: Crawler, request: Request) -> Response:
    """Do as engine.download_async does, without a Deferred for each step."""
    engine = crawler.engine
    assert engine
    downloader, slot = engine.downloader, engine._slot
    if slot is None or not isinstance(downloader, Downloader):
        return await engine.download_async(request)
    while True:
        slot.add_request(request)
        downloader.active.add(request)
        try:
            result = await downloader.middleware.download_async(
                downloader._enqueue_request, request
            )
            if isinstance(result, Response):
                result.request = result.request or request
                crawler.signals.send_catch_log(
                    signal=signals.response_received,
                    response=result,
                    request=result.request,
                    spider=crawler.spider,
                )
                return result
        finally:
            downloader.active.remove(request)
            slot.nextcall.schedule()
            slot.remove_request(request)
        request = result


async def deliver(crawler: Crawler, item: Any, response: Response) -> None:
    """Hand *item* to the pipelines, past the generators of eight spider middlewares."""
    assert crawler.engine
    await crawler.engine.scraper.start_itemproc_async(item, response=response)


class Pipelines(ItemPipelineManager):
    """Scrapy's item pipelines, awaited where there is something to await.

    This is the setting ITEM_PROCESSOR.
    """

    async def process_item_async(self, item: Any) -> Any:
        if self._mw_methods_requiring_spider:
            return await super().process_item_async(item)
        for method in self.methods["process_item"]:
            item = method(item)  # type: ignore[misc]
            if _waits(item):
                item = await ensure_awaitable(item)
        return item


class LeanSignals:
    """Call the receivers of signals directly, and wait for none that returned.

    ``IMGPRINT_LEAN`` (default: True) is False to leave signals, downloader and
    item processor as Scrapy has them, at about half again the CPU time.
    """

    def __init__(self, sender: object):
        self.sender = sender
        self._accepts: dict[CodeType, frozenset[str] | None] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("IMGPRINT_LEAN", True):
            raise NotConfigured
        lean = cls(crawler.signals.sender)
        crawler.signals.send_catch_log = lean.send  # type: ignore[method-assign]
        crawler.signals.send_catch_log_async = lean.send_async  # type: ignore[method-assign]
        return lean

    def send(self, signal: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Do as SignalManager.send_catch_log does."""
        quiet = (*_errors(named.pop("dont_log", ())), StopDownload)
        named = {"sender": self.sender, **named, "signal": signal}
        results: list[tuple[Any, Any]] = []
        for receiver in liveReceivers(getAllReceivers(named["sender"], signal)):
            try:
                result = self._call(receiver, named)
            except Exception as error:  # noqa: BLE001 - as Scrapy does
                result = Failure()  # type: ignore[no-untyped-call]
                if not isinstance(error, quiet):
                    _log(receiver, named)
            if isinstance(result, Deferred):
                logger.error("%s returned a Deferred: nobody waits for it", receiver)
            results.append((receiver, result))
        return results

    async def send_async(self, signal: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Do as SignalManager.send_catch_log_async does."""
        quiet = _errors(named.pop("dont_log", ()))
        named = {"sender": self.sender, **named, "signal": signal}
        results: list[tuple[Any, Any]] = []
        waiting = False
        for receiver in liveReceivers(getAllReceivers(named["sender"], signal)):
            try:
                result = self._call(receiver, named)
            except Exception as error:  # noqa: BLE001 - as Scrapy does
                result = error
                if not isinstance(error, quiet):
                    _log(receiver, named)
            waiting = waiting or (result is not None and _waits(result))
            results.append((receiver, result))
        if not waiting:
            return results
        return await asyncio.gather(*(_settle(*r, quiet, named) for r in results))

    def _call(self, receiver: Any, named: dict[str, Any]) -> Any:
        """Call *receiver* with what it takes of *named*, as pydispatch does."""
        code = getattr(receiver, "__code__", None)
        if code is None:  # neither a function nor a method
            return robustApply(receiver, **named)
        if code not in self._accepts:
            takes_all = code.co_flags & inspect.CO_VARKEYWORDS
            names = frozenset(code.co_varnames[: code.co_argcount])
            self._accepts[code] = None if takes_all else names
        accepts = self._accepts[code]
        if accepts is None:
            return receiver(**named)
        return receiver(**{name: named[name] for name in named if name in accepts})


async def _settle(
    receiver: Any, result: Any, quiet: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, Any]:
    if result is None or not _waits(result):
        return receiver, result
    try:
        return receiver, await ensure_awaitable(result)
    except Exception as error:  # noqa: BLE001 - as Scrapy does
        if not isinstance(error, quiet):
            _log(receiver, named)
        return receiver, error


def _errors(dont_log: Any) -> tuple[Any, ...]:
    return tuple(dont_log) if isinstance(dont_log, Sequence) else (dont_log,)


def _log(receiver: Any, named: dict[str, Any]) -> None:
    """Log the exception that is being handled, with Scrapy's logger and words."""
    logging.getLogger("scrapy.utils.signal").error(
        "Error caught on signal handler: %(receiver)s",
        {"receiver": receiver},
        exc_info=True,
        extra={"spider": named.get("spider")},
    )
