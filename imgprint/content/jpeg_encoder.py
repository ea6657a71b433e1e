"""What the coding tables of a JPEG say of the program or camera that wrote it."""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any

from imgprint.content.formats.jpeg import DHT, DQT, FRAMES, PROGRESSIVE
from imgprint.content.picture_data import quantisation

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
# A segment with all four takes 416 bytes; longer ones are not remembered.
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
    tables = quantisation(image, layout)
    marker, span = _frame(layout)
    frame = image[span.start : span.stop]
    # identifier, sampling factors, number of the quantisation table
    parts = [frame[at : at + 3] for at in range(6, len(frame) - 2, 3)]
    if not parts or not tables:
        return None
    typical = _typical(image, layout)
    progressive = marker in PROGRESSIVE
    key = ("p" if progressive else "s") + ("t" if typical else "o")
    coded = b"".join([part[1:2] + tables.get(part[2], b"") for part in parts])
    sampling = b"".join([part[1:2] for part in parts]).hex()
    luminance = tables.get(parts[0][2])
    return {
        "signature": "e1:" + sha256(key.encode() + coded).hexdigest()[:16],
        "jpeg_digest": _digest(image, layout, sampling) if len(parts) == 3 else None,
        "quality": _quality(luminance) if luminance else None,
        "sampling": SAMPLINGS.get(sampling, sampling),
        "huffman": "typical" if typical else "own",
        "progressive": progressive,
    }


def _frame(layout: Layout) -> tuple[int, range]:
    """Return marker and data of the first frame header, an empty one for none."""
    for marker, span in layout.tables:
        if marker in FRAMES:
            return marker, span
    return 0, range(0)


def _digest(image: SparseBytes, layout: Layout, sampling: str) -> str:
    first: dict[int, bytes] = {}
    for marker, span in layout.tables:
        if marker == DQT and len(span):
            data = image[span.start : span.stop]
            if data[0] & 15 < 4:
                first[data[0] & 15] = data
    joined = b"\0".join([first[number] for number in sorted(first)])
    return f"{md5(joined, usedforsecurity=False).hexdigest()}:{sampling}"


def _typical(image: SparseBytes, layout: Layout) -> bool:
    """Return whether all Huffman tables are those of section K.3."""
    for marker, span in layout.tables:
        if marker == DHT:
            data = image[span.start : span.stop]
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
    return bytes(min(max((v * scale + 50) // 100, 1), 255) for v in LUMINANCE)


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
