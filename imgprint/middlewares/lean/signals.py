"""Scrapy's signals."""

from __future__ import annotations

import asyncio
import inspect
import logging
import weakref
from collections.abc import Callable, Container, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydispatch.dispatcher import Any as AnySignal
from pydispatch.dispatcher import connections, getAllReceivers, liveReceivers
from pydispatch.robustapply import robustApply
from scrapy.exceptions import NotConfigured, StopDownload
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from imgprint import config
from imgprint.middlewares.lean.waiting import awaitable, waits

if TYPE_CHECKING:
    from types import FunctionType

    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

_NOBODY: list[Any] = []
_ANYBODY = id(AnySignal)
_NOTHING: dict[Any, list[Any]] = {}


class _Receiver(NamedTuple):
    """What is connected: *ref* finds it, or the object whose method *function* is.

    *takes* are the names of its arguments, None where it can't be called with their
    values: it takes all there are, or more, or is neither function nor method.
    """

    ref: Callable[[], Any]
    function: FunctionType | None
    takes: tuple[str, ...] | None

    @classmethod
    def of(cls, live: Any, names: Container[str]) -> Self:
        """Return the receiver *live* of signals that come with *names*."""
        code = getattr(live, "__code__", None)
        if code is None:
            return cls(_ref(live), None, None)
        takes = code.co_varnames[: code.co_argcount]
        if isinstance(live, MethodType):
            takes = takes[1:]  # it has its self
        known = all(name in names for name in takes)
        if not known or code.co_flags & inspect.CO_VARKEYWORDS:
            takes = None
        if isinstance(live, MethodType):
            function: Any = live.__func__
            return cls(_ref(live.__self__), function, takes)
        return cls(_ref(live), None, takes)


def _ref(value: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(value)
    except TypeError:  # then it is connected for good
        return lambda: value


class LeanSignals:
    """Call the receivers of signals directly, and wait for none that returned.

    IMGPRINT_LEAN=0 leaves signals to Scrapy.
    """

    def __init__(self, sender: object):
        self.sender = sender
        self._id = id(sender)
        self._known: dict[Any, tuple[list[Any], list[_Receiver]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not config.LEAN.read(crawler.settings):
            raise NotConfigured
        lean = cls(crawler.signals.sender)
        crawler.signals.send_catch_log = lean.send  # type: ignore[method-assign]
        crawler.signals.send_catch_log_async = lean.send_async  # type: ignore[method-assign]
        return lean

    def send(self, signal: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Do as SignalManager.send_catch_log does."""
        dont_log = named.pop("dont_log", ())
        quiet = (*_errors(dont_log), StopDownload) if dont_log else (StopDownload,)
        results = self._call(signal, named, quiet, _failure)
        for live, result in results:
            if result is not None and isinstance(result, Deferred):
                logger.error("%s returned a Deferred: nobody waits for it", live)
        return results

    async def send_async(self, signal: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Do as SignalManager.send_catch_log_async does."""
        quiet = _errors(named.pop("dont_log", ()))
        results = self._call(signal, named, quiet, _itself)
        for _, result in results:
            if result is not None and waits(result):
                return await asyncio.gather(
                    *(_settle(*each, quiet, named) for each in results)
                )
        return results

    def _call(
        self,
        signal: Any,
        named: dict[str, Any],
        quiet: tuple[Any, ...],
        failed: Callable[[Exception], Any],
    ) -> list[tuple[Any, Any]]:
        """Return what receivers return, and what *failed* makes of their errors.

        Errors are logged, but for those of the types *quiet*.
        """
        results: list[tuple[Any, Any]] = []
        receivers = self._receivers(signal, named)
        if not receivers:
            return results
        named["sender"], named["signal"] = self.sender, signal
        value_of = named.__getitem__
        for ref, function, takes in receivers:
            live = ref()
            if live is None:
                continue
            if function is not None:
                live = MethodType(function, live)
            try:
                if takes is None:
                    result = robustApply(live, **named)
                else:
                    result = live(*map(value_of, takes))
            except Exception as error:  # noqa: BLE001 - as Scrapy does
                result = failed(error)
                if not isinstance(error, quiet):
                    _log(live, named)
            results.append((live, result))
        return results

    def _receivers(self, signal: Any, named: dict[str, Any]) -> list[_Receiver]:
        """Return who is connected to *signal* now, worked out when that changed."""
        own = connections.get(self._id, _NOTHING)
        connected = own.get(signal, _NOBODY)
        usual = AnySignal not in own and _ANYBODY not in connections
        if usual and not connected:
            return _NOBODY
        key = (signal, *named)
        if usual:
            known = self._known.get(key)
            if known is not None and known[0] == connected:
                return known[1]
        found = liveReceivers(getAllReceivers(self.sender, signal))
        names = {*named, "sender", "signal"}
        receivers = [_Receiver.of(live, names) for live in found]
        if usual:
            self._known[key] = list(connected), receivers
        return receivers


def _failure(_: Exception) -> Failure:
    """Return the error that is being handled, as Scrapy has it in results."""
    return Failure()  # type: ignore[no-untyped-call]


def _itself(error: Exception) -> Exception:
    return error


async def _settle(
    receiver: Any, result: Any, quiet: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, Any]:
    if not waits(result):
        return receiver, result
    try:
        return receiver, await awaitable(result)
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
