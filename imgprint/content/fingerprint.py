"""Fingerprints of what is known of a file. A recipe never changes: see each."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from imgprint.content.exchange import HEAD
from imgprint.content.transfer import tail_span

if TYPE_CHECKING:
    from imgprint.content.sparse import SparseBytes

SAMPLE = 128
END_SAMPLE = slice(384, 512)


def head_of(image: SparseBytes) -> bytes | None:
    """Return bytes 0-10240 (all of a smaller file), None if not all are known."""
    return image[: HEAD.stop] if image.has(HEAD) else None


def tail_of(image: SparseBytes) -> bytes | None:
    """Return the last 1,024 bytes (all of a smaller file), None if not known."""
    if image.size is None or not image.has(tail_span(image.size)):
        return None
    return image[tail_span(image.size).start :]


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
        "random_128_bytes_sample_end": (tail or b"")[END_SAMPLE].hex() or None,
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


def whole_sha256(image: SparseBytes) -> str | None:
    """Return the SHA-256 of a file that was seen whole, None of any other."""
    return sha256(image[:]).hexdigest() if image.complete else None
