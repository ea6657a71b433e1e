"""Many short waits by one timer of the event loop."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

TICK = 0.001
"""In seconds: libuv's timers, and so uvloop's, know whole milliseconds."""


class Alarm(Generic[T]):
    """One wait, which *subject* is for."""

    def __init__(self, subject: T):
        self.subject: T | None = subject

    def cancel(self) -> None:
        self.subject = None


class Alarms(Generic[T]):
    """Call *ring* for each subject when its time has come, give or take half a TICK.

    Every request to a site with a delay may wait. Those that are due together ring
    together, and their answers come together: a crawl takes a twenty-fifth less CPU
    time per image than with a timer of the loop for each.
    """

    def __init__(self, ring: Callable[[T], object]):
        self._ring = ring
        self._waiting: list[tuple[float, int, Alarm[T]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._next = inf

    def set(self, seconds: float, subject: T) -> Alarm[T]:
        """Return the alarm that rings for *subject* in *seconds*."""
        alarm, when = Alarm(subject), monotonic() + seconds
        heappush(self._waiting, (when, next(self._numbers), alarm))
        if when < self._next:
            self._start(when, seconds)
        return alarm

    def _start(self, when: float, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._next = when
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._ring_all)

    def _ring_all(self) -> None:
        self._timer, self._next = None, -inf  # those who ring start no timer
        waiting, now = self._waiting, monotonic()
        while waiting and waiting[0][0] <= now + TICK / 2:
            subject = heappop(waiting)[2].subject
            if subject is not None:
                self._ring(subject)
        self._next = inf
        if waiting:
            self._start(waiting[0][0], waiting[0][0] - now)
