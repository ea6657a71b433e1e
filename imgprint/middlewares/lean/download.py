"""Scrapy's way of a request through the downloader."""

from __future__ import annotations

import asyncio
from time import monotonic
from types import MethodType
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.core.downloader import Downloader as ScrapyDownloader
from scrapy.core.downloader.middleware import DownloaderMiddlewareManager
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.http import Response
from scrapy.utils.decorators import _warn_spider_arg

from imgprint.discovery.urls.targets import host_of, place_of
from imgprint.middlewares.lean.alarms import TICK, Alarms
from imgprint.middlewares.lean.page_queue import Supply
from imgprint.middlewares.lean.waiting import awaitable, waits

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Awaitable

    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler


class Middlewares(DownloaderMiddlewareManager):
    """Scrapy's downloader middlewares, awaited where there is something to await."""

    async def _process_request(self, request: Request, download_func: Any) -> Any:
        if self._mw_methods_requiring_spider:
            return await super()._process_request(request, download_func)
        for method in self.methods["process_request"]:
            result = method(request=request)  # type: ignore[misc]
            if result is None:
                continue
            if waits(result):
                result = await awaitable(result)
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
        if self._mw_methods_requiring_spider:
            return await super()._process_response(response, request)
        for method in self.methods["process_response"]:
            result = method(request=request, response=response)  # type: ignore[misc]
            if result is response:
                continue
            if waits(result):
                result = await awaitable(result)
            if not isinstance(result, Response):
                if isinstance(result, Request):
                    return result
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
    """Scrapy's downloader with lean middlewares: the setting DOWNLOADER.

    A request waits for its turn by a future of asyncio, not by a Deferred and a
    task, and for none if it is its turn.
    """

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self.supply = Supply()
        self._alarms = Alarms(self._latercall)
        # Not built a second time: they are connected to signals by now.
        self.middleware.__class__ = Middlewares
        for methods in self.middleware.methods.values():
            for index, method in enumerate(methods):
                methods[index] = _bare(method)
        self.handlers.download_request_async = self._handle  # type: ignore[method-assign,assignment]
        requests: deque[Any] = self.middleware.methods["process_request"]
        for index, method in enumerate(requests):
            if type(getattr(method, "__self__", None)) is OffsiteMiddleware:
                requests[index] = self._onsite(method)

    def full(self) -> bool:
        """Return whether as many requests as may be are under way."""
        return super().needs_backout()

    def needs_backout(self) -> bool:
        return self.full() and not self.supply.wanted()

    def _onsite(self, offsite: Any) -> Any:
        """Return *offsite*, asked only if there are domains to stay in."""

        def process_request(request: Request) -> Any:
            if getattr(self.crawler.spider, "allowed_domains", None):
                return offsite(request=request)
            return None

        return process_request

    def _handle(self, request: Request) -> Awaitable[Response]:
        """Do as DownloadHandlers.download_request_async does, without waiting."""
        handlers = self.handlers
        scheme = place_of(request).scheme
        handler: Any = handlers._handlers.get(scheme)
        if handler is None or scheme in handlers._old_style_handlers:
            return type(handlers).download_request_async(handlers, request)
        answer: Awaitable[Response] = handler.download_request(request)
        return answer

    def get_slot_key(self, request: Request) -> str:
        if self.ip_concurrency:
            return super().get_slot_key(request)
        key: str | None = request.meta.get(self.DOWNLOAD_SLOT)
        return host_of(request) if key is None else key

    def _slot_of(self, request: Request) -> Slot:
        key = self.get_slot_key(request)
        slot = self.slots.get(key) or self._get_slot(request)[1]
        request.meta[self.DOWNLOAD_SLOT] = key
        return slot

    async def _enqueue_request(self, request: Request) -> Response:
        slot = self._slot_of(request)
        slot.active.add(request)
        try:
            self.signals.send_catch_log(
                signal=signals.request_reached_downloader,
                request=request,
                spider=self.crawler.spider,
            )
            if slot.queue or not self._may_begin(slot):
                await self._turn(slot, request)
            return await self._download(slot, request)
        finally:
            slot.active.remove(request)

    def _may_begin(self, slot: Slot) -> bool:
        """Return whether a request may begin now: it is taken to do so."""
        if slot.latercall or slot.free_transfer_slots() <= 0:
            return False
        return not self._delay_left(slot)

    def _delay_left(self, slot: Slot) -> float:
        """Return the seconds until a request may begin. If none, it is taken to do so.

        A delay is kept to half a tick of the alarms. That does not add up: the next
        delay begins when this one was over, not when the request began.
        """
        delay, now = slot.download_delay(), monotonic()
        due = slot.lastseen + delay
        if delay and due - now > TICK / 2:
            return due - now
        slot.lastseen = due if now - due < TICK else now
        return 0

    async def _turn(self, slot: Slot, request: Request) -> None:
        turn = asyncio.get_running_loop().create_future()
        slot.queue.append((request, turn))  # type: ignore[arg-type]
        self._process_queue(slot)
        try:
            await turn
        except asyncio.CancelledError:
            slot.transferring.discard(request)
            self._process_queue(slot)
            raise

    def _process_queue(self, slot: Slot) -> None:
        """Let begin who may, and see to it that this is called when others may."""
        while not slot.latercall and slot.queue and slot.free_transfer_slots() > 0:
            request, turn = slot.queue[0]
            if not turn.done():  # type: ignore[attr-defined] # somebody waits yet
                if wait := self._delay_left(slot):
                    slot.latercall = self._alarms.set(wait, slot)  # type: ignore[assignment]
                    return
                slot.transferring.add(request)
                turn.set_result(None)  # type: ignore[attr-defined]
            slot.queue.popleft()


async def download(crawler: Crawler, request: Request) -> Response:
    """Do as engine.download_async does, without a Deferred for each step."""
    engine = crawler.engine
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
            full = downloader.full()
            downloader.active.remove(request)
            if full and not downloader.needs_backout():
                slot.nextcall.schedule()  # the engine was waiting for this
            slot.remove_request(request)
        request = result
