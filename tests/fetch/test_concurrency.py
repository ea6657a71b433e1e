import asyncio

import pytest

from imgprint.fetch.concurrency import Turns, gather_bounded


def run(coroutine):
    return asyncio.run(coroutine)


async def collect(coroutines, limit):
    return [result async for result in gather_bounded(iter(coroutines), limit)]


async def after(seconds, *results):
    await asyncio.sleep(seconds)
    return results


def test_all_results_in_order_of_completion():
    coroutines = [after(0.03, 1, 2), after(0.01, 3), after(0.02)]
    assert run(collect(coroutines, 5)) == [3, 1, 2]


@pytest.mark.parametrize("limit", [0, 1, 3, 20])
def test_never_more_than_the_limit_at_a_time(limit):
    running = peak = 0

    async def job(i):
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.001)
        running -= 1
        return (i,)

    assert sorted(run(collect([job(i) for i in range(12)], limit))) == list(range(12))
    assert peak == min(limit or 12, 12)


@pytest.mark.parametrize(("few", "left"), [(0, 0), (2, 2), (9, 5)])
def test_it_is_said_once_when_few_are_left(few, left):
    told = []

    async def main():
        jobs = [after(0.01 * i, i) for i in range(5)]
        done = []
        say = lambda: told.append(5 - len(done))  # noqa: E731
        async for result in gather_bounded(iter(jobs), 6, few, say):
            done.append(result)

    run(main())
    assert told == [left]


def test_the_iterator_is_read_as_there_is_room():
    started = []

    def jobs():
        for i in range(100):
            started.append(i)
            yield after(0, i)

    async def first():
        results = gather_bounded(jobs(), 2)
        await anext(results)
        await results.aclose()

    run(first())
    assert len(started) <= 4


def test_what_runs_is_cancelled_on_early_exit():
    cancelled = []

    async def forever():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    async def first():
        results = gather_bounded(iter([after(0, 1), forever()]), 2)
        assert await anext(results) == 1
        await results.aclose()
        await asyncio.sleep(0)

    run(first())
    assert cancelled == [1]


def test_nothing():
    assert run(collect([], 3)) == []


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_turns_come_in_order_and_never_more_than_the_limit(limit):
    running, peak, order = 0, 0, []

    async def job(turns, i):
        nonlocal running, peak
        await turns.take()
        order.append(i)
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.001 * (i % 3))
        running -= 1
        turns.give_back()

    async def all_jobs():
        turns = Turns(limit)
        await asyncio.gather(*(job(turns, i) for i in range(12)))
        await asyncio.wait_for(turns.take(), 1)

    run(all_jobs())
    assert order == list(range(12))
    assert peak == min(limit, 12)


@pytest.mark.parametrize("given", [False, True])
def test_a_turn_of_who_is_cancelled_is_not_lost(given):
    async def cancelled():
        turns = Turns(1)
        await turns.take()
        first, second = (asyncio.create_task(turns.take()) for _ in range(2))
        await asyncio.sleep(0)
        if given:
            turns.give_back()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        if not given:
            turns.give_back()
        await asyncio.wait_for(second, 1)
        turns.give_back()
        await asyncio.wait_for(turns.take(), 1)

    run(cancelled())
