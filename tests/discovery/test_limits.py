import pytest

from imgprint.discovery.limits import (
    MAX_ALT,
    MAX_ATTRIBUTES,
    MAX_PAGE_BYTES,
    MAX_TAGS,
    MAX_URL,
    cut_page,
    cut_text,
    cut_url,
    within_limits,
)
from imgprint.discovery.urls.url_keys import url_key


def test_real_pages_stay_as_they_are():
    srcset = ", ".join(f"/{i}.jpg {i + 1}w" for i in range(100_000))
    script = "a < b; " * 100_000
    page = f"<img srcset='{srcset}'><script>{script}</script>".encode()
    assert within_limits(page) is page


def test_tags():
    page = b"<img src=a>" * (MAX_TAGS + 5)
    assert within_limits(page) == b"<img src=a>" * MAX_TAGS


def test_what_is_no_tag_does_not_count():
    page = b"<p>" + b"1 < 2 " * (MAX_TAGS + 5)
    assert within_limits(page) is page


def test_attributes():
    crowd = " ".join(f"attribute{i}=1" for i in range(MAX_ATTRIBUTES + 1))
    page = f"<b>a</b><img {crowd}><i>b</i>".encode()
    assert within_limits(page) == b"<b>a</b><p><i>b</i>"[:8] + b"<p><i>b</i>"


def test_bytes():
    page = b"<img src=/a.jpg>" + b"<p>word" * (MAX_PAGE_BYTES // 7)
    assert len(within_limits(page)) <= MAX_PAGE_BYTES + 2


@pytest.mark.parametrize(
    ("page", "most", "cut"),
    [
        (b"<p>text", 5, b"<p>te"),
        (b"<p>it's <b>", 8, b"<p>it's "),
        (b'<img srcset="a.jpg, b.jpg">', 18, b'<img srcset="a.jpg">'),
        (b"<img src=a.jpg title='x'>", 14, b"<img src=a.jpg>"),
        (b'<img alt=\'"\' src="a.jpg">', 23, b'<img alt=\'"\' src="a.jpg">'),
    ],
)
def test_a_tag_that_is_cut_is_closed(page, most, cut):
    assert cut_page(page, most) == cut


def test_texts_and_urls():
    assert cut_text("x" * MAX_ALT) == "x" * MAX_ALT
    assert cut_text("x" * (MAX_ALT + 1)) == "x" * (MAX_ALT - 1) + "…"
    long = "http://a.example/" + "x" * MAX_URL
    assert cut_url(long[:MAX_URL]) == long[:MAX_URL]
    assert len(cut_url(long)) == MAX_URL
    assert cut_url(cut_url(long)) == cut_url(long)
    assert cut_url(long + "1") != cut_url(long + "2")
    assert url_key(long) == url_key(cut_url(long))
    assert cut_url("\ud800" * (MAX_URL + 1))
