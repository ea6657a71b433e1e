r"""Text is text: what is not, in values that strangers wrote, gives way to a mark.

A mark says kind, length and SHA-256 of what stood there, so that it can still be
compared: ``<jpeg image: 3000 bytes, sha256:...>``, ``<binary: ...>``, ``<base64 of a
png image: 4000 characters, sha256:...>``. The hash is of the bytes themselves,
decoded where they were encoded. Marks are text: they pass as they are.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from string import (
    ascii_letters,
    ascii_lowercase,
    ascii_uppercase,
    digits,
    hexdigits,
    whitespace,
)
from typing import Any
from urllib.parse import unquote

from imgprint.content.formats import identify

SHORT = 64
"""Values under it, in bytes or characters, hold no picture that anybody could see."""
MAX_TEXT = 16_384
"""Longest text of a record, in characters, the mark of a cut included."""
MAX_TEXTS = 131_072
"""All texts of a record together, in characters."""

# Control characters but tab, line ends (U+0085, too), and halves of surrogates.
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_C0 = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Bytes read as UTF-16 give a tenth of these; of real text they are a rare part.
_RARE = re.compile("[\ue000-\uf8ff\ufffd]")
_WIDE = 32
# Each looks at a character at most twice: the run must begin where its class does.
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{64,}")
_HEX = re.compile(r"(?<![0-9A-Fa-f :,;\r\n\t-])[0-9A-Fa-f :,;\r\n\t-]{128,}")
_NUMBERS = re.compile(r"(?<![-+.\de,;\s])[-+.\de,;\s]{128,}")
_ESCAPED = re.compile(r"(?:[%=]|0x|\\x|\\u00|&#x)([0-9A-Fa-f]{2})")
_ENTITY = re.compile(r"&#([0-9]{1,3});")
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")
# base64 in lines, as in mail
_WRAPPED = re.compile(r"(?<=[A-Za-z0-9+/]{40})\r?\n(?=[A-Za-z0-9+/])")
_SVG = re.compile(r"<(?:svg|\w{1,40}:svg)[\s>/]", re.IGNORECASE)
_UNICODE = re.compile(r"\\u[0-9A-Fa-f]{4}")
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]+")
_NOT_WORD = re.compile(r"[-+/_=]+|^[A-Z]{1,8}(?=[0-9a-f]+$)")


def _classes(names: dict[str, str], other: str | None) -> dict[int, str | None]:
    """Return a table for str.translate: each ASCII character to its class."""
    table: dict[int, str | None] = dict.fromkeys(range(128), other)
    for name, characters in names.items():
        table |= dict.fromkeys(map(ord, characters), name)
    return table


# Long runs of a class are looked for as of one character: that is fast.
_OF_BASE64 = _classes({"b": digits + ascii_letters + "+/_=-"}, ".")
_OF_HEX = _classes({"h": hexdigits + " :,;\r\n\t-"}, ".")
_OF_NUMBERS = _classes({"n": digits + "-+.e,;" + whitespace}, ".")
# Lower case, upper case, digits, all other ASCII; joints of lines and words go.
_CLASSES = _classes({"a": ascii_lowercase, "A": ascii_uppercase, "0": digits}, "-")
_CLASSES |= dict.fromkeys(map(ord, whitespace + "\"',>\\"), None)
# Not "Aa": Names Begin Like This.
_CHANGES = ("aA", "a0", "A0", "0a", "0A")
_BEGINNINGS = ("-a", "-A", "-0")
_FEW, _LETTERS, _VARIETY = 16, 4, 40
# What comes of bytes of one value.
_FLAT = re.compile(r"([A-Z/+])\1{7}")
_CHUNK = 64


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
    return _without_pictures(value)


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
    if _CONTROL.search(value):
        value = value.rstrip("\0 ")
        text = _of_latin(value) if _CONTROL.search(value) else value
        return binary_mark(_bytes(value)) if text is None else plain_text(text)
    return plain_text(value)


def is_binary(text: str) -> bool:
    """Return whether *text* is what comes of reading bytes that are no text."""
    if _CONTROL.search(text):
        return True
    if len(text) < _WIDE or text.isascii():
        return False
    return len(_RARE.findall(text)) * _WIDE > len(text)


def latin_text(data: bytes) -> str:
    """Return *data* as Latin-1, or as Windows-1252, which most writers mean by it.

    Bytes that are no text in either give a mark.
    """
    text = data.decode("latin-1")
    if not _CONTROL.search(text):
        return text
    found = None if _C0.search(text) else _windows(data)
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


def binary_mark(data: bytes) -> str:
    """Return what stands for *data*.

    >>> binary_mark(b"GIF89a")[:31]
    '<gif image: 6 bytes, sha256:610'
    """
    kind = identify(data)
    name = f"{kind} image" if kind else "binary"
    return f"<{name}: {len(data)} bytes, sha256:{hashlib.sha256(data).hexdigest()}>"


def cut(text: str, whole: str) -> str:
    """Return the start of *text*, which was longer: *whole* says how long."""
    return f"{text[: MAX_TEXT - SHORT]} <cut: {whole} in all>"


def _mark(kind: str, run: str, data: bytes) -> str:
    found = identify(data)
    name = f"{kind} of a {found} image" if found else kind
    digest = hashlib.sha256(data).hexdigest()
    return f"<{name}: {len(run)} characters, sha256:{digest}>"


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
        return None if _C0.search(text) else _windows(data)
    return None if is_binary(found) else found


def _windows(data: bytes) -> str | None:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return None


# Encoded pictures


def _without_pictures(value: str) -> str:
    """Return *value*, of SHORT characters or more, without encoded bytes."""
    if _is_escaped(value):
        return _mark("escaped bytes", value, value.encode())
    text = _without_svg(value) if "<" in value else value
    if "h" * (2 * SHORT) in _ascii(text).translate(_OF_HEX):
        text = _HEX.sub(_hex, text)
    joined = _WRAPPED.sub("", text) if "\n" in text else text
    rest = joined
    if "b" * SHORT in _ascii(joined).translate(_OF_BASE64):
        found = _BASE64.sub(_base64, joined)
        text = text if found == joined else found
        rest = _BASE64.sub("", text)
    if "n" * (2 * SHORT) in _ascii(text).translate(_OF_NUMBERS):
        text = _NUMBERS.sub(_numbers, text)
    if "%" in rest:
        rest = unquote(rest)
    if "\\u" in rest:
        rest = _UNICODE.sub("", rest)
    if _is_scrambled(rest):
        return _mark("encoded bytes", value, value.encode())
    return text


def _ascii(text: str) -> str:
    """Return *text* with something in place of what tables do not have."""
    return text if text.isascii() else text.encode("ascii", "replace").decode()


def _is_escaped(value: str) -> bool:
    r"""Return whether *value* spells bytes that are no text: %00, \x00, &#0; and so on.

    A tenth of the bytes of a picture are control characters.
    """
    codes = [int(code, 16) for code in _ESCAPED.findall(value)]
    if "&#" in value:
        codes += [int(code) for code in _ENTITY.findall(value)]
    if "\\" in value:
        codes += [int(code, 8) for code in _OCTAL.findall(value)]
    if len(codes) < _WIDE:
        return False
    return len(_C0.findall("".join(map(chr, codes)))) * _WIDE >= len(codes)


def _without_svg(value: str) -> str:
    match = _SVG.search(value)
    if not match:
        return value
    start = match.start()
    end = value.rfind(">") + 1
    part = value[start:end]
    if len(part) < SHORT:
        return value
    return value[:start] + _mark("text", part, part.encode()) + value[end:]


def _hex(match: re.Match[str]) -> str:
    run = match[0]
    coded = _NOT_HEX.sub("", run)
    if len(coded) < 2 * SHORT or coded.isdigit() or coded.isalpha():
        return run
    text = run.strip()
    before, _, after = run.partition(text)
    data = bytes.fromhex(coded[: len(coded) & ~1])
    return before + _mark("hexadecimal", text, data) + after


def _base64(match: re.Match[str]) -> str:
    """Return the run of base64's alphabet, or a mark if it holds what is no text."""
    run = match[0]
    if _is_words(run):
        return run
    coded = run.replace("-", "+").replace("_", "/").replace("=", "")
    coded = coded[: len(coded) - (len(coded) % 4 == 1)]
    data = binascii.a2b_base64(coded + "=" * (-len(coded) % 4))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _mark("base64", run, data)
    return run if plain_text(text) == text else _mark("base64", run, data)


