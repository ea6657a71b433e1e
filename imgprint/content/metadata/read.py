"""Every metadata block that a layout names, read as far as the bytes go."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imgprint.content.formats import jpeg, psd, svg, tiff
from imgprint.content.formats.layout import Block, Layout
from imgprint.content.metadata import exif as ex
from imgprint.content.metadata import parts
from imgprint.content.metadata.c2pa import read_c2pa
from imgprint.content.metadata.facts import MAKE, clean
from imgprint.content.metadata.icc import read_icc
from imgprint.content.metadata.iptc import read_iptc
from imgprint.content.metadata.makernote import read_makernote
from imgprint.content.metadata.marks import cut
from imgprint.content.metadata.text import decode
from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.sparse import SparseBytes

# What of a block is worth a request; more of it is left alone.
LIMITS = {"xmp": 65_536, "exif": 65_536, "iptc": 65_536}
LIMIT = 16_384
# From one box of a manifest store to the next.
HOP = 8192
MAX_TEXTS = 100
# Blocks of one kind; a file has one, and rarely a second.
MAX_TRIES = 4
ROLES = {"exif": None, "tiff": None, "exif ifd": ex.EXIF_IFD, "gps ifd": ex.GPS_IFD}
EMBEDDED = {ex.XMP: "xmp", ex.IPTC: "iptc", ex.PHOTOSHOP: "photoshop", ex.ICC: "icc"}
EMBEDDED |= {ex.C2PA: "c2pa"}


@dataclass(slots=True)
class Found:
    """What the blocks say; ``wanted`` are the spans that would say more.

    ``unseen`` says that something was left out because it is too long or too much.
    """

    exif: ex.Exif = field(default_factory=ex.Exif)
    note: dict[str, str] = field(default_factory=dict)
    thumbnail: dict[str, Any] | None = None
    thumbnail_span: range | None = None
    xmp: dict[str, list[str]] | None = None
    iptc: dict[str, Any] | None = None
    icc: dict[str, Any] | None = None
    c2pa: dict[str, Any] | None = None
    text: dict[str, str] = field(default_factory=dict)
    time: str | None = None
    wanted: list[range] = field(default_factory=list)
    unseen: bool = False


class Reader:
    """Read blocks of *image* into ``found``.

    With *final*, a block that is cut short is read as far as it goes; without,
    it is left for when the ``wanted`` bytes are there.
    """

    def __init__(self, image: SparseBytes, *, final: bool):
        self.image = image
        self.final = final
        self.found = Found()
        self.has_unread_resources = False

    def exif(self, blocks: list[Block], *, whole: bool) -> None:
        """Read the first Exif block that holds something.

        With *whole*, its thumbnail and MakerNote are worth a request, too.
        """
        found = self.found
        inner = [block for block in blocks if block.kind == "photoshop"]
        blocks = [block for block in blocks if block.kind in ROLES]
        found.unseen |= len(blocks) > MAX_TRIES
        for block in blocks[:MAX_TRIES]:
            first = found.exif
            if first.tags and not ROLES[block.kind]:
                if not all(map(self.image.has, block.spans)):
                    found.unseen = True  # a second one is not worth a request
                    continue
                found.exif = ex.Exif()
            with suppress(ValueError):
                self._exif(block, whole=whole)
            if found.exif is not first:
                first.fill(found.exif)
                found.exif = first
        if not blocks:
            for block in inner[:1]:
                self._exif_in_resources(block, whole=whole)

    def _exif_in_resources(self, block: Block, *, whole: bool) -> None:
        """Read the Exif block that Photoshop's image resources may hold."""
        if block.coding:
            return
        part = parts.join(self.image, block.spans)
        with suppress(MissingBytes, ValueError):  # ``others`` asks for more
            for number, span in psd.resources(part, range(part.size or 0)):
                if psd.KINDS.get(number) == "exif":
                    spans = tuple(parts.place(block.spans, span))
                    self._exif(Block("exif", spans), whole=whole)
                    return

    def _exif(self, block: Block, *, whole: bool) -> None:
        image, span, spans = self.image, block.spans[0], block.spans
        if block.coding:
            data = self._bytes(block)
            if data is None:
                return
            image = parts.as_file(data)
            span = range(len(data))
            block = Block("exif", (span,))
        elif len(spans) > 1:
            image = parts.join(image, spans)
            span = range(image.size or 0)
        own = image is self.image
        known = block.kind == "tiff" or image.has(span)
        worth = block.kind != "tiff" and len(span) <= LIMITS["exif"]
        wanted: list[range] = []
        exif = self.found.exif
        if whole and worth and not known:
            wanted.append(span)
        if self.final or not wanted:
            try:
                ex.read_exif(image, span, exif, ROLES[block.kind])
            except MissingBytes as missing:
                start = missing.span.start
                wanted.append(span if worth else range(start, start + LIMIT))
            if exif.holes:
                wanted.extend([span] if worth else exif.holes)
            exif.holes = []
            if not ROLES[block.kind] and exif.ifd0:
                self._beside(image, block, own=own)
        for gap in wanted:
            self.found.wanted += [gap] if own else parts.place(spans, gap)

    def _beside(self, image: SparseBytes, block: Block, *, own: bool) -> None:
        """Read what the directories lead to: thumbnail, MakerNote, blocks."""
        exif, found = self.found.exif, self.found
        assert exif.tiff
        assert exif.ifd0
        if block.kind == "exif":
            thumbnail, place = _thumbnail(image, exif)
            if thumbnail and not found.thumbnail:
                found.thumbnail = thumbnail
                found.thumbnail_span = place if own else None
        if exif.exif and (entry := exif.exif.get(ex.MAKER_NOTE)):
            make = clean(exif.main.get(MAKE))
            note = read_makernote(image, exif.tiff, entry, make)
            found.note = note | found.note
        for tag, kind in EMBEDDED.items():
            if own and tag in exif.ifd0.entries:
                *_, start, length, inline = exif.ifd0.entries[tag]
                if start + length <= exif.tiff.stop and not inline:
                    exif.blocks.append(Block(kind, (range(start, start + length),)))

    def others(self, blocks: list[Block]) -> None:
        """Read all blocks but Exif; the first of a kind counts, but for text."""
        tries: dict[str, int] = {}
        for block in blocks:
            if block.kind in ROLES:
                continue
            tries[block.kind] = tries.get(block.kind, 0) + 1
            if tries[block.kind] > (MAX_TEXTS if block.kind == "text" else MAX_TRIES):
                self.found.unseen = True
                continue
            try:
                self._other(block)
            except ValueError:
                continue
        found = self.found
        if self.has_unread_resources:
            all_found = found.iptc and found.xmp and found.icc and found.exif.tags
            found.unseen |= not all_found

    def _other(self, block: Block) -> None:
        found, kind = self.found, block.kind
        if kind == "c2pa" and not found.c2pa:
            self._c2pa(block)
        elif kind == "photoshop":
            self._photoshop(block)
        elif kind in ("text", "comment"):
            self._text(block)
        elif (kind in ("iptc", "icc", "time") and not getattr(found, kind)) or (
            kind in ("xmp", "svg") and not found.xmp
        ):
            data = self._bytes(block)
            if not data:
                return
            if kind == "iptc":
                found.iptc = read_iptc(data)
            elif kind == "icc":
                found.icc = read_icc(data)
            elif kind == "time":
                found.time = _png_time(data)
            else:
                self._xmp(data)
                if kind == "svg":
                    found.text |= svg.texts(data)

    def _xmp(self, data: bytes) -> None:
        # defusedxml takes longer to import than most images to read.
        from imgprint.content.metadata.xmp import read_xmp

        self.found.xmp = read_xmp(data)

    def _bytes(self, block: Block) -> bytes | None:
        """Return the block without its wrapping, None if it is to be awaited."""
        limit = LIMITS.get(block.kind, LIMIT)
        part = parts.join(self.image, block.spans)
        # A profile says its name first.
        self.found.unseen |= (part.size or 0) > limit and block.kind != "icc"
        gaps = part.missing(range(min(part.size or 0, limit)))
        if gaps and block.kind == "icc" and not block.coding:
            # The name comes first in most profiles.
            data = parts.prefix(part, limit)
            if (read_icc(data) or {}).get("name"):
                return data
        for gap in gaps:
            self.found.wanted += parts.place(block.spans, gap)
        if gaps and not self.final:
            return None
        data = parts.unwrap(parts.prefix(part, limit), block.coding)
        self.found.unseen |= len(data) >= parts.MAX_UNPACKED
        return data

    def _text(self, block: Block) -> None:
        if block.kind == "comment":
            key, data = "Comment", self._bytes(block)
        else:
            part = parts.join(self.image, block.spans)
            raw = self._bytes(Block("text", block.spans))
            if raw is None or not part.size:
                return
            key, data = parts.png_text(raw, block.coding)
        if data:
            latin = block.coding in ("tEXt", "zTXt")
            text = decode(data, latin=latin)
            size = parts.join(self.image, block.spans).size or 0
            if text and size > LIMIT:
                text = cut(text, f"{size} bytes")
            if text and key not in self.found.text:
                self.found.text[key] = text

    def _photoshop(self, block: Block) -> None:
        found = self.found
        if block.coding:
            data = self._bytes(block)
            if not data:
                return
            inner = Reader(parts.as_file(data), final=True)
            if data[:1] == b"\x1c":  # IPTC without resources around it
                inner.found.iptc = read_iptc(data)
            inner._photoshop(Block("photoshop", (range(len(data)),)))
            found.iptc = found.iptc or inner.found.iptc
            found.xmp = found.xmp or inner.found.xmp
            found.icc = found.icc or inner.found.icc
            return
        part = parts.join(self.image, block.spans)
        size = part.size or 0
        try:
            for number, span in psd.resources(part, range(size)):
                kind = psd.KINDS.get(number)
                if kind in ("iptc", "icc", "xmp"):
                    self._other(Block(kind, tuple(parts.place(block.spans, span))))
        except MissingBytes as missing:
            start = missing.span.start
            if found.iptc or size - start > LIMITS["iptc"]:
                self.has_unread_resources = True
            else:
                found.wanted += parts.place(block.spans, range(start, size))

    def _c2pa(self, block: Block) -> None:
        part = parts.join(self.image, block.spans)
        if block.coding:
            head = parts.prefix(part, 256)
            skip = len(head) - len(parts.unwrap(head, block.coding))
            block = Block(
                "c2pa", tuple(parts.place(block.spans, range(skip, part.size or 0)))
            )
            part = parts.join(self.image, block.spans)
        try:
            self.found.c2pa, missing = read_c2pa(part)
        except MissingBytes as error:
            missing = [error.span]
        for gap in missing:
            gap = range(gap.start, min(gap.start + HOP, part.size or 0))
            self.found.wanted += parts.place(block.spans, gap)


