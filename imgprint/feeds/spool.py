"""Feeds that could not be uploaded, kept on disk until they can."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self
from urllib.parse import urlsplit

from imgprint import config

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


MAX_NOTE = 65_536


@dataclass(frozen=True)
class Kept:
    """A file that waits to be uploaded to *uri*; *note* is the file that says so."""

    uri: str
    path: Path
    note: Path

    def remove(self) -> None:
        self.note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


class Spool:
    """A folder of files on their way: what ends in .part is not complete.

    Beside each complete file NAME is NAME.json, with its destination.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        return cls(Path(config.SPOOL.read(settings)))

    def open(self) -> IO[bytes]:
        """Return a new file. Raise OSError if there can't be one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(suffix=".part", dir=self.folder)
        os.close(descriptor)
        return Path(path).open("w+b")

    def keep(self, part: Path, uri: str) -> Kept:
        """Keep the complete file *part* for *uri*, in place of older ones for it."""
        older = [kept for kept in self.entries() if kept.uri == uri]
        name = Path(urlsplit(uri).path).name or "feed"
        path = self.folder / f"{time.time_ns()}-{name}"
        note = path.with_name(f"{path.name}.json")
        # The URI may hold a password: mkstemp's permissions are the owner's only.
        descriptor, new = tempfile.mkstemp(suffix=".part", dir=self.folder)
        os.write(descriptor, json.dumps({"uri": uri}).encode())
        os.close(descriptor)
        part.replace(path)
        Path(new).replace(note)
        for kept in older:
            kept.remove()
        return Kept(uri, path, note)

    def entries(self) -> list[Kept]:
        """Return what waits, the oldest first."""
        found = []
        for note in sorted(self.folder.glob("*.json")):
            path = note.with_name(note.name.removesuffix(".json"))
            with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
                with note.open("rb") as file:
                    uri = json.loads(file.read(MAX_NOTE))["uri"]
                known = isinstance(uri, str) and urlsplit(uri).scheme == "s3"
                if known and path.is_file():
                    found.append(Kept(uri, path, note))
        return found

    def discard(self, uri: str) -> None:
        """Remove what waits for *uri*, which has something newer."""
        for kept in self.entries():
            if kept.uri == uri:
                kept.remove()
