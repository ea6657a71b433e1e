from imgprint.report.summary import Tally, render, summarize


def record(url, key, **fields):
    fields = {"image_size": 100, "gps": None, "camera": None} | fields
    return {"url": url, "fingerprints": {"file_key": key}, **fields}


def sighting(url, site, error=None):
    return {"image_url": url, "site": site, "error": error}


def test_shared_means_one_file_on_several_sites():
    records = [record("a/1", "k"), record("b/1", "k"), record("a/2", "l")]
    sightings = [
        sighting("a/1", "a"),
        sighting("b/1", "b"),
        sighting("a/2", "a"),
        sighting("a/2", "a"),
    ]
    assert summarize({}, records, sightings).shared == [("a/1", ["a", "b"])]


def test_one_url_on_two_sites_is_shared_too():
    sightings = [sighting("cdn/1", "a"), sighting("cdn/1", "b")]
    summary = summarize({}, [record("cdn/1", "k")], sightings)
    assert summary.shared == [("cdn/1", ["a", "b"])]


def test_a_failed_image_counts_once_however_often_it_was_seen():
    gone, broken = sighting("a/1", "a", "HTTP 404"), sighting(None, "a", "HTTP 500")
    sightings = [gone, gone, gone, broken, broken]
    summary = summarize({"imgprint/image/skipped/small": 2}, [], sightings)
    assert summary.skipped == {
        "HTTP 404": 1,
        "page: HTTP 500": 2,
        "smaller than IMGPRINT_MIN_SIZE": 2,
    }


def test_nothing_found():
    text = render(summarize({}, [], []), ["data/a.jsonl"])
    assert "0 in 0 requests, of 0 bytes that the images hold (0.0%)" in text
    assert text.endswith("records  data/a.jsonl")


def test_long_lists_are_cut():
    places = [
        record(str(n), str(n), gps={"latitude": n, "longitude": 0}) for n in range(13)
    ]
    assert "and 3 more" in render(summarize({}, places, []), [])


def test_a_sighting_may_come_before_its_record():
    tally = Tally()
    tally.add_sighting(sighting("cdn/1", "a"))
    tally.add_record({"site": "b", **record("cdn/1", "k")})
    assert tally.result({}).shared == [("cdn/1", ["a", "b"])]


def test_memory_is_bounded():
    tally = Tally(limit=100)
    for n in range(3_000):
        gps = {"latitude": n, "longitude": 0}
        camera = {"make": str(n), "model": None}
        tally.add_record(record(str(n), str(n), gps=gps, camera=camera))
        tally.add_sighting(sighting(f"x{n}", "a"))
        tally.add_sighting(sighting(f"y{n}", "a", f"error {n}"))
    summary = tally.result({})
    assert summary.fingerprinted == 3_000
    assert len(summary.places) == 100
    assert summary.cameras["others"] == summary.skipped["others"] == 2_000
    assert len(tally._keys) == len(tally._waiting) == len(tally._failed) == 100
    assert "(of the first 50,000 images)" in render(summary, [])


def test_copies_of_one_file_take_bounded_memory_too():
    tally = Tally(limit=100)
    for n in range(3_000):
        tally.add_record({"site": f"{n % 2}", **record(f"{n:04}", "k")})
        tally.add_sighting(sighting(f"{n:04}", f"{n % 2}"))
    assert len(tally._keys) == 100
    assert len(tally._waiting) <= 1
    summary = tally.result({})
    assert summary.shared == [("0000", ["0", "1"])]
    assert summary.partial
