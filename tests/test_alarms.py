import asyncio
from time import monotonic

from imgprint.lean.alarms import TICK, Alarms


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
    late = rung(0.03, 0.01, 0.02, 0, 0.0104)
    assert [*late] == [3, 1, 4, 2, 0]
    assert min(late.values()) >= 0


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
            alarms.set(TICK / 2, number)
        await asyncio.sleep(0.05)
        assert seen == [*range(50)]
        return timers

    # One of them is the sleep's.
    assert asyncio.run(run()) == [TICK, 0.05]
