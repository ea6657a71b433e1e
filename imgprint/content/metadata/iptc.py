"""IPTC-IIM: captions, bylines, keywords."""

from __future__ import annotations

from typing import Any

from imgprint.content.metadata.marks import binary_mark, is_binary
from imgprint.content.metadata.moments import read_iptc_date

MAX_SETS = 2000
UTF8 = (b"\x1b%G", b"\x1b%/G", b"\x1b%/I")
# Record 2, IIM 4.2 chapter 6. Keywords and bylines repeat.
FIELDS = {
    5: "title",
    40: "instructions",
    55: "created",
    60: "time_created",
    62: "digitized",
    63: "time_digitized",
    80: "creator",
    90: "city",
    92: "sublocation",
    95: "province",
    101: "country",
    105: "headline",
    103: "transmission_reference",
    110: "credit",
    115: "source",
    116: "copyright",
    120: "description",
    25: "keywords",
}
LISTS = {"creator", "keywords"}


def read_iptc(data: bytes) -> dict[str, Any] | None:
    """Return the main fields of record 2, None if there is none.

    Integers are big-endian. Text is UTF-8 if it
    decodes as such, else Windows-1252, as most writers have it then, whatever
    they say.
    A block that is cut short gives what is whole.

    Source: IPTC-NAA Information Interchange Model 4.2, chapter 1 section 1.5
    and chapters 5 and 6.
    """
    fields: dict[str, Any] = dict.fromkeys(FIELDS.values())
    utf8 = False
    offset = 0
    for _ in range(MAX_SETS):
        if data[offset : offset + 1] != b"\x1c" or offset + 5 > len(data):
            break
        record, number = data[offset + 1], data[offset + 2]
        length = int.from_bytes(data[offset + 3 : offset + 5], "big")
        start = offset + 5
        if length & 0x8000:
            extra = length & 0x7FFF
            length = int.from_bytes(data[start : start + min(extra, 8)], "big")
            start += extra
        value = data[start : start + length]
        offset = start + length
        if len(value) < length:
            break
        if (record, number) == (1, 90):
            utf8 = value in UTF8
        elif record == 2 and number in FIELDS:
            _add(fields, FIELDS[number], _decode(value, utf8=utf8))
    return fields if any(fields.values()) else None


def dates(fields: dict[str, Any]) -> dict[str, str]:
    """Return the dates of the record that *fields* have, ISO 8601."""
    found = {
        "original": read_iptc_date(fields["created"], fields["time_created"]),
        "digitized": read_iptc_date(fields["digitized"], fields["time_digitized"]),
    }
    return {name: moment for name, moment in found.items() if moment}


def _add(fields: dict[str, Any], name: str, text: str | None) -> None:
    if text is None:
        return
    if name in LISTS:
        fields[name] = [*(fields[name] or ()), text]
    elif fields[name] is None:
        fields[name] = text


def _decode(value: bytes, *, utf8: bool) -> str | None:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut within a character if the rest is UTF-8 that ASCII does not explain.
        before = value[: error.start]
        cut = utf8 and error.start >= len(value) - 3 and not before.isascii()
        text = before.decode() if cut else value.decode("cp1252", errors="replace")
    text = text.strip("\0 \r\n\t")
    return (binary_mark(value) if is_binary(text) else text) or None
