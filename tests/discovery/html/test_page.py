"""One literal page for each place where an image may be, and what is no image."""

import tracemalloc
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from parsel import Selector

from imgprint.discovery import Candidate, image_candidates
from imgprint.discovery.documents.collect import MAX_CANDIDATES

PAGE = "https://a.example/dir/page.html"
DIR = "https://a.example/dir/"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
BIG_DATA = "data:image/png;base64," + "A" * 2000


def found(html, **options):
    """Return (element, URL without the page's folder) of each candidate."""
    return [
        (candidate.element, candidate.url.removeprefix(DIR))
        for candidate in image_candidates(html, PAGE, **options)
    ]


PLACES = {
    "img": ("<img src=a.jpg>", ["img a.jpg"]),
    "img without extension": ("<img src=/i?id=1>", ["img https://a.example/i?id=1"]),
    "srcset, widest": (
        '<img src=s.jpg srcset="a.jpg 100w, b.jpg 900w, c.jpg 300w">',
        ["img b.jpg"],
    ),
    "srcset, densest": ('<img src=s.jpg srcset="a.jpg 3x,b.jpg 2x">', ["img a.jpg"]),
    "srcset, last": ('<img src=s.jpg srcset="a.jpg, b.jpg">', ["img b.jpg"]),
    "picture": (
        "<picture><source type=image/avif srcset='a.avif 2000w'>"
        "<source type=image/jpeg srcset='a.jpg 500w, b.jpg 800w'>"
        "<img src=c.jpg></picture>",
        ["source b.jpg"],
    ),
    "picture of modern types with a JPEG": (
        "<picture><source type=image/webp srcset='a 2000w'><img src=c.jpg></picture>",
        ["img c.jpg"],
    ),
    "picture, lazy": (
        f"<picture><source data-srcset='a.webp'><img src='{PIXEL}' data-src=b.jpg>"
        "</picture>",
        ["data-attribute b.jpg"],
    ),
    "a": ("<a href=big.jpg><img src=small.jpg></a>", ["a big.jpg", "img small.jpg"]),
    "a by type": ("<a type=image/jpeg href=full/1>x</a>", ["a full/1"]),
    "area": ("<map><area href=a.png></map>", ["area a.png"]),
    "og:image": ("<meta property=og:image content=a>", ["meta a"]),
    "og:image:secure_url": (
        "<meta property=og:image:secure_url content=a.jpg>",
        ["meta a.jpg"],
    ),
    "twitter:image": ("<meta name=twitter:image content=a.jpg>", ["meta a.jpg"]),
    "twitter:image:src": ("<meta name=twitter:image:src content=a>", ["meta a"]),
    "itemprop": ("<meta itemprop=image content=a.jpg>", ["meta a.jpg"]),
    "thumbnailUrl": ("<meta itemprop=thumbnailUrl content=a.jpg>", ["meta a.jpg"]),
    "thumbnail": ("<meta name=thumbnail content=a.jpg>", ["meta a.jpg"]),
    "tile": ("<meta name=msapplication-TileImage content=a.png>", ["meta a.png"]),
    "icon": ("<link rel=icon href=a.ico>", ["link a.ico"]),
    "shortcut icon": ('<link rel="shortcut icon" href=a>', ["link a"]),
    "apple-touch-icon": ("<link rel=apple-touch-icon href=a.png>", ["link a.png"]),
    "mask-icon": ("<link rel=mask-icon href=a.svg>", ["link a.svg"]),
    "image_src": ("<link rel=image_src href=a.jpg>", ["link a.jpg"]),
    "preload": ("<link rel=preload as=image href=a>", ["link a"]),
    "imagesrcset": (
        '<link rel=preload as=image imagesrcset="a.jpg 1x, b.jpg 2x">',
        ["link b.jpg"],
    ),
    "poster": ("<video poster=a.jpg><source src=b.mp4></video>", ["video a.jpg"]),
    "svg image": ("<svg><image href=a.png /></svg>", ["svg a.png"]),
    "svg image, xlink": ("<svg><image xlink:href=a.png /></svg>", ["svg a.png"]),
    "svg feImage": ("<svg><filter><feImage href=a.png /></svg>", ["svg a.png"]),
    "svg use": (
        "<svg><use href=a.svg#x /><use href=#y /></svg>",
        ["svg a.svg"],
    ),
    "input": ("<input type=image src=a>", ["input a"]),
    "object": ("<object data=a.svg></object>", ["object a.svg"]),
    "object by type": ("<object type=image/png data=a></object>", ["object a"]),
    "embed": ("<embed src=a.png>", ["embed a.png"]),
    "background": ("<body background=a.gif>", ["background a.gif"]),
    "td background": ("<table><td background=a>x</table>", ["background a"]),
    "lowsrc": ("<img src=a.jpg lowsrc=b.jpg>", ["img a.jpg", "img b.jpg"]),
    "dynsrc and longdesc": (
        "<img src=a.jpg dynsrc=b.avi longdesc=c.html>"
        "<img src=d.jpg dynsrc=e.gif longdesc=f.png>",
        ["img a.jpg", "img d.jpg", "img e.gif", "img f.png"],
    ),
    "style attribute": (
        "<p style=\"color:red;background:url('a.jpg')\">",
        ["style a.jpg"],
    ),
    "style block": ("<style>p{background:url(a.jpg)}</style>", ["style a.jpg"]),
    "image-set": (
        "<style>p{background:image-set('a.png' 1x, 'b.png' 2x)}</style>",
        ["style b.png"],
    ),
    "custom property": ("<p style='--bg: url(a.jpg)'>", ["style a.jpg"]),
    "amp-img": ("<amp-img src=a srcset='b 2x'></amp-img>", ["img b"]),
    "custom img": ("<my-img src=a></my-img>", ["img a"]),
    "noscript": (
        "<noscript><img src=a.jpg></noscript>",
        ["noscript a.jpg"],
    ),
    "noscript in head": (
        "<head><noscript><img src=a.jpg></noscript></head>",
        ["noscript a.jpg"],
    ),
    "escaped noscript": (
        "<noscript>&lt;img src=a.jpg&gt;</noscript>",
        ["noscript a.jpg"],
    ),
    "template": ("<template><p><img src=a.jpg></template>", ["template a.jpg"]),
    "shadow DOM": (
        "<div><template shadowrootmode=open><img src=a.jpg></template></div>",
        ["template a.jpg"],
    ),
    "script template": (
        "<script type=text/template><img src=a.jpg><img src={{b}}.jpg></script>",
        ["template a.jpg"],
    ),
    "srcdoc": ('<iframe srcdoc="<img src=a.jpg>"></iframe>', ["iframe a.jpg"]),
    "srcdoc, escaped": (
        '<iframe srcdoc="&lt;base href=/b/&gt;&lt;img src=a.jpg&gt;"></iframe>',
        ["iframe https://a.example/b/a.jpg"],
    ),
    "iframe": ("<iframe src=a.jpg></iframe>", ["iframe a.jpg"]),
    "JSON-LD": (
        '<script type="application/ld+json">{"@type": "Product", "image": '
        '["https:\\/\\/a.example\\/dir\\/a", "b.jpg"], "url": "/p"}</script>',
        ["json-ld a", "json-ld b.jpg"],
    ),
    "JSON-LD, broken": (
        '<script type="application/ld+json">{"image": "/dir/a.jpg",}</script>',
        ["json-ld a.jpg"],
    ),
    "ImageObject": (
        '<script type="application/ld+json">{"@graph": [{"@type": "ImageObject", '
        '"@id": "https://a.example/#logo", "url": "https://a.example/dir/x"}, '
        '{"@type":"VideoObject","contentUrl":"/v","thumbnailUrl":"/dir/t"}]}</script>',
        ["json-ld x", "json-ld t"],
    ),
    "microdata": ("<span itemprop=image content=a></span>", ["microdata a"]),
    "microdata, ImageObject": (
        "<p itemprop=image itemscope itemtype=https://schema.org/ImageObject>"
        "<meta itemprop=url content=/dir/a><link itemprop=contentUrl href=b></p>"
        "<p itemscope itemtype=https://schema.org/Person>"
        "<meta itemprop=url content=/c>",
        ["meta a", "link b"],
    ),
    "RDFa": ("<a property=image href=a>x</a>", ["microdata a"]),
    "NEXT_DATA": (
        "<script id=__NEXT_DATA__ type=application/json>"
        '{"a": [{"src": "/dir/a.jpg"}, {"href": "/p.html", "cover": "/dir/b.webp"}], '
        '"html": "<p><img src=\\"/dir/c.jpg\\">"}</script>',
        ["script a.jpg", "script b.webp", "script c.jpg"],
    ),
    "script": (
        "<script>window.__STATE__ = {a: 'https:\\/\\/a.example\\/dir\\/a.jpg', "
        'b: "https://a.example/dir/b.png?w=1\\u0026h=2", '
        'c: "\\u002Fdir\\u002Fc.jpg"}</script>',
        ["script a.jpg", "script b.png?w=1&h=2", "script c.jpg"],
    ),
    "JSON attribute": (
        '<form data-product_variations=\'[{"image": {"src": '
        '"https:\\/\\/a.example\\/dir\\/a.jpg"}}]\'></form>',
        ["data-attribute a.jpg"],
    ),
    "JSON attribute, escaped twice": (
        '<p data-settings="{&amp;quot;bg&amp;quot;:&amp;quot;/dir/a.jpg&amp;quot;}">',
        ["data-attribute a.jpg"],
    ),
    "any attribute": ("<p data-anything=x/a.jpg>", ["data-attribute x/a.jpg"]),
    "attribute list": (
        "<p data-slides='x/a.jpg,x/b.jpg|x/c.jpg'>",
        ["data-attribute x/a.jpg", "data-attribute x/b.jpg", "data-attribute x/c.jpg"],
    ),
    "interchange": (
        '<p data-interchange="[x/a.jpg, small], [x/b.jpg, large]">',
        ["data-attribute x/a.jpg", "data-attribute x/b.jpg"],
    ),
    "event handler": ("<p onclick=\"show('x/a.jpg')\">", ["data-attribute x/a.jpg"]),
    "data-bg with url()": ("<p data-bg='url(a.jpg)'>", ["data-attribute a.jpg"]),
    "data URI": (f"<img src='{BIG_DATA}'>", [f"img {BIG_DATA}"]),
    "small data URI": (f"<img src='{PIXEL}'>", [f"img {PIXEL}"]),
    "placeholder": (f"<img src='{PIXEL}' data-original=/dir/a>", ["data-attribute a"]),
    "placeholder file": (
        "<img src=/img/blank.gif data-original=x/a>",
        ["data-attribute x/a"],
    ),
    "entities": ("<img src='a.jpg?b=1&amp;amp;c=2'>", ["img a.jpg?b=1&c=2"]),
    "JSON escapes": (
        "<img src='https:\\/\\/b.example\\/a'>",
        ["img https://b.example/a"],
    ),
    "scheme-relative": ("<img src=//b.example/a>", ["img https://b.example/a"]),
    "backslashes": ("<img src='\\x\\a.jpg'>", ["img https://a.example/x/a.jpg"]),
    "spaces": ("<img src=' my photo.jpg '>", ["img my%20photo.jpg"]),
    "control characters": ("<img src='a\n\tb.jpg'>", ["img ab.jpg"]),
    "fragment": ("<img src=a.svg#x>", ["img a.svg"]),
}


