"""Pictures made at run time, and what every parser is held to."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from PIL import Image

from imgprint.content.describe import Description, describe
from imgprint.content.formats.layout import Layout
from imgprint.content.sparse import MissingBytes, SparseBytes

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD, TAIL = 10_241, 1024
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/" xmpMM:DocumentID="xmp.did:1">'
    b'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A title</rdf:li></rdf:Alt>'
    b"</dc:title><dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li>two</rdf:li>"
    b"</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    b'<?xpacket end="w"?>'
)
IPTC = b"\x1c\x02\x05\x00\x05Title\x1c\x02\x19\x00\x03one\x1c\x02\x19\x00\x03two"


def whole(data: bytes) -> SparseBytes:
    return partial(data, len(data))


def partial(data: bytes, known: int) -> SparseBytes:
    image = SparseBytes(len(data))
    image.add(0, data[:known])
    return image


def picture(kind: str, size: tuple[int, int] = (20, 10), **options: Any) -> bytes:
    """A picture by Pillow; noise, so that it does not compress away."""
    file = io.BytesIO()
    image = Image.effect_noise(size, 60).convert(options.pop("mode", "RGB"))
    image.save(file, kind, **options)
    return file.getvalue()


def exif(*, position: bool = True) -> bytes:
    """Exif with a date, a camera, a serial number and a position."""
    block = Image.Exif()
    block[0x10F] = "Maker"
    block[0x110] = "Model 1"
    block[0x131] = "Editor"
    details = block.get_ifd(0x8769)
    details[0x9003] = "2024:05:06 07:08:09"
    details[0x9011] = "+02:00"
    details[0xA431] = "S123"
    if position:
        place = block.get_ifd(0x8825)
        place[1], place[2] = "S", (10.0, 30.0, 0.0)
        place[3], place[4] = "E", (20.0, 15.0, 0.0)
    return block.tobytes()


def tiff(
    *entries: tuple[int, int, bytes], order: str = "<", more: bytes = b""
) -> bytes:
    """A TIFF of one directory; entries are tag, type and value."""
    units = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HL", 42, 8)
    after = 8 + 2 + 12 * len(entries) + 4
    table, values = b"", b""
    for tag, kind, value in entries:
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack(order + "L", after + len(values))
            values += value
        table += (
            struct.pack(order + "HHL", tag, kind, len(value) // units[kind]) + place
        )
    count = struct.pack(order + "H", len(entries))
    return head + count + table + bytes(4) + values + more


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def lay_out(read: Callable[[SparseBytes, Layout], None], image: SparseBytes) -> Layout:
    layout = Layout()
    read(image, layout)
    return layout


def check_truncations(
    read: Callable[[SparseBytes, Layout], None], data: bytes, format: str | None = None
) -> None:
    """Every truncation, of what is known and of the file, says so or is read."""
    for known in range(len(data)):
        image = partial(data, known)
        missing = None
        try:
            read(image, Layout(format=format))
        except MissingBytes as error:
            missing = error.span
        except ValueError:
            pass
        assert missing is None or image.missing(missing)
        with suppress(ValueError):
            read(whole(data[:known]), Layout(format=format))


def crawl(
    data: bytes, blocks: str = "all", reads: int = 3
) -> tuple[Description, list[range]]:
    """Describe *data* as a crawl does, from head and tail and a few more reads."""
    image = SparseBytes(len(data))
    image.add(0, data[:HEAD])
    start = max(HEAD, len(data) - TAIL)
    if start < len(data):
        image.add(start, data[start:])
    spans: list[range] = []
    left = 131_072
    while True:
        try:
            return describe(image, blocks=blocks), spans
        except MissingBytes as missing:
            span = missing.span
        assert image.missing(span)
        assert len(span) <= 65_536
        if len(spans) == reads or len(span) > left:
            return describe(image, blocks=blocks, final=True), spans
        left -= len(span)
        spans.append(span)
        image.add(span.start, data[span.start : span.stop])
