"""Records for tables and maps: CSV, GeoJSON, KML, and rows for Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
from sys import float_info
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import msgspec

from imgprint.feeds.json_lines import pretty
from imgprint.masking import json_line_safe
from imgprint.report.double_numbers import finite
from imgprint.report.figures import camera_of, part, taken, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

COLUMNS: dict[str, type] = {
    **dict.fromkeys(("url", "page_url", "site", "timestamp", "format"), str),
    **dict.fromkeys(("image_size", "width", "height", "status"), int),
    "orientation": int,
    **dict.fromkeys(("media_type", "server", "etag", "last_modified"), str),
    **dict.fromkeys(("gps.latitude", "gps.longitude", "gps.altitude"), float),
    "gps.direction": float,
    **dict.fromkeys(("gps.direction_reference", "gps.source"), str),
    **dict.fromkeys(("gps.timestamp", "camera.make", "camera.model"), str),
    **dict.fromkeys(("camera.serial_number", "camera.lens"), str),
    **dict.fromkeys(("camera.lens_serial_number", "camera.owner"), str),
    **dict.fromkeys(("dates.original", "dates.digitized", "dates.modified"), str),
    **dict.fromkeys(("software", "ids.image_unique_id", "ids.document_id"), str),
    **dict.fromkeys(("ids.original_document_id", "ids.instance_id"), str),
    **dict.fromkeys(("sha256_first_10240_bytes", "sha256_last_1024_bytes"), str),
    **dict.fromkeys(("fingerprints.file_key", "fingerprints.sha256"), str),
    **dict.fromkeys(("fingerprints.md5", "fingerprints.sha1"), str),
    **dict.fromkeys(("fingerprints.data_sha256", "fingerprints.pdq"), str),
    **dict.fromkeys(("transfer.requests", "transfer.bytes_received"), int),
    "transfer.range": str,
    **dict.fromkeys(("transfer.proven", "transfer.complete"), bool),
    "exif": str,
}
_encode = msgspec.json.Encoder().encode
# What XML 1.0 section 2.2 has no way to write, and C1, which a terminal obeys.
NO_XML = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A cell that begins so, after what programs skip, is a formula to spreadsheets, or
# may become one in the next program: OWASP, CSV Injection; ASVS 5.0 1.2.10.
_FORMULA = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\ufeff\u200b-\u200f\u2028-\u202e]*"
    r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
)
_FIRST = ("\t", "\r", "\n", "\0")
# RFC 4180 has no control characters in text; line ends and tabs are in quotes.
_NO_CSV = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# A whole number that a double can't have is as long as this, at least.
LONGEST = b"0" * float_info.max_10_exp
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
LEAST_BIG = 1 << 63
"""Numbers that 64 bits, and thus tables, can't have begin here."""


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of COLUMNS; None for what is absent or of another type.

    EXIF is one JSON object, since every camera has tags of its own. A number that
    64 bits can't have is None.
    """
    row: dict[str, Any] = {}
    for name, kind in COLUMNS.items():
        block, _, key = name.rpartition(".")
        value = (part(record, block) if block else record).get(key)
        if name == "exif":
            value = json.dumps(finite(value)) if value else None
        elif kind is float and type(value) is int:
            value = float(value) if number(value) is not None else None
        row[name] = _plain(value) if type(value) is kind else None
    return row


def number(value: Any) -> int | float | None:
    """Return *value* if it is a number that 64 bits can have, else None.

    >>> number(-1.5), number(10**400), number(float("nan")), number(True)
    (-1.5, None, None, None)
    """
    if type(value) not in (int, float):
        return None
    return value if abs(value) < LEAST_BIG else None


def _plain(value: Any) -> Any:
    """Return text as UTF-8 can have it, and no number beyond 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value if isinstance(value, bool) else number(value)


def cell(value: Any) -> Any:
    r"""Return a value for a spreadsheet, which must not take text for a formula.

    Control characters become U+FFFD, but tabs and line ends.

    >>> cell("=HYPERLINK(1)"), cell(" \n@1"), cell(-1.5), cell("a")
    ("'=HYPERLINK(1)", "' \n@1", -1.5, 'a')
    """
    if not isinstance(value, str):
        return value
    if value.startswith(_FIRST) or _FORMULA.match(value):
        value = f"'{value}"
    return _NO_CSV.sub("\ufffd", value)


