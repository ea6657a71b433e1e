"""Settings from the environment, and the check of all names and values.

It opens no file and asks nothing of the network.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING

from imgprint.config import PREFIX, SETTINGS
from imgprint.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scrapy.settings import BaseSettings

ENVIRONMENT_PRIORITY = 35
"""Above Scrapy's priority of spiders (30), below that of ``-s`` (40)."""
ENVIRONMENT_ONLY = {
    "IMGPRINT_COMPILED": "`0` runs the sources of `imgprint.content` in place of its "
    "compiled modules. A folder takes the compiled modules there, or stops.",
    "IMGPRINT_NO_SKIP": "For the tests: `1` makes a skipped test a failure.",
    "IMGPRINT_FUZZ_CASES": "For the tests: how many cases the fuzz tests try.",
}
"""Environment variables that are not settings, and what they do."""


def apply_environment(
    settings: BaseSettings, environment: Mapping[str, str] = os.environ
) -> None:
    """Set each setting that *environment* has a variable for. ``-s`` wins over it."""
    for name in SETTINGS.keys() & environment.keys():
        settings.set(name, environment[name], priority=ENVIRONMENT_PRIORITY)


def prepare_settings(
    settings: BaseSettings, environment: Mapping[str, str] = os.environ
) -> None:
    """Apply *environment*, then check names and values. Raise InputError.

    It opens no file: what a path leads to is checked by the commands.
    """
    apply_environment(settings, environment)
    for problem in _find_problems(settings, environment):
        raise InputError(problem)
    for setting in SETTINGS.values():
        setting.read(settings)


def _find_problems(
    settings: BaseSettings, environment: Mapping[str, str]
) -> Iterator[str]:
    """Yield a sentence for each name that is not one of a setting."""
    for name in settings:
        if isinstance(name, str) and name.startswith(PREFIX) and name not in SETTINGS:
            if name in ENVIRONMENT_ONLY:
                yield f"{name} is not a setting: give it as an environment variable"
            else:
                yield _unknown(name, "")
    for name in environment:
        if name.startswith(PREFIX) and name not in {**SETTINGS, **ENVIRONMENT_ONLY}:
            yield _unknown(name, "the environment variable ")


def _unknown(name: str, what: str) -> str:
    shown = name[:100]
    near = get_close_matches(shown, SETTINGS, 1, 0.0)
    return f"{what}{shown} is not a setting: did you mean {near[0]}?"
