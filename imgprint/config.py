"""The settings of imgprint: what each may be, in one table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imgprint.errors import InputError

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

MAX_NUMBER = 2**31 - 1
"""Seconds, bytes or objects: some are passed on as an int of C."""


@dataclass(frozen=True)
class Number:
    """A number of *least* to MAX_NUMBER: an integer unless it *is_float*."""

    least: float = 0
    is_float: bool = False

    def check(self, value: Any) -> str | None:
        """Return what to give in place of *value*, None if it is right."""
        word = "number" if self.is_float else "whole number"
        try:
            number = float(value) if self.is_float else int(value)
        except (OverflowError, TypeError, ValueError):
            number = math.nan
        good = self.least <= number <= MAX_NUMBER
        return None if good else f"give a {word} of {self.least:g} to {MAX_NUMBER}"


@dataclass(frozen=True)
class Switch:
    """1 or 0, as Scrapy's getbool has it; with *unset*, None, too."""

    unset: bool = False

    def check(self, value: Any) -> str | None:
        if self.unset and value is None:
            return None
        good = isinstance(value, bool | int | str)
        return None if good and str(value).lower() in _SWITCHES else "give 1 or 0"


@dataclass(frozen=True)
class Choice:
    """One of *words*, or with *several* a list of some of them."""

    words: tuple[str, ...]
    several: bool = False

    def check(self, value: Any) -> str | None:
        given = [value]
        if self.several:
            given = value.split(",") if isinstance(value, str) else [*(value or ())]
            given = [word for word in map(_stripped, given) if word]
        good = all(word in self.words for word in given)
        return None if good else f"give {', '.join(self.words)}"


@dataclass(frozen=True)
class Text:
    """A path, an address or a list of them, which its reader checks."""

    def check(self, value: Any) -> str | None:
        return None


_SWITCHES = ("0", "1", "true", "false")
SECONDS = Number(0.001, is_float=True)
SETTINGS: dict[str, Number | Switch | Choice | Text] = {
    "IMGPRINT_ALLOWED_NETWORKS": Text(),
    "IMGPRINT_BLOCKLIST": Text(),
    "IMGPRINT_BROWSER": Text(),
    "IMGPRINT_CANDIDATES": Choice(("largest", "all")),
    "IMGPRINT_DECODE": Switch(unset=True),
    "IMGPRINT_EVIDENCE": Switch(),
    "IMGPRINT_GC_THRESHOLD": Number(),
    "IMGPRINT_HASHLIST": Text(),
    "IMGPRINT_HASHLIST_KEY": Text(),
    "IMGPRINT_I2P_PROXY": Text(),
    "IMGPRINT_LEAN": Switch(),
    "IMGPRINT_LINKED": Choice(("stylesheet", "manifest", "favicon"), several=True),
    "IMGPRINT_MAX_RETRY_AFTER": Number(is_float=True),
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE": Number(1),
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE": Number(1),
    "IMGPRINT_METADATA": Choice(("all", "exif")),
    "IMGPRINT_MIN_SIZE": Number(),
    "IMGPRINT_OBEY_ROBOTS_TAGS": Switch(),
    "IMGPRINT_PRIVACY": Text(),
    "IMGPRINT_PROGRESS": Switch(),
    "IMGPRINT_QUEUE": Text(),
    "IMGPRINT_QUEUE_BUCKETS": Number(1),
    "IMGPRINT_QUEUE_TIMEOUT": Number(6, is_float=True),
    "IMGPRINT_READ_TIMEOUT": SECONDS,
    "IMGPRINT_RENDER_TIMEOUT": SECONDS,
    "IMGPRINT_REQUESTS_IN_MEMORY": Number(),
    "IMGPRINT_REVISIT": Text(),
    "IMGPRINT_SIGHTINGS": Text(),
    "IMGPRINT_SPOOL": Text(),
    "IMGPRINT_STALL_TIMEOUT": SECONDS,
    "IMGPRINT_TIMEOUT": SECONDS,
    "IMGPRINT_TOR": Choice(("onion", "all", "off")),
    "IMGPRINT_TOR_PROXIES": Text(),
    "IMGPRINT_TOR_TIMEOUT": SECONDS,
    "IMGPRINT_VARIANTS": Choice(("group", "largest", "original", "all")),
    "IMGPRINT_WEBHOOK": Text(),
}


def check_settings(settings: BaseSettings) -> None:
    """Raise InputError, in one sentence, at the first setting that can't be used."""
    for name, kind in SETTINGS.items():
        if name in settings and (advice := kind.check(value := settings[name])):
            raise InputError(f"{name}={str(value)[:60]}: {advice}")


def _stripped(word: Any) -> Any:
    return word.strip() if isinstance(word, str) else word
