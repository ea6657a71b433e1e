"""Facts from Exif values: position, camera, dates, software."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

Values = dict[int, Any]
Texts = dict[str, str]

MAKE, MODEL, SOFTWARE, OWNER, SERIAL = 0x10F, 0x110, 0x131, 0xA430, 0xA431
LENS, LENS_SERIAL, DNG_SERIAL, UNIQUE_ID = 0xA434, 0xA435, 0xC62F, 0xA420
# date, its fraction of a second, its offset from UTC
MODIFIED = (0x132, 0x9290, 0x9010)
ORIGINAL = (0x9003, 0x9291, 0x9011)
DIGITIZED = (0x9004, 0x9292, 0x9012)
DATE = re.compile(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):(\d\d)")
DAY = re.compile(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)")
OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")


def clean(value: Any) -> str | None:
    r"""Return *value* as text without padding, None if that leaves nothing.

    Exif text is ASCII by the book and UTF-8 by habit; Pillow reads Latin-1.

    >>> clean("Caf\u00c3\u00a9 \0"), clean("  "), clean(b"x\0")
    ('Café', None, 'x')
    """
    if not isinstance(value, str):
        if not isinstance(value, bytes):
            return None
        value = value.decode("latin-1")
    if not value.isascii():
        try:
            value = value.encode("latin-1").decode("utf-8")
        except UnicodeError:
            pass
    return value.partition("\0")[0].strip() or None


def camera(exif: Values, others: Texts) -> dict[str, str | None] | None:
    """Return who took the picture with what, None if nothing is said.

    *others* are texts by the same names, from MakerNote or XMP, for what Exif
    does not say.
    """
    found = {
        "make": clean(exif.get(MAKE)),
        "model": clean(exif.get(MODEL)),
        "serial_number": clean(exif.get(SERIAL)) or clean(exif.get(DNG_SERIAL)),
        "lens": clean(exif.get(LENS)),
        "lens_serial_number": clean(exif.get(LENS_SERIAL)),
        "owner": clean(exif.get(OWNER)),
    }
    if others:
        for name, value in found.items():
            found[name] = value or others.get(name)
    return found if any(found.values()) else None


def dates(exif: Values, others: Texts) -> dict[str, str | None] | None:
    """Return when the picture was taken, digitized and changed, ISO 8601.

    With the offset from UTC where the file gives it, else local time. *others*
    as above.
    """
    found = {
        "original": _moment(exif, *ORIGINAL),
        "digitized": _moment(exif, *DIGITIZED),
        "modified": _moment(exif, *MODIFIED),
    }
    if others:
        for name, value in found.items():
            found[name] = value or _iso(others.get(name))
    return found if any(found.values()) else None


def _iso(text: str | None) -> str | None:
    """Return *text* if it is a date and time as XMP has them (ISO 16684-1 8.2.1)."""
    try:
        datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return text if text and len(text) >= 16 and text[10] == "T" else None


def ids(exif: Values, others: Texts) -> dict[str, str | None] | None:
    """Return what links copies of one picture, None if there is nothing."""
    unique = clean(exif.get(UNIQUE_ID))
    # Some cameras write the field and leave it at zero.
    unique = unique if unique and unique.strip("0 ") else None
    found = {
        "image_unique_id": unique or others.get("image_unique_id"),
        "document_id": others.get("document_id"),
        "original_document_id": others.get("original_document_id"),
        "instance_id": others.get("instance_id"),
    }
    return found if any(found.values()) else None


def _moment(exif: Values, day: int, fraction: int, offset: int) -> str | None:
    text = clean(exif.get(day))
    moment = _date(text[:19]) if text else None
    if not moment:
        return None
    if fraction in exif:
        digits = clean(exif[fraction])
        if digits and digits.isdecimal() and digits.isascii() and int(digits):
            moment += "." + digits[:9]
    if offset in exif:
        zone = clean(exif[offset])
        if zone and OFFSET.fullmatch(zone):
            moment += zone
    return moment


@lru_cache(16)  # the three dates of a picture are often one
def _date(text: str) -> str | None:
    match = DATE.match(text)
    if not match:
        return None
    try:
        return datetime(*map(int, match.groups())).isoformat()  # type: ignore[arg-type]
    except ValueError:
        return None


def gps(values: Values) -> dict[str, float | str | None] | None:
    """Return the position: signed degrees, metres above the sea, UTC.

    None if latitude or longitude is missing or impossible.

    Source: CIPA DC-008-2019 section 4.6.6.
    """
    latitude = _degrees(values.get(2), values.get(1), "S", 90)
    longitude = _degrees(values.get(4), values.get(3), "W", 180)
    if latitude is None or longitude is None:
        return None
    return {
        "latitude": latitude,
        "longitude": longitude,
        "altitude": _altitude(values.get(6), values.get(5)),
        "timestamp": _utc(clean(values.get(29)), _numbers(values.get(7))),
    }


def _numbers(value: Any) -> list[float] | None:
    """Return finite numbers, None if *value* is none or holds another."""
    if value is None:
        return None
    try:
        found = [float(x) for x in (value if isinstance(value, tuple) else (value,))]
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return None
    return found if all(map(math.isfinite, found)) else None


def _number(value: Any) -> float | None:
    """Return *value* if it is a finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _degrees(value: Any, ref: Any, negative: str, limit: int) -> float | None:
    parts = value if isinstance(value, tuple) else (value,)
    if not 0 < len(parts) <= 3:
        return None
    degrees = _number(parts[0])
    if degrees is None:
        return None
    for part, unit in zip(parts[1:], (60, 3600), strict=False):
        number = _number(part)
        # Some writers leave minutes or seconds as 0/0.
        degrees += 0.0 if number is None else number / unit
    if (clean(ref) or "").upper().startswith(negative):
        degrees = -degrees
    return round(degrees, 8) if abs(degrees) <= limit else None


def _altitude(value: Any, ref: Any) -> float | None:
    metres = _numbers(value)
    if not metres:
        return None
    # Reference 1 is below the sea, 3 below the ellipsoid.
    below = ref in (b"\1", b"\3", 1, 3)
    return round(-metres[0] if below else metres[0], 3)


def _utc(day: str | None, time: list[float] | None) -> str | None:
    if not day or not time or len(time) != 3:
        return None
    match = DAY.match(day)
    if not match:
        return None
    hour, minute, second = time
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 61):
        return None
    try:
        start = date(*map(int, match.groups())).isoformat()
    except ValueError:
        return None
    clock = f"{int(hour):02}:{int(minute):02}:{second:09.6f}"
    return f"{start}T{clock.rstrip('0').rstrip('.') if '.' in clock else clock}Z"
