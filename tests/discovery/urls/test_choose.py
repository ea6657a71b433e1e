import pytest

from imgprint.discovery.candidate import Candidate
from imgprint.discovery.urls.choose import choose_variants

BASE = "https://a.example/wp-content/uploads/"


def chosen(choice, *names, **fields):
    candidates = [Candidate(BASE + name, "img", **fields) for name in names]
    return [
        (
            candidate.url.removeprefix(BASE),
            candidate.chosen,
            (candidate.original or "").removeprefix(BASE),
        )
        for candidate in choose_variants(candidates, choice)
    ]


SIZES = ("b-300x200.jpg", "b-1024x768.jpg", "c.jpg")


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("group", [(True, ""), (True, ""), (True, "")]),
        ("largest", [(False, ""), (True, ""), (True, "")]),
        ("original", [(False, ""), (True, "b.jpg"), (True, "")]),
        ("all", [(True, ""), (True, "b.jpg"), (True, "")]),
    ],
)
def test_choices(choice, expected):
    assert [row[1:] for row in chosen(choice, *SIZES)] == expected


@pytest.mark.parametrize("choice", ["largest", "original"])
def test_the_original_is_the_largest(choice):
    assert chosen(choice, "b-9000x9000.jpg", "b.jpg") == [
        ("b-9000x9000.jpg", False, ""),
        ("b.jpg", True, ""),
    ]


def test_no_original_on_another_host():
    photon = Candidate("https://i0.wp.com/a.example/b.jpg?w=9", "img")
    assert [c.original for c in choose_variants([photon], "original")] == [None]


def test_what_was_not_chosen_before_stays_so():
    assert [row[1] for row in chosen("largest", "b.jpg", chosen=False)] == [False]


def test_data():
    data = Candidate("data:image/gif;base64,R0lGODlh", "img")
    assert list(choose_variants([data], "all")) == [data]
