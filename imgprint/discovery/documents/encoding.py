"""Which encoding a document is in, by the labels of the Encoding Standard only.

Python knows more codecs than browsers know encodings. Some of them take the square
of the time (punycode), others are no encodings of text (hex, idna). A stranger's
label must never choose one of these.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import webencodings  # type: ignore[import-untyped]
from charset_normalizer import from_bytes
from w3lib.encoding import resolve_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

PRESCAN_BYTES = 4_096
"""Bytes in which a document may declare its encoding; browsers read 1,024."""
SAMPLE_BYTES = 65_536
"""Bytes by which the encoding of a document without a declaration is guessed."""
DEFAULT = "cp1252"

_SPACE = "\t\n\f\r "
_UTF_16 = ("utf-16-le", "utf-16-be")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_PRAGMA = frozenset(["http-equiv", "http_equiv", "httpequiv"])
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


def codec_of(label: str) -> str | None:
    """Return Python's codec for a label of the Encoding Standard, None for others.

    It is the superset that browsers use: "latin1" is windows-1252.

    >>> codec_of(" Latin1 "), codec_of("GB2312"), codec_of("punycode")
    ('cp1252', 'gb18030', None)

    Source: Encoding Standard 4.2.
    """
    encoding = webencodings.lookup(label) if len(label) < 64 else None
    if encoding is None or encoding.name == "replacement":
        return None
    if encoding.name == "x-user-defined":
        return DEFAULT  # HTML 13.2.3.2
    if encoding.name.startswith("utf-16"):
        return f"utf-16-{encoding.name[-2:]}"
    return resolve_encoding(encoding.codec_info.name)


def encoding_of(body: bytes, content_type: str = "") -> str:
    """Return Python's codec for the text *body*, sent with the field *content_type*.

    A byte order mark counts first, then the field, then what the document declares,
    then a guess. A label that is not in the Encoding Standard does not count, nor
    does UTF-16 for a document that begins with ASCII.

    >>> encoding_of(b"<p>a", "text/html; charset=punycode")
    'cp1252'
    >>> encoding_of(b'<meta charset="x"><meta charset=koi8-r>')
    'koi8-r'

    Source: HTML 13.2.3.1, "determining the character encoding"; CSS Syntax 3.2.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return codec
    codec_or_none = codec_of(_header_label(content_type))
    if codec_or_none in _UTF_16:
        codec_or_none = _utf_16(body, codec_or_none)
    if codec_or_none:
        return codec_or_none
    for label in declared_labels(body):
        if declared := codec_of(label):
            # It was read as ASCII, so it can't be UTF-16: HTML 13.2.3.2.
            return "utf-8" if declared in _UTF_16 else declared
    return _guess(body)


def _utf_16(body: bytes, codec: str) -> str | None:
    """Return which UTF-16 *body* is in, None if it begins with ASCII."""
    start = body[:1024]
    if b"\0" not in start:
        return None
    zeros = start[0::2].count(0), start[1::2].count(0)
    if zeros[0] == zeros[1]:
        return codec
    return _UTF_16[0] if zeros[1] > zeros[0] else _UTF_16[1]


