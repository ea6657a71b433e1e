"""How image services and web software write the sizes of one picture into URLs."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode, urljoin

from imgprint.discovery.urls.image_urls import IMAGE_EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

# The picture's URL, the variant's width, and whether that URL can be asked for:
# if not, it only tells pictures apart.
Found: TypeAlias = tuple[str, int | None, bool]
Rule: TypeAlias = "Callable[[SplitResult], Found | None]"

_EXT = rf"\.(?:{IMAGE_EXTENSIONS})"
# thumbor and weserv take URLs without scheme; no folder is named like a domain.
_BARE_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?/", re.IGNORECASE)
_WIDTH = re.compile(
    r"(?:^|[,/_:&;-])(?:w|width|rs:\w+|resize:\w+)[=_:-](\d{1,5})|(\d{2,5})x\d"
)


def sub(pattern: str, new: str = "", *, exact: bool = True) -> Rule:
    r"""Return a rule that replaces what the variant added to the path.

    The query goes, too. The group ``width``, if any, is the variant's. A pattern
    that goes on to the end of the path begins with ``\A(?>...)``, so that a
    search tries one beginning only.
    """
    flags = re.IGNORECASE | re.ASCII | re.DOTALL
    compiled = re.compile(pattern.replace("EXT", _EXT), flags)

    def rule(parts: SplitResult) -> Found | None:
        match = compiled.search(parts.path)
        if not match:
            return None
        start, end = match.span()
        path = parts.path[:start] + match.expand(new) + parts.path[end:]
        width = match.groupdict().get("width")
        url = parts._replace(path=path, query="").geturl()
        return url, _number(width), exact

    return rule


def query(names: str, *, path: str = "") -> Rule:
    """Return a rule that drops the parameters *names*, where *path* matches."""
    dropped = frozenset(names.split())
    wanted = re.compile(path.replace("EXT", _EXT), re.IGNORECASE)

    def rule(parts: SplitResult) -> Found | None:
        if not parts.query or not wanted.search(parts.path):
            return None
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if name.lower() not in dropped]
        if len(kept) == len(pairs):
            return None
        return parts._replace(query=urlencode(kept)).geturl(), _query_width(pairs), True

    return rule


def parameter(*names: str) -> Rule:
    """Return a rule for services that take the picture's URL as a parameter."""

    def rule(parts: SplitResult) -> Found | None:
        pairs = parse_qsl(parts.query)
        inner = next((value for name, value in pairs if name in names), None)
        return _inner(parts, inner, _query_width(pairs)) if inner else None

    return rule


def rest(pattern: str) -> Rule:
    """Return a rule for services that have the picture's URL in their path."""
    whole = re.compile(pattern, re.IGNORECASE | re.ASCII | re.DOTALL)

    def rule(parts: SplitResult) -> Found | None:
        match = whole.match(parts.path)
        if not match:
            return None
        width = _WIDTH.search(match["options"])
        inner = match["url"] + (f"?{parts.query}" if parts.query else "")
        number = _number(width[1] or width[2]) if width else None
        return _inner(parts, inner, number)

    return rule


def _inner(parts: SplitResult, inner: str, width: int | None) -> Found:
    if "%2f" in inner.lower():
        inner = unquote(inner)
    inner = re.sub(r"^(https?:)/+", r"\1//", inner, flags=re.IGNORECASE)
    if _BARE_HOST.match(inner):
        inner = f"//{inner}"
    elif not re.match(r"(?:https?:)?//", inner, re.IGNORECASE):
        inner = f"/{inner.lstrip('/')}"
    return urljoin(parts.geturl(), inner), width, True


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 6 else None


def _query_width(pairs: list[tuple[str, str]]) -> int | None:
    found = (v for n, v in pairs if n.lower() in ("w", "width", "format", "imwidth"))
    return _number(next(found, "").removesuffix("w"))


def _photon(parts: SplitResult) -> Found | None:
    if not re.fullmatch(r"i\d\.wp\.com", parts.netloc):
        return None
    return f"{parts.scheme}:/{parts.path}", _query_width(parse_qsl(parts.query)), True


