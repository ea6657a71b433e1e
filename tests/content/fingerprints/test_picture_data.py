import hashlib
import io
import random
import zlib

import pytest
from PIL import Image

from imgprint.content.describe import describe
from imgprint.content.fingerprints.picture_data import png_adler32
from imgprint.content.metadata.parts import as_file
from imgprint.content.sparse import MissingBytes, SparseBytes
from tests.support.pictures import jpeg
from tests.support.samples import partial


def noise(seed=0, size=(200, 200), mode="RGB"):
    count = size[0] * size[1] * len(mode)
    return Image.frombytes(mode, size, random.Random(seed).randbytes(count))


def saved(kind, seed=0, **options):
    file = io.BytesIO()
    noise(seed).save(file, kind, **options)
    return file.getvalue()


def exif(text):
    tags = Image.Exif()
    tags[0x010E] = text
    return tags


def key(data):
    return describe(as_file(data), final=True).data


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_metadata_do_not_count(kind):
    plain = key(saved(kind))
    assert plain.key.startswith("d1:")
    assert not plain.plain
    assert key(saved(kind, exif=exif("x"))) == plain
    assert key(saved(kind, exif=exif("y" * 5000))) == plain
    assert key(saved(kind, seed=1)) != plain


def test_published_values():
    """The recipe never changes."""
    # Bytes, not an encoder, make these.
    tables = b"\xff\xdb\0\x43\0" + bytes(range(1, 65))
    frame = b"\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0"
    scan = b"\xff\xda\0\x08\1\1\0\0\x3f\0" + bytes(range(255)) * 9
    data = b"\xff\xd8" + tables + frame + scan
    coded = b"\x08\0\x10\0\x10\1" + b"\x11" + bytes(range(1, 65))
    recipe = b"jpeg\n" + b"s" + coded + (bytes(range(255)) * 9)[:2048]
    assert key(data).key == "d1:" + hashlib.sha256(recipe).hexdigest()
    assert key(data).key == (
        "d1:6bad7a837fde526c6cc99f6e18e33f393b828a6f659f42da8096e919ef43f97c"
    )


def test_how_tables_are_cut_into_segments_does_not_count():
    data = jpeg(1)
    first = data.index(b"\xff\xdb")
    length = int.from_bytes(data[first + 2 : first + 4], "big")
    twice = data[: first + 2 + length] + data[first:]
    assert key(twice).key == key(data).key


def test_png_chunks_do_not_count():
    data = saved("png")
    at = data.index(b"IDAT") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    body = data[at + 8 : at + 8 + length]
    parts = [body[i : i + 700] for i in range(0, len(body), 700)]
    chunks = b"".join(
        len(p).to_bytes(4, "big")
        + b"IDAT"
        + p
        + zlib.crc32(b"IDAT" + p).to_bytes(4, "big")
        for p in parts
    )
    assert key(data[:at] + chunks + data[at + 12 + length :]) == key(data)


def test_the_palette_counts():
    first = noise(mode="L").convert("P")
    other = first.copy()
    other.putpalette(bytes(range(256))[::-1] * 3)
    keys = set()
    for image in (first, other):
        file = io.BytesIO()
        image.save(file, "png")
        keys.add(key(file.getvalue()).key)
    assert len(keys) == 2


def test_an_empty_page_is_plain():
    for kind in ("jpeg", "png"):
        file = io.BytesIO()
        Image.new("RGB", (3000, 3000), "white").save(file, kind)
        found = key(file.getvalue())
        assert found.plain, kind


def test_small_metadata_cost_no_request():
    data = jpeg(1, exif=exif("x" * 7000))
    assert describe(partial(data, 10_241)).data == key(data)


@pytest.mark.parametrize("size", [9000, 12_000, 60_000])
def test_large_metadata_cost_one(size):
    data = jpeg(1, exif=exif("x" * size))
    image = SparseBytes(len(data))
    image.add(0, data[:10_241])
    spans = []
    while True:
        try:
            found = describe(image)
            break
        except MissingBytes as missing:
            spans.append(missing.span)
            start, stop = missing.span.start, missing.span.stop
            image.add(start, data[start:stop])
    assert found.data == key(data)
    assert len(spans) <= 2, "one for what the metadata would need, one for the data"


def chunk(name, data):
    crc = zlib.crc32(name + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + name + data + crc


def png(*behind, packed):
    header = (50).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", packed), *behind)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


PIXELS = bytes(range(251)) * 80
PACKED = zlib.compress(PIXELS, 0)
ADLER = f"{zlib.adler32(PIXELS):08x}"
BEHIND = {
    "nothing": (),
    "a text": (chunk(b"tEXt", b"Comment\0late"),),
    "two": (chunk(b"tIME", bytes(7)), chunk(b"tEXt", b"Comment\0late")),
}


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
def test_adler32_from_head_and_tail(behind):
    data = png(*behind, packed=PACKED)
    image = SparseBytes(len(data))
    image.add(0, data[:10_241])
    image.add(len(data) - 1024, data[-1024:])
    layout = describe(image, final=True).layout
    assert png_adler32(image, layout) == ADLER


def test_no_adler32_of_a_text():
    data = png(chunk(b"tEXt", b"Comment\0" + b"no picture " * 200), packed=PACKED)
    image = SparseBytes(len(data))
    image.add(0, data[:10_241])
    image.add(len(data) - 1024, data[-1024:])
    assert png_adler32(image, describe(image, final=True).layout) is None
