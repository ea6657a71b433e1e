"""Files of lines, complete up to the last line end whatever happens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class JsonLines:
    """A file of JSON lines that a crash can tear at its end only."""

    def __init__(self, path: Path):
        self.path = path
        self._file = path.open("ab", buffering=0)
        self.size = cut_torn_line(path)

    def append(self, line: bytes) -> None:
        """Hand *line* to the system. Raise OSError, with the file as it was."""
        line += b"\n"
        size = self.size + len(line)
        try:
            while rest := len(line) - self._file.write(line):
                line = line[-rest:]
        except OSError:
            os.ftruncate(self._file.fileno(), self.size)
            raise
        self.size = size

    def read(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield where each line from *start* on begins, and the line."""
        with self.path.open("rb") as file:
            place = file.seek(start)
            for line in file:
                yield place, line[:-1]
                place += len(line)

    def sync(self) -> None:
        """Wait until all is on disk. Raise OSError."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self.sync()
        self._file.close()


def cut_torn_line(path: Path) -> int:
    """Cut off what follows the last line end of the file; return its size then."""
    with path.open("r+b") as file:
        size = end = file.seek(0, 2)
        whole = 0
        while end and not whole:
            start = max(0, end - 65_536)
            file.seek(start)
            whole = start + file.read(end - start).rfind(b"\n") + 1
            whole = 0 if whole == start else whole
            end = start
        if whole != size:
            file.truncate(whole)
        return whole
