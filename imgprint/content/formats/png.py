"""PNG and APNG: chunks before the picture data, and behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

MAX_CHUNKS = 2000
TAIL = 1024
PAGE = 16_384
SIGNS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"caBX")
CHUNK = re.compile(
    rb"(?=(....)(IDAT|IEND|eXIf|tEXt|zTXt|iTXt|tIME|caBX|fdAT|fcTL|iCCP|pHYs|tRNS|bKGD"
    rb"|gAMA|cHRM|sRGB|sBIT|hIST|sPLT|oFFs|pCAL|sCAL|vpAg|caNv|orNT|mkBS|mkTS|prVW))",
    re.DOTALL,
)
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = {b"eXIf": "exif", b"iCCP": "icc", b"caBX": "c2pa", b"tIME": "time"}
PROFILES = {"exif": "exif", "app1": "exif", "iptc": "iptc", "8bim": "photoshop"}
PROFILES |= {"xmp": "xmp", "icc": "icc", "icm": "icc"}


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the chunks of a PNG file.

    Integers are big-endian; a chunk is length, type, data and CRC. Chunks
    behind the picture data are looked for only if the last bytes of the file
    show one: files without metadata cost no request.

    Raise MissingBytes where *image* does not reach far enough, ValueError if
    the header is malformed.

    Source: W3C PNG (third edition) sections 5.3 and 11.
    """
    header = image[8:29]
    if header[4:8] != b"IHDR" or len(header) < 21:
        raise ValueError("No PNG header")
    layout.width = int.from_bytes(header[8:12], "big")
    layout.height = int.from_bytes(header[12:16], "big")
    layout.bit_depth = header[16]
    layout.progressive = header[20] == 1
    layout.frames = 1
    offset = 33
    stride = 0
    for _ in range(MAX_CHUNKS):
        try:
            head = image[offset : offset + 8]
        except MissingBytes:
            if layout.picture is None:
                raise
            _read_late(image, layout, offset, stride)
            layout.settled = True
            return
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if name == b"IEND" or len(head) < 8:
            break
        if name == b"IDAT":
            layout.picture = layout.picture or offset
            stride = stride or length + 12
        _read_chunk(image, name, range(offset + 8, offset + 8 + length), layout)
        offset += length + 12
    layout.settled = True


def _read_chunk(image: SparseBytes, name: bytes, span: range, layout: Layout) -> None:
    if name in KINDS:
        layout.add(KINDS[name], span, "iccp" if name == b"iCCP" else "")
    elif name == b"acTL":
        layout.frames = int.from_bytes(image[span.start : span.start + 4], "big")
    elif name in (b"tEXt", b"zTXt", b"iTXt"):
        key = image[span.start : min(span.stop, span.start + 80)].partition(b"\0")[0]
        words = key.decode("latin-1").lower()
        if words == "xml:com.adobe.xmp":
            layout.add("xmp", span, name.decode())
        elif words.startswith("raw profile type "):
            layout.add(
                PROFILES.get(words[17:], "profile"), span, name.decode() + "/raw"
            )
        else:
            layout.add("text", span, name.decode())


def _read_late(image: SparseBytes, layout: Layout, offset: int, stride: int) -> None:
    """Read the chunks behind the picture data.

    *offset* is where the next unknown chunk starts, *stride* the bytes of the
    first IDAT chunk: writers make all but the last equal. The end of the file
    is a run of chunks; follow it backward as far as the bytes are known, and
    ask for more until it begins with picture data.
    """
    size = image.size
    if size is None or offset + 12 >= size:
        return
    known = image.spans[-1]
    if known.stop != size:
        raise MissingBytes(range(max(offset, size - TAIL), size))
    tail = image[known.start : size]
    if not any(sign in tail for sign in SIGNS):
        return
    run = _last_chunks(tail)
    if not run or run[0][1] != b"IDAT":
        begin = known.start + run[0][0] if run else size
        if begin > offset and not _is_picture(image, offset, stride, begin):
            # 16 KiB, then all that one request may hold.
            page = PAGE if size - known.start <= TAIL else 3 * PAGE
            if size - known.start < PAGE + TAIL and begin != offset:
                raise MissingBytes(range(max(offset, known.start - page), known.start))
    for start, name, length in run:
        position = known.start + start + 8
        _read_chunk(image, name, range(position, position + length), layout)


def _last_chunks(tail: bytes) -> list[tuple[int, bytes, int]]:
    """Return (offset, type, data length) of the chunks that end *tail*, in order."""
    found: list[tuple[int, bytes, int]] = []
    start = -1
    for match in reversed(list(CHUNK.finditer(tail))):
        length = int.from_bytes(match[1], "big")
        last = start < 0 and match[2] == b"IEND" and length == 0
        if last or match.start() + 12 + length == start:
            start = match.start()
            found.append((start, match[2], length))
    return found[::-1]


def _is_picture(image: SparseBytes, offset: int, stride: int, begin: int) -> bool:
    """Return whether an IDAT chunk, by its known header, ends at *begin*."""
    if stride <= 12:
        return False
    last = offset + (begin - offset - 1) // stride * stride
    if not image.has(range(last, last + 8)):
        return False
    head = image[last : last + 8]
    return head[4:] == b"IDAT" and last + 12 + int.from_bytes(head[:4], "big") == begin
