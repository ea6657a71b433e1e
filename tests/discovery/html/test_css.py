import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.html.css import css_images, css_imports

IMAGES = [
    ("a{background:url(b.png)}", ["b.png"]),
    ("background: URL( 'b.png' )", ["b.png"]),
    ('background-image:url("a\\"b;}.png"), url(c.png)', ['a"b;}.png', "c.png"]),
    ("background:url(a\\ b.png)", ["a b.png"]),
    (
        "background:url(data:image/png;base64,AA==);color:red",
        ["data:image/png;base64,AA=="],
    ),
    ("a{--b:url(c.jpg)}", ["c.jpg"]),
    ("a{list-style:url(a.gif)}b{cursor:url(b.cur),auto}", ["a.gif", "b.cur"]),
    ("a{border-image:url(a.png) 30 round}", ["a.png"]),
    ("a{mask:url(a.svg)}", ["a.svg"]),
    ("a::before{content:url(a.png)}", ["a.png"]),
    ("@media (width>1px){a{b{background:url(c.png)}}}", ["c.png"]),
    ("a{background:cross-fade(url(a.png), 'b.png', 50%)}", ["a.png", "b.png"]),
    ("a{background:image('a.png', red)}", ["a.png"]),
    ("a{background:linear-gradient(red,blue),url(a.png)}", ["a.png"]),
    ("a{background:var(--x, url(a.png))}", ["a.png"]),
    ("/*{*/a{background:/*;*/url(a.png)}", ["a.png"]),
    ("<!-- a{background:url(a.png)} -->", ["a.png"]),
    ("a{b:'}' url(a.png)", ["a.png"]),
    ("a{background:url(a.png", ["a.png"]),
    ("a{b:url(x y)}c{background:url(a.png)}", ["a.png"]),
]


@pytest.mark.parametrize(("css", "expected"), IMAGES)
def test_css_images(css, expected):
    assert [source.url for [source] in css_images(css)] == expected


@pytest.mark.parametrize(
    "css",
    [
        "",
        "color:red",
        "a{background:none}",
        "a{background:url()}",
        "a{background:url('')}",
        "/* url(a.png) */",
        "a{content:'url(a.png)'}",
        "@import url(a.css);@import url(a);",
        "@namespace url(http://www.w3.org/1999/xhtml);",
        "@font-face{font-family:x;src:url(a.woff2) format('woff2'),url(a.svg#x)}",
        "a{filter:url(a.svg#x);clip-path:url(#y);fill:url(#z)}",
        "a{behavior:url(a.htc);-moz-binding:url(a.xml#b)}",
    ],
)
def test_no_image(css):
    assert list(css_images(css)) == []


def test_image_set_is_one_picture():
    css = (
        "a{background:-webkit-image-set(url(a.png) 1x, url(b.png) 2x);"
        "background:image-set('a.avif' type('image/avif'), 'c.png' 192dpi)}"
    )
    first, second = css_images(css)
    assert [(s.url, s.density) for s in first] == [("a.png", 1), ("b.png", 2)]
    assert [(s.url, s.density, s.media_type) for s in second] == [
        ("a.avif", None, "image/avif"),
        ("c.png", 2, None),
    ]


def test_deep_nesting():
    assert len(list(css_images("a:" + "x(" * 50_000 + "url(b.png)"))) == 1


@pytest.mark.parametrize("piece", ["url(", "'", '"', "/*", "\\", "{", "a:url(b) ", "("])
def test_time_is_linear(piece):
    start = time.perf_counter()
    list(css_images("url(" + piece * 20_000))
    assert time.perf_counter() - start < 5


@given(st.text(alphabet="url(a)'\"/*{};:\\, -set\n", max_size=60) | st.text())
def test_junk(text):
    for sources in css_images("url(" + text):
        assert all(source.url for source in sources)


def test_a_number_that_python_refuses():
    long = "9" * 5000
    text = f"a{{background:image-set(url(a.png) {long}x, 'b.png' 1x)}}"
    assert [[source.url for source in image] for image in css_images(text)] == [
        ["a.png", "b.png"]
    ]
    assert list(css_imports(f"@import url(a.css) {long};")) == ["a.css"]
