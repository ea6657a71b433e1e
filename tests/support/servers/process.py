"""A real server as a child process on a free loopback port."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

START_SECONDS = 20
STOP_SECONDS = 5
SETTLE_SECONDS = 0.1
_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")
MEDIA_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "html": "text/html",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "tiff": "image/tiff",
    "webp": "image/webp",
}


@dataclass(frozen=True)
class LogLine:
    """One request by the server's own access log; None where it doesn't say.

    Sizes are bytes: ``body_bytes`` of the body sent, ``sent_bytes`` with the
    header, ``request_length`` of the request.
    """

    method: str
    path: str
    range: str | None
    status: int
    body_bytes: int | None
    sent_bytes: int | None
    request_length: int | None


def require(program: str, package: str) -> str:
    """Return the path of *program*, or skip the test and say what to install."""
    path = shutil.which(program) or shutil.which(
        program, path="/usr/sbin:/usr/local/sbin"
    )
    if path is None:
        pytest.skip(f"{program} is missing: apt-get install {package}")
    return path


def free_port() -> int:
    """Return a port that is free, and that no connection is given in the meantime.

    Those that the kernel gives to connections begin higher; Linux says where.
    """
    with suppress(OSError, ValueError):
        highest = int(_GIVEN.read_text().split()[0])
        for port in random.sample(range(11_000, highest), 20):
            with suppress(OSError), socket.socket() as listener:
                listener.bind(("127.0.0.1", port))
                return port
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def parse_tabs(line: str) -> LogLine:
    """Read a line of the seven fields of LogLine, ``-`` for none."""
    fields = line.rstrip("\n").split("\t")
    method, path, asked = (None if f in ("-", "") else f for f in fields[:3])
    status, *sizes = (int(f) if f.isdigit() else None for f in fields[3:])
    return LogLine(method or "", path or "", asked, status or 0, *sizes)


class ServerProcess:
    """Run a server in the foreground while in context.

    Subclasses write a configuration into ``directory`` and return the command
    that starts it. Output goes to files in ``directory``, which is removed.
    """

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="imgprint-server-"))
        # A server may run as another user than the test.
        self.directory.chmod(0o755)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def access_log(self) -> Path:
        return self.directory / "access.log"

    def command(self) -> list[str]:
        """Write the configuration for ``port`` and return the command."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        home = {"HOME": str(self.directory), "TMPDIR": str(self.directory)}
        return {**os.environ, **home}

    def parse_log(self, line: str) -> LogLine | None:
        return parse_tabs(line)

    def log(self) -> list[LogLine]:
        """Return all requests so far, once the log has stopped growing."""
        size = -1
        while size != (size := self._log_size()):
            time.sleep(SETTLE_SECONDS)
        if not self.access_log.exists():
            return []
        lines = self.access_log.read_text().splitlines()
        return [line for line in map(self.parse_log, lines) if line]

    def _log_size(self) -> int:
        return self.access_log.stat().st_size if self.access_log.exists() else 0

    def __enter__(self) -> Self:
        try:
            for _ in range(3):  # another process may take the port first
                self.port = free_port()
                self._start()
                if self._listens():
                    return self
                self._stop()
            raise RuntimeError(f"{type(self).__name__}: {self._output()}")
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self) -> None:
        with (self.directory / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.directory,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _listens(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1),
            ):
                return self._process.poll() is None
            time.sleep(0.02)
        return False

    def _output(self) -> str:
        logs = [*self.directory.glob("*.txt"), self.directory / "error.log"]
        return "\n".join(log.read_text() for log in logs if log.exists())

    def _stop(self) -> None:
        """End the process and all that it started."""
        if self._process is None:
            return
        group = self._process.pid
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._process.wait()
        self._process = None
