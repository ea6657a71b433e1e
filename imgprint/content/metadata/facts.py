"""Facts from Exif values: position, camera, dates, software."""

from __future__ import annotations

import math
import re
from typing import Any

from imgprint.content.metadata.moments import (
    joined,
    read_day,
    read_moment,
    read_offset,
    read_xmp_date,
)

Values = dict[int, Any]
Texts = dict[str, str]

MAKE, MODEL, SOFTWARE, OWNER, SERIAL = 0x10F, 0x110, 0x131, 0xA430, 0xA431
ORIENTATION = 0x112
LENS, LENS_SERIAL, DNG_SERIAL, UNIQUE_ID = 0xA434, 0xA435, 0xC62F, 0xA420
# date, its fraction of a second, its offset from UTC
MODIFIED = (0x132, 0x9290, 0x9010)
ORIGINAL = (0x9003, 0x9291, 0x9011)
DIGITIZED = (0x9004, 0x9292, 0x9012)
# Texts that programs and cameras write where they know nothing.
PLACEHOLDERS = {"unknown", "none", "null", "n/a", "na", "undefined", "not available"}
PLACEHOLDERS |= {"unavailable", "not set", "unspecified", "nil", "(null)"}
_DEGREES = re.compile(r"[+-]?\d+(?:\.\d*)?")
_MAX_DEGREES = 64


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


def fact(value: Any) -> str | None:
    """Return *value* as ``clean`` does, None if it only stands in for a fact.

    >>> fact("0000000000"), fact("----"), fact("Unknown"), fact("..."), fact("0042")
    (None, None, None, None, '0042')
    """
    text = clean(value)
    if not text or text.casefold() in PLACEHOLDERS:
        return None
    said = [letter for letter in text if letter.isalnum()]
    return text if said and any(letter != "0" for letter in said) else None


def _serial(value: Any, model: str | None) -> str | None:
    """Return a serial number; some cameras write their model there (D50)."""
    text = fact(value)
    named = text and model and f" {model} ".casefold().endswith(f" {text} ".casefold())
    return None if named else text


def camera(exif: Values, others: Texts) -> dict[str, str | None] | None:
    """Return who took the picture with what, None if nothing is said.

    *others* are texts by the same names, from MakerNote or XMP, for what Exif
    does not say.
    """
    model = fact(exif.get(MODEL)) or fact(others.get("model"))
    number = _serial(exif.get(SERIAL), model) or _serial(exif.get(DNG_SERIAL), model)
    found = {
        "make": fact(exif.get(MAKE)) or fact(others.get("make")),
        "model": model,
        "serial_number": number or _serial(others.get("serial_number"), model),
        "lens": fact(exif.get(LENS)) or fact(others.get("lens")),
        "lens_serial_number": fact(exif.get(LENS_SERIAL))
        or fact(others.get("lens_serial_number")),
        "owner": fact(exif.get(OWNER)) or fact(others.get("owner")),
    }
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
            found[name] = value or read_xmp_date(others.get(name))
    return found if any(found.values()) else None


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
    moment = read_moment(text) if text else None
    if not moment:
        return None
    start, part, zone = moment
    if not part and fraction in exif:
        digits = clean(exif[fraction])
        part = digits[:9] if digits and re.fullmatch("[0-9]+", digits) else ""
    if not zone and offset in exif:
        zone = read_offset(clean(exif[offset])) or ""
    return joined(start, part, zone)


def gps(values: Values, source: str = "exif") -> dict[str, float | str | None] | None:
    """Return the position: signed degrees, metres above the sea, UTC.

    None if latitude or longitude is missing or impossible, if both are 0, and if
    the receiver says that it had none (GPSStatus V). *source* says which block
    *values* are from; those of XMP are texts.

    Source: CIPA DC-008-2019 section 4.6.6.
    """
    latitude = _degrees(values.get(2), values.get(1), "NS", 90)
    longitude = _degrees(values.get(4), values.get(3), "EW", 180)
    if latitude is None or longitude is None or (not latitude and not longitude):
        return None
    if is_void(values):
        return None
    direction = _first(values.get(17))
    error = _first(values.get(31))
    known = direction is not None and 0 <= direction <= 360
    return {
        "latitude": latitude,
        "longitude": longitude,
        "altitude": _altitude(values.get(6), values.get(5)),
        "timestamp": _utc(clean(values.get(29)), _numbers(values.get(7))),
        "direction": round(direction, 3) if known and direction is not None else None,
        "direction_reference": _reference(values.get(16)) if known else None,
        "horizontal_error": round(error, 3) if error and error > 0 else None,
        "source": source,
    }


