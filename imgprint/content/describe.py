"""Facts about an image from as many of its bytes as are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imgprint.content.formats import gif, identify, jpeg, png, riff, tiff
from imgprint.content.formats.layout import Layout
from imgprint.content.metadata import facts
from imgprint.content.metadata.exif import Exif, read_exif
from imgprint.content.sparse import MissingBytes, SparseBytes

READERS = {"jpeg": jpeg.read, "png": png.read, "webp": riff.read, "gif": gif.read}
READERS |= dict.fromkeys(("tiff", "dng", "nef", "cr2", "arw", "orf", "rw2"), tiff.read)

HEAD = 10_241
PAGE = 16_384
MAX_READ = 65_536


@dataclass(slots=True)
class Description:
    """What the known bytes of an image say. None: nothing."""

    format: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    bit_depth: int | None = None
    progressive: bool | None = None
    exif: dict[str, str] = field(default_factory=dict)
    gps: dict[str, Any] | None = None
    camera: dict[str, Any] | None = None
    dates: dict[str, Any] | None = None
    software: str | None = None
    xmp: dict[str, Any] | None = None
    iptc: dict[str, Any] | None = None
    icc: dict[str, Any] | None = None
    text: dict[str, Any] | None = None
    c2pa: dict[str, Any] | None = None
    ids: dict[str, Any] | None = None
    thumbnail: dict[str, Any] | None = None
    complete: bool = True


def describe(
    image: SparseBytes, *, blocks: str = "all", final: bool = False
) -> Description:
    """Return what the known bytes of *image* say.

    *blocks* is "all", or "exif" to ask for no more than EXIF needs. Raise
    MissingBytes with the next span worth a request, 64 KiB at most; with
    *final*, leave out what is missing and say so in ``complete``. Malformed
    parts are left out in either case.
    """
    layout = Layout()
    wanted: list[range] = []
    try:
        layout.format = identify(_head(image))
        if layout.format in READERS:
            READERS[layout.format](image, layout)
    except MissingBytes as missing:
        if blocks == "all" or not _has_exif(layout):
            wanted.append(_page(missing.span))
    except ValueError:
        pass
    exif = _exif(image, layout, wanted)
    if wanted and not final:
        raise MissingBytes(_next_span(image, wanted))
    return _describe(layout, exif, complete=not wanted)


def _head(image: SparseBytes) -> bytes:
    known = image.spans[:1]
    if not known or known[0].start:
        raise MissingBytes(range(HEAD))
    return image[0 : min(known[0].stop, 4096)]


def _has_exif(layout: Layout) -> bool:
    return layout.settled or any(block.kind == "exif" for block in layout.blocks)


def _page(span: range) -> range:
    return range(span.start, max(span.stop, span.start + PAGE))


def _exif(image: SparseBytes, layout: Layout, wanted: list[range]) -> Exif:
    for block in layout.blocks:
        if block.kind not in ("exif", "tiff"):
            continue
        span = block.spans[0]
        try:
            found = read_exif(image, span)
        except MissingBytes as missing:
            wanted.append(span if block.kind == "exif" else missing.span)
            continue
        except ValueError:
            continue
        if found.holes:
            wanted.extend([span] if block.kind == "exif" else found.holes)
        return found
    return Exif()


def _next_span(image: SparseBytes, wanted: list[range]) -> range:
    """Return the first unknown span of *wanted*, with others close behind it."""
    gaps = sorted(
        (gap for span in wanted for gap in image.missing(span)),
        key=lambda gap: gap.start,
    )
    start, stop = gaps[0].start, gaps[0].stop
    for gap in gaps[1:]:
        if gap.start - stop <= PAGE and gap.stop - start <= MAX_READ:
            stop = max(stop, gap.stop)
    if image.size is not None:
        stop = min(stop, image.size)
    return range(start, min(stop, start + MAX_READ))


def _describe(layout: Layout, exif: Exif, *, complete: bool) -> Description:
    return Description(
        format=layout.format,
        width=layout.width,
        height=layout.height,
        frames=layout.frames,
        bit_depth=layout.bit_depth,
        progressive=layout.progressive,
        exif=exif.tags,
        gps=facts.gps(exif.gps),
        camera=facts.camera(exif.main),
        dates=facts.dates(exif.main),
        software=facts.clean(exif.main.get(facts.SOFTWARE)),
        complete=complete,
    )
