"""Places that real pages have: what is found, and what is not invented."""

import pytest

from imgprint import find_images

PAGE = "https://a.example/d/page"
GIF = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

KINDS = {
    "srcset in JSON": (
        '<script type=application/json>{"srcSet":"/1.jpg 1w, /2.jpg 2w"}</script>',
        ["/2.jpg"],
    ),
    "quotes as u0022": (
        r"<script>x={h:'\u003Cimg src=\u0022/1.jpg\u0022\u003E'}</script>",
        ["/1.jpg"],
    ),
    "Angular's state": (
        "<script type=application/json>{&q;a&q;:&q;/1.jpg?b=1&a;c&q;}</script>",
        ["/1.jpg?b=1&c"],
    ),
    "brackets": ('<script>u="/f:focal(1x2)/1.jpg"</script>', ["/f:focal(1x2)/1.jpg"]),
    "equals sign": ('<script>u="/s=1/2.jpg"</script>', ["/s=1/2.jpg"]),
    "star": ('<script>u="https://m.example/1*2.png"</script>', ["//m.example/1*2.png"]),
    "a glob is not a URL": ('<script>u="/img/*.png"</script>', []),
    "folder named like an image": (
        '<script>u="/1.png/2.jpg"</script>',
        ["/1.png/2.jpg"],
    ),
    "spaces": ("<script>f('/a/b c.jpg')</script>", ["/a/b%20c.jpg"]),
    "text with a name is not a URL": ("<script>f('see /a/b, c d.jpg')</script>", []),
    "script's own base": (
        "<img src=/u/1/2/a.jpg><script>f='1/2/a.jpg'</script>",
        ["/u/1/2/a.jpg"],
    ),
    "Magento": (
        '<script type=text/x-magento-init>{"a":{"img":"/1.jpg"}}</script>',
        ["/1.jpg"],
    ),
    "loose JSON-LD": (
        '<script type=application/ld+json><!-- {"image":"/is/1",} --></script>',
        ["/is/1"],
    ),
    "JSON-LD in CDATA with a line break": (
        '<script type=application/ld+json>//<![CDATA[\n{"name":"a\nb","image":"/is/1"}'
        "//]]></script>",
        ["/is/1"],
    ),
    "templates": (
        "<script type=text/template><img src='<#= a #>'><img src='{%=b%}'></script>",
        [],
    ),
    "bgset": ("<p data-bgset='/1.jpg [--s] | /2.jpg [--m] | /3.jpg'>", ["/3.jpg"]),
    "srcset of a custom element": (
        "<x-image srcset='/1.jpg 1w, /2.jpg 2w'>",
        ["/2.jpg"],
    ),
    "sizes in JSON": (
        """<img data-asrcset='{"baseurl":"/u/","sizes":{"9":"a.jpg","80":"b.jpg"}}'>""",
        ["/u/b.jpg"],
    ),
    "unknown lazy attribute": (
        f"<img src={GIF} data-xyz=//c.example/1>",
        ["//c.example/1"],
    ),
    "unknown attribute beside a picture": (
        "<img src=/1 data-xyz=//c.example/2>",
        ["/1"],
    ),
    "link of an image without a picture": ("<img data-page-link=/2>", []),
    "rel of an image": (
        f"<img src={GIF} rel=http://c.example/1>",
        ["http://c.example/1"],
    ),
    "JSON in a lazy attribute": (
        """<img data-src='{"a":{"src":"//c.example/1.img"}}'>""",
        ["//c.example/1.img"],
    ),
    "lightboxes": (
        "<a data-type=image href=/1>a</a><a data-pswp-width=9 href=/2>b</a>"
        "<a rel=lightbox[c] href=/3>c</a><a rel=next href=/4>d</a>",
        ["/1", "/2", "/3"],
    ),
    "share link": (
        "<a href='https://p.example/pin/create/button/?url=a&media=%2F1.jpg'>",
        ["/1.jpg"],
    ),
    "icons": (
        "<link rel=touch-startup-image href=/1><link rel=android-icon href=/2>"
        "<link rel=favicon href=/3><link as=image href=/4><link rel=next href=/5>",
        ["/1", "/2", "/3", "/4"],
    ),
    "JSON in meta": (
        """<meta name=parsely-page content='{"image_url":"/1.png"}'>""",
        ["/1.png"],
    ),
    "words in meta": (
        "<meta property=og:image content=undefined><meta name=logo content='B News'>",
        [],
    ),
    "text of microdata": (
        "<div itemprop=image itemscope itemtype=https://schema.org/ImageObject>"
        "<span itemprop=url>https://c.example/1</span></div>"
        "<span itemprop=url>https://c.example/2</span>",
        ["//c.example/1"],
    ),
    "escaped URL": (
        "<p data-x=https%3A%2F%2Fc.example%2F1.jpg>",
        ["//c.example/1.jpg"],
    ),
    "widths of lazysizes": (
        "<img data-src='/1_{width}x.jpg' data-widths='[180, 540]'>",
        ["/1_540x.jpg"],
    ),
    "backslash before x": (r"<img src='\p\x1.jpg'>", ["/p/x1.jpg"]),
    "style sheet of child selectors": (
        f"<style>a>b{{}} {'p {margin:0 auto} ' * 2_000} p{{background:url(/1.png)}}"
        "c>d{}</style>",
        ["/1.png"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kind(kind):
    html, expected = KINDS[kind]
    body = f"<!doctype html><title>t</title>{html}".encode()
    found = find_images(body, PAGE, "text/html; charset=utf-8")
    urls = [image.url for image in found if image.chosen and image.url[:5] != "data:"]
    prefixes = {"//": "https:", "/": "https://a.example", "h": ""}
    assert urls == [
        prefixes["//" if url.startswith("//") else url[0]] + url for url in expected
    ]
