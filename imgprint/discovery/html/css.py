"""Image URLs in CSS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tinycss2  # type: ignore[import-untyped]

from imgprint.discovery.html.names import CSS_OTHERS
from imgprint.discovery.html.srcset import Source
from imgprint.discovery.urls.image_urls import looks_like_other

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUE, MAX_PARSED = 16_384, 65_536
"""Characters of one value, and of all of a sheet, that tinycss2 reads in 2 us each.

Values beyond are searched for url() only.
"""
MAX_IMPORT = 4_096
"""Characters of an @import that are read: its URL comes first."""

_HINT = re.compile(r"url\(|image(?:-set)?\(|cross-fade\(", re.IGNORECASE)
# Declarations and at-rules up to their end. tinycss2 takes 1 s for each MB, so
# it only reads the values that name an image; this finds them (CSS Syntax 4).
_PIECE = re.compile(
    r"""(?P<skip>(?:
        [\s;{}]++ | <!-- | --> | /\*(?:[^*]|\*(?!/))*+(?:\*/)?
        |(?!<!--|-->)[^\s;{}"'/(\\][^;{}"'/(\\]*+[;{}]
    )++)
    |(?P<value>(?:
        [^;{}"'/(\\]++
        |"(?:[^"\\\n]|\\.|\\\n)*+"? | '(?:[^'\\\n]|\\.|\\\n)*+'?
        |/\*(?:[^*]|\*(?!/))*+(?:\*/)?
        |(?<=[uU][rR][lL])\(\s*+(?!["'\s])(?:[^)\\]|\\.)*+\)?
        |\\. | [/(\\]
    )++)(?P<end>.?)""",
    re.VERBOSE | re.DOTALL,
)
# Values of url() and plain strings only; tinycss2 is slow on long data: URIs.
_UNUSUAL = re.compile(r"\\|/\*|(?:image(?:-set)?|cross-fade|src)\(", re.IGNORECASE)
_PLAIN_URL = re.compile(
    r"""(?<![\w-])url\(\s*+
        (?:"(?P<double>[^"\n]*+)" | '(?P<single>[^'\n]*+)' | (?P<bare>[^"'()\s]*+))
        \s*+(?:\)|\Z)
    |"[^"\n]*+" | '[^'\n]*+'""",
    re.IGNORECASE | re.VERBOSE,
)
_NAME = re.compile(r"\s*([@\w*-]+)\s*(:?)")
# tinycss2 makes numbers of them, which Python refuses from 4,300 digits on.
_LONG_NUMBER = re.compile(r"(?<![0-9])[0-9]{1000,}")
_IMAGE_SETS = frozenset(["image-set", "-webkit-image-set"])
_IMAGE_STRINGS = frozenset(["image", "cross-fade", "-webkit-cross-fade", "src"])
_RESOLUTIONS = {"x": 1.0, "dppx": 1.0, "dpi": 1 / 96, "dpcm": 2.54 / 96}


def css_images(text: str) -> Iterator[list[Source]]:
    """Yield the images of a style sheet or style attribute, in order.

    Each is a list of sources of one picture: one for ``url()``, several for
    ``image-set()``. Fonts, imports and SVG effects are no images.

    >>> [[s.url for s in image] for image in css_images("a{background:url(b.png)}")]
    [['b.png']]

    Source: CSS Images 4, 2 and 3; CSS Values 4, 4.5.
    """
    if not _HINT.search(text):
        return
    left = MAX_PARSED
    for piece in _PIECE.finditer(text):
        value = piece["value"]
        if value and piece["end"] != "{" and _HINT.search(value):
            name = _NAME.match(value)
            if name and name[1].lower() in CSS_OTHERS:
                continue
            value = value[name.end() :] if name and name[2] else value
            if len(value) <= min(left, MAX_VALUE) and _UNUSUAL.search(value):
                left -= len(value)
                yield from _images(_tokens(value))
            else:
                for url in _PLAIN_URL.finditer(value):
                    yield from _single(url[url.lastgroup] if url.lastgroup else None)


def css_imports(text: str) -> Iterator[str]:
    """Yield the URLs of the sheets that a style sheet imports, in order.

    >>> list(css_imports("@import 'a.css' screen; @import url(b.css);"))
    ['a.css', 'b.css']

    Source: CSS Cascade 5, 2.
    """
    if "@import" not in text.lower():
        return
    for piece in _PIECE.finditer(text):
        name = _NAME.match(piece["value"] or "")
        if name and name[1].lower() == "@import":
            start = name.end()
            rest = _tokens(piece["value"][start : start + MAX_IMPORT])
            first = next((token for token in rest if token.type != "whitespace"), None)
            url = _argument([first]) if first else None
            if first and first.type == "function" and first.lower_name == "url":
                url = _argument(first.arguments)
            if url:
                yield url


def _tokens(value: str) -> list[Any]:
    """Return the component values of *value*. Of a long number the digits are lost."""
    value = _LONG_NUMBER.sub("0", value)
    tokens: list[Any] = tinycss2.parse_component_value_list(value)
    return tokens


def _images(tokens: list[Any]) -> Iterator[list[Source]]:
    """Yield the images of component values; iterative, since they nest at will."""
    stack = [(iter(tokens), False)]
    while stack:
        values, strings = stack[-1]
        for token in values:
            if token.type == "url" or (strings and token.type == "string"):
                yield from _single(token.value)
            elif token.type == "function":
                name = token.lower_name
                if name == "url":
                    yield from _single(_argument(token.arguments))
                elif name in _IMAGE_SETS:
                    yield _image_set(token.arguments)
                elif name not in ("format", "type", "local"):
                    stack.append((iter(token.arguments), name in _IMAGE_STRINGS))
                    break
            elif hasattr(token, "content"):
                stack.append((iter(token.content), False))
                break
        else:
            stack.pop()


def _single(url: str | None) -> Iterator[list[Source]]:
    if url and url[0] != "#" and not looks_like_other(url):
        yield [Source(url, element="style")]


def _argument(arguments: list[Any]) -> str | None:
    for token in arguments:
        if token.type in ("string", "url"):
            value: str = token.value
            return value
    return None


def _image_set(arguments: list[Any]) -> list[Source]:
    sources: list[Source] = []
    for token in arguments:
        url = token.value if token.type in ("string", "url") else None
        if token.type == "function" and token.lower_name in ("url", "src"):
            url = _argument(token.arguments)
        if url:
            sources.append(Source(url, element="style"))
        elif not sources:
            continue
        elif token.type == "dimension" and token.lower_unit in _RESOLUTIONS:
            density = token.value * _RESOLUTIONS[token.lower_unit]
            sources[-1] = sources[-1]._replace(density=density)
        elif token.type == "function" and token.lower_name == "type":
            sources[-1] = sources[-1]._replace(media_type=_argument(token.arguments))
    return sources
