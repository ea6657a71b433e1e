"""Pages that go on to another page, or to themselves, after some seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin

from w3lib.url import safe_url_string

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_SPACES = " \t\n\f\r"
_DIGITS = "0123456789"
_MAX_SECONDS = 10**9


class Refresh(NamedTuple):
    """Where a page goes on to, after how many whole *seconds*."""

    seconds: int
    url: str


def parse_refresh(text: str, base: str) -> Refresh | None:
    """Return what a Refresh field or a refresh meta element says.

    *base* is the URL that theirs is relative to. Return None if *text* says nothing
    that a browser would follow, or no URL: the page loads itself anew then.

    >>> parse_refresh("5; url='next?a=1'", "http://a.example/b/")
    Refresh(seconds=5, url='http://a.example/b/next?a=1')
    >>> parse_refresh("0.5,next", "http://a.example/").seconds
    0
    >>> parse_refresh("60", "http://a.example/"), parse_refresh("a", "")
    (None, None)

    Source: HTML Standard 4.2.5.3, "shared declarative refresh steps".
    """
    text = text.lstrip(_SPACES)
    rest = text.lstrip(_DIGITS)
    digits = text[: len(text) - len(rest)]
    if not digits and not rest.startswith("."):
        return None
    rest = rest.lstrip(_DIGITS + ".")
    if not rest or rest[0] not in ";," + _SPACES:
        return None
    rest = rest.lstrip(_SPACES)
    url = _without_name(rest[1:] if rest[:1] in (";", ",") else rest)
    if url[:1] in ("'", '"'):
        url = url[1:].partition(url[0])[0]
    if not url:
        return None
    try:
        absolute = safe_url_string(urljoin(base, url))
    except ValueError:
        return None
    seconds = int(digits or "0") if len(digits) < 10 else _MAX_SECONDS
    return Refresh(seconds, absolute)


def _without_name(text: str) -> str:
    """Return *text* without the ``url =`` that it may begin with."""
    text = text.lstrip(_SPACES)
    if text[:3].lower() != "url":
        return text
    value = text[3:].lstrip(_SPACES)
    return value[1:].lstrip(_SPACES) if value.startswith("=") else text


def page_refresh(
    root: Any, base: str, fields: Iterable[str], ignored: Collection[str] = ()
) -> Refresh | None:
    """Return where the page goes on to: by its Refresh *fields* or meta elements.

    *root* is its lxml tree. Elements within those whose names are *ignored* don't
    count. The first that says something counts.
    """
    for text in (*fields, *_meta_elements(root, ignored)):
        if refresh := parse_refresh(text, base):
            return refresh
    return None


def _meta_elements(root: Any, ignored: Collection[str]) -> Iterator[str]:
    for meta in root.iter("meta"):
        if (meta.get("http-equiv") or "").strip(_SPACES).lower() == "refresh" and (
            not any(parent.tag in ignored for parent in meta.iterancestors())
        ):
            yield meta.get("content") or ""
