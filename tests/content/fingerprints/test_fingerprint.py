import hashlib

import pytest

from imgprint.content.describe import describe
from imgprint.content.fingerprints.fingerprint import (
    checked,
    file_key,
    fingerprints,
    is_plain,
    reference_fingerprints,
)
from imgprint.content.metadata.parts import as_file
from imgprint.content.sparse import SparseBytes
from tests.support.pictures import jpeg
from tests.support.samples import partial


def ends(data):
    image = SparseBytes(len(data))
    image.add(0, data[:10_241])
    image.add(len(data) - 1024, data[-1024:])
    return image


def prints(image, fields=None, status=206):
    description = describe(image, final=True)
    return fingerprints(
        image, description, reference_fingerprints(image), fields or {}, status
    )


def test_one_key_whether_seen_in_part_or_whole():
    data = jpeg(1)
    assert file_key(ends(data)) == file_key(as_file(data))
    assert prints(ends(data))["data_sha256"] == prints(as_file(data))["data_sha256"]


def test_without_a_tail_the_key_is_another():
    data = jpeg(1)
    assert file_key(partial(data, 10_241)).startswith("h1:")
    assert file_key(partial(data, 10_000)) is None


def test_all_hashes_of_a_file_seen_whole():
    data = jpeg(1, (64, 64))
    found = prints(as_file(data))
    for name in ("md5", "sha1", "sha256"):
        assert found[name] == hashlib.new(name, data).hexdigest()
    assert prints(ends(jpeg(1)))["md5"] is None


def test_a_declared_hash_that_is_wrong_is_left_out():
    data = jpeg(1, (64, 64))
    fields = {"server": "AmazonS3", "etag": '"' + hashlib.md5(data).hexdigest() + '"'}
    assert prints(as_file(data), fields)["declared"]["md5"]
    fields["etag"] = '"' + "0" * 32 + '"'
    assert prints(as_file(data), fields)["declared"] is None
    assert prints(ends(jpeg(1)), fields)["declared"]["md5"] == "0" * 32
    assert checked(None, {}) is None


@pytest.mark.parametrize(
    ("sample", "plain"),
    [
        (bytes(128), True),
        (b" " * 100 + b"<?xpacket end='w'?>".ljust(28), True),
        (b"The quick brown fox jumps over the lazy dog, 0123456789." * 3, True),
        (bytes(range(0, 256, 2)), False),
        (hashlib.sha512(b"1").digest() + hashlib.sha512(b"2").digest(), False),
    ],
)
def test_plain_samples(sample, plain):
    assert is_plain(sample[:128]) is plain


def test_marks():
    data = jpeg(1)
    assert prints(ends(data))["marks"] is None
    padded = data[:5000] + bytes(6000) + data[5000:] + bytes(2000)
    assert prints(ends(padded))["marks"] == {
        "random_128_bytes_sample_start": "plain",
        "random_128_bytes_sample_end": "plain",
    }
    # A colour profile fills the head: the same in many files.
    icc = hashlib.shake_128(b"profile").digest(12_000)
    found = prints(ends(jpeg(1, icc_profile=icc)))["marks"]
    assert found == {
        "random_128_bytes_sample_start": "metadata",
        "sha256_first_10240_bytes": "metadata",
    }
