"""Relative URLs made absolute as browsers do it: the URL Standard, not RFC 3986."""

from __future__ import annotations

import re
from urllib.parse import quote

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_SINGLE_DOTS = frozenset([".", "%2e"])
_DOUBLE_DOTS = frozenset(["..", ".%2e", "%2e.", "%2e%2e"])
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def join_url(base: str, url: str) -> str:
    """Return *url* as a document at the http or https URL *base* means it.

    Empty segments of a path stay. Dot segments go, escaped ones, too.

    >>> join_url("http://a.example/b//c/d", "../e"), join_url("http://a.example", "b")
    ('http://a.example/b//e', 'http://a.example/b')

    Source: URL Standard 4.4, "basic URL parser".
    """
    scheme = _SCHEME.match(url)
    base_scheme = base.partition(":")[0]
    if scheme and scheme[1].lower() in ("http", "https"):
        rest = url[scheme.end() :]
        if not rest.startswith("/") and scheme[1].lower() == base_scheme.lower():
            return join_url(base, rest)  # "http:a.jpg" is relative
        return _with_path(f"{scheme[1].lower()}://", rest.lstrip("/"))
    if scheme:
        return url
    if url.startswith("//"):
        return _with_path(f"{base_scheme}://", url.lstrip("/"))
    origin, path, query = _split(base)
    new, mark, rest = url.partition("?")
    if not new:
        return origin + path + (mark + rest if mark else query)
    if not new.startswith("/"):
        new = path.rpartition("/")[0] + "/" + new
    return origin + remove_dots(new) + mark + rest


def remove_dots(path: str) -> str:
    """Return the absolute *path* without dot segments.

    >>> remove_dots("/a//b/%2E%2e/./c"), remove_dots("/../a/..")
    ('/a//c', '/')
    """
    if "/." not in path and "/%2" not in path:
        return path
    kept: list[str] = []
    segments = path[1:].split("/")
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        name = segment.lower()
        if name in _DOUBLE_DOTS:
            if kept:
                kept.pop()
        elif name not in _SINGLE_DOTS:
            kept.append(segment)
            continue
        if index == last:
            kept.append("")
    return "/" + "/".join(kept)


def encode_query(query: str, encoding: str) -> str:
    """Return *query* with all beyond ASCII escaped, by the encoding of its page.

    UTF-8 stays as it is. Letters that the encoding lacks become escaped entities.

    >>> encode_query("q=\u044f", "cp1251")
    'q=%FF'

    Source: URL Standard 1.3, "percent-encode after encoding".
    """
    if query.isascii() or encoding.startswith("utf"):
        return query

    def escape(match: re.Match[str]) -> str:
        data = match[0].encode(encoding, "xmlcharrefreplace")
        return quote(data, safe="")

    return _NOT_ASCII.sub(escape, query)


def _split(url: str) -> tuple[str, str, str]:
    """Return scheme and host, path, and query with its mark."""
    start = url.find("//") + 2
    url = url.partition("#")[0]
    front, mark, query = url.partition("?")
    slash = front.find("/", start)
    if slash < 0:
        return front, "/", mark + query
    return front[:slash], front[slash:], mark + query


def _with_path(front: str, rest: str) -> str:
    """Return an absolute URL of *front* and *rest*, without dot segments."""
    head, mark, query = rest.partition("?")
    host, _, path = head.partition("/")
    return front + host + remove_dots("/" + path) + mark + query
