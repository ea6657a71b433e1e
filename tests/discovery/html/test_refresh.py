"""Where pages go on to by themselves, by the steps of the HTML Standard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from imgprint.discovery.html.refresh import Refresh, page_refresh, parse_refresh

BASE = "http://a.example/b/c"


@pytest.mark.parametrize(
    ("text", "seconds", "url"),
    [
        ("5;url=next", 5, "http://a.example/b/next"),
        ("5; URL = next", 5, "http://a.example/b/next"),
        (" \t5 , url=/next", 5, "http://a.example/next"),
        ("5 next", 5, "http://a.example/b/next"),
        ("0;'next' and more", 0, "http://a.example/b/next"),
        ('0;url="next', 0, "http://a.example/b/next"),
        ("0.9; next", 0, "http://a.example/b/next"),
        (".5; next", 0, "http://a.example/b/next"),
        ("5; urls", 5, "http://a.example/b/urls"),
        ("5; url", 5, "http://a.example/b/url"),
        ("5; url=//b.example/", 5, "http://b.example/"),
        ("9" * 5000 + "; next", 10**9, "http://a.example/b/next"),
        ("5; é", 5, "http://a.example/b/%C3%A9"),
    ],
)
def test_it_leads_somewhere(text, seconds, url):
    assert parse_refresh(text, BASE) == Refresh(seconds, url)


@pytest.mark.parametrize(
    "text",
    [
        *("", "60", "60;", "60; url=", "60; url=''", "x; next", "5x; next"),
        *("-5; next", "5; http://[", "\N{ARABIC-INDIC DIGIT FIVE}; next"),
    ],
)
def test_it_leads_nowhere(text):
    assert parse_refresh(text, BASE) is None


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_text_raises(text):
    parse_refresh(text, BASE)
    parse_refresh("0;" + text, BASE)


def test_the_header_comes_first_and_noscript_can_be_left_out():
    root = html.fromstring(
        "<head><noscript><meta http-equiv=Refresh content='0;1'></noscript>"
        "<meta http-equiv=' reFresh' content='1;2'><meta http-equiv=refresh></head>"
    )
    assert page_refresh(root, BASE, []).url.endswith("/1")
    assert page_refresh(root, BASE, [], {"noscript"}).url.endswith("/2")
    assert page_refresh(root, BASE, ["x", "3;3"], {"noscript"}).seconds == 3
    assert page_refresh(html.fromstring("<p>"), BASE, []) is None
