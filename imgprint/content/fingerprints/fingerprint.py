"""Fingerprints of what is known of a file. A recipe never changes: see each."""

from __future__ import annotations

from hashlib import md5, sha1, sha256
from typing import TYPE_CHECKING, Any

from imgprint.content.byte_ranges.exchange import HEAD, TAIL_SIZE
from imgprint.content.fingerprints.declared_hashes import declared_hashes
from imgprint.content.fingerprints.jpeg_encoder import encoder
from imgprint.content.fingerprints.picture_data import distinct, png_adler32
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imgprint.content.describe import Description
    from imgprint.content.sparse import SparseBytes

SAMPLE = 128
# What only decoding tells: ``perceptual`` fills it in.
DECODED = ("pdq", "pdq_quality", "pdq_source", "pdq_strips")


def head_of(image: SparseBytes) -> bytes | None:
    """Return bytes 0-10240 (all of a smaller file), None if not all are known."""
    try:
        return image.read(0, HEAD.stop)
    except MissingBytes:
        return None


def tail_of(image: SparseBytes) -> bytes | None:
    """Return the last 1,024 bytes (all of a smaller file), None if not known."""
    if image.size is None:
        return None
    try:
        return image.read(max(0, image.size - TAIL_SIZE), image.size)
    except MissingBytes:
        return None


def reference_fingerprints(image: SparseBytes) -> dict[str, str | None]:
    """Return the four fingerprints of the reference, under its names.

    The sample of the start is the last 128 bytes of the head, that of the end
    bytes 384-511 of the last 1,024. What is not known is None, and so is the
    sample of a file too small to have it.
    """
    head, tail = head_of(image), tail_of(image)
    return {
        "sha256_first_10240_bytes": sha256(head).hexdigest() if head else None,
        "sha256_last_1024_bytes": sha256(tail).hexdigest() if tail else None,
        "random_128_bytes_sample_start": head[-SAMPLE:].hex() if head else None,
        "random_128_bytes_sample_end": (tail or b"")[384:512].hex() or None,
    }


def file_key(image: SparseBytes) -> str | None:
    """Return one key for the file, equal for equal files from anywhere.

    Recipe f1, never to change: the first 32 hexadecimal digits of SHA-256 over
    the size (8 bytes, big-endian), bytes 0-10240 and the last 1,024 bytes (of
    a smaller file all its bytes, both times). Where size or tail are unknown,
    recipe h1: the same of bytes 0-10240 alone; it never equals an f1 key.
    None if not even the head is known.

    >>> from imgprint.content.sparse import SparseBytes
    >>> image = SparseBytes(3)
    >>> image.add(0, b"abc")
    >>> file_key(image)
    'f1:b114612d4dfd9155cd0ae89378476c09'
    """
    head, tail = head_of(image), tail_of(image)
    if head is None:
        return None
    if image.size is None or tail is None:
        return "h1:" + sha256(head).hexdigest()[:32]
    key = sha256(image.size.to_bytes(8, "big") + head + tail)
    return "f1:" + key.hexdigest()[:32]


def whole_hashes(image: SparseBytes) -> dict[str, str | None]:
    """Return SHA-256, MD5 and SHA-1 of a file that was seen whole, else None."""
    if not image.complete:
        return {"sha256": None, "md5": None, "sha1": None}
    data = image[:]
    return {
        "sha256": sha256(data).hexdigest(),
        "md5": md5(data, usedforsecurity=False).hexdigest(),
        "sha1": sha1(data, usedforsecurity=False).hexdigest(),
    }


def is_plain(sample: bytes) -> bool:
    """Return whether *sample* is too plain to tell files apart.

    Recipe: under half as many distinct bytes as there are bytes, and under 64:
    128 bytes of coded picture have 85 and more, text has at most 60, padding
    one.

    >>> is_plain(bytes(128)), is_plain(bytes(range(128)))
    (True, False)
    """
    return distinct(sample) < min(64, len(sample) // 2)


def marks(
    prints: Mapping[str, str | None], description: Description, image: SparseBytes
) -> dict[str, str] | None:
    """Return which fingerprints tell nothing of the picture, and why.

    "plain": padding, text, an empty page. "metadata": the bytes stand before
    the picture data, where colour profiles and the like are the same in many
    files. What is marked never matches.
    """
    found = {}
    for name in ("random_128_bytes_sample_start", "random_128_bytes_sample_end"):
        sample = prints[name]
        if sample and is_plain(bytes.fromhex(sample)):
            found[name] = "plain"
    picture = description.layout.picture
    head = min(HEAD.stop, image.size or HEAD.stop)
    if picture is None or picture > head - SAMPLE:
        found.setdefault("random_128_bytes_sample_start", "metadata")
    if picture is None or picture > head - 2 * SAMPLE:
        found["sha256_first_10240_bytes"] = "metadata"
    if description.data and description.data.plain:
        found["data_sha256"] = "plain"
    return found or None


def fingerprints(
    image: SparseBytes,
    description: Description,
    prints: Mapping[str, str | None],
    fields: Mapping[str, str],
    status: int | None,
) -> dict[str, Any]:
    """Return the record's ``fingerprints``; *prints* are those of the reference.

    *fields* are the answer's, with lower-case names; none for a local file.
    """
    layout = description.layout
    try:
        signature = encoder(image, layout) if layout.format == "jpeg" else None
    except (MissingBytes, ValueError):
        signature = None
    whole = whole_hashes(image)
    return {
        "file_key": file_key(image),
        **whole,
        "data_sha256": description.data.key if description.data else None,
        "declared": checked(declared_hashes(fields, status or 0), whole),
        "encoder": signature,
        "png_adler32": png_adler32(image, layout),
        "marks": marks(prints, description, image),
        **dict.fromkeys(DECODED),
    }


def checked(
    declared: dict[str, Any] | None, whole: Mapping[str, str | None]
) -> dict[str, Any] | None:
    """Return *declared* without what a file seen whole contradicts.

    >>> checked({"md5": "aa", "sources": {"md5": "etag of S3"}}, {"md5": "bb"})
    """
    if not declared:
        return None
    kept = {
        name: value
        for name, value in declared.items()
        if name != "sources"
        and whole.get(name.removeprefix("unproven_")) in (None, value)
    }
    sources = {name: declared["sources"][name] for name in kept}
    return {**kept, "sources": sources} if kept else None
