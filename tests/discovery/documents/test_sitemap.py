import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.documents.sitemap import robots_sitemaps, sitemap_entries
from imgprint.discovery.documents.xml import kind_of

SITEMAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><image:image><image:loc> http://a.example/1.jpg </image:loc>
 <image:caption>One &amp; only</image:caption></image:image>
 <image:image><image:loc><![CDATA[http://a.example/2.jpg?a&b]]></image:loc></image:image>
 <loc>http://a.example/</loc></url>
<url><loc>http://a.example/b</loc></url>
</urlset>"""
INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>http://a.example/s1.xml</loc></sitemap><sitemap/></sitemapindex>"""


def test_pages_and_images():
    assert [tuple(entry) for entry in sitemap_entries(SITEMAP)] == [
        ("page", "http://a.example/", None, None),
        ("image", "http://a.example/1.jpg", "http://a.example/", "One & only"),
        ("image", "http://a.example/2.jpg?a&b", "http://a.example/", None),
        ("page", "http://a.example/b", None, None),
    ]


def test_index():
    assert [entry[:2] for entry in sitemap_entries(INDEX)] == [
        ("sitemap", "http://a.example/s1.xml")
    ]


@pytest.mark.parametrize("size", range(0, len(SITEMAP), 7))
def test_truncated(size):
    known = {entry.url for entry in sitemap_entries(SITEMAP)}
    for entry in sitemap_entries(SITEMAP[:size]):
        assert any(url.startswith(entry.url) for url in known)


@given(st.binary(max_size=64))
def test_junk(junk):
    list(sitemap_entries(junk))
    list(sitemap_entries(b"<urlset><url>" + junk))
    kind_of(junk)


def test_no_entity_is_expanded():
    bomb = (
        b'<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">'
        b'<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        b"<urlset><url><loc>http://a.example/&b;&f;</loc></url></urlset>"
    )
    for entry in sitemap_entries(bomb):
        assert "aaaa" not in entry.url
        assert "root" not in entry.url


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (SITEMAP, "sitemap"),
        (INDEX, "sitemap"),
        (b"\xef\xbb\xbf<rss>", "feed"),
        (b"<!-- a --><feed xmlns='http://www.w3.org/2005/Atom'>", "feed"),
        (b"<rdf:RDF>", "feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "feed"),
        (b"<html><rss>", None),
        (b"hello", None),
        (b"", None),
    ],
)
def test_kind_of(body, kind):
    assert kind_of(body) == kind


def test_robots():
    assert robots_sitemaps(
        b"User-agent: *\r\nSITEMAP : /a.xml # main\r\nSitemap:\nSitemap: /a.xml\n"
        b"sitemap:https://b.example/b.xml\nDisallow: /sitemap: c"
    ) == ["/a.xml", "https://b.example/b.xml"]


def test_bare_ampersands():
    body = b"<urlset><url><loc>http://a.example/?b=1&c=2</loc></url></urlset>"
    (entry,) = sitemap_entries(body)
    assert entry.url == "http://a.example/?b=1&c=2"
