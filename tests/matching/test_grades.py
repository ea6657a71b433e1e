import pytest

from imgprint.matching.grades import GRADES, RANK, STRENGTHS, keys, pdq_keys
from tests.support.records import record


def grades(one, other):
    """The names of the grades by which two records match."""
    return {GRADES[key & 63].name for key in set(keys(one)) & set(keys(other))}


def alike(**changes):
    """By what two pictures match that have only *changes* in common."""
    return grades(record(1, **changes), record(2, **changes))


def test_the_order_is_that_of_strength():
    strengths = [STRENGTHS.index(g.strength) for g in GRADES.values()]
    assert strengths == sorted(strengths)
    assert sorted(RANK, key=RANK.get) == list(GRADES)


def test_pictures_of_their_own_have_nothing_in_common():
    assert grades(record(1), record(2)) == set()


NOTHING = {
    "no ETag": {"etag": None},
    "an empty ETag": {"etag": ""},
    "no hashes": {"fingerprints": {"declared": None, "sha256": None}},
    "padding": {
        "random_128_bytes_sample_start": "00" * 128,
        "random_128_bytes_sample_end": "20" * 128,
        "fingerprints": {
            "marks": {
                "random_128_bytes_sample_start": "plain",
                "random_128_bytes_sample_end": "plain",
            }
        },
    },
    "a marked head": {
        "sha256_first_10240_bytes": "ab" * 32,
        "fingerprints": {"marks": {"sha256_first_10240_bytes": "metadata"}},
    },
    "an empty page": {
        "fingerprints": {
            "data_sha256": "d1:" + "ab" * 32,
            "marks": {"data_sha256": "plain"},
        }
    },
    "a head alone": {"fingerprints": {"file_key": "h1:" + "ab" * 16}},
    "no camera number": {
        "camera": {"make": "A", "model": "B", "serial_number": "0000000"}
    },
    "empty ids": {
        "ids": {
            "document_id": None,
            "image_unique_id": None,
            "original_document_id": None,
            "instance_id": None,
        }
    },
    "another size": {"fingerprints": {"png_adler32": None}},
}


@pytest.mark.parametrize("changes", NOTHING.values(), ids=NOTHING)
def test_never_matches(changes):
    assert alike(**changes) == set()


def test_padding_of_the_references_records_never_matches():
    old = [record(n, random_128_bytes_sample_start="00" * 128) for n in (1, 2)]
    for one in old:
        del one["fingerprints"]
    assert grades(*old) == set()


SOMETHING = {
    "file_key": {"fingerprints": {"file_key": "f1:" + "ab" * 16}},
    "head": {"sha256_first_10240_bytes": "ab" * 32},
    "data": {"fingerprints": {"data_sha256": "d1:" + "ab" * 32}},
    "png": {"fingerprints": {"png_adler32": "12345678"}},
    "sample_start": {"random_128_bytes_sample_start": bytes(range(128)).hex()},
    "sample_end": {"random_128_bytes_sample_end": bytes(range(128)).hex()},
    "declared_md5": {"fingerprints": {"declared": {"md5": "ab" * 16}}},
    "declared_sha1": {"fingerprints": {"declared": {"sha1": "ab" * 20}}},
    "declared_sha256": {"fingerprints": {"declared": {"sha256": "ab" * 32}}},
    "unproven_md5": {"fingerprints": {"declared": {"unproven_md5": "ab" * 16}}},
    "encoder": {"fingerprints": {"encoder": {"signature": "e1:12"}}},
    "camera_serial": {"camera": {"make": "A", "model": "B", "serial_number": "12345"}},
    "instance_id": {"ids": {"instance_id": "xmp.iid:1"}},
    "image_unique_id": {"ids": {"image_unique_id": "0123"}},
}


@pytest.mark.parametrize(("name", "changes"), SOMETHING.items(), ids=SOMETHING)
def test_matches(name, changes):
    assert alike(**changes) == {name}


def test_a_document_and_what_was_made_of_it():
    one = record(1, ids={"document_id": "xmp.did:1"})
    other = record(2, ids={"document_id": "2", "original_document_id": "xmp.did:1"})
    assert grades(one, other) == {"document_id"}


def test_etags_match_by_what_they_tell():
    told = {"modified": "2025-08-31T10:15:05Z", "size": 32764, "server": "apache"}
    inode = {**told, "inode": 1}
    assert alike(etag_decoded=inode) == {"etag", "etag_time"}
    assert alike(etag_decoded={**told, "inode": None}) == {"etag_time"}
    timed = {**told, "size": None, "inode": None}
    assert alike(etag_decoded=timed) == set(), "a time alone is nothing"


def test_the_checksum_of_a_png_needs_its_dimensions():
    prints = {"png_adler32": "12345678"}
    one = record(1, fingerprints=prints)
    assert grades(one, record(2, fingerprints=prints, width=801)) == set()


@pytest.mark.parametrize(
    ("source", "quality", "names"),
    [
        ("whole", 50, ["pdq"]),
        ("progressive", 100, ["pdq"]),
        ("thumbnail", 100, ["pdq"]),
        ("progressive", 49, []),
        ("strip_1_8", 100, []),
        (None, None, []),
    ],
)
def test_pdq(source, quality, names):
    prints = {"pdq": "ab" * 32, "pdq_source": source, "pdq_quality": quality}
    found = pdq_keys(record(1, fingerprints=prints))
    assert [GRADES[number].name for number, _ in found] == names


def test_strips_are_of_their_own_kind():
    strips = {
        "strip_1_8": {"pdq": "ab" * 32, "quality": 90},
        "strip_1_16": {"pdq": "cd" * 32, "quality": 20},
    }
    found = pdq_keys(record(1, fingerprints={"pdq_strips": strips}))
    assert [GRADES[number].name for number, _ in found] == ["strip_1_8"]
