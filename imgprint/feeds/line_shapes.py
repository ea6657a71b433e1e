"""Lines of feeds that others may have written, checked against the types of items.

The types are those of imgprint.items: a field that is added there is checked
here. Fields that are unknown are kept as they are, and may be missing, so that
feeds of older and of newer versions can be read.
"""

from __future__ import annotations

import json
import math
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, is_typeddict

import msgspec

MAX_LINE = 32 * 1024 * 1024
"""Bytes of one item: the longest page, whose text a sighting may quote."""
MAX_DEPTH = 100
"""How deep a line may be nested. Records are 4 deep."""
MAX_INT = 2**63 - 1
MAX_FLOAT = 1e300
"""Numbers beyond it are no measurements, and no other program reads them."""
NOT_JSON = "not JSON"
NOT_TEXT = "not text in UTF-8"
TOO_DEEP = "nested too deep"
TOO_LONG = f"over {MAX_LINE >> 20} MiB long"

_decode = msgspec.json.Decoder().decode
_Sizes = dict[str, int | None]
# Bytes of the hashes that are compared as numbers; None: of any size.
_HASHES: _Sizes = {
    "sha256_first_10240_bytes": 32,
    "sha256_last_1024_bytes": 32,
    "random_128_bytes_sample_start": None,
    "random_128_bytes_sample_end": None,
}
_PRINTS: _Sizes = {"sha256": 32, "md5": 16, "sha1": 20, "pdq": 32}
_DECLARED: _Sizes = {
    "sha256": 32,
    "md5": 16,
    "sha1": 20,
    "unproven_md5": 16,
}
_RECIPES: _Sizes = {"file_key": 16, "data_sha256": 32}
"""Those that begin with two characters and a colon, which say how they are made."""


class ItemError(ValueError):
    """The line is neither a record nor a sighting; the text says why."""


def read_item(line: bytes) -> dict[str, Any]:
    """Return the record or sighting in *line*, which is a JSON object.

    NaN and infinity, which are not JSON, become None, and half of a surrogate
    pair becomes a question mark. Raise ItemError for anything else that is not
    of the types of imgprint.items.
    """
    if len(line) > MAX_LINE:
        raise ItemError(TOO_LONG)
    try:
        values = _decode(line)
    except RecursionError:
        raise ItemError(TOO_DEEP) from None
    except ValueError:
        values = _tolerant(line)
    if line.count(b"[") + line.count(b"{") > MAX_DEPTH:
        _check_depth(values)
    return check_item(values)


def check_item(values: Any) -> dict[str, Any]:
    """Return *values* if they are a record or a sighting. Raise ItemError."""
    if not isinstance(values, dict):
        raise ItemError("not a record")
    if isinstance(values.get("url"), str):
        shape = _shapes()[0]
    elif "url" not in values and "image_url" in values:
        shape = _shapes()[1]
    else:
        raise ItemError("not a record")
    try:
        msgspec.convert(values, shape)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ItemError(f"not a record: {_reason(error)}") from error
    _check_hashes(values, _HASHES)
    if prints := values.get("fingerprints"):
        _check_hashes(prints, _PRINTS)
        _check_hashes(prints, _RECIPES, prefix=3)
        if declared := prints.get("declared"):
            _check_hashes(declared, _DECLARED)
        for strip in (prints.get("pdq_strips") or {}).values():
            if strip:
                _check_hashes(strip, _PRINTS)
    return values


def _check_hashes(values: dict[str, Any], sizes: _Sizes, prefix: int = 0) -> None:
    """Raise ItemError if one of *values* is not as many bytes in hexadecimal."""
    for name, size in sizes.items():
        if (value := values.get(name)) is None:
            continue
        digits = value[prefix:]
        try:
            count = len(bytes.fromhex(digits))
        except ValueError:
            count = -1
        # fromhex takes spaces, too.
        if count * 2 != len(digits) or size not in (None, count):
            raise ItemError(f"not a record: no hexadecimal digits in {name}")


def _reason(error: Exception) -> str:
    """Return what msgspec says, with the name of the field."""
    reason, _, place = str(error).partition(" - at `$")
    return f"{reason} in {place.strip('.`')}" if place else reason


def _tolerant(line: bytes) -> Any:
    """Return what *line* holds, if Python can read it. Raise ItemError."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise ItemError(NOT_TEXT) from None
    try:
        values = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
        whole = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
        return _decode(whole)
    except ItemError:
        raise
    except RecursionError:
        raise ItemError(TOO_DEEP) from None
    except ValueError:
        raise ItemError(NOT_JSON) from None


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ItemError("a number is too large")
    return value


def _check_depth(values: Any) -> None:
    """Raise ItemError if *values* are nested more than MAX_DEPTH deep."""
    level = [values]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
        if not inner:
            return
        level = [value for value in inner if isinstance(value, dict | list)]
    if level:
        raise ItemError(TOO_DEEP)


@cache
def _shapes() -> tuple[Any, Any]:
    """Return the types of records and of sightings, for msgspec."""
    # Reading all annotations takes a while, which commands without feeds don't need.
    from imgprint.items import ImageRecord, Sighting

    return _struct(ImageRecord), _struct(Sighting)


def _struct(item: type[Any]) -> Any:
    from imgprint.feeds.schema import documented

    fields = [
        (field.name, _type(field.kind) | None, None) for field in documented(item)
    ]
    return msgspec.defstruct(item.__name__, fields)


def _type(kind: Any) -> Any:
    """Return what msgspec is to expect of a field."""
    from imgprint.feeds.schema import members

    (kind,) = (one for one in members(kind) if one is not NoneType)
    if is_typeddict(kind):
        return _struct(kind)
    if get_origin(kind) is list:
        return list[_type(get_args(kind)[0])]  # type: ignore[misc]
    if get_origin(kind) is dict:
        return dict[str, _type(get_args(kind)[1]) | None]  # type: ignore[misc]
    if kind is int:
        return Annotated[int, msgspec.Meta(ge=-MAX_INT, le=MAX_INT)]
    if kind is float:
        return Annotated[float, msgspec.Meta(ge=-MAX_FLOAT, le=MAX_FLOAT)]
    # Newer versions may have other words.
    return str if get_origin(kind) is Literal else kind
