"""The feed storage of local files: they appear when they are complete."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from w3lib.url import file_uri_to_path

from imgprint.feeds.line_files import cut_torn_line

if TYPE_CHECKING:
    from scrapy import Spider

_LINES = ("jsonl", "jsonlines", "jl")
BUFFER = 65_536
"""Bytes that are handed to the system at once. Who wants it sooner flushes."""


class FileStorage:
    """Write NAME.part, and give it its name when the feed is complete.

    A file of that name stays as it is until then. JSON Lines that are appended
    (``-o``, and feeds without ``overwrite``) are written in place: they are
    complete up to the last line at any time.

    A symbolic link stays, and the file that it leads to is replaced. Devices and
    pipes are written to as they are. If another crawl writes NAME.part at the same
    time, the file is called NAME.PID-0.part: each of them replaces NAME as a whole.
    """

    def __init__(self, uri: str, *, feed_options: dict[str, Any] | None = None):
        options = feed_options or {}
        self.path = Path(file_uri_to_path(uri) if uri.startswith("file:") else uri)
        self.append = not options.get("overwrite", False)
        self._lines = options.get("format") in _LINES
        self.atomic = not (self.append and self._lines and not _processed(options))
        self.special = is_special(self.path)
        self.stored = False
        self.failure: str | None = None
        linked = self.path.is_symlink()
        self._target = Path(os.path.realpath(self.path)) if linked else self.path
        self._part = self._target.with_name(f"{self._target.name}.part")

    @property
    def part(self) -> Path:
        """Return the file that is written to."""
        return self._part if self.atomic and not self.special else self.path

    def has_content(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > 0

    def open(self, spider: Spider) -> IO[bytes]:
        if self.special:
            return _open_special(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.atomic:
            return self.path.open("ab", BUFFER)
        file, self._part = _open_part(self._target, self._part)
        if self.append and self.has_content():
            with self.path.open("rb") as old:
                shutil.copyfileobj(old, file)
        return file

    def store(self, file: IO[bytes]) -> None:
        try:
            file.flush()
            if not self.special:
                os.fsync(file.fileno())
            if self.atomic and not self.special:
                # The lock is held until the file has its name: see _open_part.
                self.part.replace(self._target)
                _sync(self._target.parent)
            file.close()
        except OSError as error:
            self.abandon(file, error)
            raise
        self.stored = True

    def abandon(self, file: IO[bytes] | None, error: OSError) -> None:
        """Leave what was written, up to the last line, and say where."""
        self.failure = (
            f"feed {str(self.path)!r} can't be written: {error.strerror or error}"
        )
        with suppress(OSError, ValueError):
            if file:
                file.close()
        if self.special:
            return
        with suppress(OSError):
            if self._lines:
                cut_torn_line(self.part)
            if self.atomic and self.part.stat().st_size:
                self.failure += f"; {str(self.part)!r} has what was"
            elif self.atomic:
                self.part.unlink()


def _processed(options: dict[str, Any]) -> bool:
    """Return whether the file is no plain text, but compressed, for instance."""
    return bool(options.get("postprocessing"))


def is_special(path: Path) -> bool:
    """Return whether *path* is a device, a pipe or a socket, also by a link."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _open_special(path: Path) -> IO[bytes]:
    """Open a device or a pipe. Raise OSError if nobody reads the pipe."""
    # O_NONBLOCK: a pipe without a reader is an error (ENXIO), not a wait.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "wb", BUFFER)


def _open_part(target: Path, part: Path) -> tuple[IO[bytes], Path]:
    """Open *part*, empty and locked, or a file of another name if it is locked."""
    others = count()
    while True:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            own = f"{os.getpid()}-{next(others)}"
            part = target.with_name(f"{target.name}.{own}.part")
            continue
        # Another crawl may have given it its name in between.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), part.stat()):
                os.ftruncate(descriptor, 0)
                return os.fdopen(descriptor, "wb", BUFFER), part
        os.close(descriptor)


def _sync(folder: Path) -> None:
    """Make the names in *folder* survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