@pytest.mark.parametrize(("html", "expected"), PLACES.values(), ids=PLACES)
def test_place(html, expected):
    assert [" ".join(place) for place in found(html)] == expected


LAZY = """
    data-src data-original data-lazy data-lazy-src data-lazyload data-ll-src
    data-flickity-lazyload data-bg data-bg-src data-background data-background-image
    data-src-small data-src-medium data-src-large data-full-src data-full data-fullsrc
    data-large data-large-file data-medium-file data-orig-file data-large_image
    data-zoom-image data-zoom data-image data-img data-img-url data-image-src data-url
    data-echo data-iurl data-hi-res data-highres data-hires data-retina data-normal
    data-2x data-src-retina data-fallback-src data-defer-src data-deferred
    data-delayed-url data-cfsrc data-pagespeed-lazy-src data-pagespeed-high-res-src
    data-ezsrc data-opt-src nitro-lazy-src data-lazy-background data-thumb
    data-thumbnail data-poster data-pswp-src data-src-webp data-actualsrc data-raw-src
    data-url-original data-download-href data-iesrc v-lazy lazy-src ng-src file
    zoomfile
"""
LAZY_SETS = """
    data-srcset data-original-set data-originalset data-lazy-srcset data-bgset
    data-flickity-lazyload-srcset
"""


