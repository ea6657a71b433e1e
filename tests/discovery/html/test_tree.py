from time import perf_counter

import pytest

from imgprint.discovery.html.tree import parse_html


def sources(page):
    return [node.get("src") for node in parse_html(page).iter("img")]


@pytest.mark.parametrize(
    "page",
    [
        "<body><p>x</p></body></html>\n<div><img src=a></div>",
        "<div>" * 2_300 + "<img src=a>",
        "<script/>var x = '<img src=b>'</script><img src=a>",
        "<template><img src=a></template>",
        "<noscript><img src=a></noscript>",
        "<head><noscript><img src=a></noscript></head>",
        "<image src=a>",
        "<p \x00 title='\ud800'><img src=a",
        "<p \x00 title='\ud800'><img src=a>",
    ],
)
def test_images_are_those_of_a_browser(page):
    assert sources(page) == ([] if page.endswith("src=a") else ["a"])


def test_late_body_keeps_its_attributes():
    root = parse_html("<title>t</title><div>x</div><body background=a.jpg>")
    assert next(root.iter("body")).get("background") == "a.jpg"


def test_walks():
    root = parse_html("<div id=a><p id=b><i id=c></i></p><p id=d></p></div><p id=e>")
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert ids == list("abcde")
    inner = next(root.iter("i"))
    assert [node.tag for node in inner.iterancestors("{*}div", "p")] == ["p", "div"]
    first = next(root.iter("div"))
    assert [node.get("id") for node in first.itersiblings("p")] == ["e"]
    assert [node.get("id") for node in first.iter("p")] == ["b", "d"]


def test_text_is_kept_where_images_may_be():
    root = parse_html("<style>a>b{}</style><p>no<b itemprop=url>c</b></p>")
    assert list(root.itertext()) == ["a>b{}", "c"]


@pytest.mark.parametrize(
    "page",
    [
        "".join(f"<p><b id={i}></p>" for i in range(4_000)),
        "<div>" * 100_000,
        "<ul><li>" * 50_000,
        "<template>" * 20_000,
        "<noscript><p></noscript>" * 20_000,
    ],
)
def test_hostile_nesting_takes_no_square_of_time(page):
    start = perf_counter()
    parse_html(page)
    assert perf_counter() - start < 5
