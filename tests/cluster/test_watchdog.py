import subprocess
import sys
import time

from tests.conftest import ROOT

HOLD = "from imgprint.cluster.watchdog import hold; hold({})"


def held(seconds):
    return subprocess.Popen(
        [sys.executable, "-c", HOLD.format(seconds)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def test_it_dies_with_its_worker():
    process = held(60)
    process.stdin.close()
    assert process.wait(20) == -9


def test_it_dies_when_nothing_comes():
    process = held(0.5)
    assert process.wait(20) == -9
    process.stdin.close()


def test_it_lives_while_something_comes():
    process = held(5)
    for _ in range(60):
        process.stdin.write(b".")
        process.stdin.flush()
        time.sleep(0.1)
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(20) == -9
