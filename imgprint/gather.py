"""Awaiting many coroutines, a bounded number at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
    from typing import Any

T = TypeVar("T")


async def gather_bounded(
    coroutines: Iterator[Coroutine[Any, Any, Iterable[T]]], limit: int
) -> AsyncIterator[T]:
    """Yield what *coroutines* return, in order of completion, *limit* at a time.

    The iterator is read only as fast as there is room. If the generator is
    closed early, what runs is cancelled.
    """
    running: set[asyncio.Task[Iterable[T]]] = set()
    done: asyncio.Queue[asyncio.Task[Iterable[T]]] = asyncio.Queue()
    exhausted = False
    try:
        while True:
            while not exhausted and len(running) < limit:
                if coroutine := next(coroutines, None):
                    task = asyncio.create_task(coroutine)
                    task.add_done_callback(done.put_nowait)
                    running.add(task)
                else:
                    exhausted = True
            if not running:
                return
            task = await done.get()
            running.remove(task)
            for result in task.result():
                yield result
    finally:
        for task in running:
            task.cancel()
