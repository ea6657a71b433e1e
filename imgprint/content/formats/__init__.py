"""Containers: what an image file says around its pictures and metadata."""

from __future__ import annotations

from imgprint.content.formats import svg, tiff
from imgprint.content.sparse import MissingBytes, SparseBytes

BRANDS = {b"avif": "avif", b"avis": "avif", b"mif1": "heif", b"msf1": "heif"}
BRANDS |= dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "heic")
BRANDS |= {b"crx ": "cr3", b"jp2 ": "jp2", b"jpx ": "jp2", b"jpm ": "jp2"}
MAGIC = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"IIRO": "orf",
    b"IIRS": "orf",
    b"MMOR": "orf",
    b"IIU\0": "rw2",
    b"\xff\x0a": "jxl",
    b"\0\0\0\x0cJXL \r\n\x87\n": "jxl",
    b"\0\0\0\x0cjP  \r\n\x87\n": "jp2",
    b"\xff\x4f\xff\x51": "jp2",
    b"8BPS\0\1": "psd",
    b"8BPS\0\2": "psd",
    b"\0\0\1\0": "ico",
    b"\0\0\2\0": "ico",
}
TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# BITMAPCOREHEADER (12) to BITMAPV5HEADER (124), and those of OS/2
BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}


def identify(head: bytes) -> str | None:
    r"""Return the format that *head*, the first bytes of a file, announces.

    None: none that imgprint knows. 16 bytes are enough for all but SVG and the
    raw formats that only their first directory tells from TIFF.

    >>> identify(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    'png'
    >>> identify(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif")
    'avif'
    """
    for magic, name in MAGIC.items():
        if head.startswith(magic) and (name != "ico" or any(head[4:6])):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _brand(head)
    if head.startswith(TIFFS):
        return _tiff(head)
    if head[:2] == b"BM" and _is_bmp(head):
        return "bmp"
    return None if svg.find_root(head[:4096]) is None else "svg"


def _is_bmp(head: bytes) -> bool:
    """Return whether the header is one of those known; reserved bytes may be set."""
    if len(head) < 18:
        return head[6:10] == bytes(4)
    known = int.from_bytes(head[14:18], "little") in BMP_HEADERS
    return known or (head[6:10] == bytes(4) and head[15:16] == b"\0")


def _brand(head: bytes) -> str | None:
    """Return the format of a file type box (ISO/IEC 14496-12 section 4.3).

    A general major brand is made precise by an AVIF one among the compatible.
    """
    name = BRANDS.get(head[8:12])
    if name in (None, "heif"):
        end = min(int.from_bytes(head[:4], "big"), len(head), 256)
        others = {BRANDS.get(head[at : at + 4]) for at in range(16, end, 4)}
        if "avif" in others:
            return "avif"
        if name is None:
            return "heif" if others & {"heif", "heic"} else None
    return name


def _tiff(head: bytes) -> str:
    """Tell raw formats built on TIFF by their first directory, if it is in *head*."""
    if head[:10] == b"II*\0\x10\0\0\0CR":
        return "cr2"
    image = SparseBytes()
    image.add(0, head)
    try:
        layout = tiff.header(image, range(tiff.UNSIZED))
        first = tiff.directory(image, layout, layout.first)
        return tiff.raw_format(image, layout, first) or "tiff"
    except (MissingBytes, ValueError):
        return "tiff"
