"""Numbers as readers of JSON have them: doubles."""

from __future__ import annotations

from math import isfinite
from sys import float_info
from typing import Any


def finite(value: Any) -> Any:
    """Return *value* with None for each number that a double can't have."""
    if isinstance(value, dict):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) <= float_info.max else None
    return value
