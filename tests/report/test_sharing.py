from imgprint.report.sharing import MAX_SITES, Sharing, grade_rows
from tests.support.report_feeds import digest, record


def sharing(*records, seen=()):
    found = Sharing()
    for item in records:
        found.add_record(item, item["site"])
    for url, site in seen:
        found.add_sighting(url, site)
    return found.result()


def image(n, site, fingerprints=None, **fields):
    values = {"url": f"https://{site}/{n}.jpg", "site": site, "camera": None}
    return record(n, **values, fingerprints=fingerprints or {}, **fields)


def test_a_copy_without_its_metadata_is_found_by_its_picture_data():
    prints = [
        {"file_key": f"f1:{digest(n, 32)}", "data_sha256": f"d1:{digest(7)}"}
        for n in (1, 2)
    ]
    found = sharing(image(1, "a", prints[0]), image(2, "b", prints[1]))
    [group], [pair] = found.groups, found.pairs
    assert (group.records, group.sites) == ([0, 1], ["a", "b"])
    assert list(group.grades) == [9]
    assert pair.evidence == {"data": 1}
    assert pair.relation == "mirror"
    [[kind, strength, _, bounds, count]] = grade_rows(found)
    assert (kind, strength, count) == ("same picture data", "strong", 1)
    assert "measured" in bounds[0]


def test_each_two_sites_meet_by_their_own_evidence():
    key, data = f"f1:{digest(1, 32)}", f"d1:{digest(7)}"
    found = sharing(
        image(1, "a", {"file_key": key, "data_sha256": data}),
        image(2, "b", {"file_key": key}),
        image(3, "c", {"data_sha256": data}),
    )
    evidence = {pair.sites: dict(pair.evidence) for pair in found.pairs}
    assert evidence == {
        ("a", "b"): {"file_key": 1},
        ("a", "c"): {"data": 1},
        ("b", "c"): {"data": 1},
    }


def test_one_address_on_two_sites_is_no_copy():
    one = image(1, "a")
    found = sharing(one, seen=[(one["url"], "b"), ("https://a/none.jpg", "c")])
    assert found.groups[0].seen == ["b"]
    assert [pair.sites for pair in found.pairs] == [("a", "b")]
    assert grade_rows(found)[0][:2] == ["same address", "certain"]


def test_near_pictures():
    prints = [
        {"pdq": pdq, "pdq_quality": 100, "pdq_source": "whole"}
        for pdq in ("0f" * 32, "0f" * 31 + "0e", "f0" * 32)
    ]
    found = sharing(*(image(n, f"s{n}", prints[n]) for n in range(3)))
    assert [pair.sites for pair in found.pairs] == [("s0", "s1")]
    assert found.pairs[0].evidence == {"pdq": 1}


def test_a_camera_joins_sites_but_not_images():
    camera = {"make": "SONY", "model": "ILCE-7M4", "serial_number": "4711223"}
    one, two = image(1, "a"), image(2, "b")
    one["camera"] = two["camera"] = camera
    found = sharing(one, two)
    assert found.groups == []
    assert found.pairs[0].relation == "source"
    assert found.sources == [(41, "4711223", ["a", "b"], 2)]
    assert grade_rows(found)[0][:2] == ["same camera", "source"]


def test_an_image_that_is_everywhere_makes_no_pair():
    prints = {"file_key": f"f1:{digest(1, 32)}"}
    found = sharing(*(image(n, f"s{n}", prints) for n in range(MAX_SITES + 1)))
    assert (found.pairs, found.common) == ([], 1)


def test_odd_and_empty():
    assert sharing() == ([], [], [], 0)
    odd = image(1, "a", {"sha256": "no digits", "pdq": "zz"}, ids={"document_id": 3})
    assert sharing(odd, image(2, "b")).groups == []
