"""What reads the text of strangers takes time in proportion to it.

Each function gets 64 KB of one thing again and again: what ends a name, opens a
bracket, begins a URL. tests/test_patterns.py does the same for expressions.
"""

from collections import Counter
from contextlib import suppress

import pytest

from imgprint.content.byte_ranges import range_grammar as ranges
from imgprint.content.fingerprints import declared_hashes as server
from imgprint.content.formats import identify
from imgprint.content.formats.layout import Layout
from imgprint.content.formats.svg import read as read_svg
from imgprint.content.sparse import SparseBytes
from imgprint.discovery.documents import headers
from imgprint.discovery.documents.manifest import manifest_places
from imgprint.discovery.documents.news_feeds import feed_contents
from imgprint.discovery.documents.sitemap import robots_sitemaps, sitemap_entries
from imgprint.discovery.documents.xml import kind_of
from imgprint.discovery.html import attributes, css, scripts
from imgprint.discovery.html.elements import sizes
from imgprint.discovery.html.image_elements import dimension
from imgprint.discovery.html.page import image_candidates, root_of
from imgprint.discovery.html.srcset import parse_srcset
from imgprint.discovery.urls import image_urls as urls
from imgprint.discovery.urls.data_uri import decode_data_uri
from imgprint.discovery.urls.sites import site_of
from imgprint.discovery.urls.targets import plain_target, read_place
from imgprint.discovery.urls.variants import MAX_URL, variant_of
from imgprint.spiders.seeds import inline_lines, parse_seed
from tests.support.adversary import LARGE, seconds

LIMIT = 0.4
"""A reader passes if it takes fewer seconds of CPU. A slow machine takes longer, so a
slower reader passes as well if GROWTH bounds it."""
GROWTH = 9
"""LARGE takes less than this many times the CPU time of a quarter of it. The factor is
4 if time grows with the text, and 16 if time grows with its square."""
GIVEN_UP = 4
# A timer's signal may come within a callback, such as hypothesis's of the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)
UNITS = [
    *("a", "0", " ", "\n", "/", "\\", '"', "'", "<", "(", "{", "[", ",", ";", ":"),
    *("%3a", "%", "&amp;", "=", "-", "-a", "_", "_0x0", ".", "../", ".jpg", '"a.jpg"'),
    *("/a.jpg", "url(", "url(a.jpg)", 'url("', "/*", "<!--", "<a>", "</a", "<![CDATA["),
    *("\\u002f", "//", "\u00e9", "\u00e9.", "?", "#", "@", "!", "a 1w,", "( ", "w=1&"),
    *("<a>,", ';a="', ":a,", "\\/", "a.jpg ", "image-set(", "@import ", "md5=,", "/s1"),
    *(
        "\r\n--a\r\n",
        " render=1",
        "{{",
        "${",
        "&quot;",
        "\ud7ff",
        "<rss",
        "<?x ?>",
        "--",
    ),
    *('"/a/b.jpg"+ ', "<svg ", "x.y/", "1x1.", "fit-in/", "@media{", "a:b;", "\u3002"),
]
SERVICES = (
    "http://x.bp.blogspot.com/wp-content/uploads/thumb/upload/unsafe/cache/styles/"
)


def clean(text):
    return urls.Cleaner("https://a.example/b/", Counter()).clean(text)


def from_attribute(name, value):
    found = attributes.attribute_images([(name, value)], "img", is_image=True)
    return [list(sources) for sources in found]


def svg(text):
    image = SparseBytes(LARGE)
    image.add(0, b"<svg " + text.encode("utf-8", "replace")[: LARGE - 5])
    read_svg(image, Layout("svg"))


READERS = {
    "looks_like_image": urls.looks_like_image,
    "looks_like_other": urls.looks_like_other,
    "is_placeholder": urls.is_placeholder,
    "unescape": urls.unescape,
    "clean": clean,
    "clean host": lambda text: clean("http://" + text),
    "clean path": lambda text: clean("/a?b/" + text),
    "clean data": lambda text: clean("data:image/png," + text),
    "base": lambda text: urls.Cleaner("http://" + text, Counter()).clean("a b.jpg"),
    "variant_of": lambda text: variant_of((SERVICES + text)[:MAX_URL]),
    "css_images": lambda text: list(css.css_images("a{b:url(c.png);" + text)),
    "css_images value": lambda text: list(css.css_images("a{b:image-set(" + text)),
    "css_imports": lambda text: list(css.css_imports("@import " + text)),
    "parse_srcset": lambda text: list(parse_srcset("a.jpg " + text)),
    "parse_links": lambda text: list(headers.parse_links([text, "<a>;b=" + text])),
    "robots_rules": lambda text: headers.robots_rules([text]),
    "robots_sitemaps": lambda text: robots_sitemaps(text.encode("utf-8", "replace")),
    "script_images": lambda text: list(scripts.script_images('"a.jpg' + text)),
    "json_images": lambda text: list(scripts.json_images("{" + text)),
    "data-src": lambda text: from_attribute("data-src", text),
    "data-srcset": lambda text: from_attribute("data-srcset", text),
    "data-any": lambda text: from_attribute("data-any", "a.jpg " + text),
    "onclick": lambda text: from_attribute("onclick", "a.jpg " + text),
    "data url()": lambda text: from_attribute("data-a", "url(" + text),
    "is_address": attributes.is_address,
    "dimension": dimension,
    "sizes": sizes,
    "manifest_places": lambda text: list(manifest_places(text)),
    "decode_data_uri": lambda text: decode_data_uri("data:;base64," + text),
    "kind_of": lambda text: kind_of(text.encode("utf-8", "replace")),
    "feed": lambda text: list(feed_contents(b"<rss><item>" + text.encode())),
    "sitemap": lambda text: list(sitemap_entries(b"<urlset><url>" + text.encode())),
    "site_of": lambda text: site_of("http://" + text),
    "parse_seed": lambda text: parse_seed("http://" + text, "", local=False),
    "inline_lines": lambda text: inline_lines("http://a/ " + text),
    "declared_hashes": lambda text: server.declared_hashes({"digest": text}, 200),
    "decode_etag": server.decode_etag,
    "parse_content_range": ranges.parse_content_range,
    "multipart_parts": lambda text: list(
        ranges.multipart_parts("a;boundary=a", text.encode("utf-8", "replace"))
    ),
    "boundary": lambda text: list(ranges.multipart_parts(text, b"")),
    "identify": lambda text: identify(text.encode("utf-8", "replace")),
    "svg": svg,
    "plain_target": plain_target,
    "read_place": lambda text: read_place("http://" + text),
}