@pytest.mark.parametrize("name", LAZY.split())
def test_lazy_attribute(name):
    assert found(f"<img src={PIXEL} {name}=/dir/a>") == [("data-attribute", "a")]
    assert found(f"<div {name}=a.jpg></div>") == [("data-attribute", "a.jpg")]


@pytest.mark.parametrize("name", LAZY_SETS.split())
def test_lazy_srcset(name):
    html = f"<img src={PIXEL} data-src=a.jpg {name}='b.jpg 1x, c,d.jpg 2x'>"
    assert found(html) == [("data-attribute", "c,d.jpg")]


NO_IMAGES = [
    "<a href=page.html>x</a><a href=/wiki/File:Cat.jpg>x</a><a href=a.jpg.html>x</a>",
    "<a href='page.html?image=a.jpg'>x</a><a href='mailto:a@b.jpg'>x</a>",
    "<script src=a.js></script><script src=a.jpg></script>",
    "<link rel=stylesheet href=a.css><link rel=canonical href=/a.jpg>",
    "<link rel=preload as=font href=a.woff2><link rel=alternate href=feed.xml>",
    "<meta name=description content='See a.jpg'><meta name=viewport content=width=1>",
    "<meta property=og:url content=https://a.example/b>",
    "<style>@import url(a.css); @font-face{src: url(a.woff2), url(a.svg#f)}</style>",
    "<style>p{filter: url(#f); clip-path: url(a.svg#c); behavior: url(a.htc)}</style>",
    "<style>/* url(a.jpg) */ p{content: 'url(a.jpg)'}</style>",
    "<p style='background: none'>",
    "<video src=a.mp4></video><audio><source src=a.mp3></audio><embed src=a.swf>",
    "<iframe src=a.html data-src=https://v.example/embed/1></iframe>",
    "<p data-title=IMG_1.jpg data-filename=a.png aria-label=a.jpg title=a.jpg>",
    "<p data-url=https://a.example/share data-full=true data-large=300x200>",
    "<img alt=a.jpg><img src=''><img src='#'><img><img srcset=''>",
    "<p>https://a.example/a.jpg</p><!-- <img src=a.jpg> -->",
    "<script>x = '/a' + b + '/c.jpg'; y = '.jpg'; z = a.png; w = `${b}/c.jpg`</script>",
    "<script>// see https://a.example/a.jpg\nf('a.jpg.js', '/a.jpg.html')</script>",
    '<script type=application/json>{"title": "a.jpg", "url": "/a.html"}</script>',
    '<script type=application/json>{"image": "yes", "n": 1, "u": null}</script>',
    "<img src={{photo}}.jpg><img src=${a}/b.jpg>",
    "<input value=a.jpg><input type=text src=a>",
    "<svg><use href=#a /><path d='M1.jpg'/></svg>",
]


