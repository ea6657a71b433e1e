"""Image URLs in JSON and in program text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from imgprint.discovery.html.names import JSON_IMAGES, JSON_TEXTS, JSON_URLS
from imgprint.discovery.html.srcset import largest, parse_srcset
from imgprint.discovery.urls.image_urls import (
    IMAGE_EXTENSIONS,
    looks_like_image,
    looks_like_other,
    unescape,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_JSON = 4_000_000
"""Characters of JSON that are parsed; longer text is searched as a program's."""

IMAGE_HINT = re.compile(rf"\.(?:{IMAGE_EXTENSIONS})(?![\w-])", re.IGNORECASE)
# From the extension to the end of the URL, JSON escapes included.
_REST = re.compile(
    r"(?:[:!@][\w.,@-]{1,60}|_\d*x\d*\w*(?:\.[a-z]{3,4})?_?|/revision/[\w/.-]*)?"
    r"(?:\?(?:[^\s\"'`<>()\\#]|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\/|&(?!quot;))*+)?",
    re.IGNORECASE,
)
# Quotes and brackets of HTML in program text, and Angular's of its state.
_ESCAPED_MARK = re.compile(r"\\(?:u00|x)(22|27|3c|3e)", re.IGNORECASE)
_ANGULAR = {"&q;": '"', "&s;": "'", "&l;": "<", "&g;": ">", "&a;": "&"}
_ANGULAR_MARK = re.compile("&[qslga];")
_SRCSET = re.compile(
    r"srcset\\?[\"']?\s*+[:=]\s*+\\?[\"']([^\"'<>]{1,20000})", re.IGNORECASE
)
_DESCRIBED = re.compile(r"\s\d+(?:\.\d+)?[wx]\s*+(?:,|\Z)")
_REVERSED_ABSOLUTE = re.compile(r"[^\s\"'`<>{}|]*+")
_ABSOLUTE_START = re.compile(r"https?:|\\?/", re.IGNORECASE)
_WITH_SPACES = re.compile(
    r"(?:https?://|/[^/\s])[^\s,;](?: ?[^\s\"'`<>\\,;(){}=|])*+\Z"
)
# JSON that is not strict: in a comment or CDATA, with a comma too many.
_WRAPPING = re.compile(r"<!--|-->|(?://|/\*)?\s?(?:<!\[CDATA\[|\]\]>)(?:\*/)?")
_LAST_COMMA = re.compile(r",(?=\s*+[}\]])")
_REVERSED_URL = re.compile(r"[^\s\"'`<>(){}|=]*+")
_URL_START = re.compile(r"(?:https?:)?//[^/]|/[^/]|\.\.?/", re.IGNORECASE)
_ODD = re.compile(r"[\\<>^*$]")
_RELATIVE = re.compile(r"[\w%~-][\w%.~-]*/", re.ASCII)

_ABSOLUTE = re.compile(r"(?:https?:)?//[^/\s]+\S|/[^/\s]|data:image/", re.IGNORECASE)


class Found(NamedTuple):
    """An image URL in JSON or code, not yet absolute, with what is said of it."""

    url: str
    alt: str | None = None
    width: int | None = None
    height: int | None = None


def json_images(text: str) -> Iterator[Found]:
    """Yield the images of a JSON text in order; search it as code if it is none.

    A string counts if it is the value of an image property (schema.org's image,
    logo, thumbnailUrl, ...; url of an ImageObject), or has an image extension.
    """
    value = _load(text) if len(text) <= MAX_JSON else None
    if isinstance(value, (dict, list, str)):
        yield from walk_json(value)
    else:
        yield from script_images(text)


def _load(text: str) -> Any:
    """Return the decoded JSON of *text*, as lenient as search engines are, or None."""
    for lenient in (False, True):
        if lenient:
            text = _LAST_COMMA.sub("", _WRAPPING.sub("", text))
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            pass
    return None


def walk_json(value: Any) -> Iterator[Found]:
    """Yield the images of a decoded JSON value, in order; iterative."""
    stack: list[tuple[str, Any, Found | None]] = [("", value, None)]
    while stack:
        key, value, image = stack.pop()
        if isinstance(value, dict):
            image = _image_object(key, value)
            for name in reversed(value):
                child = value[name]
                if isinstance(child, (dict, list, str)):
                    stack.append((name.lower(), child, image))
        elif isinstance(value, list):
            stack.extend((key, child, image) for child in reversed(value))
        elif isinstance(value, str) and _may_be_image(key, value):
            yield from _string(key, value, image)


def _may_be_image(key: str, value: str) -> bool:
    if "/" not in value and "." not in value:  # most strings, cheaply
        return False
    if key in JSON_IMAGES or key in JSON_URLS or IMAGE_HINT.search(value):
        return True
    return looks_like_image(value)


def _image_object(key: str, value: dict[str, Any]) -> Found | None:
    """Return what *value* says of its image; None if it describes none."""
    kind = value.get("@type")
    if kind != "ImageObject" and (kind is not None or key not in JSON_IMAGES):
        return None
    caption = value.get("caption") or value.get("alt")
    return Found(
        "",
        caption if isinstance(caption, str) else None,
        _size(value.get("width")),
        _size(value.get("height")),
    )


