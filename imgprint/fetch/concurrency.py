"""Awaiting many, a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
    from typing import Any

T = TypeVar("T")

MAX_WITHOUT_PAUSE = 64
"""Items of one page after which others come to their turn."""


async def gather_bounded(
    coroutines: Iterator[Coroutine[Any, Any, Iterable[T]]],
    limit: int,
    few: int = 0,
    when_few: Callable[[], None] | None = None,
) -> AsyncIterator[T]:
    """Yield what *coroutines* return, in order of completion, *limit* at a time.

    With a limit of 0 all at once, as in Scrapy.

    The iterator is read only as fast as there is room. If the generator is
    closed early, what runs is cancelled. *when_few* is called once no more than
    *few* are left.
    """
    running: set[asyncio.Task[Iterable[T]]] = set()
    done: deque[asyncio.Task[Iterable[T]]] = deque()
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[None] | None = None

    def finish(task: asyncio.Task[Iterable[T]]) -> None:
        done.append(task)
        if waiting and not waiting.done():
            waiting.set_result(None)

    exhausted = False
    try:
        while True:
            while not exhausted and (len(running) < limit or not limit):
                if coroutine := next(coroutines, None):
                    task = loop.create_task(coroutine)
                    task.add_done_callback(finish)
                    running.add(task)
                else:
                    exhausted = True
            if when_few and exhausted and len(running) <= few:
                when_few()
                when_few = None
            if not running:
                return
            if not done:
                waiting = loop.create_future()
                await waiting
            task = done.popleft()
            running.remove(task)
            for result in task.result():
                yield result
    finally:
        for task in running:
            task.cancel()


async def paced(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield *items*, and let others come to their turn now and then."""
    for number, item in enumerate(items):
        if number % MAX_WITHOUT_PAUSE == MAX_WITHOUT_PAUSE - 1:
            await asyncio.sleep(0)
        yield item


class Turns:
    """So many at a time, in order of arrival: a Semaphore in a third of the calls."""

    def __init__(self, limit: int):
        self._free = limit
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a turn, to be given back."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had come
                self.give_back()
            raise

    def give_back(self) -> None:
        """Let the next one begin."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