@pytest.mark.parametrize("html", NO_IMAGES)
def test_no_image(html):
    assert found(html) == []
    assert found(html, candidates="all") == []


def test_all_candidates():
    html = "<img src=s.jpg srcset='a.jpg 100w, b.webp 900w'>"
    names = [url for _, url in found(html, candidates="all")]
    assert names == ["s.jpg", "a.jpg", "b.webp"]
    picture = f"<picture><source srcset='c.avif'>{html}</picture>"
    names = [url for _, url in found(picture, candidates="all")]
    assert names == ["c.avif", "s.jpg", "a.jpg", "b.webp"]
    with pytest.raises(ValueError, match="smallest"):
        image_candidates("", PAGE, candidates="smallest")


def test_declared_size_and_alt():
    html = (
        "<a href=big.jpg><img src=small.jpg alt='A cat' width=300 height=200px></a>"
        "<img src=b.jpg alt='' width=50%><img srcset='c.jpg 640w' sizes=100vw>"
        "<meta property=og:image content=d.jpg>"
        "<meta property=og:image:width content=9>"
        "<meta property=og:image:height content=8>"
        "<meta property=og:image:alt content=D>"
        "<link rel=icon sizes=32x16 href=e.png>"
    )
    assert list(image_candidates(html, PAGE)) == [
        Candidate(DIR + "big.jpg", "a", "A cat", None, None),
        Candidate(DIR + "small.jpg", "img", "A cat", 300, 200),
        Candidate(DIR + "b.jpg", "img", "", None, None),
        Candidate(DIR + "c.jpg", "img", None, 640, None),
        Candidate(DIR + "d.jpg", "meta", "D", 9, 8),
        Candidate(DIR + "e.png", "link", None, 32, 16),
    ]


def test_each_url_once_and_the_first_place_wins():
    html = (
        "<a href=a.jpg><img src=./a.jpg></a><img src=/dir/x/../a.jpg#b><img src=b.jpg>"
    )
    assert found(html) == [("a", "a.jpg"), ("img", "b.jpg")]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("<base href=/b/>", "https://a.example/b/a.jpg"),
        ("<base href=//c.example/>", "https://c.example/a.jpg"),
        (
            "<base target=_top><base href=/b/><base href=/c/>",
            "https://a.example/b/a.jpg",
        ),
        ("<base href=data:,x>", DIR + "a.jpg"),
        ("<base href='javascript:1'>", DIR + "a.jpg"),
        ("<base href='http://[x/'>", DIR + "a.jpg"),
        ("<base href=''>", DIR + "a.jpg"),
    ],
)
def test_base(base, expected):
    [candidate] = image_candidates(f"<head>{base}</head><img src=a.jpg>", PAGE)
    assert candidate.url == expected


