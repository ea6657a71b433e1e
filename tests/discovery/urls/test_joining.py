import pytest

from imgprint.discovery.urls.joining import encode_query, join_url

BASE = "http://a.example/b//c/d?q"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("e", "/b//c/e"),
        ("./e", "/b//c/e"),
        ("../e", "/b//e"),
        ("../../e", "/b/e"),
        ("../../../../e", "/e"),
        ("%2E%2e/e", "/b//e"),
        ("/e/../f//g", "/f//g"),
        ("?r", "/b//c/d?r"),
        ("", "/b//c/d?q"),
        ("e?../f", "/b//c/e?../f"),
        ("..", "/b//"),
        ("e/.", "/b//c/e/"),
        ("http:e", "/b//c/e"),
        ("e;f", "/b//c/e;f"),
        ("e;", "/b//c/e;"),
        ("e:f/g", "e:f/g"),
    ],
)
def test_join_url(url, expected):
    if expected.startswith("/"):
        expected = "http://a.example" + expected
    assert join_url(BASE, url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("//c.example//d/../e", "http://c.example//e"),
        ("https://c.example", "https://c.example/"),
        ("HTTPS:c.example/e", "https://c.example/e"),
        ("https:///c.example/e?f", "https://c.example/e?f"),
        ("https://c.example?f", "https://c.example/?f"),
    ],
)
def test_join_another_host(url, expected):
    assert join_url(BASE, url) == expected


def test_queries_are_in_the_encoding_of_the_page():
    assert encode_query("q=картинка", "cp1251") == "q=%EA%E0%F0%F2%E8%ED%EA%E0"
    assert encode_query("q=\u20ac\u753b", "cp1252") == "q=%80%26%2330011%3B"
    assert encode_query("q=картинка", "utf-8") == "q=картинка"
