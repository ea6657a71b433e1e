"""JPEG XL: the size and depth at the start of a codestream."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

# Width to height, ISO/IEC 18181-1 table F.3.
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


class _Bits:
    """Fields of a codestream: bits from the least significant on."""

    def __init__(self, data: bytes):
        self.value = int.from_bytes(data, "little")
        self.left = 8 * len(data)

    def take(self, count: int) -> int:
        if count > self.left:
            raise ValueError("Short JPEG XL codestream")
        self.left -= count
        value = self.value & ((1 << count) - 1)
        self.value >>= count
        return value


def read(image: SparseBytes, offset: int, layout: Layout) -> None:
    """Fill *layout* from the codestream at *offset*.

    Raise MissingBytes, or ValueError if there is none.

    Source: ISO/IEC 18181-1 sections D.2 (SizeHeader) and D.3 (ImageMetadata).
    """
    data = image[offset : offset + 32]
    if data[:2] != b"\xff\x0a":
        raise ValueError("No JPEG XL codestream")
    layout.picture = offset
    bits = _Bits(data[2:])
    layout.width, layout.height = _size(bits)
    if bits.take(1):  # all_default
        layout.bit_depth, layout.frames = 8, 1
    elif not bits.take(1):  # no extra_fields
        layout.frames = 1
        layout.bit_depth = _depth(bits)
    else:
        bits.take(3)  # orientation
        if not bits.take(1) and not bits.take(1) and not bits.take(1):
            # no intrinsic size, preview or animation
            layout.frames = 1
            layout.bit_depth = _depth(bits)


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)
    height = _side(bits, small)
    ratio = bits.take(3)
    if not ratio:
        return _side(bits, small), height
    across, down = RATIOS[ratio - 1]
    return height * across // down, height


def _side(bits: _Bits, small: int) -> int:
    if small:
        return 8 * (1 + bits.take(5))
    return 1 + bits.take((9, 13, 18, 30)[bits.take(2)])


def _depth(bits: _Bits) -> int:
    if bits.take(1):  # floating point samples
        choice = bits.take(2)
        return (32, 16, 24)[choice] if choice < 3 else 1 + bits.take(6)
    choice = bits.take(2)
    return (8, 10, 12)[choice] if choice < 3 else 1 + bits.take(6)
