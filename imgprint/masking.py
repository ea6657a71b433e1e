"""Text without passwords, and without characters that a terminal or a reader obeys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "***"
LEAST_TOKEN = 16
"""Characters of a part of a webhook's path that is taken for its password."""
LEAST_LENGTH = 6
"""Characters of a secret that is masked anywhere. A shorter one would be found in
other words: it is masked only where it stands in quotation marks."""

# A user name with a password, if there is one: RFC 3986 section 3.2.1. The last "@"
# before the path ends it, as browsers read it.
_OF_URL = re.compile(r"\A((?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]{2})[^/?#]*@")
_OF_NAME = re.compile(r"\A[^/?#:@\s]+:[^/?#]*@")
_IN_TEXT = re.compile(r"(?<=://)[^/?#\s]*@")
# Keys of S3 often have a slash that nobody escaped.
_KEYS_IN_TEXT = re.compile(
    r"(?<![a-z])((?:s3|gs|ftp|postgres|postgresql)://)([^/\s@:]{0,64}):([^\s@]{0,128})@"
)
_USERINFO = re.compile(r"(?<=://)([^/?#\s:@]*)(?::([^/?#\s]*))?@")
# In the connection strings of libpq, and in queries.
_PASSWORD = re.compile(r"password *= *('[^']*'|[^\s&'\"]+)", re.IGNORECASE)
# C0 without tab and line feed, DEL, C1, and what reverses the direction of text.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
# What str.splitlines() takes for a line end, or a terminal for a command, and JSON
# lets stand: DEL, C1 with U+0085, U+2028, U+2029.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029]")
_UNSAFE_UTF8 = re.compile(b"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")


def without_credentials(url: str) -> str:
    """Return *url* without user name and password.

    >>> without_credentials("https://me:p@ss@a.example/@b?c@d")
    'https://a.example/@b?c@d'
    >>> without_credentials("me:password@a.example/"), without_credentials("a@b.jpg")
    ('a.example/', 'a@b.jpg')
    """
    if "@" not in url:
        return url
    shorter = _OF_URL.sub(r"\1", url, count=1)
    return shorter if shorter != url else _OF_NAME.sub("", url, count=1)


def text_without_credentials(text: str) -> str:
    """Return *text* with the URLs in it without user names and passwords.

    >>> text_without_credentials("can't fetch 'http://me:pw@a.example/': refused")
    "can't fetch 'http://a.example/': refused"
    """
    if "@" not in text or "://" not in text:
        return text
    return _IN_TEXT.sub("", _KEYS_IN_TEXT.sub(r"\1", text))


def without_query(url: str) -> str:
    """Return *url* without credentials, query and fragment.

    >>> without_query("https://me:password@lists.example/a.txt?signature=1")
    'https://lists.example/a.txt'
    """
    return without_credentials(re.split("[?#]", url, maxsplit=1)[0])


def without_tokens(url: str) -> str:
    """Return the *url* of a webhook without what lets others use it.

    >>> without_tokens("https://hooks.example/services/T0/0123456789abcdef?token=1")
    'https://hooks.example/services/T0/***'
    """
    scheme, mark, rest = without_query(url).partition("://")
    host, *parts = rest.split("/")
    shown = [MASK if len(part) >= LEAST_TOKEN else part for part in parts]
    return scheme + mark + "/".join([host, *shown])


def url_secrets(text: str) -> Iterator[str]:
    """Yield the passwords of URLs and connection strings in *text*, and keys of S3.

    >>> [*url_secrets("s3://KEY:SECRET@bucket/ http://me:pw@a.example/")]
    ['SECRET', 'pw', 'KEY', 'SECRET']
    """
    yield from (password for _, password in _USERINFO.findall(text))
    for scheme, user, password in _KEYS_IN_TEXT.findall(text):
        yield from (user, password) if scheme in ("s3://", "gs://") else (password,)
    for password in _PASSWORD.findall(text):
        yield password.strip("'")


def webhook_secrets(url: str) -> Iterator[str]:
    """Yield what without_tokens takes out of *url*, but for credentials."""
    path, _, rest = url.partition("?")
    query = rest.partition("#")[0]
    yield query
    for _, value in parse_qsl(query):
        yield value
    for part in path.split("/")[3:]:
        if len(part) >= LEAST_TOKEN:
            yield part


def neutralised(text: str) -> str:
    r"""Return *text* with "?" for control characters, but tabs and line feeds.

    >>> neutralised("a\x1b[2Jb\u202e\n")
    'a?[2Jb?\n'
    """
    return _OBEYED.sub("?", text)


def json_line_safe(line: bytes) -> bytes:
    r"""Return JSON in UTF-8 with escapes for what readers take for line ends.

    >>> json_line_safe('"a\u2028b\x85"'.encode())
    b'"a\\u2028b\\u0085"'
    """
    if line.isascii() and b"\x7f" not in line:
        return line
    return _UNSAFE_UTF8.sub(lambda m: _escape(m[0].decode()).encode(), line)


def json_text_safe(text: str) -> str:
    """Return JSON as json_line_safe does."""
    return _UNSAFE.sub(lambda m: _escape(m[0]), text)


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}"


class Secrets:
    """Values that no text for people may show."""

    def __init__(self) -> None:
        # What replaces each way of writing a secret; the longest comes first.
        self._masks: dict[str, str] = {}

    def add(self, values: Iterable[str]) -> None:
        """Mask each of *values* from now on, however it is quoted."""
        found = {form for value in values if value.strip() for form in _forms(value)}
        known = sorted(found | self._masks.keys(), key=lambda form: (-len(form), form))
        self._masks = {form: _mask_of(form) for form in known}

    def mask(self, text: str) -> str:
        """Return *text* without known secrets and without credentials of URLs."""
        text = text_without_credentials(text)
        for form, mask in self._masks.items():
            if form in text:
                text = text.replace(form, mask)
        return text


def _forms(value: str) -> set[str]:
    """Return how *value* may be written: in Python, in JSON, in a URL."""
    quoted = {repr(value), json.dumps(value), json.dumps(value, ensure_ascii=False)}
    # pprint cuts long text where there is white space.
    parts = {value, unquote(value), *value.split()}
    parts |= {form[1:-1] for form in quoted}
    parts |= {quote(value), quote(value, safe="")}
    return quoted | {part for part in parts if len(part) >= LEAST_LENGTH}


def _mask_of(form: str) -> str:
    mark = form[0]
    return f"{mark}{MASK}{mark}" if mark in "'\"" and form[-1] == mark else MASK
