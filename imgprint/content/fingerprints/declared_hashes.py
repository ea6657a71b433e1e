"""What a server states of the whole file: hashes, and what its ETag tells."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64, "crc32c": 4}
NAMES = {"md5": "md5", "sha": "sha1", "sha-1": "sha1", "sha-256": "sha256"}
NAMES |= {"sha-512": "sha512", "crc32c": "crc32c"}
ITEM = re.compile(r"\s*([\w-]+)\s*=\s*:?([A-Za-z0-9+/=]+):?\s*(?:;[^,]*)?")
HEX32 = re.compile(r"[0-9a-fA-F]{32}")
HEX40 = re.compile(r"[0-9a-fA-F]{40}")

Stated = tuple[str, str, str]


def declared_hashes(fields: Mapping[str, str], status: int) -> dict[str, Any] | None:
    """Return hashes of the whole file that the answer states, unverified.

    *fields* have lower-case names. The result has hexadecimal digests under
    ``md5``, ``sha1``, ``sha256``, ``sha512``, ``crc32c``, a decimal ``crc64``,
    ``unproven_md5`` for an ETag that looks like one, and ``sources``: the
    field that each stands in. The first of a kind counts. None if there is none.

    Sources: RFC 9530; Amazon S3 "Checking object integrity", Google Cloud
    Storage "x-goog-hash", Azure "Get Blob", Backblaze B2 "Download file",
    OpenStack Swift "Show object", Alibaba OSS "GetObject".
    """
    found: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for kind, value, source in _stated(fields, status):
        if kind not in found:
            found[kind], sources[kind] = value, source
    return {**found, "sources": sources} if found else None


def _stated(fields: Mapping[str, str], status: int) -> Iterator[Stated]:
    yield from _digests(fields, status)
    stored = fields.get("x-goog-stored-content-encoding", "identity")
    if "x-goog-hash" in fields and stored == "identity":
        yield from _listed(fields["x-goog-hash"], "x-goog-hash")
    blob = fields.get("x-ms-blob-content-md5")
    if blob and (digest := _hex("md5", blob)):
        yield "md5", digest, "x-ms-blob-content-md5"
    sha1 = fields.get("x-bz-content-sha1")
    if sha1 and HEX40.fullmatch(sha1):
        yield "sha1", sha1.lower(), "x-bz-content-sha1"
    crc64 = fields.get("x-oss-hash-crc64ecma", "")
    if crc64.isascii() and crc64.isdigit():
        yield "crc64", crc64, "x-oss-hash-crc64ecma"
    etag = fields.get("etag", "").strip()
    tag = etag.strip('"')
    if not etag.startswith("W/") and HEX32.fullmatch(tag):
        source = _etag_source(fields)
        yield ("md5" if source else "unproven_md5"), tag.lower(), source or "etag"


def _digests(fields: Mapping[str, str], status: int) -> Iterator[Stated]:
    """Yield the digests of RFC 9530 and its forerunners.

    Content-Digest and Content-MD5 are of what was sent, so of the whole file
    only in a 200.
    """
    names = ["repr-digest", "digest"]
    if status == 200:
        names.append("content-digest")
    for name in names:
        if name in fields:
            yield from _listed(fields[name], name)
    if status == 200 and (digest := _hex("md5", fields.get("content-md5", ""))):
        yield "md5", digest, "content-md5"


def _listed(value: str, source: str) -> Iterator[Stated]:
    """Yield the digests of a list of ``name=base64``, with colons or without."""
    for item in value.split(","):
        match = ITEM.fullmatch(item)
        kind = NAMES.get(match[1].lower()) if match else None
        if match and kind and (digest := _hex(kind, match[2])):
            yield kind, digest, source


def _hex(kind: str, value: str) -> str | None:
    """Return base64 *value* as hexadecimal, None if it is no digest of *kind*."""
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == SIZES[kind] else None


def _etag_source(fields: Mapping[str, str]) -> str | None:
    """Return whose rules make the ETag, 32 hexadecimal digits, an MD5; else None.

    Encryption with keys of the customer or of a key service makes it none, and
    so do objects put together from parts.
    """
    if "x-oss-request-id" in fields:
        normal = fields.get("x-oss-object-type", "Normal") == "Normal"
        keys = fields.get("x-oss-server-side-encryption", "AES256") == "AES256"
        return "etag of Alibaba OSS" if normal and keys else None
    if _has(fields, "x-goog-"):
        composed = "x-goog-component-count" in fields
        keyed = "x-goog-encryption-algorithm" in fields
        stored = fields.get("x-goog-stored-content-encoding", "identity")
        whole = not (composed or keyed) and stored == "identity"
        return "etag of Google Cloud Storage" if whole else None
    if _has(fields, "x-amz-") or fields.get("server") == "AmazonS3":
        algorithm = fields.get("x-amz-server-side-encryption", "AES256")
        customer = "x-amz-server-side-encryption-customer-algorithm" in fields
        return "etag of S3" if algorithm == "AES256" and not customer else None
    if "x-trans-id" in fields:
        parts = {"x-static-large-object", "x-object-manifest"} & fields.keys()
        return None if parts else "etag of OpenStack Swift"
    return None


def _has(fields: Iterable[str], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in fields)


# ETags

PAIR = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})")
TRIPLE = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{12,14})")
IIS = re.compile(r"([0-9a-f]{14}1):([0-9a-f]{1,8})")
# All of them UTC.
EPOCH = datetime(1970, 1, 1)
FILETIME = datetime(1601, 1, 1)
# No web server's file is older; none is of the future by more than a clock's error.
OLDEST, NEWEST = datetime(1990, 1, 1), datetime(2100, 1, 1)


def decode_etag(etag: str | None, size: int | None = None) -> dict[str, Any] | None:
    """Return modification time, size, inode and server family that *etag* tells.

    Times are UTC, ISO 8601. *size* is the known size of the file: an ETag that
    would state another one is not of that form. None if it is of no form.

    - nginx: seconds and size, in hexadecimal (ngx_http_set_etag).
    - Apache: inode, if configured, size and microseconds (FileETag).
    - Node.js (send, serve-static, express): size and milliseconds.
    - IIS: FILETIME in 100 ns, bytes from the lowest, the last of them as one
      digit; then a change number.

    >>> decode_etag('"68b420a9-7ffc"')["modified"]
    '2025-08-31T10:15:05Z'
    >>> decode_etag('"801ca4a79531db1:0"')["server"]
    'iis'
    """
    text = (etag or "").removeprefix("W/").strip('"').removesuffix("-gzip")
    if match := IIS.fullmatch(text):
        return _told(_filetime(match[1]), None, None, "iis", size)
    if match := TRIPLE.fullmatch(text):
        inode, length, micro = [int(group, 16) for group in match.groups()]
        return _told(_at(micro / 1e6, micro % 10**6), length, inode, "apache", size)
    if match := PAIR.fullmatch(text):
        first, second = [int(group, 16) for group in match.groups()]
        if len(match[2]) >= 12:
            when = _at(second / 1e6, second % 10**6)
            return _told(when, first, None, "apache", size)
        if len(match[2]) == 11:
            when = _at(second / 1e3, second % 1000 * 1000)
            return _told(when, first, None, "node", size)
        return _told(_at(first), second, None, "nginx", size)
    return None


def _told(
    when: datetime | None, length: int | None, inode: int | None, server: str,
    size: int | None,
) -> dict[str, Any] | None:  # fmt: skip
    known = size is None or length is None or size == length
    if when is None or not OLDEST <= when <= NEWEST or not known:
        return None
    return {
        "modified": when.isoformat() + "Z",
        "size": length,
        "inode": inode,
        "server": server,
    }


def _at(seconds: float, microseconds: int = 0) -> datetime | None:
    try:
        return EPOCH + timedelta(seconds=int(seconds), microseconds=microseconds)
    except OverflowError:
        return None


def _filetime(text: str) -> datetime | None:
    """Return the time of 15 digits: seven bytes from the lowest, then one digit."""
    ticks = int.from_bytes(bytes.fromhex(text[:14] + "0" + text[14]), "little")
    try:
        return FILETIME + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return None
