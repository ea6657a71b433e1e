"""ICC profiles: name and identity."""

from __future__ import annotations

from typing import Any

MAX_TAGS = 100
PREFIX = 16_384


def read_icc(data: bytes) -> dict[str, Any] | None:
    """Return the main fields of the profile that *data* begins, None for none.

    ``name`` is the profile description, ``id`` the MD5 that the profile states
    (hex), ``version`` "4.3", ``color_space`` as written, e.g. "RGB". Integers
    are big-endian.

    Source: ICC.1:2022 sections 7.2, 7.3, 10.15 (mluc); ICC.1:2001-04 section
    6.5.17 (desc).
    """
    if data[36:40] != b"acsp":
        return None
    fields: dict[str, Any] = {
        "name": None,
        "id": data[84:100].hex() if any(data[84:100]) else None,
        "version": f"{data[8]}.{data[9] >> 4}",
        "device_class": data[12:16].decode("latin-1").strip("\0 ") or None,
        "color_space": data[16:20].decode("latin-1").strip("\0 ") or None,
        "copyright": None,
    }
    count = min(int.from_bytes(data[128:132], "big"), MAX_TAGS)
    for at in range(132, 132 + 12 * count, 12):
        name = {b"desc": "name", b"cprt": "copyright"}.get(data[at : at + 4])
        if name:
            start = int.from_bytes(data[at + 4 : at + 8], "big")
            length = int.from_bytes(data[at + 8 : at + 12], "big")
            fields[name] = _text(data[start : start + min(length, PREFIX)])
    return fields


def _text(value: bytes) -> str | None:
    kind = value[:4]
    if kind == b"desc":
        length = int.from_bytes(value[8:12], "big")
        text = value[12 : 12 + length].decode("latin-1")
    elif kind == b"text":
        text = value[8:].decode("latin-1")
    elif kind == b"mluc":
        text = _localized(value)
    else:
        return None
    return text.partition("\0")[0].strip() or None


def _localized(value: bytes) -> str:
    """Return the English text of a multi-localized one, else the first."""
    count = min(int.from_bytes(value[8:12], "big"), MAX_TAGS)
    records = [value[at : at + 12] for at in range(16, 16 + 12 * count, 12)]
    records = [record for record in records if len(record) == 12]
    records.sort(key=lambda record: (record[:4] != b"enUS", record[:2] != b"en"))
    if not records:
        return ""
    length = int.from_bytes(records[0][4:8], "big")
    start = int.from_bytes(records[0][8:12], "big")
    return value[start : start + length].decode("utf-16-be", errors="ignore")
