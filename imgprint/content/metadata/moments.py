"""Dates and times in the forms that cameras and programs write them in."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

MAX_DATE = 64
"""Longest text that is read as a date, in characters."""

_DATE = re.compile(
    r"(\d{4})[:\-/.] ?(\d{1,2})[:\-/.] ?(\d{1,2})"
    r"[ T] ?(\d{1,2}): ?(\d{1,2}): ?(\d{1,2})(?:[.,](\d{1,9}))?"
    r" ?([AaPp][Mm])?"
    r" ?(Z|UTC|[+-]\d{1,2}(?::?\d\d)?)?"
)
_DAY = re.compile(r"(\d{4})[:\-/.]? ?(\d{1,2})[:\-/.]? ?(\d{1,2})")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?")
_IPTC_TIME = re.compile(r"(\d\d):?(\d\d):?(\d\d)([+-]\d\d:?\d\d|Z)?")
MAX_OFFSET_HOURS = 14


def read_offset(text: str | None) -> str | None:
    """Return an offset from UTC as ISO 8601 has it, None if *text* is not one.

    >>> read_offset("Z"), read_offset("+0200"), read_offset("-5:00"), read_offset("+2")
    ('Z', '+02:00', '-05:00', '+02:00')
    """
    if text in ("Z", "z", "UTC"):
        return "Z"
    match = _OFFSET.fullmatch(text or "")
    if not match:
        return None
    sign, hours, minutes = match[1], int(match[2]), int(match[3] or 0)
    if hours > MAX_OFFSET_HOURS or minutes > 59:
        return None
    return f"{sign}{hours:02}:{minutes:02}"


@lru_cache(16)  # the three dates of a picture are often one
def read_moment(text: str) -> tuple[str, str, str] | None:
    """Return date and time, fraction and offset of *text*; None if it has none.

    The whole of *text* must be a date, so that no part of it is lost unseen.
    Fraction and offset are "" where *text* does not have them. Hour 24 is hour 0
    of the same day, as some phones write it.

    >>> read_moment("2012:03:02 10:11:12 PM"), read_moment("2007:03: 8 5:07: 7")
    (('2012-03-02T22:11:12', '', ''), ('2007-03-08T05:07:07', '', ''))
    """
    match = _DATE.fullmatch(text.strip()) if len(text) <= MAX_DATE else None
    if not match:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    half = (match[8] or "").upper()
    if half and not 1 <= hour <= 12:
        # "15:04:05 PM": the hour says it already.
        half = "" if half == "PM" and 13 <= hour <= 23 else "impossible"
    if half in ("AM", "PM"):
        hour = hour % 12 + (12 if half == "PM" else 0)
    offset = read_offset(match[9]) if match[9] else ""
    if half == "impossible" or offset is None:
        return None
    try:
        moment = datetime(year, month, day, hour % 24 if hour == 24 else hour, minute)
        return moment.replace(second=second).isoformat(), match[7] or "", offset
    except ValueError:
        return None


def read_day(text: str | None) -> str | None:
    """Return the date that *text* begins with, None if it has none.

    >>> read_day("2024:5:6"), read_day("20240506"), read_day("0000:00:00")
    ('2024-05-06', '2024-05-06', None)
    """
    match = _DAY.match(text or "")
    try:
        return date(*map(int, match.groups())).isoformat() if match else None
    except ValueError:
        return None


def read_xmp_date(text: str | None) -> str | None:
    """Return a date of XMP as ISO 8601, None if *text* is not one.

    ISO 8601 stays as it is, a date without time included; dates in the form of
    Exif, which darktable and others write, are changed to it.

    Source: ISO 16684-1 section 8.2.1.
    """
    text = (text or "").strip()
    if len(text) == 10:
        return read_day(text)
    try:
        datetime.fromisoformat(text)
        if len(text) >= 16 and text[10] == "T":
            return text
    except ValueError:
        pass
    moment = read_moment(text)
    return joined(*moment) if moment else None


def read_iptc_date(day: str | None, time: str | None) -> str | None:
    """Return date and time of IPTC as ISO 8601, the date alone without a time.

    Source: IIM 4.2 sections 6.2.55 and 6.2.60 (CCYYMMDD, HHMMSS+HHMM).

    >>> read_iptc_date("20120302", "101112+0200"), read_iptc_date("20120302", None)
    ('2012-03-02T10:11:12+02:00', '2012-03-02')
    """
    date_part = read_day(day) if day and len(day) <= 10 else None
    if not date_part:
        return None
    match = _IPTC_TIME.fullmatch(time or "")
    if not match:
        return date_part
    clock = f"{match[1]}:{match[2]}:{match[3]}{match[4] or ''}"
    moment = read_moment(f"{date_part} {clock}")
    return joined(*moment) if moment else date_part


def joined(moment: str, fraction: str, offset: str) -> str:
    """Return *moment* with its fraction, if that is more than zeros, and offset."""
    if fraction.strip("0"):
        moment += f".{fraction}"
    return moment + offset
