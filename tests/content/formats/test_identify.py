import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.formats import identify
from tests.support.samples import picture, tiff

MAGIC = [
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1", "jpeg"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png"),
    (b"RIFF\x10\0\0\0WEBPVP8L", "webp"),
    (b"RIFF\x10\0\0\0WAVEfmt ", None),
    (b"GIF89a\1\0\1\0\0\0\0,\0\0", "gif"),
    (b"II*\0\x08\0\0\0\0\0\0\0\0\0\0\0", "tiff"),
    (b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10", "tiff"),
    (b"II*\0\x10\0\0\0CR\2\0\0\0\0\0", "cr2"),
    (b"IIRO\x08\0\0\0\0\0\0\0\0\0\0\0", "orf"),
    (b"IIU\0\x18\0\0\0\0\0\0\0\0\0\0\0", "rw2"),
    (b"\0\0\0\x18ftypcrx \0\0\0\1", "cr3"),
    (b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
    (b"\0\0\0\x18ftypmif1\0\0\0\0", "heif"),
    (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "avif"),
    (b"\0\0\0\x1cftypavif\0\0\0\0", "avif"),
    (b"\0\0\0\x1cftypisom\0\0\0\0mp41", None),
    (b"\xff\x0a\xfa\x1f\x01\0\0\0\0\0\0\0\0\0\0\0", "jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14", "jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14", "jp2"),
    (b"8BPS\0\1\0\0\0\0\0\0\0\3\0\0", "psd"),
    (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0", "bmp"),
    (b"BMW is a maker of cars", None),
    (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\0\0", "ico"),
    (b"\0\0\1\0\0\0\0\0", None),
    (b"<svg xmlns='http://www.w3.org/2000/svg'>", "svg"),
    (
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->"
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg>",
        "svg",
    ),
    (b"<html><svg>", None),
    (b"", None),
]


@pytest.mark.parametrize(("head", "name"), MAGIC)
def test_identify(head, name):
    assert identify(head) == name


@pytest.mark.parametrize(
    "kind", ["jpeg", "png", "webp", "gif", "tiff", "avif", "bmp", "ico"]
)
def test_identify_16_bytes(kind):
    assert identify(picture(kind)[:16]) == kind


def test_identify_raw_by_first_directory():
    assert identify(tiff((0xC612, 1, b"\1\4\0\0"))) == "dng"
    nikon = (0x10F, 2, b"NIKON CORPORATION\0")
    assert identify(tiff((0xFE, 4, b"\1\0\0\0"), nikon, (0x14A, 4, bytes(4)))) == "nef"
    assert identify(tiff(nikon)) == "tiff"
    sony = (0x10F, 2, b"SONY\0\0")
    assert identify(tiff(sony, (0x14A, 4, bytes(4)), (0xC634, 1, bytes(4)))) == "arw"


@given(st.binary(max_size=64), st.sampled_from([head for head, _ in MAGIC]))
def test_identify_survives_junk(junk, head):
    identify(junk)
    identify(head[: len(junk)] + junk)
