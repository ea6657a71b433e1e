"""Types of settings: each reads what a user gives, or says what to give instead."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

from imgprint.discovery.urls.addresses import parse_networks
from imgprint.errors import InputError
from imgprint.fetch.tor.onion_names import parse_proxies
from imgprint.masking import (
    text_without_credentials,
    without_credentials,
    without_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scrapy.settings import BaseSettings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Word = TypeVar("Word", bound=str)
Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

MAX_NUMBER = 2**31 - 1
"""Bound of seconds, bytes and objects. Some are passed on as an int of C."""
MAX_SHOWN_CHARACTERS = 60
_DATABASE = re.compile(r"postgres(?:ql)?://|\s*\w+\s*=")
_SWITCHES = {"0": False, "1": True, "false": False, "true": True}


class SettingType(Protocol[T_co]):
    """Reads a value that was given. *description* is for the documentation."""

    @property
    def description(self) -> str: ...

    def parse(self, value: Any) -> T_co:
        """Return the value. Raise ValueError with what to give instead."""

    def shown(self, value: Any) -> str:
        """Return *value* as an error may show it."""


class _Shown:
    def shown(self, value: Any) -> str:
        return without_credentials(str(value))[:MAX_SHOWN_CHARACTERS]


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One setting: its *name*, where it stands in the documentation, and its type.

    *meaning* says what it does, *change* when to change it. *default_text* stands for
    the default in the documentation where the value itself says too little.
    """

    name: str
    group: str
    type: SettingType[T]
    default: T
    meaning: str
    change: str
    default_text: str = ""

    def read(self, settings: BaseSettings) -> T:
        """Return the value in *settings*, or the default. Raise InputError."""
        value = settings.get(self.name)
        if value is None:
            return self.default
        try:
            return self.type.parse(value)
        except ValueError as error:
            shown = f"{self.name}={self.type.shown(value)}"
            raise InputError(f"{shown}: {error}") from None


@dataclass(frozen=True)
class WholeNumber(_Shown):
    """A whole number of *least* to MAX_NUMBER."""

    least: int
    unit: str

    @property
    def description(self) -> str:
        return f"whole number of {self.unit}, {self.least} or more"

    def parse(self, value: Any) -> int:
        try:
            number = int(value)
            if self.least <= number <= MAX_NUMBER and number == float(value):
                return number
        except (OverflowError, TypeError, ValueError):
            pass
        raise ValueError(f"give a whole number of {self.least} to {MAX_NUMBER}")


@dataclass(frozen=True)
class Seconds(_Shown):
    """A number of seconds, *least* to MAX_NUMBER."""

    least: float = 0.001

    @property
    def description(self) -> str:
        return f"seconds, {self.least:g} or more"

    def parse(self, value: Any) -> float:
        try:
            number = float(value)
        except (OverflowError, TypeError, ValueError):
            number = math.nan
        if self.least <= number <= MAX_NUMBER:
            return number
        raise ValueError(f"give a number of {self.least:g} to {MAX_NUMBER}")


@dataclass(frozen=True)
class Switch(_Shown):
    """1 or 0."""

    description: str = "`1` or `0`"

    def parse(self, value: Any) -> bool:
        word = str(value).lower()
        if not isinstance(value, bool | int | str) or word not in _SWITCHES:
            raise ValueError("give 1 or 0")
        return _SWITCHES[word]


@dataclass(frozen=True)
class OptionalSwitch(Switch):
    """1 or 0, or no value, which means something else."""


@dataclass(frozen=True)
class Choice(_Shown, Generic[Word]):
    """One of *words*."""

    words: tuple[Word, ...]

    @property
    def description(self) -> str:
        return f"one of {_in_code(self.words)}"

    def parse(self, value: Any) -> Word:
        for word in self.words:
            if word == value:
                return word
        raise ValueError(f"give {', '.join(self.words)}")


