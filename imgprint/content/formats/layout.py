"""What a container says before any metadata block is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Block(NamedTuple):
    """Where the bytes of one metadata block lie.

    ``kind`` is one of exif, "exif ifd", "gps ifd", tiff, xmp, iptc, photoshop,
    icc, text, c2pa, comment, time, svg. ``spans`` are its parts, in order.
    ``coding`` says what stands between these bytes and the block: "" for
    nothing, else a wrapping that ``metadata.parts.unwrap`` takes off.
    """

    kind: str
    spans: tuple[range, ...]
    coding: str = ""


@dataclass(slots=True)
class Layout:
    """Facts a container reader fills in, as far as the known bytes carry it.

    Sizes are pixels; ``bit_depth`` is bits per channel (per pixel for GIF, BMP
    and ICO, which have palettes); ``picture`` is the byte offset of the first
    picture data (for JPEG of the first SOS marker, for PNG and WebP of the
    chunk), ``picture_stop`` where its first run ends, if that is said.
    ``unseen`` says that metadata may lie in bytes that nobody looks at, because
    they are not worth a request, and ``resume`` where a JPEG walk broke off.
    ``pictures`` are the parts of the codestream of JPEG XL, in order.
    ``tables`` are marker and data of the JPEG segments that say how the picture
    is coded. ``settled`` means that no metadata follows what was read, so
    that missing bytes behind it are not worth a request.
    """

    width: int | None = None
    height: int | None = None
    frames: int | None = None
    bit_depth: int | None = None
    progressive: bool | None = None
    picture: int | None = None
    picture_stop: int | None = None
    tables: list[tuple[int, range]] = field(default_factory=list)
    settled: bool = False
    unseen: bool = False
    resume: int | None = None
    pictures: list[range] = field(default_factory=list)
    format: str | None = None
    blocks: list[Block] = field(default_factory=list)

    def extend(self, kind: str, span: range) -> None:
        """Note the next part of the last block of *kind*, or its first part."""
        for index in reversed(range(len(self.blocks))):
            block = self.blocks[index]
            if block.kind == kind:
                self.blocks[index] = block._replace(spans=(*block.spans, span))
                return
        self.add(kind, span)

    def add(self, kind: str, span: range, coding: str = "") -> None:
        """Note that a block lies at *span*."""
        self.blocks.append(Block(kind, (span,), coding))