def test_odd_schemes_are_counted():
    skipped = Counter()
    html = (
        "<img src=blob:https://a.example/1><img src=cid:1><img src='javascript:x'>"
        "<img src='http://[x/'><img src={{x}}><img src=blob:2 srcset='blob:3, a.jpg'>"
        "<img src=data:text/html,x><img src=android-app://x/a.png>"
    )
    assert found(html, skipped=skipped) == [("img", "a.jpg")]
    assert skipped == {
        "blob": 3,
        "cid": 1,
        "javascript": 1,
        "invalid": 1,
        "template": 1,
        "data": 1,
        "android-app": 1,
    }


def test_document_may_be_parsed_already():
    html = "<img src=a.jpg>"
    assert found(Selector(html)) == found(Selector(html).root) == found(html)
    xhtml = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><img src="a.jpg"/><picture>'
        '<source srcset="b.jpg 9w"/><img src="c.jpg"/></picture>'
        '<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"><feImage xlink:href="d.png"/></svg>'
        "</body></html>"
    )
    expected = [("img", "a.jpg"), ("source", "b.jpg"), ("svg", "d.png")]
    assert found(etree.fromstring(xhtml)) == expected


def test_lazy_generator():
    candidates = image_candidates("<img src=a.jpg>" * 3, PAGE)
    assert next(candidates).url == DIR + "a.jpg"


def test_documents_within_documents_end():
    html = "<img src=a.jpg>"
    for depth in range(6):
        escaped = html.replace("&", "&amp;").replace('"', "&quot;")
        html = f'<img src={depth}.jpg><iframe srcdoc="{escaped}"></iframe>'
    assert [url for _, url in found(html)] == ["5.jpg", "4.jpg", "3.jpg", "2.jpg"]


def test_deep_nesting():
    assert found("<div>" * 100_000 + "<img src=a.jpg>") in ([], [("img", "a.jpg")])
    nested = "<picture><a href=x.jpg>" * 2000 + "<img src=a.jpg>"
    assert ("a", "x.jpg") in found(nested)


@pytest.mark.parametrize("candidates", ["largest", "all"])
def test_endless_srcset(candidates):
    srcset = ",".join(f"{i}.jpg {i + 1}w" for i in range(200_000))
    document = Selector(f'<img src=x.jpg srcset="{srcset}">')
    tracemalloc.start()
    count = sum(1 for _ in image_candidates(document, PAGE, candidates=candidates))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count <= 10_001
    assert peak < len(srcset) + 5_000_000


def test_endless_images():
    skipped = Counter()
    html = "".join(f"<img src={i}.jpg>" for i in range(MAX_CANDIDATES + 50))
    count = sum(1 for _ in image_candidates(html, PAGE, skipped=skipped))
    assert count == MAX_CANDIDATES
    assert skipped == {"limit": 1}


def test_endless_json():
    skipped = Counter()
    urls = ",".join(f'"/{i}.jpg"' for i in range(MAX_CANDIDATES + 50))
    html = f"<script type=application/json>[{urls}]</script><img src=a.jpg>"
    count = sum(1 for _ in image_candidates(html, PAGE, skipped=skipped))
    assert count == MAX_CANDIDATES
    assert skipped == {"limit": 1}


@pytest.mark.parametrize(
    "html",
    ["", " ", "\0", "<", "\ud800<img src=a\udfff.jpg>", "<img src=\0a.jpg>", "�" * 9],
)
def test_broken_documents(html):
    list(image_candidates(html, PAGE))


PIECES = """
    <img <picture> <source <a <style> </style> <script> </script> <noscript> <template>
    <script\ttype=application/json> <iframe\tsrcdoc=' src= srcset= style= href=
    data-src= data-x= content=
    <meta <link\trel=icon a.jpg url( image-set( ' " > { } [ ] , 1x 9w
    ; : \\ \\u0000 &amp; &quot; data:image/png;base64, http://[ // ? # \0 é \ud800
    <svg><use <base @type
"""


@given(
    st.lists(st.sampled_from(PIECES.split(" ")) | st.text(max_size=3), max_size=40),
    st.booleans(),
)
def test_junk_never_raises(pieces, spaced):
    html = (" " if spaced else "").join(pieces)
    for candidate in image_candidates(html, PAGE, candidates="all"):
        assert candidate.url.startswith(("http://", "https://", "data:"))
