import base64
import hashlib

import pytest

from imgprint.content.fingerprints.declared_hashes import declared_hashes, decode_etag

MD5 = hashlib.md5(b"picture").digest()
SHA1 = hashlib.sha1(b"picture").digest()
SHA256 = hashlib.sha256(b"picture").digest()
TAG = f'"{MD5.hex()}"'


def b64(digest):
    return base64.b64encode(digest).decode()


PROVEN = {
    "S3": {"server": "AmazonS3", "x-amz-request-id": "1"},
    "S3 with its own keys": {
        "x-amz-id-2": "1",
        "x-amz-server-side-encryption": "AES256",
    },
    "Google": {"x-goog-generation": "1", "x-goog-storage-class": "STANDARD"},
    "OpenStack Swift": {"x-trans-id": "tx1"},
    "Alibaba OSS": {"x-oss-request-id": "1", "x-oss-object-type": "Normal"},
}
NOT_PROVEN = {
    "any server": {"server": "nginx"},
    "S3 with a key service": {
        "x-amz-request-id": "1",
        "x-amz-server-side-encryption": "aws:kms",
    },
    "S3 with a customer's key": {
        "x-amz-request-id": "1",
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
    },
    "Google, composed": {"x-goog-generation": "1", "x-goog-component-count": "3"},
    "Google, stored gzipped": {
        "x-goog-generation": "1",
        "x-goog-stored-content-encoding": "gzip",
    },
    "Swift, in segments": {"x-trans-id": "1", "x-static-large-object": "True"},
    "OSS, in parts": {"x-oss-request-id": "1", "x-oss-object-type": "Multipart"},
}


@pytest.mark.parametrize("fields", PROVEN.values(), ids=PROVEN)
def test_an_etag_is_md5_by_the_rules_of_stores(fields):
    found = declared_hashes({"etag": TAG, **fields}, 206)
    assert found["md5"] == MD5.hex()
    assert found["sources"]["md5"].startswith("etag of ")


@pytest.mark.parametrize("fields", NOT_PROVEN.values(), ids=NOT_PROVEN)
def test_and_else_only_looks_like_one(fields):
    found = declared_hashes({"etag": TAG, **fields}, 206)
    assert found == {"unproven_md5": MD5.hex(), "sources": {"unproven_md5": "etag"}}


@pytest.mark.parametrize(
    "etag",
    ["W/" + TAG, f'"{MD5.hex()}-3"', '"68b420a9-7ffc"', "", '"' + "g" * 32 + '"'],
)
def test_other_etags_are_no_hash(etag):
    assert declared_hashes({"etag": etag, "server": "AmazonS3"}, 206) is None


@pytest.mark.parametrize(
    ("fields", "kind", "digest"),
    [
        ({"x-goog-hash": f"crc32c=AAAAAA==, md5={b64(MD5)}"}, "md5", MD5),
        ({"x-ms-blob-content-md5": b64(MD5)}, "md5", MD5),
        ({"x-bz-content-sha1": SHA1.hex()}, "sha1", SHA1),
        ({"repr-digest": f"sha-256=:{b64(SHA256)}:"}, "sha256", SHA256),
        (
            {"repr-digest": f"sha-512=:no:, sha-256=:{b64(SHA256)}:;a=1"},
            "sha256",
            SHA256,
        ),
        ({"digest": f"SHA-256={b64(SHA256)}"}, "sha256", SHA256),
    ],
)
def test_fields_of_the_whole_file(fields, kind, digest):
    found = declared_hashes(fields, 206)
    assert found[kind] == digest.hex()
    assert found["sources"][kind] in fields


def test_crc64_of_oss_is_decimal():
    assert declared_hashes({"x-oss-hash-crc64ecma": "123"}, 206)["crc64"] == "123"


@pytest.mark.parametrize(
    "fields",
    [
        {"content-md5": b64(MD5)},
        {"content-digest": f"sha-256=:{b64(SHA256)}:"},
    ],
)
def test_fields_of_what_was_sent_say_nothing_of_a_part(fields):
    assert declared_hashes(fields, 206) is None
    assert declared_hashes(fields, 200)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"repr-digest": "sha-256=:AAAA:"},
        {"repr-digest": "sha-256"},
        {"x-ms-blob-content-md5": "not base64!"},
        {"x-bz-content-sha1": "none"},
        {"x-bz-content-sha1": "unverified:" + SHA1.hex()},
        {"x-goog-hash": f"md5={b64(MD5)}", "x-goog-stored-content-encoding": "gzip"},
    ],
)
def test_no_hash(fields):
    assert declared_hashes(fields, 200) is None


# Values seen in the wild; the third is of the reference's README.
@pytest.mark.parametrize(
    ("etag", "server", "modified", "size", "inode"),
    [
        ('"68b420a9-7ffc"', "nginx", "2025-08-31T10:15:05Z", 32764, None),
        ('W/"68b420a9-7ffc"', "nginx", "2025-08-31T10:15:05Z", 32764, None),
        ('"801ca4a79531db1:0"', "iis", "2024-11-08T04:21:17Z", None, None),
        ('"704349d01ce1c61:d05"', "iis", "2006-09-26T03:35:29.643403Z", None, None),
        (
            '"7ffc-5d4e7f6f9b6c7"',
            "apache",
            "2022-01-06T11:13:49.647559Z",
            32764,
            None,
        ),
        (
            '"1a2b3c-7ffc-5d4e7f6f9b6c7-gzip"',
            "apache",
            "2022-01-06T11:13:49.647559Z",
            32764,
            0x1A2B3C,
        ),
        ('W/"7ffc-18c2d3f4a5b"', "node", "2023-12-03T01:16:11.739000Z", 32764, None),
    ],
)
def test_etags(etag, server, modified, size, inode):
    assert decode_etag(etag, size) == {
        "modified": modified,
        "size": size,
        "inode": inode,
        "server": server,
    }
    if size:
        assert decode_etag(etag, size + 1) is None, "of another file"


@pytest.mark.parametrize(
    "etag",
    [None, "", '""', TAG, '"abc"', '"1-2"', '"ffffffffffffffff-1"', '"0-0-0"'],
)
def test_etags_of_no_known_form(etag):
    assert decode_etag(etag) is None
