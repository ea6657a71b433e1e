"""Tor's control port, as far as the tests need it."""

import socket
from pathlib import Path
from types import TracebackType
from typing import Self


class TorControl:
    """An authenticated control connection. Source: Tor's control-spec.txt."""

    def __init__(self, port: int, directory: Path):
        cookie = (directory / "control_auth_cookie").read_bytes()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._lines = self._socket.makefile("r", encoding="latin-1", newline="\r\n")
        self.events: list[str] = []
        try:
            self.ask(f"AUTHENTICATE {cookie.hex()}")
        except OSError:  # the cookie of its last run
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def ask(self, command: str) -> list[str]:
        """Send *command*; return the lines of its answer, or raise OSError."""
        self._socket.sendall(command.encode() + b"\r\n")
        answer: list[str] = []
        while True:
            line = self._line()
            if line.startswith("650"):
                self.events.append(line)
                continue
            answer.append(line)
            if line[3:4] == "+":
                while (line := self._line()) != ".":
                    answer.append(line)
            elif line[3:4] == " ":
                break
        if not answer[-1].startswith("250"):
            raise OSError(f"{command}: {answer[-1]}")
        return answer

    def heard(self) -> list[str]:
        """Return the events up to now."""
        self.ask("GETINFO version")
        return self.events

    def _line(self) -> str:
        line = self._lines.readline()
        if not line:
            raise ConnectionError("Tor closed its control port")
        return line.rstrip("\r\n")