def _cloudinary(parts: SplitResult) -> Found | None:
    match = re.match(
        r"(.*/(?:image|video)/(?:upload|fetch))/((?:(?:[a-z]{1,3}_|\$)[^/]+/)*)"
        r"(?:v\d+/)?(.+)",
        parts.path,
    )
    if not match:
        return None
    size = _WIDTH.search(match[2])
    width = _number(size[1] or size[2]) if size else None
    if match[1].endswith("fetch"):
        return _inner(parts, match[3], width)
    path = f"{match[1]}/{match[3]}"
    return parts._replace(path=path, query="").geturl(), width, True


def _imgproxy(parts: SplitResult) -> Found | None:
    """Undo /signature/options/URL in base64, in pieces.extension."""
    match = re.fullmatch(r"/[\w-]+/((?:[a-z]+:[^/]+/)+)([\w/-]+)(?:\.\w+)?", parts.path)
    if not match:
        return None
    text = match[2].replace("/", "")
    try:
        inner = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    width = _WIDTH.search(match[1])
    number = _number(width[1] or width[2]) if width else None
    return _inner(parts, inner, number) if inner.startswith("http") else None


def _twitter(parts: SplitResult) -> Found | None:
    match = re.fullmatch(r"(/media/[\w-]+)(?:\.(\w+))?(?::\w+)?", parts.path)
    if not match or parts.netloc != "pbs.twimg.com":
        return None
    kind = match[2] or dict(parse_qsl(parts.query)).get("format", "jpg")
    query = f"format={kind}&name=orig"
    return parts._replace(path=match[1], query=query).geturl(), None, True


