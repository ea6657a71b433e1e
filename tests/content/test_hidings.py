"""A block hidden wherever its format allows is found, or the record says incomplete."""

import random
import struct
import zlib

import pytest

from tests.support.samples import IPTC, XMP, box, crawl, exif, picture

SIZES = (0, 900, 12_000, 40_000, 70_000)
TIFF = exif()[6:]


def noise(length):
    return random.Random(length).randbytes(length)


def chunk(name, data):
    crc = zlib.crc32(name + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + name + data + crc


def chunks(data):
    offset = 8
    while offset < len(data):
        stop = offset + 12 + int.from_bytes(data[offset : offset + 4], "big")
        yield data[offset:stop]
        offset = stop


def png_files():
    """Each block before and behind the picture, beside junk of each size and kind."""
    first, *rest = chunks(picture("png", (120, 120)))
    raw = b"".join(c[8:-4] for c in rest if c[4:8] == b"IDAT")
    end = chunk(b"IEND", b"")
    start = b"\x89PNG\r\n\x1a\n" + first
    blocks = {
        "exif": chunk(b"eXIf", TIFF),
        "xmp": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        "text": chunk(b"tEXt", b"Title\0A title"),
    }
    for step in (8192, 9000, len(raw)):
        idat = b"".join(
            chunk(b"IDAT", raw[i : i + step]) for i in range(0, len(raw), step)
        )
        for kind, block in blocks.items():
            for size in SIZES:
                for junk in (
                    chunk(b"tEXt", b"Junk\0" + b"abcdefghij" * (size // 10)),
                    chunk(b"zTXt", b"Junk\0\0" + noise(size)),
                    chunk(b"prVt", noise(size)),
                ):
                    yield kind, start + block + junk + idat + end
                    yield kind, start + junk + block + idat + end
                    yield kind, start + idat + block + junk + end
                    yield kind, start + idat + junk + block + end


def segment(marker, data):
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg_files():
    """Each block between SOI and the first scan, beside junk of each size."""
    data = picture("jpeg", (200, 200))
    tables, scan = data.index(b"\xff\xdb"), data.index(b"\xff\xda")
    resource = b"8BIM\4\4\0\0" + struct.pack(">L", len(IPTC)) + IPTC
    blocks = {
        "exif": segment(0xE1, b"Exif\0\0" + TIFF),
        "xmp": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        "iptc": segment(0xED, b"Photoshop 3.0\0" + resource),
        "text": segment(0xFE, b"A comment"),
    }
    for kind, block in blocks.items():
        for place in (2, tables, scan):
            for size in SIZES:
                junk = b"".join(
                    segment(0xE5, noise(min(65_000, size - done)))
                    for done in range(0, size, 65_000)
                )
                for both in (block + junk, junk + block):
                    yield kind, data[:place] + both + data[place:]


def webp_files():
    data = picture("webp", (200, 200))
    size = struct.pack("<L", 199)[:3] * 2
    for kind, name, block in (("exif", b"EXIF", TIFF), ("xmp", b"XMP ", XMP)):
        block = name + struct.pack("<L", len(block)) + block + bytes(len(block) % 2)
        for length in SIZES:
            junk = b"JUNK" + struct.pack("<L", length) + noise(length)
            for parts in (
                (block, junk, data[12:]),
                (junk, block, data[12:]),
                (data[12:], block, junk),
                (data[12:], junk, block),
            ):
                for flags in (0, 0x0C):
                    head = b"VP8X" + struct.pack("<LL", 10, flags) + size
                    body = b"WEBP" + head + b"".join(parts)
                    yield kind, b"RIFF" + struct.pack("<L", len(body)) + body


def gif_files():
    data = picture("gif", (200, 200))
    start = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    block = b"!\xff\x0bXMP DataXMP" + XMP + b"\1" + bytes(range(255, -1, -1)) + b"\0"
    for size in SIZES:
        junk = b"!\xfe" + b"\x64" * (size // 101 * 101) + b"\0"
        for both in (block + junk, junk + block):
            yield "xmp", data[:start] + both + data[start:]
            yield "xmp", data[:-1] + both + b";"


def jxl_files():
    signature = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    code = box(b"jxlc", bytes.fromhex("ff0a7f00") + noise(20_000))
    for kind, block in (
        ("exif", box(b"Exif", bytes(4) + TIFF)),
        ("xmp", box(b"xml ", XMP)),
    ):
        for size in SIZES:
            junk = box(b"free", noise(size))
            for parts in (
                (block, junk, code),
                (junk, block, code),
                (code, block, junk),
                (code, junk, block),
            ):
                yield kind, signature + b"".join(parts)


FILES = {
    "png": png_files,
    "jpeg": jpeg_files,
    "webp": webp_files,
    "gif": gif_files,
    "jxl": jxl_files,
}


@pytest.mark.parametrize(
    ("name", "blocks"),
    [(name, "all") for name in FILES] + [(n, "exif") for n in FILES if n != "gif"],
)
def test_hidden_blocks_are_found_or_declared(name, blocks):
    tried = found = 0
    for kind, data in FILES[name]():
        if blocks == "exif" and kind != "exif":
            continue
        description, _ = crawl(data, blocks)
        seen = bool(getattr(description, kind))
        assert seen or not description.complete, (kind, tried)
        tried += 1
        found += seen
    print(f"\n{name}, {blocks}: {tried} hidings, {found} found, the others declared")
    assert found * 4 > tried > 0