def reading(name, text):
    def call():
        with suppress(ValueError):  # what any of them may say of bad text
            READERS[name](text)

    return call


def slowest(name, size):
    """Return the CPU time of what *name* takes longest for, that unit and its end."""
    worst = (0.0, "", "")
    for unit in UNITS:
        for tail in ("", "!\n\"'"):
            call = reading(name, unit * (size // len(unit)) + tail)
            worst = max(worst, (seconds(call, 5, LIMIT / 3, GIVEN_UP), unit, tail))
    return worst


def is_linear(name, took, unit, tail):
    """Return whether *took*, the time for LARGE, grows no faster than the text."""
    if took < LIMIT:
        return True
    part, whole = (
        reading(name, unit * (size // len(unit)) + tail) for size in (LARGE // 4, LARGE)
    )
    return took < GIVEN_UP and any(
        seconds(whole, 3, 0, GIVEN_UP) < GROWTH * seconds(part, 3, 0, GIVEN_UP)
        for _ in range(3)
    )


WHOLE = ["css_images", "script_images", "json_images", "looks_like_image", "clean"]
WHOLE += [
    "parse_srcset",
    "feed",
    "sitemap",
    "multipart_parts",
    "data-any",
    "parse_seed",
]


@pytest.mark.parametrize("name", WHOLE)
def test_a_megabyte_takes_sixteen_times_as_long(name):
    took, unit, _ = slowest(name, LARGE)
    call = reading(name, unit * (16 * LARGE // len(unit)))
    limit = 16 * max(LIMIT, 2.5 * took)
    assert seconds(call, 3, 40 * took, limit) < limit, unit


@pytest.mark.parametrize("name", READERS)
def test_reader(name):
    took, unit, tail = slowest(name, LARGE)
    print(f"{took * 1000:8.2f} ms  {name} {unit!r}")
    assert is_linear(name, took, unit, tail), unit


def test_a_square_is_noticed(monkeypatch):
    def square(text):
        for start in range(0, len(text), 8):
            text.count("b", start)

    monkeypatch.setitem(READERS, "square", square)
    monkeypatch.setattr("tests.test_linear.LIMIT", 0)
    assert not is_linear("square", 1, "a", "")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (variant_of, f"http://a.example/x.bp.blogspot.com/s1{'-a' * 1900}!/a.jpg"),
        (variant_of, f"http://x.ggpht.com/a=s1{'-a' * 1900}!"),
        (variant_of, f"http://a.example/uploads/a{'-20x20' * 600}.txt"),
        (variant_of, f"http://a.example/cache/a.jpg_1x{'2' * 3900}/b"),
        (urls.looks_like_image, f"/a.jpg_x{'0' * LARGE}!"),
        (urls.looks_like_image, f"/{'%3a' * LARGE}.jpg?x"),
        (lambda text: list(css.css_images(text)), "url(" + " <!--" * LARGE),
        (lambda text: parse_seed(text, "", local=False), f"a{' ' * LARGE}b"),
        (svg, "<svg " * LARGE),
    ],
)
def test_what_was_slow(read, text):
    def call():
        with suppress(ValueError):
            read(text)

    assert seconds(call, 5, LIMIT, GIVEN_UP) < LIMIT


def test_pictures_in_pictures():
    unit = "<picture><source srcset=/{0}.jpg><img src=/{0}.png>"
    page = root_of("".join(unit.format(number) for number in range(2000)))

    def call():
        return sum(1 for _ in image_candidates(page, "http://a.example/"))

    assert call() > 1000
    assert seconds(call, 3, 1, most=3) < 1


def test_a_long_host_is_no_host():
    host = "http://" + "\u00e9." * urls.MAX_HOST
    skipped = Counter()
    assert urls.Cleaner("https://a.example/", skipped).clean(host + "/a.jpg") is None
    assert skipped == {"invalid": 1}
    assert urls.with_short_host(host) is None
    assert parse_seed(host, "", local=False).error


def test_options_of_a_line_are_cut_off_without_recursion():
    seed = parse_seed("http://a.example/" + " render=0" * 5000 + "  render=1", "")
    assert (seed.url, seed.render) == ("http://a.example/", "1")
