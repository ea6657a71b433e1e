"""All sources of a picture are recorded, one of them is chosen."""

from collections import Counter

import pytest

from imgprint.discovery import image_candidates
from imgprint.discovery.documents import collect
from imgprint.discovery.documents.collect import MAX_CANDIDATES
from imgprint.discovery.html.srcset import MAX_SOURCES
from imgprint.discovery.limits import MAX_ALT

PAGE = "https://a.example/"


def marked(html, skipped=None):
    found = image_candidates(html, PAGE, candidates="marked", skipped=skipped)
    return [(c.url.removeprefix(PAGE), c.chosen) for c in found]


def test_the_others_come_last():
    assert marked("<img src=s.jpg srcset='a.jpg 1w, b.jpg 9w'><img src=c.jpg>") == [
        ("b.jpg", True),
        ("c.jpg", True),
        ("s.jpg", False),
        ("a.jpg", False),
    ]


def test_what_is_chosen_elsewhere_is_chosen():
    html = "<img srcset='a.jpg 1w, b.jpg 9w'><img src=a.jpg><img srcset='a.jpg, d.jpg'>"
    assert marked(html) == [("b.jpg", True), ("a.jpg", True), ("d.jpg", True)]


def test_unchosen_data_and_odd_schemes():
    skipped = Counter()
    html = "<img srcset='data:image/png;base64,AAAA 1w, blob:x 2w, b.jpg 9w'>"
    assert marked(html, skipped) == [("b.jpg", True)]
    assert skipped == {"blob": 1}


def test_amp_cache():
    html = "<amp-img src=https://b-example.cdn.ampproject.org/i/s/b.example/c.jpg>"
    assert marked(html) == [("https://b.example/c.jpg", True)]


def test_a_million_sources():
    srcset = ",".join(f"{i}.jpg {i + 1}w" for i in range(1_000_000))
    found = marked(f"<img srcset='{srcset}'>")
    assert len(found) == MAX_SOURCES
    assert found[0] == (f"{MAX_SOURCES - 1}.jpg", True)


def test_a_million_sources_in_many_images():
    one = ",".join(f"{i}.jpg {i + 1}w" for i in range(1000))
    html = "".join(f"<base href=/><img srcset='{i}{one}'>" for i in range(300))
    assert len(marked(html)) <= 2 * MAX_CANDIDATES


def test_unknown_mode():
    with pytest.raises(ValueError, match="marked"):
        image_candidates("", PAGE, candidates="smallest")


def test_long_urls_are_bounded_by_all_of_their_characters(monkeypatch):
    monkeypatch.setattr(collect, "MAX_CHARACTERS", 10_000)
    skipped = Counter()
    html = f"<base href='/{'x' * 1_000}/'>" + "".join(
        f"<img srcset='{n}.jpg, {n}b.jpg 2x'>" for n in range(50)
    )
    found = marked(html, skipped)
    assert sum(len(url) for url, _ in found) < 10_000
    assert skipped == {"limit": 1}


def test_the_same_url_again_and_again_ends(monkeypatch):
    monkeypatch.setattr(collect, "MAX_SOURCES_TRIED", 100)
    skipped = Counter()
    html = "<img src=a.jpg>" * 100 + "<img src=b.jpg>"
    assert marked(html, skipped) == [("a.jpg", True)]
    assert skipped == {"limit": 1}


def test_alternative_texts_are_cut():
    (found,) = image_candidates(f"<img src=a.jpg alt='{'x' * 9_999}'>", PAGE)
    assert len(found.alt) == MAX_ALT
