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
    rb"I(?:DAT|END)|eXIf|[iz]TXt|tEXt|tIME|caBX|f[dc](?:AT|TL)|iCCP|pHYs|tRNS|bKGD"
    rb"|gAMA|cHRM|sRGB|sBIT|hIST|sPLT|oFFs|[ps]CAL|vpAg|caNv|orNT|mkB[ST]|mkTS|prVW"
)
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
    offset, stride, late = 33, 0, False
    for _ in range(MAX_CHUNKS):
        try:
            head = image[offset : offset + 8]
        except MissingBytes:
            if late or layout.picture is None:
                raise
            late = True
            offset = _behind_picture(image, offset, stride)
            continue
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


def _behind_picture(image: SparseBytes, offset: int, stride: int) -> int:
    """Return where to read on, behind the picture data.

    *offset* is where the next unknown chunk starts, *stride* the bytes of the
    first IDAT chunk; writers make all but the last equal. The end of the file
    is a run of chunks, which can be followed backward. Return the size if
    nothing is there, as far as one can tell without a request.

    Raise MissingBytes if the last bytes show a chunk of metadata whose start is
    unknown, or the first chunk is all of the picture and something follows.
    """
    size = image.size
    if size is None or offset + 12 >= size:
        return size or offset
    known = image.spans[-1]
    if known.stop != size:
        raise MissingBytes(range(max(offset, size - TAIL), size))
    # A writer's buffer has a round size; an odd one is all of the picture.
    if offset == 41 - 8 + stride and (stride - 12) % 512 and stride % 512:
        return offset
    tail = image[known.start : size]
    if not any(sign in tail for sign in SIGNS):
        return size
    run = last_chunks(tail)
    begin = known.start + run[0][0] if run else size
    # With Exif in reach, how much text stands before it is not worth a request.
    names = {name for _, name, _ in run}
    if begin == offset or (run and run[0][1] == b"IDAT") or b"eXIf" in names:
        return begin
    if len(tail) < PAGE:
        raise MissingBytes(range(max(offset, known.start - PAGE), known.start))
    return _last_idat(image, offset, stride, begin)


def _last_idat(image: SparseBytes, offset: int, stride: int, begin: int) -> int:
    """Return where the last IDAT chunk is, by the equal size of all before it.

    *begin* is where the chunks that are known to end the file start; return it
    if there is no way to tell. Raise MissingBytes as above.
    """
    known = image.spans[-1]
    last = offset + (begin - 1 - offset) // stride * stride
    while last >= known.start:
        if image[last + 4 : last + 8] == b"IDAT":
            return last
        last -= stride
    if last <= offset:
        return offset
    if stride > len(known):
        return last if image[last : last + 64][4:8] == b"IDAT" else begin
    # Chunks of metadata fill all that is known.
    if len(known) < 3 * PAGE:
        raise MissingBytes(range(max(offset, known.start - 3 * PAGE), known.start))
    return begin


def last_chunks(tail: bytes) -> list[tuple[int, bytes, int]]:
    """Return (offset, type, data length) of the chunks that end *tail*, in order."""
    found: list[tuple[int, bytes, int]] = []
    start = -1
    for match in reversed(list(CHUNK.finditer(tail))):
        begin = match.start() - 4
        length = int.from_bytes(tail[max(begin, 0) : begin + 4], "big")
        last = start < 0 and match[0] == b"IEND" and length == 0
        if begin >= 0 and (last or begin + 12 + length == start):
            start = begin
            found.append((start, match[0], length))
    return found[::-1]
