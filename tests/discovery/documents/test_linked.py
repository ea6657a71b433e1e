from collections import Counter

from parsel import Selector

from imgprint.discovery.documents.headers import parse_links
from imgprint.discovery.documents.linked import (
    MAX_LINKED,
    linked_documents,
    sheet_imports,
)

BASE = "https://a.example/dir/"


def linked(html, *fields, skipped=None):
    found = linked_documents(
        Selector(html).root,
        BASE,
        parse_links(fields),
        Counter() if skipped is None else skipped,
    )
    return [(kind, url.removeprefix(BASE)) for kind, url in found]


def test_kinds():
    assert linked(
        "<link rel='StyleSheet alternate' href=a.css><link rel=stylesheet>"
        "<link rel=preload as=style href=b.css><link rel=preload as=script href=c.js>"
        "<style>@import url(d.css);</style><link rel=manifest href=e.json>"
        "<link rel=alternate type=application/rss+xml href=f.xml>"
        "<link rel=alternate hreflang=de href=g><link rel=stylesheet href=a.css>",
        "<h.css>; rel=stylesheet",
    ) == [
        ("stylesheet", "a.css"),
        ("stylesheet", "b.css"),
        ("stylesheet", "d.css"),
        ("manifest", "e.json"),
        ("feed", "f.xml"),
        ("stylesheet", "h.css"),
    ]


def test_data_and_odd_schemes():
    skipped = Counter()
    html = "<link rel=stylesheet href=data:text/css,a><link rel=stylesheet href=blob:a>"
    assert linked(html, skipped=skipped) == []
    assert skipped == {"data": 1, "blob": 1}


def test_at_most():
    html = "".join(f"<link rel=stylesheet href={i}.css>" for i in range(999))
    assert len(linked(html)) == MAX_LINKED


def test_imports():
    text = (
        "@charset 'utf-8'; /* @import 'no.css'; */ @import 'a.css' screen;"
        '@IMPORT url( "b.css" ) layer(x);@import url(c.css) supports(display: grid);'
        "@import 'a.css'; a { background: url(d.png) } @import"
    )
    assert sheet_imports(text, BASE, Counter()) == [
        BASE + name for name in ("a.css", "b.css", "c.css")
    ]
