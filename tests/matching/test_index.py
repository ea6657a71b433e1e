import pytest

from imgprint.matching.grades import GRADES
from imgprint.matching.hashlists import Entry, blinded
from imgprint.matching.index import Index, IndexFileError
from imgprint.matching.search import (
    query_of_entry,
    query_of_record,
    query_of_url,
    search,
)
from tests.support.records import flipped, record, sighting

PDQ = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2


@pytest.fixture
def index(tmp_path):
    with Index(tmp_path / "i.db", create=True) as index:
        yield index


def matches(index, query, **options):
    """(strength, strongest grade, URL) of what matches."""
    return [
        (
            hit.reasons[0].grade.strength,
            hit.reasons[0].grade.name,
            index.place(hit.record).url,
        )
        for hit in search(index, [query], **options)
    ]


def test_a_record_is_added_once(index):
    assert index.add([record(1), record(2)]) == (2, 2)
    assert index.add([record(1), record(2), record(3)]) == (3, 1)
    assert index.add([record(1), record(1)]) == (2, 0)
    assert index.count() == 3
    assert len(matches(index, query_of_record("q", record(1)))) == 1


def test_a_record_that_changed_is_another(index):
    index.add([record(1)])
    changed = record(1, sha256_first_10240_bytes="ab" * 32)
    assert index.add([changed]) == (1, 1)


def test_by_every_grade(index):
    index.add(record(n) for n in range(50))
    (hit,) = search(index, [query_of_record("q", record(7))])
    assert [reason.grade.name for reason in hit.reasons] == [
        "file_key",
        "head",
        "data",
        "sample_start",
        "sample_end",
    ]
    assert index.place(hit.record).site == "site7.example"


def test_what_is_missing_matches_nothing(index):
    empty = {"url": "https://a.example/", "fingerprints": {}}
    index.add([empty, {**empty, "url": "https://b.example/"}])
    assert matches(index, query_of_record("q", empty)) == []


@pytest.mark.parametrize(
    ("prints", "name", "strength"),
    [
        ({"md5": "ab" * 16, "sha1": "1" * 40, "sha256": "2" * 64}, "md5", "certain"),
        ({"declared": {"md5": "ab" * 16}}, "declared_md5", "strong"),
        ({"declared": {"unproven_md5": "ab" * 16}}, "unproven_md5", "medium"),
    ],
)
def test_a_listed_md5(index, prints, name, strength):
    index.add([record(1, fingerprints=prints), record(2)])
    query = query_of_entry(Entry("md5", "ab" * 16, "x"))
    assert query.name == f"md5:{'ab' * 16} (x)"
    assert matches(index, query) == [(strength, name, record(1)["url"])]


def test_the_weaker_way_to_know_a_hash_grades(index):
    index.add([record(1, fingerprints={"declared": {"md5": "ab" * 16}})])
    whole = {"md5": "ab" * 16, "sha1": "1" * 40, "sha256": "2" * 64}
    query = query_of_record("q", record(2, fingerprints=whole))
    assert matches(index, query)[0][:2] == ("strong", "declared_md5")


@pytest.mark.parametrize("many", [1, 60])
def test_pdq_at_31_and_not_at_32(index, many):
    prints = {"pdq": PDQ, "pdq_quality": 90, "pdq_source": "progressive"}
    index.add([record(1, fingerprints=prints)])
    for distance, expected in ((0, many), (31, many), (32, 0)):
        values = [flipped(PDQ, distance, seed) for seed in range(many)]
        queries = [query_of_entry(Entry("pdq", value)) for value in values]
        hits = search(index, queries)
        assert len(hits) == expected
        assert all(hit.reasons[0].distance == distance for hit in hits)


def test_strips_compare_with_strips_of_that_height(index):
    strips = {"strip_1_8": {"pdq": PDQ, "quality": 90}}
    index.add([record(1, fingerprints={"pdq_strips": strips})])
    other = {"strip_1_16": {"pdq": PDQ, "quality": 90}}
    whole = {"pdq": PDQ, "pdq_quality": 90, "pdq_source": "whole"}
    for prints, found in (
        ({"pdq_strips": strips}, [("medium", "strip_1_8")]),
        ({"pdq_strips": other}, []),
        (whole, []),
    ):
        query = query_of_record("q", record(2, fingerprints=prints))
        assert [m[:2] for m in matches(index, query)] == found


def test_weak_matches_only_if_asked_for(index):
    sample = bytes(range(128)).hex()
    index.add([record(1, random_128_bytes_sample_end=sample)])
    query = query_of_record("q", record(2, random_128_bytes_sample_end=sample))
    assert matches(index, query) == []
    assert matches(index, query, weak=True)[0][:2] == ("weak", "sample_end")


def test_the_address_itself(index):
    index.add([record(1)])
    query = query_of_url(record(1)["url"])
    assert matches(index, query, weak=True)[0][1] == "url"


def test_a_limit(index):
    data = {"data_sha256": "d1:" + "ab" * 32}
    index.add(record(n, fingerprints=data) for n in range(30))
    query = query_of_record("q", record(99, fingerprints=data))
    assert len(matches(index, query, limit=5)) == 5


def test_blinded_hashes(index):
    key = b"k" * 16
    index.add([record(1, fingerprints={"declared": {"md5": "ab" * 16}}), record(2)])
    value = blinded("md5", bytes.fromhex("ab" * 16), key)
    query = query_of_entry(Entry("hmac-md5", value))
    assert matches(index, query, key=key) == [
        ("strong", "declared_md5", record(1)["url"])
    ]
    assert matches(index, query, key=b"o" * 16) == []
    assert matches(index, query) == []


def test_a_picture_in_a_url_is_not_written_out(index, tmp_path):
    index.add([record(1, url="data:image/png;base64,c2VjcmV0" * 50)])
    assert matches(index, query_of_record("q", record(1)))[0][2] == "data:"
    assert b"c2VjcmV0" not in (tmp_path / "i.db").read_bytes()


@pytest.mark.parametrize(
    ("page", "site"),
    [
        ("https://shop.a.co.uk/x", "a.co.uk"),
        ("http://localhost:8000/", "localhost"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://www.abcdef.onion/", "abcdef.onion"),
    ],
)
def test_sites_of_records_that_name_none(index, page, site):
    old = record(1, page_url=page)
    del old["site"], old["fingerprints"]
    index.add([old])
    assert index.place(1).site == site


def test_sightings_are_no_records(index):
    added = index.add([sighting("https://a.example/1.jpg", "b.example")])
    assert added == (0, 0)
    assert index.count() == 0


def test_what_came_before_a_bad_line_is_kept(index):
    with pytest.raises(KeyError):
        index.add([record(1), {"no": "record"}])
    assert index.count() == 1


def test_files_that_are_no_index(tmp_path):
    with pytest.raises(IndexFileError, match="does not exist"):
        Index(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("no database at all, but text" * 50)
    with pytest.raises(IndexFileError, match="not a database"):
        Index(tmp_path / "text.db")
    with pytest.raises(IndexFileError, match="can't be used"):
        Index(tmp_path / "no" / "i.db", create=True)


def test_an_index_that_was_not_finished_says_so(tmp_path):
    index = Index(tmp_path / "i.db", create=True)
    index.add([record(1)])
    index.db.close()  # as if the process had died
    for create in (False, True):
        with pytest.raises(IndexFileError, match="unfinished"):
            Index(tmp_path / "i.db", create=create)


def test_every_grade_has_a_reason():
    for grade in GRADES.values():
        assert grade.why
        assert grade.bound or grade.strength == "weak"
