import pytest

from imgprint.discovery.urls.amp import unwrap_amp

CACHE = "https://a-example.cdn.ampproject.org"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{CACHE}/i/s/a.example/b.jpg?c=1", "https://a.example/b.jpg?c=1"),
        (f"{CACHE}/i/a.example/b.jpg", "http://a.example/b.jpg"),
        (f"{CACHE}/ii/w820/s/a.example/b.jpg", "https://a.example/b.jpg"),
        (f"{CACHE}/i/s/nothing", f"{CACHE}/i/s/nothing"),
        (f"{CACHE}/c/s/a.example/page", f"{CACHE}/c/s/a.example/page"),
        ("https://a.example/b.jpg", "https://a.example/b.jpg"),
    ],
)
def test_unwrap(url, expected):
    assert unwrap_amp(url) == expected
