from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from imgprint.discovery.documents.headers import (
    MAX_LINKS,
    link_places,
    meta_rules,
    parse_links,
    robots_rules,
)


def images(*values):
    return [s.url for place in link_places(parse_links(values)) for s in place.sources]


def test_links():
    (first, second, third) = parse_links(
        ['<a,b;c.css>; rel="preload nofollow"; AS=style, </d>;rel=icon', ",<e>,"]
    )
    assert (first.url, first.rels) == ("a,b;c.css", {"preload", "nofollow"})
    assert first.parameters["as"] == "style"
    assert (second.url, second.rels) == ("/d", {"icon"})
    assert (third.url, third.parameters) == ("e", {})


def test_quoted_strings_and_repeated_parameters():
    (link,) = parse_links([r'<a>; title="a \"b\", <c>"; rel=icon; rel=next'])
    assert link.parameters == {"title": 'a "b", <c>', "rel": "icon"}


def test_images():
    assert images("<a.jpg>; rel=preload; as=image, <b.css>; rel=preload; as=style") == [
        "a.jpg"
    ]
    assert images('<a.ico>; rel="shortcut icon"', "<b>; rel=next") == ["a.ico"]
    assert images('<>; rel=preload; as=image; imagesrcset="a 1x, b 2x"') == ["a", "b"]


@given(st.text(max_size=64))
def test_junk(junk):
    list(parse_links([junk, "<a>" + junk]))
    robots_rules([junk])


def test_thousands_of_semicolons_take_no_time():
    assert list(parse_links(["<a>" + ";" * 100_000 + "<"]))
    assert len(list(parse_links(['<a>;a="' * 10_000]))) <= MAX_LINKS


def test_robots_rules():
    assert robots_rules(["noindex, NOAI", "unavailable_after: 1 Jan 2030"]) == {
        "noindex",
        "noai",
        "unavailable_after: 1 jan 2030",
    }
    assert robots_rules(["googlebot: noindex, noimageindex"]) == set()
    assert robots_rules(["imgprint: noimageindex"]) == {"noimageindex"}


def test_robots_rules_of_a_page():
    page = Selector(
        "<meta name=Robots content='noai, noimageai'>"
        "<meta name=googlebot content=noindex><meta name=robots>"
    )
    assert meta_rules(page.root) == {"noai", "noimageai"}
