r"""Text is text: what is not, in values that strangers wrote, gives way to a mark.

A mark says kind, length and SHA-256 of what stood there, so that it can still be
compared: ``<jpeg image: 3000 bytes, sha256:...>``, ``<binary: ...>``, ``<base64 of a
png image: 4000 characters, sha256:...>``. The hash is of the bytes themselves,
decoded where they were encoded. Marks are text: they pass as they are.
"""

from __future__ import annotations

from typing import Any

from imgprint.content.metadata.encoded import without_pictures
from imgprint.content.metadata.marks import (
    C0,
    CONTROL,
    MAX_TEXT,
    SHORT,
    binary_mark,
    cut,
    is_binary,
)

MAX_TEXTS = 131_072
"""All texts of a record together, in characters."""


def plain_text(value: str) -> str:
    r"""Return *value* as text of at most MAX_TEXT characters.

    Values with control characters (but tab and line ends) or with bytes that were
    no text give way to a mark as a whole; pictures in them as base64,
    hexadecimal or SVG, and lists of 64 or more numbers, by themselves.

    >>> plain_text("Zo\u00eb, 2024"), plain_text("\xff\xd8\xff\xe0\0\x10JFIF")[:28]
    ('Zoë, 2024', '<jpeg image: 10 bytes, sha25')
    """
    length = len(value)
    if is_binary(value):
        return binary_mark(_bytes(value))
    if length < SHORT:
        return value
    if length > MAX_TEXT:
        value = cut(value, f"{length} characters")
    return without_pictures(value)


def reference_text(value: str) -> str:
    r"""Return *value*, an Exif text in the form of the reference, as text.

    Under SHORT characters it stays as it is. Longer ones with control characters
    lose their padding, and are read as UTF-8 or Windows-1252 where that makes
    text of them: the reference reads them as Latin-1.

    >>> reference_text("\1\2\3\0"), reference_text("\u00c3\u00a9" * 40)[:2]
    ('\x01\x02\x03\x00', 'Ã©')
    """
    if len(value) < SHORT:
        return value
    if CONTROL.search(value):
        value = value.rstrip("\0 ")
        text = _of_latin(value) if CONTROL.search(value) else value
        return binary_mark(_bytes(value)) if text is None else plain_text(text)
    return plain_text(value)


def latin_text(data: bytes) -> str:
    """Return *data* as Latin-1, or as Windows-1252, which most writers mean by it.

    Bytes that are no text in either give a mark.
    """
    text = data.decode("latin-1")
    if not CONTROL.search(text):
        return text
    found = None if C0.search(text) else _windows(data)
    return found or binary_mark(data)


def exact(data: bytes, text: str) -> str:
    """Return *text*, made of *data*; a mark of all of *data* if that is no text.

    Under SHORT bytes it stays as it is. UTF-16 that was read as bytes is decoded.
    """
    if len(data) < SHORT or not is_binary(text):
        return text
    if data.count(0) * 3 >= len(data):
        wide = data.decode("utf-16-le", errors="ignore").rstrip("\0")
        if wide and not is_binary(wide):
            return wide
    return text if not text.rstrip("\0 ") else binary_mark(data.rstrip(b"\0"))


def _bytes(text: str) -> bytes:
    """Return the bytes that *text* was read from, as far as it tells."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="surrogatepass")


def _of_latin(text: str) -> str | None:
    """Return what was read as Latin-1 in its right encoding, None if in none."""
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    try:
        found = data.decode("utf-8")
    except UnicodeDecodeError:
        return None if C0.search(text) else _windows(data)
    return None if is_binary(found) else found


def _windows(data: bytes) -> str | None:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return None


# Records


class Plain:
    """Make the values of a record plain, up to MAX_TEXTS characters of text."""

    def __init__(self) -> None:
        self.left = MAX_TEXTS

    def value(self, value: Any) -> Any:
        """Return *value* with plain text in place of all text in it.

        Lists and dicts are changed themselves. Keys are ours, but see ``texts``.
        """
        kind = type(value)
        if kind is str:
            return self._text(value)
        if kind is list:
            value[:] = [self.value(one) for one in value]
        elif kind is dict:
            for key, one in value.items():
                if one is not None:
                    value[key] = self.value(one)
        return value

    def texts(self, texts: dict[str, str]) -> dict[str, str]:
        """Return *texts*, whose names are strangers', too."""
        return {self._text(key): self._text(text) for key, text in texts.items()}

    def reference(self, tags: dict[str, str]) -> None:
        """Make Exif's *tags* plain, but short values stay as the reference has them."""
        for name, text in tags.items():
            if type(text) is str and len(text) >= SHORT:
                tags[name] = self._spend(reference_text(text))

    def _text(self, text: str) -> str:
        if len(text) < SHORT and text.isascii() and text.isprintable():
            self.left -= len(text)
            if self.left >= 0:
                return text
        return self._spend(plain_text(text))

    def _spend(self, text: str) -> str:
        self.left -= len(text)
        return text if self.left >= 0 else f"<left out: {len(text)} characters>"
