import asyncio
from time import monotonic

import pytest
from scrapy.core.downloader import Slot

from imgprint.middlewares.lean.alarms import TICK, Alarms
from imgprint.middlewares.lean.download import Downloader


def rung(*waits, cancelled=(), more=None):
    """Set alarms for *waits* seconds; return how late each rang, by its number."""
    late = {}

    async def run():
        due = {}

        def ring(number):
            late[number] = monotonic() - due[number]
            if more and number == 0:
                set_alarm("more", more)

        def set_alarm(number, seconds):
            due[number] = monotonic() + seconds
            return alarms.set(seconds, number)

        alarms = Alarms(ring)
        handles = [set_alarm(number, wait) for number, wait in enumerate(waits)]
        for number in cancelled:
            handles[number].cancel()
        await asyncio.sleep(max(waits) + (more or 0) + 0.1)

    asyncio.run(run())
    return late


def test_each_rings_when_its_time_has_come():
    late = rung(0.03, 0.01, 0.02, 0, 0.0125)
    assert [*late] == [3, 1, 4, 2, 0]
    assert min(late.values()) > -TICK


def test_what_is_cancelled_does_not():
    assert [*rung(0.01, 0.02, 0.03, cancelled=(0, 2))] == [1]


def test_one_that_rings_may_set_another():
    assert [*rung(0.01, 0.05, more=0.02)] == [0, "more", 1]


def test_those_that_are_due_together_take_one_timer():
    async def run():
        loop = asyncio.get_running_loop()
        timers, call_later = [], loop.call_later

        def counted(seconds, *arguments):
            timers.append(seconds)
            return call_later(seconds, *arguments)

        loop.call_later = counted
        seen = []
        alarms = Alarms(seen.append)
        for number in range(50):
            alarms.set(2 * TICK, number)
        await asyncio.sleep(0.05)
        assert seen == [*range(50)]
        return timers

    # One of them is the sleep's.
    assert asyncio.run(run()) == [2 * TICK, 0.05]


def begun(delay, looks, monkeypatch):
    """Return when requests begin, of a site with *delay*, looked at at *looks*."""
    downloader, slot = object.__new__(Downloader), Slot(8, delay, 0.0)
    slot.lastseen = looks[0]
    begun = []
    for now in looks:
        monkeypatch.setattr(
            "imgprint.middlewares.lean.download.monotonic", lambda now=now: now
        )
        while delay and not downloader._delay_left(slot):
            begun.append(now)
    return begun


@pytest.mark.parametrize("delay", [0.0003, 0.0007, 0.0012, 0.01])
def test_a_delay_is_kept_though_clocks_tick_slowly(delay, monkeypatch):
    looks = [100 + TICK * number for number in range(1001)]
    times = begun(delay, looks, monkeypatch)
    assert abs(len(times) - 1 / delay) <= 2
    for number, when in enumerate(times, 1):
        assert when > 100 + number * delay - TICK


def test_who_was_not_looked_at_does_not_make_up_for_it(monkeypatch):
    assert begun(0.01, [100, 100.011, 107, 107.0001, 107.0102], monkeypatch) == [
        100.011,
        107,
        107.0102,
    ]
