"""A previous feed, as the memory of a crawl that asks only for what changed."""

from __future__ import annotations

import logging
import re
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from imgprint.content.describe import plain_record
from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import InputError
from imgprint.feeds.json_lines import read_line
from imgprint.items import ImageRecord
from imgprint.masking import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

# A value of If-None-Match or If-Modified-Since: RFC 9110 section 5.5.
_FIELD = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class PreviousFeed:
    """The records of a feed in JSON Lines or JSON, by URL.

    Of JSON Lines only the places of the records are kept in memory. A record is left
    out, and its image fetched like a new one, if it is not as imgprint writes it, or
    has validators that can't be sent; a warning says how many there are. Raise
    InputError if the file can't be read, or all of it is like that.
    """

    def __init__(self, path: str):
        self.path = path
        self._file: IO[bytes] | None = None
        self._places: dict[bytes, int | bytes] = {}
        self._bad = 0
        self._first_bad = ""
        try:
            count = sum(self._add(*entry) for entry in self._read())
        except (OSError, ValueError, RecursionError) as error:
            raise self._not_a_feed(error) from error
        if self._bad and not count:
            raise self._not_a_feed(None)
        if self._bad:
            logger.warning(
                "previous feed %r: %d of %d records can't be used (the first is %s); "
                "their images are fetched like new ones",
                path,
                self._bad,
                self._bad + count,
                self._first_bad,
            )

    def _not_a_feed(self, error: Exception | None) -> InputError:
        reason = error.strerror if isinstance(error, OSError) else "not a feed"
        if self._first_bad:
            reason = f"{reason}: {self._first_bad}"
        return InputError(
            f"previous feed {self.path!r} can't be read: {reason}; give one of "
            "imgprint's .json or .jsonl feeds as IMGPRINT_REVISIT"
        )

    def _read(self) -> Iterator[tuple[str, bytes, int | bytes]]:
        """Yield where each record is in the text, it, and its place."""
        with Path(self.path).open("rb") as file:
            if file.read(1) == b"[":
                file.seek(0)
                found = msgspec.json.decode(file.read(), type=list[msgspec.Raw])
                for number, raw in enumerate(found, 1):
                    record = bytes(raw)
                    yield f"item {number}", record, record
                return
            file.seek(0)
            place = 0
            for number, line in enumerate(file, 1):
                if line.endswith(b"\n"):  # or a crash cut it short
                    yield f"line {number}", line, place
                place += len(line)

    def _add(self, where: str, line: bytes, place: int | bytes) -> bool:
        """Take down a record; return whether it can be used."""
        try:
            record = _decoder().decode(line)
            for name in ("etag", "last_modified"):
                if not _FIELD.fullmatch(getattr(record, name) or ""):
                    raise ValueError(f"{name} is not one of a server")
        except (ValueError, RecursionError) as error:
            self._bad += 1
            self._first_bad = self._first_bad or f"{where}: {error}"
            return False
        self._places[url_key(without_credentials(record.url))] = place
        return True

    def get(self, url: str) -> dict[str, Any] | None:
        """Return the last record of the image at *url*, None if there is none."""
        url = without_credentials(url)  # feeds have none
        place = self._places.get(url_key(url))
        if place is None:
            return None
        record = read_line(self._line(place) if isinstance(place, int) else place)
        same = without_credentials(record["url"]) == url
        return plain_record(record) if same else None

    def _line(self, place: int) -> bytes:
        if not self._file:
            self._file = Path(self.path).open("rb")  # noqa: SIM115 - kept open
        self._file.seek(place)
        return self._file.readline()

    def close(self) -> None:
        if self._file:
            self._file.close()


@cache
def _decoder() -> Any:
    """Return what reads a record, and nothing else."""
    # It takes a while to work out, and most crawls have no previous feed.
    from imgprint.feeds.schema import documented

    fields = documented(ImageRecord)
    record = msgspec.defstruct(
        "Record",
        [(field.name, field.kind) for field in fields],
        forbid_unknown_fields=True,
    )
    return msgspec.json.Decoder(record)
