"""Requests as bytes that hold plain values only: nothing in them is ever run.

The form is MessagePack (https://msgpack.org). Tuples and sets are extension
types. Callbacks are names of the spider's methods, and the class of a request
is the name of one that is loaded already: reading imports nothing.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from scrapy import Request, Spider

if TYPE_CHECKING:
    from collections.abc import Callable

NO_REQUEST = "the bytes are not a request"
MAX_DEPTH = 50
"""How deep the values of a request may be nested."""
_SIMPLE = (str, bytes, int, float, bool, type(None))
_KINDS: dict[type, int] = {tuple: 1, set: 2, frozenset: 3}
_MAKERS: dict[int, Callable[[Any], Any]] = {n: kind for kind, n in _KINDS.items()}
_NAMES = ("callback", "errback")
_encode = msgspec.msgpack.Encoder().encode


class PackingError(ValueError):
    """The request can't be written, or the bytes are not a request."""


def pack(request: Request, spider: Spider | None) -> bytes:
    """Return *request* as bytes. Raise PackingError."""
    try:
        fields = request.to_dict(spider=spider)
    except (AttributeError, TypeError, ValueError) as error:
        raise PackingError(str(error)) from error
    for name in _NAMES:
        if spider and fields.get(name) is not None:
            _method(spider, fields[name])
    return pack_values(fields)


def unpack(data: object, spider: Spider | None) -> Request:
    """Return the request that ``pack`` made *data* of. Raise PackingError."""
    fields = unpack_values(data)
    if not isinstance(fields, dict):
        raise PackingError(NO_REQUEST)
    kind = _class_of(fields.get("_class", "scrapy.http.request.Request"))
    values = {name: fields[name] for name in kind.attributes if name in fields}
    for name in _NAMES:
        if values.get(name) is not None:
            values[name] = _method(spider, values[name])
    try:
        return kind(**values)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as e:
        raise PackingError(f"{NO_REQUEST}: {e}") from e


def pack_values(values: Any) -> bytes:
    """Return plain *values* as bytes. Raise PackingError for any other value."""
    try:
        return _encode(_packed(values, 0))
    except (OverflowError, UnicodeEncodeError) as error:
        raise PackingError(str(error)) from error


def unpack_values(data: object) -> Any:
    """Return the values that ``pack_values`` made *data* of. Raise PackingError."""
    if not isinstance(data, bytes):
        raise PackingError(NO_REQUEST)
    try:
        return _decode(data)
    except (msgspec.DecodeError, RecursionError, TypeError, ValueError) as error:
        raise PackingError(NO_REQUEST) from error


def _packed(value: Any, depth: int) -> Any:
    """Return *value* as MessagePack can have it, and get back as it was."""
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if depth == MAX_DEPTH:
        raise PackingError("the request is nested too deep")
    if kind is dict:
        return {
            _packed_key(name): _packed(held, depth + 1) for name, held in value.items()
        }
    if kind is list:
        return [_packed(held, depth + 1) for held in value]
    if kind in _KINDS:
        held = [_packed(one, depth + 1) for one in value]
        return msgspec.msgpack.Ext(_KINDS[kind], _encode(held))
    raise PackingError(f"a {kind.__name__} is not a plain value")


def _packed_key(name: Any) -> Any:
    if type(name) in _SIMPLE:
        return name
    raise PackingError(f"a key is a {type(name).__name__}, not a plain value")


def _unpacked(code: int, data: memoryview) -> Any:
    """Return the tuple or set of an extension type."""
    if code not in _MAKERS:
        raise PackingError(NO_REQUEST)
    return _MAKERS[code](_decode(data))


_decode = msgspec.msgpack.Decoder(ext_hook=_unpacked).decode


def _method(spider: Spider | None, name: object) -> Any:
    """Return the callback *name*: a method that is not one of scrapy.Spider's own.

    ``parse`` and ``_parse`` are its only callbacks. Raise PackingError.
    """
    kind: Any = type(spider)
    if isinstance(name, str) and _is_callback(kind, name):
        return getattr(spider, name)
    raise PackingError(f"{name!r} is not a callback of the spider")


@cache
def _is_callback(kind: Any, name: str) -> bool:
    if hasattr(Spider, name) and name not in ("parse", "_parse"):
        return False
    return inspect.isfunction(inspect.getattr_static(kind, name, None))


def _class_of(name: object) -> type[Request]:
    """Return the class of requests *name*, of those that are loaded."""
    kinds = [Request]
    for kind in kinds:
        if name == f"{kind.__module__}.{kind.__name__}":
            return kind
        kinds += kind.__subclasses__()
    raise PackingError(f"{name!r} is not a class of requests")