def as_csv(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield CSV (RFC 4180) with a line of names."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow(map(cell, flat(record).values()))
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def position(record: Mapping[str, Any]) -> list[float] | None:
    """Return longitude, latitude and, where known, altitude; None without."""
    gps = part(record, "gps")
    found: list[float] = []
    for name, limit in (("longitude", 180), ("latitude", 90)):
        value = number(gps.get(name))
        if value is None or abs(value) > limit:
            return None
        found.append(value)
    altitude = number(gps.get("altitude"))
    return found if altitude is None else [*found, altitude]


def facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a place on a map says of its image."""
    found = {
        "url": record["url"],
        "page_url": text(record.get("page_url")),
        "site": text(record.get("site")),
        "taken": taken(record),
        "position_taken": text(part(record, "gps").get("timestamp")),
        "direction": number(part(record, "gps").get("direction")),
        "position_source": text(part(record, "gps").get("source")),
        "camera": camera_of(record),
        "serial_number": text(part(record, "camera").get("serial_number")),
        "file_key": text(part(record, "fingerprints").get("file_key")),
        "read": text(record.get("timestamp")),
    }
    return {name: value for name, value in found.items() if value is not None}


GEOJSON_BEGIN = '{"type": "FeatureCollection", "features": ['
GEOJSON_END = "\n]}\n"


def geojson_feature(record: Mapping[str, Any]) -> str | None:
    """Return the feature of an image, None if it has no position."""
    place = position(record)
    if not place:
        return None
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": place},
        "properties": facts(record),
    }
    return json.dumps(feature)


def as_geojson(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a FeatureCollection of the images with a position (RFC 7946)."""
    yield GEOJSON_BEGIN
    between = "\n"
    for record in records:
        if feature := geojson_feature(record):
            yield between + feature
            between = ",\n"
    yield GEOJSON_END


def as_kml(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield placemarks of the images with a position (OGC KML 2.2)."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
    for record in records:
        if place := position(record):
            known = facts(record)
            name = known["url"].partition("?")[0].rstrip("/").rpartition("/")[2]
            data = "".join(
                f'<Data name="{key}"><value>{_xml(value)}</value></Data>'
                for key, value in known.items()
            )
            yield (
                f"<Placemark><name>{_xml(name)}</name>"
                f"<ExtendedData>{data}</ExtendedData><Point><coordinates>"
                f"{','.join(map(str, place))}</coordinates></Point></Placemark>\n"
            )
    yield "</Document></kml>\n"


def _xml(value: Any) -> str:
    return escape(NO_XML.sub("\ufffd", str(value)))


def _dumps(record: Mapping[str, Any], indent: int) -> str:
    """Return what json.dumps does, but for exponents, in a third of the time.

    An *indent* of 0 is one line. 1e-07 is written 1e-7. A number that a double
    can't have is null: readers would take it for Infinity, or for an error.
    """
    try:
        line = json_line_safe(_encode(record))
        if LONGEST not in line.translate(_DIGITS):
            if line.isascii():
                return pretty(line, indent).decode()
            return json.dumps(record, indent=indent or None, allow_nan=False)
    except (UnicodeEncodeError, OverflowError, ValueError):
        pass
    return json.dumps(finite(record), indent=indent or None)


def as_jsonl(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield JSON Lines, as a crawl writes them."""
    for record in records:
        yield f"{_dumps(record, 0)}\n"


def as_json(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a JSON array, as a crawl writes it."""
    yield "["
    between = "\n"
    for record in records:
        yield between + _dumps(record, 4)
        between = ",\n"
    yield "\n]\n"


WRITERS: dict[str, Callable[[Iterable[Mapping[str, Any]]], Iterator[str]]] = {
    "csv": as_csv,
    "geojson": as_geojson,
    "kml": as_kml,
    "json": as_json,
    "jsonl": as_jsonl,
}
