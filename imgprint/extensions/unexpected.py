"""Exceptions that nobody foresaw: counted, logged once, told in a sighting."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import CloseSpider, DontCloseSpider, DropItem, StopDownload
from twisted.internet.defer import CancelledError

from imgprint.errors import INTERRUPTED, error_text

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

# Exceptions by which Scrapy is told what to do.
PASSED_ON = (CancelledError, CloseSpider, DontCloseSpider, DropItem, StopDownload)
MAX_TEXT = 300
"""Characters of an exception's text that a sighting shows."""

_STAT = "imgprint/error/unexpected"
_PACKAGE = Path(__file__).parent.parent


def note_unexpected(crawler: Crawler, error: BaseException) -> str:
    """Count *error*, log the first one of its class, return what a sighting says of it.

    The callers catch everything, for one page, image or link each: what goes wrong
    with it must not end the others. Raise *error* again if it tells Scrapy what to do.
    Return INTERRUPTED if the crawl is being stopped: whatever fails then would not
    have failed otherwise, and a job does it again.

    Stats: ``imgprint/error/unexpected``, and one for each class of exceptions below it.
    """
    if isinstance(error, PASSED_ON):
        raise error
    engine, stats = crawler.engine, crawler.stats
    if not engine.running:
        return INTERRUPTED
    name = type(error).__name__
    text = f"unexpected {name}: {_printable(error_text(error))}"
    stats.inc_value(_STAT)
    stats.inc_value(f"{_STAT}/{name}")
    if stats.get_value(f"{_STAT}/{name}") == 1:
        logger.error(
            "%s, at %s; the crawl goes on. Sightings say where it happens, the stat "
            "%s/%s how often. Please report it",
            text,
            _place_of(error),
            _STAT,
            name,
        )
        logger.debug("The first %s:", name, exc_info=error)
    return text


def _printable(text: str) -> str:
    """Return the beginning of *text*, which may be a stranger's, in one plain line."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return shown if len(shown) <= MAX_TEXT else f"{shown[:MAX_TEXT]}..."


def _place_of(error: BaseException) -> str:
    """Return the last line of this package that *error* came by, and the last of all.

    >>> try:
    ...     int("x")
    ... except ValueError as error:
    ...     _place_of(error)
    '<doctest imgprint.extensions.unexpected._place_of[0]>:2'
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    places = (
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in (*own[-1:], *frames[-1:])
    )
    return ", ".join(dict.fromkeys(places)) or "an unknown place"