@dataclass(frozen=True)
class Choices(_Shown):
    """Some of *words*, as a list or with commas between them, or none."""

    words: tuple[str, ...]

    @property
    def description(self) -> str:
        return f"some of {_in_code(self.words)}, separated by commas"

    def parse(self, value: Any) -> frozenset[str]:
        found = frozenset(_parts(value) or ())
        if found <= {*self.words} and _parts(value) is not None:
            return found
        raise ValueError(f"give {', '.join(self.words)}")


@dataclass(frozen=True)
class Text(_Shown):
    """Any text; None if it is empty. *description* says what it is."""

    description: str

    def parse(self, value: Any) -> str | None:
        if isinstance(value, str | PathLike):
            return str(value) or None
        raise ValueError(f"give text: {self.description}")


@dataclass(frozen=True)
class Path(_Shown):
    """The path of a file or folder that always has a value."""

    description: str

    def parse(self, value: Any) -> str:
        if isinstance(value, str | PathLike) and str(value):
            return str(value)
        raise ValueError("give a path")


@dataclass(frozen=True)
class Database(Text):
    """The address of a PostgreSQL database, as a URL or as libpq's ``name=value``.

    Errors don't show it, as it may hold a password. The whole of it is checked where
    it is used, by libpq.
    """

    description: str = "postgresql://USER@HOST/DATABASE"

    def parse(self, value: Any) -> str | None:
        text = super().parse(value)
        if text and not _DATABASE.match(text):
            raise ValueError(f"give {self.description}")
        return text

    def shown(self, value: Any) -> str:
        return "***"


@dataclass(frozen=True)
class SwitchOrPath(_Shown):
    """1, 0 or the path of a file: True, False or the path."""

    description: str

    def parse(self, value: Any) -> bool | str:
        if not isinstance(value, bool | int | str | PathLike):
            raise ValueError("give 1, 0 or the path of a file")
        return _SWITCHES.get(str(value).lower() or "0", str(value))


@dataclass(frozen=True)
class HttpUrl(_Shown):
    """A URL with one of *schemes* and a host; None if it is empty."""

    description: str
    schemes: tuple[str, ...] = ("http", "https")

    def parse(self, value: Any) -> str | None:
        if value == "":
            return None
        try:
            parts = urlsplit(value if isinstance(value, str) else "")
            good = parts.scheme in self.schemes and parts.hostname
            if good and parts.port != 0:  # a port that is not one raises
                return str(value)
        except ValueError:
            pass
        words = " or ".join(self.schemes)
        raise ValueError(f"give an {words} URL")

    def shown(self, value: Any) -> str:
        return without_tokens(str(value))[:MAX_SHOWN_CHARACTERS]


@dataclass(frozen=True)
class NetworkList(_Shown):
    """IP networks and addresses."""

    description: str = "IP networks or addresses, separated by commas"

    def parse(self, value: Any) -> Networks:
        return _parse_list(value, parse_networks, "networks such as 10.0.0.0/8")


@dataclass(frozen=True)
class ProxyList(_Shown):
    """SOCKS proxies that look up host names themselves."""

    description: str = "`socks5h://HOST:PORT`, or several, separated by commas"

    def parse(self, value: Any) -> tuple[str, ...]:
        return tuple(_parse_list(value, parse_proxies, "socks5h://127.0.0.1:9050"))


def _parse_list(value: Any, parse: Callable[[list[str]], T], example: str) -> T:
    """Return what *parse* makes of the list in *value*. Raise ValueError."""
    words = _parts(value)
    if words is None:
        raise ValueError(f"give {example}")
    try:
        return parse(words)
    except ValueError as error:
        reason = text_without_credentials(str(error))
        raise ValueError(f"{reason}; give {example}") from None


def _parts(value: Any) -> list[str] | None:
    """Return the words of a list, or of text with commas; None if it is neither."""
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list | tuple | set | frozenset):
        return None
    if not all(isinstance(word, str) for word in words):
        return None
    return [word for word in map(str.strip, words) if word]


def _in_code(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
