"""Odd but valid structures: what they say is read, or null, never wrong."""

import struct
import zlib

import pytest

from imgprint.content.describe import describe
from tests.content.test_hidings import TIFF, chunk, noise, segment
from tests.support.samples import IPTC, XMP, box, crawl, picture, tiff, whole

RESOURCE = b"8BIM\4\4\0\0" + struct.pack(">L", len(IPTC)) + IPTC
SIGNATURE = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")


JPEG = picture("jpeg", (200, 150))


def inside_jpeg(*segments):
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def test_two_exif_segments_are_merged():
    first = segment(0xE1, b"Exif\0\0" + tiff((0x10F, 2, b"Acme\0")))
    found, _ = crawl(inside_jpeg(first, segment(0xE1, b"Exif\0\0" + TIFF)))
    assert found.exif["Make"] == "Acme"
    assert found.exif["Model"] == "Model 1"
    assert found.gps["latitude"] == -10.5


def test_exif_longer_than_a_segment_goes_on_in_the_next():
    block = tiff(
        (0x10F, 2, b"Acme\0"), (0x9999, 7, bytes(70_000)), (0x110, 2, b"Box 1\0")
    )
    parts = [block[:65_000], block[65_000:]]
    data = inside_jpeg(*[segment(0xE1, b"Exif\0\0" + part) for part in parts])
    found, _ = crawl(data)
    assert (found.camera["make"], found.camera["model"]) == ("Acme", "Box 1")


def test_exif_in_image_resources():
    block = b"8BIM\4\x22\0\0" + struct.pack(">L", len(TIFF)) + TIFF
    found, _ = crawl(inside_jpeg(segment(0xED, b"Photoshop 3.0\0" + block)))
    assert found.exif["Make"] == "Maker"


def icc_segments(total):
    profile = total.to_bytes(4, "big") + bytes(32) + b"acsp" + noise(total - 40)
    step = 65_519
    parts = [profile[i : i + step] for i in range(0, total, step)]
    for number, part in enumerate(parts, 1):
        head = b"ICC_PROFILE\0" + bytes((number, len(parts)))
        yield segment(0xE2, head + part)


def extended_xmp(total):
    step = 65_400
    for at in range(0, total, step):
        part = noise(min(step, total - at))
        head = b"http://ns.adobe.com/xmp/extension/\0" + b"a" * 32
        yield segment(0xE1, head + struct.pack(">LL", total, at) + part)