def _header_label(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.partition(",")[0].strip(" \t\"'")
    return ""


def declared_labels(body: bytes) -> Iterator[str]:
    """Yield the labels in the declarations at the beginning of *body*, in order.

    These are ``@charset``, the XML declaration and meta elements up to the body.

    >>> list(declared_labels(b'<?xml version="1.0" encoding="idna"?>'))
    ['idna']

    Source: HTML 13.2.3.2, "prescan a byte stream"; CSS Syntax 3.2.
    """
    text = body[:PRESCAN_BYTES].decode("latin-1")
    if text.startswith('@charset "'):
        yield text[10:].partition('"')[0]
    position = text.find("<")
    while position >= 0:
        name = text[position + 1 : position + 6].lower()
        if text.startswith("<!--", position):
            end = text.find("-->", position + 2)
            position = len(text) if end < 0 else end + 2
        elif name[:1] in "!?/" and name[:4] != "?xml":
            end = text.find(">", position)
            position = len(text) if end < 0 else end
        elif name[:4] == "body":
            return
        elif name[:1].isalpha() or name[:4] == "?xml":
            attributes, position = _attributes(text, _name_end(text, position + 1))
            if name[:4] == "meta" and name[4:] in ("", *_SPACE, "/"):
                yield from _meta_labels(attributes)
            elif name[:4] == "?xml":
                yield from attributes.get("encoding", ())
        position = text.find("<", position + (text[position : position + 1] == "<"))


def _meta_labels(attributes: dict[str, list[str]]) -> Iterator[str]:
    yield from attributes.get("charset", ())
    pragma = [v for name in _PRAGMA for v in attributes.get(name, ())]
    if any("content" in value.lower() and "type" in value.lower() for value in pragma):
        for content in attributes.get("content", ()):
            yield from _content_labels(content)


def _content_labels(content: str) -> Iterator[str]:
    """Yield the labels of a content attribute: HTML 2.4.5 extracts the first."""
    for part in content.lower().split("charset")[1:]:
        part = part.lstrip(_SPACE)
        if part.startswith("="):
            value = part[1:].lstrip(_SPACE)
            if value[:1] in ("'", '"'):
                yield value[1:].partition(value[0])[0]
            else:
                yield re.split(r"[\s;,]", value, maxsplit=1)[0]


def _name_end(text: str, position: int) -> int:
    while position < len(text) and text[position] not in _SPACE + "/>":
        position += 1
    return position


def _attributes(text: str, position: int) -> tuple[dict[str, list[str]], int]:
    """Return the attributes of a tag by lower-case name, and where the tag ends."""
    found: dict[str, list[str]] = {}
    while True:
        while position < len(text) and text[position] in _SPACE + "/?":
            position += 1
        if position >= len(text) or text[position] == ">":
            return found, position
        start = position
        position += 1
        while position < len(text) and text[position] not in _SPACE + "/>=":
            position += 1
        name = text[start:position].lower()
        value, position = _value(text, position)
        found.setdefault(name, []).append(value)


def _value(text: str, position: int) -> tuple[str, int]:
    """Return the attribute value after *position*, "" for none, and its end."""
    after = position
    while after < len(text) and text[after] in _SPACE:
        after += 1
    if text[after : after + 1] != "=":
        return "", position
    after += 1
    while after < len(text) and text[after] in _SPACE:
        after += 1
    quote = text[after : after + 1]
    if quote in ("'", '"'):
        end = text.find(quote, after + 1)
        end = len(text) if end < 0 else end
        return text[after + 1 : end], end + 1
    end = after
    while end < len(text) and text[end] not in _SPACE + ">":
        end += 1
    return text[after:end], end


def _guess(body: bytes) -> str:
    """Return the codec of a text that says nothing of it, by a sample."""
    first = _NOT_ASCII.search(body)
    if not first:
        return DEFAULT
    sample = body
    if len(body) > SAMPLE_BYTES:
        start = max(0, first.start() - SAMPLE_BYTES // 8)
        sample = body[start : start + SAMPLE_BYTES]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        match = from_bytes(sample).best()
        codec = resolve_encoding(match.encoding) if match else None
        return codec if codec in _CODECS and codec not in _UTF_16 else DEFAULT
    return "utf-8"


_CODECS = frozenset(filter(None, (codec_of(label) for label in webencodings.LABELS)))


_XML_DECLARATION = re.compile(rb"\s*<\?xml[^>]{0,400}\?>")


def as_utf_8_xml(body: bytes) -> bytes:
    """Return the XML document *body* so that a parser takes it for what it is.

    The declaration goes if it names UTF-16 and was read as ASCII, or if its label is
    not in the Encoding Standard. The document is UTF-8 then.

    >>> as_utf_8_xml(b'<?xml version="1.0" encoding="utf-16"?><rss>')
    b'<rss>'
    """
    declaration = _XML_DECLARATION.match(body[:512])
    if not declaration:
        return body
    label = next(declared_labels(declaration[0]), "utf-8")
    codec = codec_of(label)
    if codec is None or codec in _UTF_16:
        return body[declaration.end() :]
    return body
