"""Image URLs: make them absolute and clean, tell them from other URLs."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from w3lib.url import safe_url_string

from imgprint.discovery.limits import MAX_REQUEST_URL, cut_url
from imgprint.discovery.urls.joining import encode_query, join_url

if TYPE_CHECKING:
    from collections import Counter

IMAGE_EXTENSIONS = (
    "jpe?g|jpe|jfif|pjpeg|pjp|a?png|gif|webp|avifs?|hei[cf]s?|hif|bmp|dib|tiff?"
    "|svgz?|ico|cur|jxl|jp2|j2k|jpx|jpf|psd|dng|cr[23]|nef|nrw|arw|orf|rw2|raf|pef|srw"
)
# What CDNs append to a file name: pbs.twimg.com/a.jpg:large, a.jpg!w300 and
# a.jpg@300w (Aliyun, Bilibili), a.jpg_640x640.jpg (AliExpress), Fandom's revisions.
_SUFFIX = r"(?:[:!@][\w.,@-]{1,60}|_\d*+x\w*+(?:\.[a-z]{3,4})?_?|/revision/[^?#]*|/)?"
_IMAGE = re.compile(
    rf"[^?#]*\.(?:{IMAGE_EXTENSIONS}){_SUFFIX}\s*+(?:[?#]|\Z)", re.IGNORECASE
)
_OTHER = re.compile(
    r"[^?#]*\.(?:html?|xml|js|mjs|css|json|htc|pdf|mp[34]|m4v|webm|mov|m3u8|swf"
    r"|woff2?|[ot]tf|eot)(?:[?#]|\Z)",
    re.IGNORECASE,
)
# MediaWiki's description pages end like files: /wiki/File:Cat.jpg
_WIKI_PAGE = re.compile(r"[^?#]*/(?>[^/?#:.]+?(?::|%3a))[^/?#]+\.\w+\Z", re.IGNORECASE)
# Images without extension: image services known by path, host or query.
_SERVICE = re.compile(
    r"[^?#]*(?:/_next/image\?|/_vercel/image\?|/\.netlify/images\?|/_ipx/|/cdn-cgi/image/"
    r"|/image/upload/|//images\.unsplash\.com/|//pbs\.twimg\.com/media/"
    r"|//lh\d\.googleusercontent\.com/|\.imgix\.net/|//images\.ctfassets\.net/"
    r"|//cdn\.sanity\.io/images/|//static\.wixstatic\.com/media/)"
    rf"|(?:https?:|/)[^?#]*\?(?:[^#]*&)?(?:format|fm)=(?:{IMAGE_EXTENSIONS})(?:&|#|\Z)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:[^?#]*[/_.-])?(?:blank|spacer|placeholder|transparent|pixel|empty|clear|dot"
    r"|loading|loader|lazy|gr[ae]y|1x1|px)(?:[-_]?(?:\d+x\d+|\d+|image|img|pixel))?"
    r"\.(?:gif|png|svg|webp|jpe?g)(?:[?#]|\Z)",
    re.IGNORECASE,
)
PLACEHOLDER_DATA_SIZE = 1024

MAX_HOST = 1_024
"""Characters of user, host and port; DNS has 253. IDNA takes 20 us for a label."""

_MARK = 100
"""Characters more than a URL has that is requested: it is seen to be too long."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# C0 controls and space at the ends, tab and newline anywhere: URL Standard 4.4.
_EDGES = "".join(map(chr, range(0x21)))
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ENTITY = re.compile(
    r"&(?:amp|quot|apos|lt|gt|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE
)
# A slash of Windows before a name with x, unless it is an escape of / & : or =.
_BACKSLASH = re.compile(r"\\(?=x(?!2[f6]|3[ad]))", re.IGNORECASE)
_ENCODED = re.compile(r"https?%3a%2f%2f", re.IGNORECASE)
_JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|/)", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"\{\{|\$\{|<%|%7B%7B|\{\w+\}|\[\[|<[#%?]|\{%|\{#", re.IGNORECASE
)
# URLs that cleaning would not change; most are, and w3lib takes 20 us for each.
_CLEAN = re.compile(
    r"(https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*)?(/(?!/)[\w~!$()*+,=:@%/.-]*"
    r"(?:\?[\w~!$()*+,=:@%/.&-]+)?)",
    re.ASCII,
)


def looks_like_image(url: str) -> bool:
    """Return whether *url* ends like an image file or is a known image service's.

    >>> looks_like_image("/a/photo.JPG?w=1"), looks_like_image("/wiki/File:A.jpg")
    (True, False)
    """
    if _IMAGE.match(url):
        return not _WIKI_PAGE.match(url)
    # Substrings first: the expression takes 1 us, and most links are to pages.
    return (
        "image" in url
        or "=" in url
        or "media" in url
        or "_ipx" in url
        or ".net" in url
        or "user" in url
    ) and _SERVICE.match(url) is not None


def with_short_host(url: str) -> str | None:
    """Return *url*, None if its host is too long for any name: see MAX_HOST.

    >>> with_short_host("http://a.example/"), with_short_host("//" + "a." * 1000)
    ('http://a.example/', None)
    """
    try:
        return url if len(urlsplit(url).netloc) <= MAX_HOST else None
    except ValueError:  # a bad IPv6 address: for the caller to say
        return url


def looks_like_other(url: str) -> bool:
    """Return whether *url* ends like a page, script, style sheet, font or film."""
    return _OTHER.match(url) is not None


def is_placeholder(url: str) -> bool:
    """Return whether *url* only holds the place of an image that is loaded later.

    Source: issue "Find every image": data: up to 1 KB, blank, spacer, placeholder.
    """
    if url[:5].lower() == "data:":
        return len(url) <= PLACEHOLDER_DATA_SIZE
    return url[:6] == "about:" or _PLACEHOLDER.match(url) is not None


def unescape(text: str) -> str:
    r"""Return *text* without HTML entities and JSON escapes, undone twice at most.

    Only entities with a semicolon count: ``?a=1&copy=2`` is not a copyright sign.

    >>> unescape("https:\\/\\/a.example\\/b.jpg?c&amp;amp;d")
    'https://a.example/b.jpg?c&d'
    """
    for _ in range(2):
        before = text
        text = text.replace("\\/", "/")
        if "&" in text:
            text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        if "\\" in text:
            text = _JSON_ESCAPE.sub(_unescape_json, text)
        if text == before:
            break
    return text


def _unescape_json(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else "/"


class Cleaner:
    """Make the URLs of one document absolute and clean.

    *skipped* counts what is left out, by scheme (``blob``, ``cid``,
    ``javascript``, ...), or as ``invalid`` (no URL) or ``template``
    (``/{{ id }}.jpg``). Queries are in *encoding*: URL Standard 4.4, "query state".
    """

    def __init__(self, base: str, skipped: Counter[str], encoding: str = "utf-8"):
        self.base = base
        self.encoding = encoding
        self.skipped = skipped
        parts = urlsplit(base)
        self._scheme = parts.scheme
        self._origin = None
        if parts.scheme in ("http", "https") and len(parts.netloc) <= MAX_HOST:
            self._origin = safe_url_string(f"{parts.scheme}://{parts.netloc}")

    def clean(self, raw: str) -> str | None:
        """Return *raw* as an absolute URL, None if it is none to be used.

        A ``data:`` URI must be of an image or of no type; it loses its white
        space only. A fragment alone points into this document: None, uncounted.

        Source: URL Standard 4.4, by w3lib.
        """
        match = _CLEAN.fullmatch(raw)
        if match and "/." not in raw:
            if match[1]:
                return raw
            if self._origin:
                return self._origin + raw
        raw = raw.strip(_EDGES)
        if not raw or raw[0] == "#":
            return None
        if raw[:5].lower() == "data:":
            return self._clean_data(raw)
        raw = _BACKSLASH.sub("/", raw)
        url = _CONTROL.sub("", unescape(raw)).strip(" \"'")
        if _ENCODED.match(url):
            url = unquote(url)
        if _TEMPLATE.search(url):
            self.skipped["template"] += 1
            return None
        scheme = _SCHEME.match(url)
        if scheme and scheme[1].lower() not in ("http", "https"):
            self.skipped[scheme[1].lower()] += 1
            return None
        return self._join(url)

    def is_usable(self, raw: str) -> bool:
        """Return whether *raw* has no odd scheme; count it if it has."""
        scheme = _SCHEME.match(raw)
        if not scheme or scheme[1].lower() in ("http", "https", "data"):
            return True
        self.skipped[scheme[1].lower()] += 1
        return False

    def _join(self, url: str) -> str | None:
        # Longer ones are only written down; quoting takes 100 bytes a character.
        url = cut_url(url, MAX_REQUEST_URL + _MARK)
        path, question, query = url.partition("#")[0].partition("?")
        path = re.sub(
            r"^((?:https?:)?//)/+", r"\1", path.replace("\\", "/"), flags=re.IGNORECASE
        )
        try:
            query = encode_query(query, self.encoding)
            url = join_url(self.base, path + question + query)
            if len(urlsplit(url).netloc) > MAX_HOST:
                raise ValueError("Host too long")
            url = safe_url_string(url)
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # IPv6, port, IDNA
            self.skipped["invalid"] += 1
            return None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            self.skipped["invalid"] += 1
            return None
        if port == {"http": 80, "https": 443}[parts.scheme]:
            parts = parts._replace(netloc=parts.netloc.rpartition(":")[0])
            url = parts.geturl()
        return url

    def _clean_data(self, raw: str) -> str | None:
        media_type = raw[5:69].partition(",")[0].partition(";")[0].strip().lower()
        if media_type.startswith("image/") or media_type in (
            "",
            "application/octet-stream",
        ):
            return re.sub(r"[\t\n\r\f]+", "", raw)
        self.skipped["data"] += 1
        return None