def _thumbnail(
    image: SparseBytes, exif: ex.Exif
) -> tuple[dict[str, Any] | None, range | None]:
    """Return size and hash of the JPEG thumbnail that IFD1 leads to, and its place.

    Source: CIPA DC-008-2019 section 4.5.8.
    """
    assert exif.tiff
    assert exif.ifd0
    if not exif.ifd0.next:
        return None, None
    layout = Layout()
    try:
        ifd = tiff.directory(image, exif.tiff, exif.ifd0.next)
        start = tiff.integers(image, exif.tiff, ifd.entries.get(0x201))
        length = tiff.integers(image, exif.tiff, ifd.entries.get(0x202))
        if not start or not length or not 0 < length[0] <= 65_536:
            return None, None
        begin = exif.tiff.base + start[0]
        data = image.read(begin, begin + length[0])
        if data[:2] != b"\xff\xd8" or begin + length[0] > exif.tiff.stop:
            return None, None
        jpeg.read(parts.as_file(data), layout)
    except (MissingBytes, ValueError):
        return None, None
    sha256 = hashlib.sha256(data).hexdigest()
    facts = {
        "width": layout.width,
        "height": layout.height,
        "bytes": len(data),
        "sha256": sha256,
    }
    return facts, range(begin, begin + len(data))


def _png_time(data: bytes) -> str | None:
    """Return a tIME chunk as ISO 8601, UTC. Source: W3C PNG section 11.3.5.1."""
    if len(data) < 7 or not (1 <= data[2] <= 12 and 1 <= data[3] <= 31):
        return None
    year = int.from_bytes(data[:2], "big")
    return (
        f"{year:04}-{data[2]:02}-{data[3]:02}T{data[4]:02}:{data[5]:02}:{data[6]:02}Z"
    )
