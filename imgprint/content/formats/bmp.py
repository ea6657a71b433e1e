"""BMP and ICO: sizes and depths, and the profile that a BMP may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

# Bytes of BITMAPV5HEADER, and PROFILE_EMBEDDED in its bV5CSType.
V5, EMBEDDED = 124, b"DEBM"
PNG = b"\x89PNG"


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the bitmap header. Integers are little-endian.

    Raise MissingBytes, or ValueError if the header is short.

    Source: Microsoft, "Bitmap Storage": BITMAPFILEHEADER, BITMAPCOREHEADER,
    BITMAPINFOHEADER and BITMAPV5HEADER.
    """
    layout.settled = True
    header = image[0:30]
    if len(header) < 26:
        raise ValueError("Short BMP header")
    layout.frames = 1
    layout.picture = int.from_bytes(header[10:14], "little")
    wide = 2 if int.from_bytes(header[14:18], "little") == 12 else 4
    width, height = header[18 : 18 + wide], header[18 + wide : 18 + 2 * wide]
    layout.width = int.from_bytes(width, "little")
    # A negative height says that the top row comes first.
    layout.height = abs(int.from_bytes(height, "little", signed=wide == 4))
    depth = header[20 + 2 * wide : 22 + 2 * wide]
    layout.bit_depth = int.from_bytes(depth, "little") or None
    if int.from_bytes(header[14:18], "little") == V5:
        _read_profile(image[14 : 14 + V5], layout)


def _read_profile(header: bytes, layout: Layout) -> None:
    """Note the ICC profile that a BITMAPV5HEADER embeds, if it does."""
    if header[56:60] == EMBEDDED and len(header) == V5:
        start = 14 + int.from_bytes(header[112:116], "little")
        length = int.from_bytes(header[116:120], "little")
        layout.add("icc", range(start, start + length))


def read_ico(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the directory: the largest picture counts.

    Raise MissingBytes, or ValueError if the directory is short.

    Source: Microsoft, "Icons": ICONDIR and ICONDIRENTRY. A side of 0 is 256.
    """
    layout.settled = True
    count = int.from_bytes(image[4:6], "little")
    entries = image[6 : 6 + 16 * min(count, 256)]
    sizes = [
        (
            entries[i] or 256,
            entries[i + 1] or 256,
            entries[i + 6],
            entries[i + 12 : i + 16],
        )
        for i in range(0, len(entries) - 15, 16)
    ]
    if not sizes:
        raise ValueError("Short ICO directory")
    layout.width, layout.height, depth, place = max(sizes)
    # In a cursor this field is the hot spot.
    layout.bit_depth = depth if image[2:3] == b"\1" and depth else None
    layout.picture = int.from_bytes(place, "little")
    layout.frames = count
    for *_, begin in sizes:
        start = int.from_bytes(begin, "little")
        # A PNG file within may have metadata, which nobody reads.
        known = image.has(range(start, start + 4))
        layout.unseen |= not known or image[start : start + 4] == PNG