def _is_words(run: str) -> bool:
    """Return whether *run* is a path, a slug, a name, ids or a ruler, not base64."""
    letters = _NOT_WORD.sub("", run)
    if not _NOT_HEX.search(letters):
        return True  # hashes; long ones are gone already
    if len(set(run)) < 10:  # of flat areas, unless it is laughter
        return letters.islower()
    return not (_is_mixed(run) or _is_scrambled(run))


def _is_mixed(run: str) -> bool:
    """Return whether digits and capitals stand among letters as if by chance."""
    if _FLAT.search(run) and not run.isupper():
        return True
    # So many characters are not in a few words.
    if len(run) < 2 * SHORT and len(set(run)) >= _VARIETY:
        return True
    classes = run.translate(_CLASSES)
    changes = sum(map(classes.count, _CHANGES[1:]))
    lower, upper = classes.count("a"), classes.count("A")
    if not lower or not upper:
        return changes * 5 > len(run)  # base32
    if changes * 10 > len(run) or (changes + 2 * classes.count("aA")) * 2 > len(run):
        return True
    # Words of lower case are longer than a letter or two.
    words = sum(map(classes.count, ("Aa", "0a", "-a"))) + classes.startswith("a")
    return lower >= _LETTERS and upper >= _LETTERS and words * 2 > lower


def _is_scrambled(text: str) -> bool:
    """Return whether letters and digits follow each other as if by chance.

    In words, in names and in what programs write, a character is mostly of the
    class of the one before. In base64, Ascii85 and uuencoded bytes it is not.
    """
    classes = _ascii(text).translate(_CLASSES)
    last = len(classes) - _CHUNK
    for start in range(0, last + 1, _CHUNK // 2):
        # The last chunk ends where the text does.
        start = start if start + _CHUNK // 2 <= last else last
        chunk = classes[start : start + _CHUNK]
        upper, other = chunk.count("A"), chunk.count("-")
        if upper < 8 or other > _CHUNK // 2:
            continue
        changes = sum(map(chunk.count, _CHANGES))
        pairs = _CHUNK - other - sum(map(chunk.count, _BEGINNINGS))
        if pairs >= _FEW and changes * 8 > pairs * 3:
            return True
    return False


def _numbers(match: re.Match[str]) -> str:
    run = match[0]
    count = len(run.replace(",", " ").replace(";", " ").split())
    if count < SHORT or not any(map(str.isdigit, run)):
        return run
    text = run.strip()
    before, _, after = run.partition(text)
    return before + _mark(f"{count} numbers", text, text.encode()) + after


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
