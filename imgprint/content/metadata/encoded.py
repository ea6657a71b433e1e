"""Pictures in text: as base64, hexadecimal, escapes, numbers, SVG and the like."""

from __future__ import annotations

import binascii
import re
from string import (
    ascii_letters,
    ascii_lowercase,
    ascii_uppercase,
    digits,
    hexdigits,
    whitespace,
)
from urllib.parse import unquote

from imgprint.content.metadata.marks import C0, SHORT, encoded_mark, is_binary

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
# Escapes that are worth a look, and at most how many of them are one of text.
_MANY = 32
_FEW, _LETTERS, _VARIETY = 16, 4, 40
# What comes of bytes of one value.
_FLAT = re.compile(r"([A-Z/+])\1{7}")
_CHUNK = 64


def without_pictures(value: str) -> str:
    """Return *value*, of SHORT characters or more, without encoded bytes."""
    if _is_escaped(value):
        return encoded_mark("escaped bytes", value, value.encode())
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
        return encoded_mark("encoded bytes", value, value.encode())
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
    if len(codes) < _MANY:
        return False
    return len(C0.findall("".join(map(chr, codes)))) * _MANY >= len(codes)


def _without_svg(value: str) -> str:
    match = _SVG.search(value)
    if not match:
        return value
    start = match.start()
    end = value.rfind(">") + 1
    part = value[start:end]
    if len(part) < SHORT:
        return value
    return value[:start] + encoded_mark("text", part, part.encode()) + value[end:]


def _hex(match: re.Match[str]) -> str:
    run = match[0]
    coded = _NOT_HEX.sub("", run)
    if len(coded) < 2 * SHORT or coded.isdigit() or coded.isalpha():
        return run
    text = run.strip()
    before, _, after = run.partition(text)
    data = bytes.fromhex(coded[: len(coded) & ~1])
    return before + encoded_mark("hexadecimal", text, data) + after


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
        return encoded_mark("base64", run, data)
    plain = not is_binary(text) and (
        len(text) < SHORT or without_pictures(text) == text
    )
    return run if plain else encoded_mark("base64", run, data)


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
    return before + encoded_mark(f"{count} numbers", text, text.encode()) + after
