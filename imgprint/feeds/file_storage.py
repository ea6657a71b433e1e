"""The feed storage of local files: they appear when they are complete."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
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
    """

    def __init__(self, uri: str, *, feed_options: dict[str, Any] | None = None):
        options = feed_options or {}
        self.path = Path(file_uri_to_path(uri) if uri.startswith("file:") else uri)
        self.append = not options.get("overwrite", False)
        self._lines = options.get("format") in _LINES
        self.atomic = not (self.append and self._lines and not _processed(options))
        self.stored = False
        self.failure: str | None = None

    @property
    def part(self) -> Path:
        """Return the file that is written to."""
        return (
            self.path.with_name(f"{self.path.name}.part") if self.atomic else self.path
        )

    def has_content(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > 0

    def open(self, spider: Spider) -> IO[bytes]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.atomic and self.append and self.has_content():
            shutil.copyfile(self.path, self.part)
        elif self.atomic:
            return self.part.open("wb", BUFFER)
        return self.part.open("ab", BUFFER)

    def store(self, file: IO[bytes]) -> None:
        try:
            file.flush()
            os.fsync(file.fileno())
            file.close()
            if self.atomic:
                self.part.replace(self.path)
                _sync(self.path.parent)
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


def _sync(folder: Path) -> None:
    """Make the names in *folder* survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