_SIZES = (
    "w h width height imwidth imheight q quality fit crop auto fm dpr resize rect bg "
    "blur sharp fl ssl strip zoom ixlib ixid itok x-oss-process imageview2 imagemogr2 "
    "scl fmt wid hei op_usm optimize downsize"
)
_TRANSFORMS = (
    r"(?P<options>(?:(?:[\w-]*fit-in|smart|trim|\d*x\d*(?::\d*x\d*)?|left|right|top"
    r"|bottom|center|middle|filters:[^/]*)/)*)"
)
RULES: tuple[tuple[str, tuple[str, ...], Rule], ...] = (
    ("jetpack", (".wp.com/",), _photon),
    ("next", ("/_next/image",), parameter("url")),
    ("vercel", ("/_vercel/image",), parameter("url")),
    ("netlify", ("/.netlify/images",), parameter("url")),
    ("gatsby", ("/_gatsby/image/",), parameter("u")),
    ("weserv", ("//images.weserv.nl/", "//wsrv.nl/"), parameter("url")),
    ("duckduckgo", ("//external-content.duckduckgo.com/iu/",), parameter("u")),
    ("nuxt", ("/_ipx/",), rest(r".*?/_ipx/(?P<options>[^/]*)/(?P<url>.+)")),
    (
        "cloudflare",
        ("/cdn-cgi/image/",),
        rest(r".*?/cdn-cgi/image/(?P<options>[^/]*)/(?P<url>.+)"),
    ),
    ("imagedelivery", ("//imagedelivery.net/",), sub(r"/[^/]+\Z", exact=False)),
    ("cloudinary", ("/upload/", "/fetch/"), _cloudinary),
    (
        "thumbor",
        ("/unsafe/",),
        rest(rf".*?/unsafe/{_TRANSFORMS}(?P<url>.+)"),
    ),
    ("imgproxy", ("/rs:", "/resize:", "/w:", "/width:", "/size:", "/s:"), _imgproxy),
    (
        "mediawiki",
        ("/thumb/",),
        sub(
            r"/thumb/((?:archive/)?[0-9a-f]/[0-9a-f]{2}/[^/]+)"
            r"/(?=[^/]+\Z)(?:[\w-]*-)?(?P<width>\d+)px-[^/]+\Z",
            r"/\1",
        ),
    ),
    ("fandom", ("/revision/",), sub(r"(EXT)/revision/.*\Z", r"\1/revision/latest")),
    (
        "ghost",
        ("/content/images/size/",),
        sub(r"/size/w(?P<width>\d+)(?:h\d+)?(?:/format/\w+)?/", "/"),
    ),
    (
        "wordpress",
        ("/wp-content/", "/uploads/", ".files.wordpress.com/"),
        sub(
            # Not {1,8}+: with a group in it, CPython's re may raise SystemError.
            r"(?>(?:-(?P<width>\d{2,5})x\d{2,5}|-scaled|-rotated|-e\d{10,13}){1,8})"
            r"(?=EXT\Z)"
        ),
    ),
    (
        "shopify",
        ("/cdn/shop/", "//cdn.shopify.com/"),
        sub(
            r"_(?:(?P<width>\d+)x\d*|x\d+|pico|icon|thumb|small|compact|medium|large"
            r"|grande|master|original)(?:_crop_[a-z]+)?(?:@[23]x)?(?:\.progressive)?"
            r"(?=EXT\Z)"
        ),
    ),
    ("shopify", ("/cdn/shop/", "//cdn.shopify.com/"), query(f"{_SIZES} v")),
    ("squarespace", (".squarespace-cdn.com/",), query("format")),
    (
        "wix",
        ("//static.wixstatic.com/media/",),
        sub(r"/v1/(?:fill|fit|crop)/(?:[^/]*?\bw_(?P<width>\d+))?.*\Z"),
    ),
    (
        "drupal",
        ("/styles/",),
        sub(
            r"\A(?>(.*?)/styles/[^/]+/(?:public|private)/)(.*?EXT)"
            r"(?:\.webp|\.avif)?\Z",
            r"\1/\2",
        ),
    ),
    (
        "magento",
        ("/cache/",),
        sub(r"/cache/(?:\d+/\w+/(?:(?P<width>\d*)x\d*/)?)?[0-9a-f]{32}/", "/"),
    ),
    (
        "typo3",
        ("/csm_",),
        sub(
            r"\A(?>(.*?)/\w/\w/csm_)(.+)_[0-9a-f]{10}(EXT)\Z",
            r"\1/\2\3",
            exact=False,
        ),
    ),
    (
        "discourse",
        ("/optimized/",),
        sub(
            r"\A(?>(.*?)/optimized/)(.*)_\d+_(?P<width>\d+)x\d+(EXT)\Z",
            r"\1/original/\2\4",
        ),
    ),
    (
        "blogger",
        (".bp.blogspot.com/", ".googleusercontent.com/", ".ggpht.com/"),
        sub(r"/[swh](?P<width>\d+)(?:-[\w-]+)?/(?=[^/]+\Z)", "/s0/"),
    ),
    (
        "google",
        (".googleusercontent.com/", ".ggpht.com/"),
        sub(r"=[swh](?P<width>\d+)(?:-[\w-]+)?\Z", "=s0"),
    ),
    ("twitter", ("//pbs.twimg.com/media/",), _twitter),
    (
        "tumblr",
        (".media.tumblr.com/",),
        sub(r"(_|/s)(?P<width>\d{2,4})(?:x\d+(?=/)|(?=EXT\Z))", r"\g<1>0", exact=False),
    ),
    ("pinterest", ("//i.pinimg.com/",), sub(r"\A/(?P<width>\d+)x\d*/", "/originals/")),
    (
        "flickr",
        (".staticflickr.com/",),
        sub(r"(_[0-9a-f]{10})_[a-z0-9]{1,2}(?=EXT\Z)", r"\1", exact=False),
    ),
    ("imgur", ("//i.imgur.com/",), sub(r"\A/(\w{7})[sbtmlhrg](?=EXT\Z)", r"/\1")),
    (
        "aliexpress",
        (".jpg_", ".jpeg_", ".png_", ".webp_"),
        sub(r"\A((?>(?:.*/)?)[^/]*?EXT)_(?P<width>\d+)x\d[^/]*\Z", r"\1"),
    ),
    (
        "bing",
        ("//th.bing.com/th", ".mm.bing.net/th"),
        query(f"{_SIZES} c r o pid rs p qlt", path=r"\A/th"),
    ),
    (
        "query",
        ("?",),
        query(
            _SIZES,
            path=r"EXT\Z|\A/photo-|\A/[a-z0-9]{12}/\w+/\w+/",
        ),
    ),
)
