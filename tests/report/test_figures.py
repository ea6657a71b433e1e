from imgprint.items import NOT_CHOSEN
from imgprint.report.figures import MOST, NO_RECORD, Figures, graph
from tests.support.report_feeds import hostile_record, record


def figures(*items):
    figures = Figures()
    for item in items:
        if "url" in item:
            figures.add_record(item)
        else:
            figures.add_sighting(item)
    return figures.result()


def sighting(url, site, error=None, page=None):
    return {"image_url": url, "site": site, "error": error, "page_url": page}


def test_totals():
    found = figures(record(1), record(2), record(5))
    assert found["totals"]["records"] == 3
    assert found["totals"]["received"] == 34_500
    assert found["totals"]["position"] == 1
    assert found["totals"]["pages"] == 3
    assert found["rank"]["camera"] == [["Canon EOS 1", 1], *found["rank"]["camera"][1:]]


def test_one_file_on_two_sites_is_shared_under_one_address_or_two():
    one = record(1, fingerprints={"file_key": "f1:a"})
    two = record(2, fingerprints={"file_key": "f1:a"})
    assert figures(one, two)["shared"] == [
        [one["url"], ["site1.example", "site2.example"]]
    ]
    found = figures(one, sighting(one["url"], "other.example"))
    assert found["shared"] == [[one["url"], ["other.example", "site1.example"]]]
    assert found["graph"]["links"] == [["other.example", "site1.example", 1]]


def test_a_failure_counts_once_and_not_if_there_is_a_record():
    found = figures(
        record(1),
        sighting(record(1)["url"], "a"),
        sighting(record(1)["url"], "b", "timed out"),
        sighting("http://a/x.jpg", "a", "HTTP 404", "http://a/1"),
        sighting("http://a/x.jpg", "a", "HTTP 404", "http://a/2"),
        sighting("http://a/small.png", "a", None, "http://a/1"),
        sighting("http://a/800.jpg", "a", NOT_CHOSEN, "http://a/1"),
        sighting(None, "a", "HTTP 500", "http://a/3"),
    )
    assert {row["reason"]: row["count"] for row in found["skipped"]} == {
        "HTTP 404": 1,
        NO_RECORD: 1,
        NOT_CHOSEN: 1,
        "page: HTTP 500": 1,
    }
    assert found["skipped"][0]["examples"] == [["http://a/x.jpg", "http://a/1"]]
    assert found["totals"]["sightings"] == 5


def test_rankings_are_cut():
    found = figures(*(record(n, software=f"S{n}") for n in range(MOST + 5)))
    assert len(found["rank"]["software"]) == MOST
    assert found["distinct"]["software"] == MOST + 5


def test_what_is_everywhere_does_not_make_a_million_links():
    assert len(graph([{f"site{n}" for n in range(5_000)}])["nodes"]) == 40


def test_hostile_and_empty():
    assert figures(hostile_record())["totals"]["records"] == 1
    assert figures()["totals"] == {"pages": 0}
    odd = record(1, camera=3, gps=[1], transfer="x", dates=None, fingerprints=None)
    assert figures(odd)["rank"]["format"] == [["png", 1]]
    nowhere = record(1, gps={"latitude": 1e9, "longitude": float("nan")})
    assert figures(nowhere)["places"] == []
