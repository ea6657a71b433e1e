from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from w3lib.url import safe_url_string

from imgprint.discovery.urls.image_urls import (
    Cleaner,
    is_placeholder,
    looks_like_image,
    unescape,
)
from imgprint.discovery.urls.joining import join_url

BASE = "https://a.example/dir/page.html?q"


def clean(url, base=BASE):
    return Cleaner(base, Counter()).clean(url)


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("b.jpg", "https://a.example/dir/b.jpg"),
        ("/b.jpg", "https://a.example/b.jpg"),
        ("../../b.jpg", "https://a.example/b.jpg"),
        ("//c.example/b.jpg", "https://c.example/b.jpg"),
        ("///c.example/b.jpg", "https://c.example/b.jpg"),
        ("\\\\c.example\\b.jpg", "https://c.example/b.jpg"),
        ("http:\\\\c.example\\b.jpg?x\\y", "http://c.example/b.jpg?x%5Cy"),
        ("https:b.jpg", "https://a.example/dir/b.jpg"),
        ("HTTP://C.example:80/b.jpg", "http://c.example/b.jpg"),
        ("https://c.example:443/b.jpg", "https://c.example/b.jpg"),
        ("https://c.example:444/b.jpg", "https://c.example:444/b.jpg"),
        ("https://c.example/x/../b.jpg", "https://c.example/b.jpg"),
        ("https://c.example/./b.jpg?y=/../", "https://c.example/b.jpg?y=/../"),
        (" b c.jpg\t", "https://a.example/dir/b%20c.jpg"),
        ("b\r\n\tc\0.jpg", "https://a.example/dir/bc.jpg"),
        ("b%20c.jpg", "https://a.example/dir/b%20c.jpg"),
        ("\u00e4.jpg?\u00e4", "https://a.example/dir/%C3%A4.jpg?%C3%A4"),
        ("http://\u00fc.example/", "http://xn--tda.example/"),
        ("b.jpg?c#d", "https://a.example/dir/b.jpg?c"),
        ("b.jpg?c=1&copy=2&amp;d=3", "https://a.example/dir/b.jpg?c=1&copy=2&d=3"),
        ("https:\\/\\/c.example\\/b.jpg", "https://c.example/b.jpg"),
        ("\\u002Fb.jpg", "https://a.example/b.jpg"),
        ("&quot;/b.jpg&quot;", "https://a.example/b.jpg"),
        ("?b.jpg", "https://a.example/dir/page.html?b.jpg"),
        ("data:image/png;base64,A\n A=", "data:image/png;base64,A A="),
        ("data:;base64,AA==", "data:;base64,AA=="),
    ],
)
def test_clean(raw, url):
    assert clean(raw) == url


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", None),
        ("  ", None),
        ("#a", None),
        ("blob:https://a.example/1", "blob"),
        ("CID:a", "cid"),
        ("javascript:void(0)", "javascript"),
        ("filesystem:http://a/b", "filesystem"),
        ("about:blank", "about"),
        ("data:font/woff2,x", "data"),
        ("http://[a/", "invalid"),
        ("http://a:99999/", "invalid"),
        ("http:///", "invalid"),
        ("/{{ id }}.jpg", "template"),
        ("/a_{width}x.jpg", "template"),
        ("${a}.jpg", "template"),
    ],
)
def test_clean_leaves_out(raw, reason):
    skipped = Counter()
    assert Cleaner(BASE, skipped).clean(raw) is None
    assert skipped == ({reason: 1} if reason else {})


@given(st.text(alphabet="aZ09/.-_~!$()*+,=:@%?&;#\\{|", max_size=20))
def test_shortcut_changes_nothing(path):
    url = clean("https://c.example/" + path)
    if url and not any(mark in path for mark in "#\\{&") and "/." not in "/" + path:
        expected = safe_url_string(join_url(BASE, "https://c.example/" + path))
        assert url == expected


@given(st.text())
def test_clean_survives_junk(raw):
    url = clean(raw)
    assert url is None or url.startswith(("https://", "http://", "data:"))
    if url:
        assert clean(url) is not None


def test_pages_on_disk_have_no_images_on_disk():
    assert clean("/a.jpg", "file:///b/c.html") is None
    assert clean("a.jpg", "file:///b/c.html") is None


@pytest.mark.parametrize("base", ["", "file:///a/b.html", "https://[::1]:8000/a", "x"])
def test_base_may_be_anything(base):
    assert clean("https://c.example/a b.jpg", base) == "https://c.example/a%20b.jpg"


@pytest.mark.parametrize(
    "url",
    [
        "a.jpg",
        "/a.JPEG?b",
        "a.png#c",
        "a.cr2",
        "a.jxl ",
        "https://pbs.twimg.com/media/a.jpg:large",
        "https://c.example/a.jpg!w300",
        "https://c.example/a.jpg@300w_200h.webp",
        "https://c.example/a.jpg_640x640.jpg",
        "https://c.example/a.jpg_640x640q90.jpg",
        "https://static.example/a.png/revision/latest?cb=1",
        "/_next/image?url=%2Fa.jpg&w=640",
        "https://images.unsplash.com/photo-1?w=1",
        "https://x.imgix.net/a?w=1",
        "https://res.cloudinary.com/x/image/upload/v1/a",
        "https://pbs.twimg.com/media/Abc?format=jpg&name=large",
    ],
)
def test_looks_like_image(url):
    assert looks_like_image(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a",
        "jpg",
        "/jpg",
        "a.jpg.html",
        "a.jpgx",
        "a.js",
        "a.html?b=c.jpg",
        "a.html#c.jpg",
        "/wiki/File:Cat.jpg",
        "/wiki/Datei%3ACat.jpg",
        "https://a.example/image/1",
        "/search?format=html",
        "https://a.png.example/b",
    ],
)
def test_does_not_look_like_image(url):
    assert not looks_like_image(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", True),
        ("data:image/png;base64," + "A" * 1100, False),
        ("about:blank", True),
        ("/img/blank.gif", True),
        ("spacer.gif?v=1", True),
        ("/a/placeholder-300x200.png", True),
        ("1x1.png", True),
        ("/a/grey-cat.jpg", False),
        ("/a/photo.jpg", False),
        ("/blank/photo.jpg", False),
    ],
)
def test_is_placeholder(url, expected):
    assert is_placeholder(url) is expected


def test_unescape_twice_at_most():
    assert unescape("&amp;amp;amp;") == "&amp;"
    assert unescape("a&copy=1&#38;b&#x26;c") == "a&copy=1&b&c"
    assert unescape("\\u0026\\x26\\/") == "&&/"
