"""A previous feed, as the memory of a crawl that asks only for what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imgprint.errors import InputError
from imgprint.keys import url_key
from imgprint.masking import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator


class PreviousFeed:
    """The records of a feed in JSON Lines or JSON, by URL.

    Of JSON Lines only the places of the records are kept in memory. Raise
    InputError if the file can't be read or is no feed.
    """

    def __init__(self, path: str):
        self.path = path
        self._file: IO[bytes] | None = None
        self._places: dict[bytes, int | dict[str, Any]] = {}
        try:
            for url, place in self._read():
                self._places[url_key(without_credentials(url))] = place
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a feed"
            raise InputError(
                f"previous feed {path!r} can't be read: {reason}; give one of "
                "imgprint's .json or .jsonl feeds as IMGPRINT_REVISIT"
            ) from error

    def _read(self) -> Iterator[tuple[str, int | dict[str, Any]]]:
        with Path(self.path).open("rb") as file:
            if file.read(1) == b"[":
                file.seek(0)
                for record in json.load(file):
                    yield record["url"], record
                return
            file.seek(0)
            place = 0
            for line in file:
                if line.endswith(b"\n"):  # or a crash cut it short
                    yield json.loads(line)["url"], place
                place += len(line)

    def get(self, url: str) -> dict[str, Any] | None:
        """Return the last record of the image at *url*, None if there is none."""
        url = without_credentials(url)  # feeds have none
        place = self._places.get(url_key(url))
        if not isinstance(place, int):
            return place
        if not self._file:
            self._file = Path(self.path).open("rb")  # noqa: SIM115 - kept open
        self._file.seek(place)
        record: dict[str, Any] = json.loads(self._file.readline())
        return record if without_credentials(record["url"]) == url else None

    def close(self) -> None:
        if self._file:
            self._file.close()
