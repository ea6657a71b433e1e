"""What the coding tables of a JPEG say of the program or camera that wrote it."""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any

from imgprint.content.fingerprints.picture_data import (
    quantisation,
    quantisation_segments,
)
from imgprint.content.formats.jpeg import DHT, FRAMES, PROGRESSIVE

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

# Luminance table of ITU-T T.81 section K.1, in zigzag order: libjpeg scales it.
LUMINANCE = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
# The four typical tables of section K.3: class, and the SHA-256 of counts and values.
TYPICAL = {
    (0, "2f66814c875b5317"),
    (0, "602f734c8c12c1d9"),
    (1, "a6283a08f5d97906"),
    (1, "13f90e3c9dc476c6"),
}
# A segment with all four takes 416 bytes; what is longer is not remembered.
LONGEST = 420
SAMPLINGS = {
    "111111": "4:4:4",
    "211111": "4:2:2",
    "221111": "4:2:0",
    "121111": "4:4:0",
    "411111": "4:1:1",
    "11": "grey",
}


def encoder(image: SparseBytes, layout: Layout) -> dict[str, Any] | None:
    """Return what the tables before the first scan say, None if it is out of reach.

    ``signature``, recipe e1, never to change: the first 16 hexadecimal digits
    of SHA-256 over "p" or "s" (progressive or not), "t" or "o" (typical or own
    Huffman tables), and for each component its sampling byte and quantisation
    table in zigzag order. The same device at the same setting gives the same.

    ``jpeg_digest`` is exiftool's JPEGDigest: MD5 of the first DQT segment for
    each table number, joined with zero bytes, a colon, and the sampling bytes.
    (exiftool leaves out the sampling for tables that it knows by name.) None
    where exiftool gives none: it takes three components.

    ``quality`` is libjpeg's, 1 to 100: exact for its tables, else by their mean.
    ``huffman`` is "typical" or "own"; own ones are optimised for one picture.

    Source: Kee, Johnson, Farid: Digital image authentication from JPEG headers
    (IEEE TIFS 2011); ITU-T T.81 annexes B and K.
    """
    if layout.picture is None or not layout.tables:
        return None
    segments = quantisation_segments(image, layout)
    marker, frame = _frame(image, layout)
    components = frame[6 : len(frame) // 3 * 3]
    if not components or not any(segments):
        return None
    typical = _typical(image, layout)
    short = len(frame) + sum(map(len, segments)) <= LONGEST
    told = _known_told if short else _told
    return told(segments, components, marker in PROGRESSIVE, typical).copy()


def _frame(image: SparseBytes, layout: Layout) -> tuple[int, bytes]:
    """Return marker and data of the first frame header, none if there is none."""
    for marker, span in layout.tables:
        if marker in FRAMES:
            return marker, image.read(span.start, span.stop)
    return 0, b""


def _told(
    segments: tuple[bytes, ...], components: bytes, progressive: bool, typical: bool
) -> dict[str, Any]:
    """Return what the DQT *segments* say, and the *components* of the frame.

    Three bytes for each: identifier, sampling, number of the table.
    """
    tables = quantisation(segments)
    key = ("p" if progressive else "s") + ("t" if typical else "o")
    samplings, numbers = components[1::3], components[2::3]
    coded = b"".join(
        [
            bytes((s,)) + tables.get(n, b"")
            for s, n in zip(samplings, numbers, strict=True)
        ]
    )
    sampling = samplings.hex()
    luminance = tables.get(numbers[0])
    return {
        "signature": "e1:" + sha256(key.encode() + coded).hexdigest()[:16],
        "jpeg_digest": _digest(segments, sampling) if len(numbers) == 3 else None,
        "quality": _quality(luminance) if luminance else None,
        "sampling": SAMPLINGS.get(sampling, sampling),
        "huffman": "typical" if typical else "own",
        "progressive": progressive,
    }


# Most files of a site were written by one program at one quality.
_known_told = lru_cache(256)(_told)


def _digest(segments: tuple[bytes, ...], sampling: str) -> str:
    first: dict[int, bytes] = {}
    for data in segments:
        if data and data[0] & 15 < 4:
            first[data[0] & 15] = data
    joined = b"\0".join([first[number] for number in sorted(first)])
    return f"{md5(joined, usedforsecurity=False).hexdigest()}:{sampling}"


def _typical(image: SparseBytes, layout: Layout) -> bool:
    """Return whether all Huffman tables are those of section K.3."""
    for marker, span in layout.tables:
        if marker == DHT:
            data = image.read(span.start, span.stop)
            known = _known_segment if len(data) <= LONGEST else _typical_segment
            if not known(data):
                return False
    return True


def _typical_segment(data: bytes) -> bool:
    at = 0
    while at < len(data):
        size = 16 + sum(data[at + 1 : at + 17])
        digest = sha256(data[at + 1 : at + 1 + size]).hexdigest()[:16]
        if (data[at] >> 4, digest) not in TYPICAL:
            return False
        at += 1 + size
    return True


# Most files have the typical tables, those of one program the same segments.
_known_segment = lru_cache(256)(_typical_segment)


@cache
def _qualities() -> dict[bytes, int]:
    """Return libjpeg's luminance table for each quality, and the quality."""
    found = {}
    for quality in range(1, 101):
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        found[_scaled(scale)] = quality
    return found


def _scaled(scale: int) -> bytes:
    return bytes([min(max((v * scale + 50) // 100, 1), 255) for v in LUMINANCE])


def _quality(table: bytes) -> int | None:
    """Return the quality of a luminance table: exact, or the nearest by its mean."""
    if exact := _qualities().get(table):
        return exact
    values = list(table)
    if len(table) == 128:
        values = [table[i] << 8 | table[i + 1] for i in range(0, 128, 2)]
    if len(values) != 64:
        return None
    scale = 100 * sum(values) / sum(LUMINANCE)
    quality = 5000 / scale if scale > 100 else (200 - scale) / 2
    return min(max(round(quality), 1), 100)
