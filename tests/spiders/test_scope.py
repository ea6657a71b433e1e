import pytest

from imgprint.errors import InputError
from imgprint.spiders.scope import Scope

SITE = "a.example"


def test_same_site_once():
    scope = Scope(depth=1)
    assert scope.follows("http://www.a.example/1", SITE)
    assert not scope.follows("http://www.a.example/1", SITE)
    assert not scope.follows("http://b.example/1", SITE)
    assert not scope.follows("http://a.example/2", None)


def test_patterns():
    scope = Scope(allow="/blog/", deny=r"\?page=|\.gif$")
    assert scope.follows("http://a.example/blog/1", SITE)
    assert not scope.follows("http://a.example/shop/1", SITE)
    assert not scope.follows("http://a.example/blog/?page=2", SITE)
    assert scope.refuses_image("http://a.example/i/1.jpg", SITE) is None
    assert scope.refuses_image("http://a.example/i/1.gif", SITE) == "matches deny"


def test_patterns_get_no_long_url():
    url = "http://a.example/" + "a" * 10_000
    slow = Scope(allow=r"(a+)+!", deny=r"(a+)+!")
    assert not slow.follows(url, SITE)
    assert slow.refuses_image(url, SITE) == "matches deny"
    assert Scope().follows(url, SITE)
    assert Scope().refuses_image(url, SITE) is None


def test_caps():
    scope = Scope(max_pages=2, max_images=1)
    follows = [scope.follows(f"http://a.example/{i}", SITE) for i in range(4)]
    assert follows == [True, True, False, False]
    assert scope.follows("http://b.example/", "b.example")
    assert scope.refuses_image("http://a.example/1.jpg", SITE) is None
    assert scope.refuses_image("http://a.example/2.jpg", SITE) == (
        "over max_images=1 of a.example"
    )


@pytest.mark.parametrize("pattern", ["(", "a{9999999999}"])
def test_bad_patterns(pattern):
    with pytest.raises(InputError, match="allow"):
        Scope(allow=pattern)
