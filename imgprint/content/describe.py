"""Facts about an image from as many of its bytes as are known."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from imgprint.content.fingerprints.picture_data import WORTH, DataKey, data_key
from imgprint.content.formats import (
    bmff,
    bmp,
    gif,
    identify,
    jpeg,
    png,
    psd,
    riff,
    svg,
    tiff,
)
from imgprint.content.formats.layout import Layout
from imgprint.content.metadata import facts
from imgprint.content.metadata.iptc import dates as iptc_dates
from imgprint.content.metadata.plain import Plain
from imgprint.content.metadata.read import ROLES, Found, Reader
from imgprint.content.sparse import MissingBytes, SparseBytes

if TYPE_CHECKING:
    from imgprint.content.byte_ranges.transfer import Transfer

READERS = {"jpeg": jpeg.read, "png": png.read, "webp": riff.read, "gif": gif.read}
READERS |= {"psd": psd.read, "bmp": bmp.read, "ico": bmp.read_ico, "svg": svg.read}
READERS |= dict.fromkeys(("heic", "heif", "avif", "cr3", "jxl", "jp2"), bmff.read)
READERS |= dict.fromkeys(("tiff", "dng", "nef", "cr2", "arw", "orf", "rw2"), tiff.read)

NO_EXIF = ("gif", "svg", "bmp")
# Their first directory is of a preview, but CR3's, which has no other.
RAW = ("cr2", "cr3", "dng", "nef", "arw", "rw2")
HEAD = 10_241
PAGE = 16_384
FEW = 64
SHORT_GAP = 256
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
    orientation: int | None = None
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
    layout: Layout = field(default_factory=Layout)
    data: DataKey | None = None
    thumbnail_span: range | None = None


# What of it is for the fingerprints, and no field of a record.
INTERNAL = {"complete", "layout", "data", "thumbnail_span"}
# Not text of strangers: numbers, a format by its signature; two of forms of their own.
_OTHERS = {"format", "width", "height", "frames", "bit_depth", "progressive"}
_OTHERS |= {"orientation"}
_OTHERS |= INTERNAL | {"exif", "text"}
SENT = ("etag", "last_modified", "media_type", "server", "robots")
SAID = [f.name for f in fields(Description) if f.name not in _OTHERS]


def describe(
    image: SparseBytes, *, blocks: str = "all", final: bool = False
) -> Description:
    """Return what the known bytes of *image* say.

    *blocks* is "all", or "exif" to ask for no more than EXIF needs. Raise
    MissingBytes with the next span worth a request, 64 KiB at most; with
    *final*, leave out what is missing and say so in ``complete``. Malformed
    parts are left out in either case.
    """
    layout, wanted = _lay_out(image, blocks)
    reader = Reader(image, final=final)
    reader.exif(layout.blocks, whole=blocks == "all")
    if blocks == "all" and (final or not reader.found.wanted):
        reader.others(layout.blocks + reader.found.exif.blocks)
    more = reader.found.wanted
    # Where no Exif was found, it may be in the rest of the container.
    found = any(block.kind in ROLES for block in layout.blocks)
    span = _next_span(image, more + wanted if found else wanted + more)
    if span and not final:
        raise MissingBytes(_with_data(image, layout, span) if blocks == "all" else span)
    description = _describe(layout, reader.found)
    unseen = layout.unseen or reader.found.unseen
    if blocks != "all" and (description.exif or layout.format in NO_EXIF):
        unseen = False  # of what was asked for, all is there
    description.complete = not (span or unseen)
    try:
        description.data = data_key(image, layout)
    except MissingBytes as missing:
        # Last of all: only what says something of the picture is still missing.
        worth = layout.format in WORTH and blocks == "all"
        if worth and not final and image.missing(_cut(image, missing.span)):
            raise
    except ValueError:
        pass
    return description


def _lay_out(image: SparseBytes, blocks: str) -> tuple[Layout, list[range]]:
    """Return the layout and, if it is worth a request, where it breaks off."""
    layout = Layout()
    try:
        layout.format = identify(_head(image))
        if layout.format in READERS:
            READERS[layout.format](image, layout)
    except MissingBytes as missing:
        kinds = {block.kind for block in layout.blocks}
        # CR3 keeps what Exif has in four blocks, GPS last.
        last = "gps ifd" if layout.format == "cr3" else "exif"
        done = layout.settled or (blocks != "all" and last in kinds)
        done |= blocks != "all" and layout.format in NO_EXIF
        sized = layout.width is not None or layout.format == "cr3"
        if not done or (blocks == "all" and not sized):
            span = missing.span
            # A few bytes are a header: read on behind it.
            page = PAGE if len(span) < FEW else 0
            return layout, [range(span.start, max(span.stop, span.start + page))]
    except ValueError:
        layout.unseen = True
    return layout, []


def describe_known(
    transfer: Transfer, *, blocks: str = "all", final: bool = False
) -> Description | None:
    """Return what the known bytes of *transfer* say, as ``describe`` does.

    None: it wants to be read on, and that is the next ask of *transfer*. Where
    the budget or the server does not allow that, what is missing is left out.
    """
    try:
        return describe(transfer.image, blocks=blocks, final=final)
    except MissingBytes as missing:
        if transfer.extend(missing.span):
            return None
        return describe(transfer.image, blocks=blocks, final=True)


def _head(image: SparseBytes) -> bytes:
    """Return the known start of the file; it is never missing in a crawl."""
    if not image.head:
        raise MissingBytes(range(HEAD))
    return image.head[:4096]


def _next_span(image: SparseBytes, wanted: list[range]) -> range | None:
    """Return the most wanted unknown span, with others close to it.

    None if all of them are known, or behind the end of the file.
    """
    if not wanted:
        return None
    gaps = [gap for span in wanted for gap in image.missing(_cut(image, span))]
    if not gaps:
        return None
    start, stop = gaps[0].start, min(gaps[0].stop, gaps[0].start + MAX_READ)
    for gap in sorted(gaps, key=lambda gap: abs(gap.start - start)):
        low, high = min(start, gap.start), max(stop, gap.stop)
        near = gap.start - stop <= PAGE and start - gap.stop <= PAGE
        if near and high - low <= MAX_READ:
            start, stop = low, high
    return range(start, stop)


def _with_data(image: SparseBytes, layout: Layout, span: range) -> range:
    """Return *span*, with what the key of the picture lacks if that is close."""
    wanted = [span]
    try:
        data_key(image, layout)
    except MissingBytes as missing:
        wanted.append(missing.span)
    except ValueError:
        pass
    span = _next_span(image, wanted) or span
    before = max((s.stop for s in image.spans if s.stop <= span.start), default=0)
    near = 0 < span.start - before <= SHORT_GAP and span.stop - before <= MAX_READ
    return range(before, span.stop) if near else span


def _cut(image: SparseBytes, span: range) -> range:
    return span if image.size is None else range(span.start, min(span.stop, image.size))


def _describe(layout: Layout, found: Found) -> Description:
    exif, properties = found.exif, found.xmp
    others = found.note
    if properties:
        from imgprint.content.metadata.xmp import fallbacks, main_fields, positions

        places = positions(properties)
        others = fallbacks(properties) | others
        xmp = main_fields(properties)
    else:
        places, xmp = [], None
    if found.iptc:
        others = iptc_dates(found.iptc) | others
    if found.time:
        others = {"modified": found.time} | others
    software = facts.fact(exif.main.get(facts.SOFTWARE))
    width, height = layout.width, layout.height
    if width is None and layout.format in RAW:
        width, height = _stated_size(exif.main, layout.format)
    description = Description(
        format=layout.format,
        width=width,
        height=height,
        frames=layout.frames,
        bit_depth=layout.bit_depth,
        progressive=layout.progressive,
        orientation=facts.orientation(exif.main),
        exif=exif.tags,
        gps=facts.position(exif.gps, places),
        camera=facts.camera(exif.main, others),
        dates=facts.dates(exif.main, others),
        software=software or others.get("software") or found.text.get("Software"),
        xmp=xmp,
        iptc=found.iptc,
        icc=found.icc,
        text=found.text or None,
        c2pa=found.c2pa,
        ids=facts.ids(exif.main, others),
        thumbnail=found.thumbnail,
        layout=layout,
        thumbnail_span=found.thumbnail_span,
    )
    make_plain(description)
    return description


def _stated_size(main: dict[int, Any], format: str) -> tuple[int | None, int | None]:
    """Return the size that Exif states; in raw files it is that of the picture."""
    # The first directory is that of a preview, but for CR3.
    first = ((0x100, 0x101),) if format == "cr3" else ()
    for tags in ((0xA002, 0xA003), *first):
        width, height = map(main.get, tags)
        if isinstance(width, int) and isinstance(height, int) and width * height > 0:
            return width, height
    return None, None


def plain_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return *record*, of a feed of whatever age, with nothing but text in its text.

    The record is changed itself.
    """
    plain = Plain()
    if isinstance(record.get("exif"), dict):
        plain.reference(record["exif"])
    for name in (*SAID, "text", *SENT):
        if record.get(name) is not None:
            record[name] = plain.value(record[name])
    return record


def make_plain(description: Description) -> None:
    """Have no value of *description* hold anything but text, whoever read it."""
    plain = Plain()
    plain.reference(description.exif)
    if description.text:
        description.text = plain.texts(description.text)
    for name in SAID:
        value = getattr(description, name)
        if value is not None:
            setattr(description, name, plain.value(value))
