import pytest
from parsel import Selector

from imgprint.discovery.html.rendering import FEW, needs_browser

IMAGES = "".join(f"<img src={i}.jpg>" for i in range(FEW))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>text", False),
        ("<script>go()</script>", True),
        ("<script src=a.js></script><img src=a.jpg>", True),
        ("<script type=module>go()</script>", True),
        (f"<script>go()</script>{IMAGES}", False),
        ("<script type=application/ld+json>{}</script>", False),
        (
            "<script>go()</script>"
            + "".join(f"<link rel=icon href={i}.png>" for i in range(FEW)),
            True,
        ),
    ],
)
def test_auto(html, expected):
    assert needs_browser(Selector(html).root, "https://a.example/") == expected