def flir(total):
    for number in range(total // 65_000):
        head = b"FLIR\0\1" + bytes((number, total // 65_000 - 1))
        yield segment(0xE1, head + noise(65_000))


@pytest.mark.parametrize("run", [icc_segments, extended_xmp, flir])
def test_long_runs_of_segments_are_passed(run):
    data = inside_jpeg(*run(330_000))
    found, spans = crawl(data)
    assert (found.width, found.height, found.bit_depth) == (200, 150, 8)
    assert found.data == crawl(inside_jpeg())[0].data
    assert len(spans) <= 2


def test_iptc_behind_a_long_resource():
    long = b"8BIM\4\x0c\0\0" + struct.pack(">L", 70_000) + noise(70_000)
    block = long + RESOURCE
    parts = [block[:65_000], block[65_000:]]
    found, _ = crawl(
        inside_jpeg(*[segment(0xED, b"Photoshop 3.0\0" + part) for part in parts])
    )
    assert found.iptc["title"] == "Title"


@pytest.mark.parametrize("head", [b"XMP\0://ns.adobe.com/xap/1.0/\0", b""])
def test_xmp_without_its_own_header(head):
    found, _ = crawl(inside_jpeg(segment(0xE1, head + XMP)))
    assert found.xmp["title"] == "A title"


def inside_png(*blocks):
    data = picture("png", (20, 10))
    return data[:33] + b"".join(blocks) + data[33:]


@pytest.mark.parametrize("block", [RESOURCE, IPTC])
def test_iptc_in_a_raw_profile(block):
    text = b"\niptc\n%8d\n" % len(block) + block.hex().encode() + b"junk"
    data = b"Raw profile type iptc\0\0" + zlib.compress(text)
    found = describe(whole(inside_png(chunk(b"zTXt", data))))
    assert found.iptc["title"] == "Title"


@pytest.mark.parametrize("frames", [0, 0x8000_0001])
def test_impossible_numbers_of_frames(frames):
    block = chunk(b"acTL", struct.pack(">LL", frames, 0))
    assert describe(whole(inside_png(block))).frames is None


def test_xcode_png():
    data = picture("png", (20, 10))
    data = data[:8] + chunk(b"CgBI", bytes(4)) + data[8:]
    assert describe(whole(data)).width == 20


def test_split_codestreams_have_one_key():
    code = bytes.fromhex("ff0a7f00") + noise(5000)
    late = box(b"jxlp", bytes(4) + code[500:])
    files = [
        SIGNATURE + box(b"jxlc", code),
        SIGNATURE + box(b"jxlp", bytes(4) + code[:500]) + late,
        SIGNATURE + box(b"jxlp", bytes(4) + code[:500]) + box(b"xml ", XMP) + late,
        code,
    ]
    keys = {crawl(data)[0].data for data in files}
    assert len(keys) == 1
    assert None not in keys


@pytest.mark.parametrize("make", [b"NIKON CORPORATION\0", b"Acme\0"])
def test_size_of_raw_is_not_that_of_its_preview(make):
    entries = [
        (0xFE, 4, b"\1\0\0\0"),
        (0x100, 4, b"\xa0\0\0\0"),
        (0x101, 4, b"\x78\0\0\0"),
    ]
    entries += [(0x10F, 2, make), (0x14A, 4, struct.pack("<L", 60_000))]
    if make == b"Acme\0":
        entries.append((0xC612, 1, b"\1\4\0\0"))
    found, _ = crawl(tiff(*entries, more=bytes(80_000)))
    assert (found.format, found.width, found.height) == (
        "dng" if make == b"Acme\0" else "nef",
        None,
        None,
    )


@pytest.mark.parametrize("kind", ["tiff", "gif"])
def test_keys_outlive_long_xmp(kind):
    if kind == "tiff":
        plain = picture("tiff", (200, 200))
        longer = tiff_with(plain, 20_000)
    else:
        plain = picture("gif", (200, 200))
        start = 13 + 3 * 2 ** ((plain[10] & 7) + 1)
        xmp = XMP.replace(b"A title", b"A title" * 3000)
        block = (
            b"!\xff\x0bXMP DataXMP" + xmp + b"\1" + bytes(range(255, -1, -1)) + b"\0"
        )
        longer = plain[:start] + block + plain[start:]
    key = crawl(plain)[0].data
    assert key
    assert crawl(longer)[0].data == key


def tiff_with(data, length):
    """*data*, a TIFF whose directory comes first, with all else moved back."""
    order = "<" if data[:2] == b"II" else ">"
    first = struct.unpack_from(order + "L", data, 4)[0]
    count = struct.unpack_from(order + "H", data, first)[0]
    moved = bytearray(data[:8]) + bytes(length) + data[8:]
    struct.pack_into(order + "L", moved, 4, first + length)
    units = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
    for index in range(count):
        at = first + length + 2 + 12 * index
        tag, unit, amount = struct.unpack_from(order + "HHL", moved, at)
        if units.get(unit, 1) * amount > 4:
            value = struct.unpack_from(order + "L", moved, at + 8)[0] + length
            struct.pack_into(order + "L", moved, at + 8, value)
            if tag == 0x111:
                for i in range(amount):
                    place = value + 4 * i
                    strip = struct.unpack_from(order + "L", moved, place)[0]
                    struct.pack_into(order + "L", moved, place, strip + length)
        elif tag == 0x111:
            value = struct.unpack_from(order + "L", moved, at + 8)[0] + length
            struct.pack_into(order + "L", moved, at + 8, value)
    return bytes(moved)


def test_bmp_with_reserved_bytes():
    data = bytearray(picture("bmp", (20, 10)))
    data[6:10] = b"abcd"
    assert describe(whole(bytes(data))).format == "bmp"


@pytest.mark.parametrize(
    ("root", "size"),
    [
        (b'<svg width="123" viewBox="0 0 246 912">', (123, 456)),
        (b'<!-- <svg width="1"> --><svg a=">" width="2e1" height="10">', (20, 10)),
    ],
)
def test_size_of_svg(root, size):
    found = describe(whole(root + b"</svg>"))
    assert (found.width, found.height) == size


def test_imagemagick_names_the_chunk_with_a_nul():
    data = picture("webp", (20, 20))
    head = b"VP8X" + struct.pack("<LL", 10, 4) + struct.pack("<L", 19)[:3] * 2
    block = b"XMP\0" + struct.pack("<L", len(XMP)) + XMP + bytes(len(XMP) % 2)
    body = b"WEBP" + head + data[12:] + block
    found, _ = crawl(b"RIFF" + struct.pack("<L", len(body)) + body)
    assert found.xmp["title"] == "A title"


def test_title_and_description_of_svg():
    data = b"<svg width='9' height='9'><title>A &amp; B</title><desc>Text</desc></svg>"
    found = describe(whole(data))
    assert found.text == {"Title": "A & B", "Description": "Text"}
