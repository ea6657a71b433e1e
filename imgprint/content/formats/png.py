"""PNG and APNG: chunks before the picture data, and behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

MAX_CHUNKS = 2000
MAX_FRAMES = 0x7FFF_FFFF
TAIL = 1024
PAGE = 16_384
PROBE = 64
# The last look at what stands behind the picture, and all looks together.
LOOK, MAX_LOOK = 49_152, 65_536
DATA = (b"IDAT", b"fdAT", b"fcTL")
CHUNK = re.compile(
    rb"I(?:DAT|END)|eXIf|[iz]TXt|tEXt|tIME|caBX|f[dc](?:AT|TL)|iCCP|pHYs|tRNS|bKGD"
    rb"|gAMA|cHRM|sRGB|sBIT|hIST|sPLT|oFFs|[ps]CAL|vpAg|caNv|orNT|mkB[ST]|mkTS|prVW"
    rb"|dSIG|gIF[gxt]|sk[MR]f|np(?:Tc|Lb|Ol)|meTa|zxIf"
)
KINDS = {b"eXIf": "exif", b"iCCP": "icc", b"caBX": "c2pa", b"tIME": "time"}
PROFILES = {"exif": "exif", "app1": "exif", "iptc": "photoshop", "8bim": "photoshop"}
PROFILES |= {"xmp": "xmp", "icc": "icc", "icm": "icc"}

PRINTABLE = bytes(range(32, 127)) + b"\t\r\n"
CONTROL = bytes({*range(32)} - {*b"\t\r\n"})
CONTINUATION = bytes(range(0x80, 0xC0))


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the chunks of a PNG file.

    Integers are big-endian; a chunk is length, type, data and CRC. Chunks
    behind the picture data are looked for only if the last bytes of the file
    show one, or look like text. Files without metadata cost no request. Where
    the last bytes may be of the picture or of a long chunk, ``unseen`` says so.

    Raise MissingBytes where *image* does not reach far enough, ValueError if
    the header is malformed.

    Source: W3C PNG (third edition) sections 5.3 and 11.
    """
    start = 8
    if image[12:16] == b"CgBI":  # Xcode puts it first
        start += 12 + int.from_bytes(image[8:12], "big")
    header = image[start : start + 21]
    if header[4:8] != b"IHDR" or len(header) < 21:
        raise ValueError("No PNG header")
    layout.width = int.from_bytes(header[8:12], "big")
    layout.height = int.from_bytes(header[12:16], "big")
    layout.bit_depth = header[16]
    layout.progressive = header[20] == 1
    layout.frames = 1
    strides: list[int] = []
    offset, late = start + 25, False
    for _ in range(MAX_CHUNKS):
        try:
            head = image[offset : offset + 8]
        except MissingBytes:
            if layout.picture is None:
                raise
            if late:
                _read_end(image, offset, layout)
                stop = image.spans[-1].start
                if image.size and PROBE <= stop - offset <= 2 * PAGE:
                    raise MissingBytes(range(offset, stop)) from None
                raise
            late = True
            try:
                offset = _behind_picture(image, offset, strides, layout)
            except MissingBytes:
                _read_end(image, offset, layout)
                raise
            continue
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if name == b"IEND" or len(head) < 8:
            break
        if name == b"IDAT":
            layout.picture = layout.picture or offset
            strides.append(length + 12)
        _read_chunk(image, name, range(offset + 8, offset + 8 + length), layout)
        offset += length + 12
    else:
        layout.unseen = True
    layout.settled = True


def _read_chunk(image: SparseBytes, name: bytes, span: range, layout: Layout) -> None:
    if name in KINDS:
        layout.add(KINDS[name], span, "iccp" if name == b"iCCP" else "")
    elif name == b"acTL":
        frames = int.from_bytes(image[span.start : span.start + 4], "big")
        layout.frames = frames if 0 < frames <= MAX_FRAMES else None
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


def _read_end(image: SparseBytes, offset: int, layout: Layout) -> None:
    """Note the chunks behind *offset* that end the file, whatever precedes them."""
    known = image.spans[-1]
    if known.stop != image.size:
        return
    for at, name, length in last_chunks(image[known.start : known.stop]):
        start = known.start + at + 8
        if start > offset:
            _read_chunk(image, name, range(start, start + length), layout)


def _behind_picture(
    image: SparseBytes, offset: int, strides: list[int], layout: Layout
) -> int:
    """Return where to read on, behind the picture data.

    *offset* is where the next unknown chunk starts, *strides* are the bytes of
    the known IDAT chunks; writers make all but the last equal. The end of the
    file is a run of chunks, which can be followed backward. IDAT chunks follow
    each other without others between (W3C PNG section 5.6).

    Raise MissingBytes if the last bytes show or resemble metadata whose start is
    unknown, or the first chunk is all of the picture and something follows.
    """
    size = image.size
    if size is None or offset + 12 >= size:
        layout.unseen = size is None
        return size or offset
    known = image.spans[-1]
    if known.stop != size:
        raise MissingBytes(range(max(offset, size - TAIL), size))
    tail = image[known.start : size]
    run = last_chunks(tail)
    begin = known.start + run[0][0] if run else size
    if run and run[0][1] == b"IDAT":
        return begin
    # A writer's buffer has a round size; an odd one is all of the picture.
    stride = strides[0]
    if len(strides) == 1 and (stride - 12) % 512 and stride % 512:
        return offset
    names = {name for _, name, _ in run}
    if names & {*DATA} or (layout.frames or 0) > 1:
        layout.unseen = True  # between the frames of an animation
        return begin
    if names <= {b"IEND"} and not is_text(tail[-TAIL:-16]):
        layout.unseen = True
        return size
    equal = len(set(strides[:-1])) < 2 and strides[-1] == stride
    return _after_last_idat(image, offset, stride if equal else 0, begin, layout)


def _after_last_idat(
    image: SparseBytes, offset: int, stride: int, begin: int, layout: Layout
) -> int:
    """Return where the last IDAT chunk is, by the equal size of all before it.

    *begin* is where the chunks that are known to end the file start, *stride* 0
    if the sizes differ. A place without an IDAT chunk lies within a chunk of
    metadata, so the last IDAT chunk is a stride or more before it. Return
    *begin* where looking further is too much. Raise MissingBytes as above.
    """
    known = image.spans[-1]
    first = at = offset + (begin - 1 - offset) // stride * stride if stride else begin
    while stride and at > offset:
        try:
            head = image[at : at + 8]
        except MissingBytes:
            break
        if head[4:] == b"IDAT":
            return at
        at -= stride
    if at <= offset:
        return offset
    if stride and at == first:
        stop = known.start if known.start - at <= PAGE else at + PROBE
        raise MissingBytes(range(at, stop))
    if known.stop - known.start < LOOK:
        look = PAGE if known.stop - known.start < PAGE else LOOK
        start = max(offset, min(at, known.start - 1, begin - look))
        raise MissingBytes(range(max(start, known.start - MAX_LOOK), known.start))
    layout.unseen = True
    return begin


def is_text(data: bytes) -> bool:
    """Return whether *data*, cut anywhere, is text, hexadecimal or base64.

    >>> is_text("Zürich, Genf".encode() * 9), is_text(bytes(range(256)))
    (True, False)
    """
    odd = len(data.translate(None, PRINTABLE))
    if len(set(data)) < 8:
        return not odd
    if odd * 8 < len(data):
        return True
    if len(data.translate(None, CONTROL)) < len(data):
        return False
    middle = data.lstrip(CONTINUATION)
    try:
        middle.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(middle) - 3
    return True


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