def position(
    values: Values, others: list[tuple[str, Values]]
) -> dict[str, float | str | None] | None:
    """Return the position of Exif's *values*, else the first that *others* have.

    None if Exif says that there was none: copies of it in XMP leave that out.
    """
    found = gps(values)
    if found or is_void(values):
        return found
    return next((place for s, v in others if (place := gps(v, s))), None)


def orientation(exif: Values) -> int | None:
    """Return Exif's orientation, 1 to 8; None without, or if it is another number."""
    value = exif.get(ORIENTATION)
    return value if type(value) is int and 1 <= value <= 8 else None


def is_void(values: Values) -> bool:
    """Return whether the receiver says that it had no position (GPSStatus)."""
    return (clean(values.get(9)) or "").upper().startswith("V")


def _reference(value: Any) -> str | None:
    letter = (clean(value) or "")[:1].upper()
    return {"T": "true", "M": "magnetic"}.get(letter)


def _first(value: Any) -> float | None:
    numbers = _numbers(value)
    return numbers[0] if numbers else None


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


def _degrees(value: Any, ref: Any, letters: str, limit: int) -> float | None:
    """Return signed degrees of numbers or text, by reference *letters*.

    A reference decides the sign of signed numbers, too, as exiftool has it.
    """
    sign = (clean(ref) or "")[:1].upper()
    if isinstance(value, str | bytes):
        text = (clean(value) or "").upper()
        if len(text) > _MAX_DEGREES:
            return None
        sign = sign or next((letter for letter in letters if letter in text), "")
        value = tuple(_DEGREES.findall(text))
    parts = value if isinstance(value, tuple) else (value,)
    if not 0 < len(parts) <= 3:
        return None
    degrees = _number(parts[0])
    if degrees is None:
        return None
    # Text has one sign for all of it, numbers have each their own.
    minus = isinstance(parts[0], str) and parts[0].startswith("-")
    for part, unit in zip(parts[1:], (60, 3600), strict=False):
        number = _number(part)
        # Some writers leave minutes or seconds as 0/0.
        share = 0.0 if number is None else number / unit
        degrees += -share if minus else share
    if sign and sign in letters:
        degrees = -abs(degrees) if sign == letters[1] else abs(degrees)
    return round(degrees, 8) + 0.0 if abs(degrees) <= limit else None


def _altitude(value: Any, ref: Any) -> float | None:
    metres = _numbers(value)
    if not metres:
        return None
    # Reference 1 is below the sea, 3 below the ellipsoid: a byte by the book, and
    # in files a number, a digit, or several of these.
    while isinstance(ref, tuple) and ref:
        ref = ref[0]
    if isinstance(ref, str):
        ref = ref.encode("latin-1", errors="ignore")
    if isinstance(ref, bytes):
        # The byte that is not 0 says it, in either byte order.
        ref = ref.strip(b"\0 ")[:1]
    below = ref in (b"\1", b"\3", b"1", b"3", 1, 3)
    return round(-abs(metres[0]) if below else metres[0], 3) + 0.0


def _utc(day: str | None, time: list[float] | None) -> str | None:
    start = read_day(day)
    if not start or not time or len(time) != 3:
        return None
    hour, minute, second = time
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 61):
        return None
    # Hours and minutes may have fractions.
    minutes, part = divmod(round(hour * 60 + minute, 9), 1)
    total = round(second + part * 60, 6)
    if total >= 61:
        minutes, total = minutes + 1, total - 60
    if minutes >= 24 * 60:
        return None
    clock = f"{int(minutes // 60):02}:{int(minutes % 60):02}:{total:09.6f}"
    return f"{start}T{clock.rstrip('0').rstrip('.') if '.' in clock else clock}Z"
