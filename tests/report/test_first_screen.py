from imgprint.report.figures import Figures
from imgprint.report.first_screen import (
    MOST_ASKED,
    MOST_ROWS,
    answer,
    asked,
    seed_table,
)
from tests.support.report_feeds import record, sighting


def answer_of(records=(), sightings=()):
    figures = Figures()
    for item in records:
        figures.add_record(item)
    for item in sightings:
        figures.add_sighting(item)
    return " ".join(answer(figures.result()))


def test_the_answer_is_made_of_figures():
    text = answer_of([record(0), record(1)], [sighting(3)])
    assert "2 images were identified on 2 sites." in text
    assert "1 of them says where they were taken: 1 place." in text
    assert "1 image is on several sites." in text
    assert "site0.example and site1.example share most, 1: 100%" in text
    assert "1 address gave no record." in text


def test_nothing_has_a_reason_and_a_remedy():
    assert "Give the feed of sightings" in answer_of()
    text = answer_of((), [sighting(2), sighting(7)])
    assert "(2 times): HTTP 403" in text
    assert "render=auto" in text


def test_an_outcome_comes_before_the_error_of_a_sighting():
    figures = Figures()
    figures.add_sighting(sighting(2, outcome="forbidden"))
    assert figures.result()["outcomes"] == [["site2.example", 0, 1, "forbidden"]]


def test_what_was_asked_is_bounded():
    crawl = {"arguments": {"depth": 1, "none": None}, "urls": ["a", "b"]}
    assert asked(crawl) == [["arguments depth", "1"], ["urls", "a, b"]]
    assert len(asked({str(n): n for n in range(1000)})) == MOST_ASKED
    assert asked([1]) == []


def test_the_list_is_bounded_and_may_be_odd():
    lines = ["line,outcome", *(f"{n},images found" for n in range(MOST_ROWS + 5))]
    found = seed_table(lines)
    assert (len(found["rows"]), found["total"]) == (MOST_ROWS, MOST_ROWS + 5)
    assert seed_table(["a,b", "1"])["rows"] == [["1", ""]]
    assert seed_table(["a,b"]) is None
    assert seed_table([]) is None
