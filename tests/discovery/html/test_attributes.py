import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.html.attributes import attribute_images, is_address


def urls(name, value, tag="div", *, is_image=False):
    images = attribute_images([(name, value)], tag, is_image)
    return [source.url for sources in images for source in sources]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("data-src", "/a", []),
        ("data-original", "/a", ["/a"]),
        ("data-original", "/a.html", []),
        ("data-src", "a b", []),
        ("data-src", "a.jpg 1x, b.jpg 2x", ["a.jpg", "b.jpg"]),
        ("data-bg", "url('a.jpg')", ["a.jpg"]),
        ("data-bg", "a.jpg", ["a.jpg"]),
        ("data-bg", "dark", []),
        ("data-bg-multi", "url(a.jpg), url(b.jpg)", ["a.jpg", "b.jpg"]),
        ("data-style", "background: url(a.jpg)", ["a.jpg"]),
        ("data-url", "/page", []),
        ("data-url", "/a.jpg", ["/a.jpg"]),
        ("data-x-srcset", "a 1x, b 2x", ["a", "b"]),
        ("data-x", "http://a.example/b c.jpg", ["http://a.example/b c.jpg"]),
        ("data-x", "a.jpg", ["a.jpg"]),
        ("data-x", "see a.jpg", []),
        ("data-x", '["/a.jpg", "/b.jpg"]', ["/a.jpg", "/b.jpg"]),
        ("data-x", "<img src='/a.jpg'>", ["/a.jpg"]),
        ("data-image-title", "a.jpg", []),
        ("value", "a.jpg", []),
        ("value", "/a.jpg", ["/a.jpg"]),
        ("onclick", "f('/a.jpg')", ["/a.jpg"]),
        ("alt", "/a.jpg", []),
        ("data-x", "", []),
    ],
)
def test_attribute_images(name, value, expected):
    assert urls(name, value) == expected


def test_ambiguous_names_count_on_images():
    assert urls("data-url", "/a", "img", is_image=True) == ["/a"]


def test_media_need_an_extension():
    assert urls("data-src", "https://v.example/1", "iframe") == []
    assert urls("data-src", "https://v.example/1.jpg", "iframe") != []


def test_is_address():
    assert is_address("https:\\/\\/a.example\\/b")
    assert not is_address("/a\nb")


NAMES = st.sampled_from(["data-src", "data-srcset", "data-bg", "data-x", "onclick"])


@given(NAMES, st.text(alphabet="a/.jpg'\"[]{}:, 1xurl()\\&;<", max_size=50) | st.text())
def test_junk(name, value):
    urls(name, value, "img", is_image=True)
