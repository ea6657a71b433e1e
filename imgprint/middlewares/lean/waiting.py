"""Whether there is anything to wait for."""

from __future__ import annotations

import inspect
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from scrapy.utils.defer import ensure_awaitable
from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from collections.abc import Awaitable

_WAITS: dict[type, bool] = {}


def waits(value: Any) -> bool:
    """Return whether *value* is a Deferred or can be awaited.

    >>> waits(None), waits(Deferred())
    (False, True)
    """
    kind = type(value)
    known = _WAITS.get(kind)
    if known is None:
        known = isinstance(value, Deferred) or inspect.isawaitable(value)
        if kind is not GeneratorType:  # some can, some can't
            _WAITS[kind] = known
    return known


def awaitable(value: Any) -> Awaitable[Any]:
    """Return what waits for *value*, of which ``waits`` is true."""
    return value if type(value) is CoroutineType else ensure_awaitable(value)
