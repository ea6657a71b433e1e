import hashlib

from PIL import Image

from imgprint.content.formats.layout import Block
from imgprint.content.metadata.read import Reader
from imgprint.content.sparse import SparseBytes
from tests.support.samples import IPTC, XMP, exif, picture, tiff, whole


def reader(data, *blocks, final=False, known=None):
    image = SparseBytes(len(data))
    image.add(0, data[:known])
    found = Reader(image, final=final)
    found.exif(list(blocks), whole=True)
    found.others([*blocks, *found.found.exif.blocks])
    return found.found


def test_thumbnail():
    small = picture("jpeg", (16, 12))
    block = Image.Exif()
    block[0x10F] = "Maker"
    first = block.get_ifd(0x8769)
    first[0x9003] = "2024:05:06 07:08:09"
    data = bytearray(block.tobytes()[6:])
    count = int.from_bytes(data[8:10], "little" if data[:2] == b"II" else "big")
    order = "little" if data[:2] == b"II" else "big"
    after = 10 + 12 * count
    data[after : after + 4] = len(data).to_bytes(4, order)
    start = len(data) + 2 + 24 + 4
    data += (2).to_bytes(2, order)
    for tag, value in ((0x201, start), (0x202, len(small))):
        data += tag.to_bytes(2, order) + (4).to_bytes(2, order)
        data += (1).to_bytes(4, order) + value.to_bytes(4, order)
    data += bytes(4) + small
    found = reader(bytes(data), Block("exif", (range(len(data)),)))
    assert found.thumbnail == {
        "width": 16,
        "height": 12,
        "bytes": len(small),
        "sha256": hashlib.sha256(small).hexdigest(),
    }
    assert found.exif.tags["Make"] == "Maker"


def test_blocks_within_a_tiff():
    data = tiff((0x2BC, 1, XMP), (0x83BB, 7, IPTC))
    found = reader(data, Block("tiff", (range(len(data)),)))
    assert found.iptc["title"] == "Title"
    assert any("DocumentID" in name for name in found.xmp)


def test_photoshop_resources():
    part = b"8BIM\4\4\0\0" + len(IPTC).to_bytes(4, "big") + IPTC
    assert (
        reader(part, Block("photoshop", (range(len(part)),))).iptc["title"] == "Title"
    )
    halves = range(9), range(9, len(part))
    assert reader(part, Block("photoshop", halves)).iptc["title"] == "Title"
    cut = reader(part, Block("photoshop", (range(len(part)),)), known=5)
    assert cut.wanted == [range(5, len(part))]


def test_text():
    data = b"parameters\0a cat, Steps: 20Comment text"
    found = reader(
        data, Block("text", (range(27),), "tEXt"), Block("comment", (range(27, 39),))
    )
    assert found.text == {"parameters": "a cat, Steps: 20", "Comment": "Comment text"}


def test_long_text_is_cut_at_what_is_worth_a_request():
    data = b"prompt\0" + b"x" * 100_000
    block = Block("text", (range(len(data)),), "tEXt")
    assert reader(data, block, known=100).wanted == [range(100, 16_384)]
    text = reader(data, block).text["prompt"]
    assert text.strip("x") == " <cut: 100007 bytes in all>"
    assert len(text) <= 16_384


def test_time():
    found = reader(b"\x07\xe8\5\6\7\x08\x09", Block("time", (range(7),)))
    assert found.time == "2024-05-06T07:08:09Z"


def test_exif_in_parts_and_in_exif_mode():
    data = exif()
    image = whole(data)
    found = Reader(image, final=True)
    found.exif([Block("exif", (range(100), range(100, len(data))))], whole=False)
    assert found.found.exif.tags["Model"] == "Model 1"


def test_malformed_blocks_are_left_out():
    kinds = ["exif", "xmp", "iptc", "icc", "c2pa", "photoshop"]
    kinds += ["text", "comment", "time", "svg"]
    blocks = [
        Block(kind, (range(9),), coding) for kind in kinds for coding in ("", "iccp")
    ]
    found = reader(b"malformed", *blocks)
    assert found.exif.tags == {}
    assert (found.xmp, found.iptc, found.icc, found.c2pa) == (None, None, None, None)
