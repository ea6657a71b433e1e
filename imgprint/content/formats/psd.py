"""Photoshop documents, and the image resources that other formats embed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imgprint.content.formats.layout import Layout
    from imgprint.content.sparse import SparseBytes

MAX_RESOURCES = 500
SIGNATURES = (b"8BIM", b"PHUT", b"DCSR", b"AgHg", b"MeSa")
KINDS = {1028: "iptc", 1039: "icc", 1058: "exif", 1060: "xmp"}


def read(image: SparseBytes, layout: Layout) -> None:
    """Fill *layout* from the header and the image resources.

    Integers are big-endian. Raise MissingBytes where *image* does not reach
    far enough, ValueError if a part is malformed.

    Source: Adobe Photoshop File Formats Specification, "File Header Section"
    to "Image Resources Section".
    """
    header = image[0:30]
    if len(header) < 30:
        raise ValueError("Short PSD header")
    layout.height = int.from_bytes(header[14:18], "big")
    layout.width = int.from_bytes(header[18:22], "big")
    layout.bit_depth = int.from_bytes(header[22:24], "big")
    layout.frames = 1
    start = 30 + int.from_bytes(header[26:30], "big")
    length = int.from_bytes(image[start : start + 4], "big")
    stop = start + 4 + length
    for number, span in resources(image, range(start + 4, stop)):
        if number in KINDS:
            layout.add(KINDS[number], span)
    layout.picture = stop
    layout.settled = True


def resources(image: SparseBytes, span: range) -> Iterator[tuple[int, range]]:
    """Yield the number and the data span of the image resources in *span*.

    Raise MissingBytes where a header is not known. What follows the last
    resource is left alone.

    Source: as above, "Image Resource Blocks".
    """
    offset = span.start
    for _ in range(MAX_RESOURCES):
        if offset + 12 > span.stop:
            return
        head = image[offset : offset + 7]
        if head[:4] not in SIGNATURES or len(head) < 7:
            return
        name = 1 + head[6]
        start = offset + 6 + name + name % 2
        size = image[start : start + 4]
        length = int.from_bytes(size, "big")
        yield int.from_bytes(head[4:6], "big"), range(start + 4, start + 4 + length)
        offset = start + 4 + length + length % 2
