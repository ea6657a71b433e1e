"""Run a command, and say what its processes took."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contest.server import descendants

_INTERVAL = 0.05
# Each command is run by a shell that forks: what a process executes inherits the
# peak of its memory.
_FORK = ("sh", "-c", '"$@"; exit $?', "sh")


@dataclass
class Usage:
    """Seconds of wall clock and of CPU (user and system, children included), and
    the peak in MB (of 1,000,000 bytes) of all processes together.
    """

    wall: float
    cpu: float
    peak: float
    code: int


class _Sampler(threading.Thread):
    """Look at the memory of a process and those below it, 20 times a second.

    What processes share is counted for each of them.
    """

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(_INTERVAL):
            sizes = [_memory(pid) for pid in descendants(self.pid)]
            together = sum(now for now, _ in sizes)
            alone = max((peak for _, peak in sizes), default=0)
            self.peak = max(self.peak, together, alone)


def _memory(pid: int) -> tuple[int, int]:
    """Return what *pid* has in memory, and its own peak, in bytes."""
    now = peak = 0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peak = int(line.split()[1]) * 1024
            elif line.startswith("VmRSS:"):
                now = int(line.split()[1]) * 1024
    return now, peak


def run(command: list[str], folder: Path, env: dict[str, str], timeout: float) -> Usage:
    """Run *command* in *folder*, its output in ``output.txt`` there.

    After *timeout* seconds all its processes are killed.
    """
    start = time.monotonic()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [*_FORK, *command],
            cwd=folder,
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    sampler = _Sampler(process.pid)
    sampler.start()
    alarm = threading.Timer(timeout, os.killpg, (process.pid, signal.SIGKILL))
    alarm.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        alarm.cancel()
        sampler.over.set()
        sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Usage(wall, cpu, sampler.peak / 1e6, process.returncode)