def _size(value: Any) -> int | None:
    if isinstance(value, dict):  # QuantitativeValue
        value = value.get("value")
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) < 10
    ):
        value = int(value)
    return value if isinstance(value, int) and 0 < value < 10**9 else None


def _string(key: str, value: str, image: Found | None) -> Iterator[Found]:
    url = value.strip()
    if _DESCRIBED.search(url):
        best = largest(parse_srcset(url))
        if best and looks_like_image(best.url):
            yield (image or Found(""))._replace(url=best.url)
            return
    if image is None and url.startswith(("http", "/")) and _is_spaced(url):
        yield Found(url)
        return
    if looks_like_image(url) and not re.search(r"[\s<>\"]", url):
        named = key in JSON_IMAGES or key in JSON_URLS
        if named or (_URL_START.match(url) and key not in JSON_TEXTS):
            yield (image or Found(""))._replace(url=url)
    elif (key in JSON_IMAGES or (image and key in JSON_URLS)) and _ABSOLUTE.match(url):
        if not looks_like_other(url):
            yield (image or Found(""))._replace(url=url)
    elif IMAGE_HINT.search(value):
        yield from script_images(value)


def script_images(text: str) -> Iterator[Found]:
    r"""Yield the image URLs in program text: quoted, or in url(), with extension.

    A relative one needs a slash, and none may be part of a concatenation.

    >>> [found.url for found in script_images('{"a":"https:\\/\\/b.example\\/c.jpg"}')]
    ['https://b.example/c.jpg']
    """
    text = _with_plain_marks(text)
    done = 0
    for srcset in _SRCSET.finditer(text) if "srcset" in text.lower() else ():
        best = largest(parse_srcset(unescape(srcset[1])))
        if best and _plausible(best.url):
            yield Found(best.url)
    for hint in IMAGE_HINT.finditer(text):
        if hint.start() < done:
            continue
        size = _size_before(text, done, hint.start())
        end = hint.end()
        if text[end : end + 1] not in "\"'":
            rest = _REST.match(text, end)
            end = rest.end() if rest else end
        start = hint.start() - size
        if text[end : end + 1] == "/" or text[end : end + 2] == "\\/":
            continue  # a folder that is named like an image
        start = _spaced_start(text, start, end)
        done = end
        entity = text.rfind("&quot;", start, end)
        if entity >= 0:
            start = entity + len("&quot;")
        if not _is_whole(text, start, end):
            continue
        url = text[start:end]
        if "\\" in url or "&" in url:
            url = unescape(url)
        url = url.lstrip(",; \\")
        if _plausible(url):
            yield Found(url)


def _with_plain_marks(text: str) -> str:
    """Return *text* with the quotes and brackets that are escaped in it."""
    if "\\u00" in text or "\\x" in text:
        text = _ESCAPED_MARK.sub(lambda match: chr(int(match[1], 16)), text)
    if "&q;" in text:
        text = _ANGULAR_MARK.sub(lambda match: _ANGULAR[match[0]], text)
    return text


def _size_before(text: str, start: int, end: int) -> int:
    """Return how many characters of a URL precede *end*, few of which are long.

    A quoted absolute one may have brackets and equals signs.
    """
    for limit in (256, 2048):
        before = text[max(start, end - limit) : end][::-1]
        run = _REVERSED_ABSOLUTE.match(before)
        size = run.end() if run else 0
        if size < limit:
            quoted = text[end - size - 1 : end - size] in ('"', "'", "`")
            if quoted and _ABSOLUTE_START.match(text, end - size):
                return size
        run = _REVERSED_URL.match(before)
        size = run.end() if run else 0
        if size < limit:
            break
    return size


def _spaced_start(text: str, start: int, end: int) -> int:
    """Return where a quoted absolute URL with spaces begins, *start* if it is none."""
    if text[start - 1 : start] != " " or text[end : end + 1] not in ('"', "'"):
        return start
    first = text.rfind(text[end], max(0, start - 256), start) + 1
    return first if first and _is_spaced(text[first:end]) else start


def _is_spaced(url: str) -> bool:
    """Return whether *url* is an absolute URL of an image, with spaces in its path."""
    return " " in url and looks_like_image(url) and bool(_WITH_SPACES.match(url))


def _plausible(url: str) -> bool:
    odd = url.replace("*", "") if url.startswith("http") else url
    if not looks_like_image(url) or _ODD.search(odd):
        return False
    return _URL_START.match(url) is not None or _RELATIVE.match(url) is not None


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether quotes or brackets enclose text[start:end], without a ``+``."""
    before = text[max(0, start - 8) : start].rstrip("\\")
    if not before or before[-1] not in "\"'`(=;":
        return False
    after = text[end : end + 8].lstrip("\\")
    if after[:1] not in "\"'`) &,#|<>;":
        return False
    return not (before[:-1].rstrip()[-1:] == "+" or after[1:].lstrip()[:1] == "+")
