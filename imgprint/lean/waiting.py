"""Whether there is anything to wait for."""

from __future__ import annotations

import inspect
from types import GeneratorType
from typing import Any

from twisted.internet.defer import Deferred

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
