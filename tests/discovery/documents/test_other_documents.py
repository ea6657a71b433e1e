from collections import Counter

from imgprint.discovery.documents.headers import parse_links
from imgprint.discovery.documents.other_documents import (
    feed_candidates,
    header_candidates,
    manifest_candidates,
    sheet_candidates,
    sitemap_candidates,
)
from tests.discovery.documents.test_news_feeds import RSS
from tests.discovery.documents.test_sitemap import INDEX, SITEMAP

BASE = "https://a.example/dir/"


def short(candidates):
    return [(c.element, c.url.removeprefix(BASE), c.chosen) for c in candidates]


def test_sheet():
    text = (
        "@import 'b.css'; @font-face { src: url(f.woff) } a { background: url(a.png) }"
        "b { background: image-set('b1.png' 1x, 'b2.png' 2x) } c { src: url(a.png) }"
    )
    assert short(sheet_candidates(text, BASE, "marked", Counter())) == [
        ("stylesheet", "a.png", True),
        ("stylesheet", "b2.png", True),
        ("stylesheet", "b1.png", False),
    ]


def test_manifest():
    text = '{"icons": [{"src": "a.png"}, {"src": "blob:b"}]}'
    skipped = Counter()
    assert short(manifest_candidates(text, BASE, "largest", skipped)) == [
        ("manifest", "a.png", True)
    ]
    assert skipped == {"blob": 1}


def test_header():
    links = list(parse_links(["<a.jpg>; rel=preload; as=image"]))
    assert short(header_candidates(links, BASE, "largest", Counter())) == [
        ("link-header", "a.jpg", True)
    ]


def test_feed():
    pages = []
    found = short(feed_candidates(RSS, BASE, "marked", Counter(), pages))
    assert {element for element, _, _ in found} == {"feed"}
    names = ["logo.png", "cover.jpg", "episode", "1.jpg", "2", "2t", "3", "4.jpg"]
    assert [url for _, url, _ in found] == [*names, "5.jpg", "t.jpg", "l.jpg", "s.jpg"]
    assert not found[-1][2]
    assert pages == ["http://a.example/1"]


def test_json_feed():
    body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "items":'
        b'[{"image": "https://a.example/dir/a.jpg"}]}'
    )
    assert short(feed_candidates(body, BASE, "largest", Counter(), [])) == [
        ("feed", "a.jpg", True)
    ]


def test_sitemap():
    pages, maps = [], []
    found = list(sitemap_candidates(SITEMAP, BASE, Counter(), pages, maps))
    assert [(c.element, c.url, c.page, c.alt) for c in found] == [
        ("sitemap", "http://a.example/1.jpg", "http://a.example/", "One & only"),
        ("sitemap", "http://a.example/2.jpg?a&b", "http://a.example/", None),
    ]
    assert pages == ["http://a.example/", "http://a.example/b"]
    assert list(sitemap_candidates(INDEX, BASE, Counter(), pages, maps)) == []
    assert maps == ["http://a.example/s1.xml"]


def test_html_of_a_feed_is_relative_to_its_xml_base():
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/one/"><entry>'
        b'<content type="html" xml:base="two/">&lt;img src="a.jpg"></content>'
        b"</entry></feed>"
    )
    found = feed_candidates(body, "http://a.example/f", "marked", Counter(), [])
    assert [image.url for image in found] == ["http://a.example/one/two/a.jpg"]
