import json
import time
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgprint.content.describe import (
    INTERNAL,
    Description,
    describe,
    make_plain,
    plain_record,
)
from imgprint.content.sparse import MissingBytes, SparseBytes
from tests.support.samples import IPTC, XMP, crawl, exif, partial, picture, tiff, whole

SHARED = Path(__file__).parents[3] / "shared"
CORPUS = SHARED / "corpus"
GOLDEN = SHARED / "golden" / "img_1771.jpg"
OPTIONS = {"exif": exif(), "icc_profile": b"not a profile"}
FILES = {
    "jpeg": picture("jpeg", (9, 9), comment="A comment", xmp=XMP, **OPTIONS),
    "png": picture("png", (9, 9), **OPTIONS),
    "webp": picture("webp", (9, 9), xmp=XMP, **OPTIONS),
    "avif": picture("avif", (9, 9), xmp=XMP, **OPTIONS),
    "gif": picture("gif", (9, 9), comment="A comment"),
    "tiff": tiff((0x10F, 2, b"Maker\0"), (0x2BC, 1, XMP), (0x83BB, 7, IPTC)),
    "jp2": picture("jpeg2000", (9, 9)),
    "bmp": picture("bmp", (9, 9)),
    "ico": picture("ico", (16, 16)),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    + XMP[54:-19],
    "psd": b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x09\0\0\0\x09\0\x08\0\3" + bytes(12),
    "jxl": b"\xff\x0a\x49\x02" + bytes(30),
}


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_describe(kind):
    found = describe(whole(FILES[kind]))
    assert (found.format, found.width, found.height, found.frames) == (kind, 9, 9, 1)
    assert found.exif["Make"] == "Maker"
    assert found.camera["serial_number"] == "S123"
    assert found.dates["original"] == "2024-05-06T07:08:09+02:00"
    assert (found.gps["latitude"], found.gps["longitude"]) == (-10.5, 20.25)
    assert found.software == "Editor"
    assert found.complete
    if kind != "png":
        assert found.xmp["title"] == "A title"
        assert found.ids["document_id"] == "xmp.did:1"


@pytest.mark.parametrize("kind", FILES)
def test_formats(kind):
    assert describe(whole(FILES[kind])).format == kind


def test_comments():
    assert describe(whole(FILES["jpeg"])).text == {"Comment": "A comment"}
    assert describe(whole(FILES["gif"])).text == {"Comment": "A comment"}


def test_blocks_of_tiff():
    found = describe(whole(FILES["tiff"]))
    assert found.exif == {"Make": "Maker", "XMLPacket": "...", "IPTCNAA": "..."}
    assert (found.iptc["title"], found.xmp["title"]) == ("Title", "A title")


def test_other_data():
    assert describe(whole(b"<html></html>")) == Description()
    assert describe(whole(b"")) == Description()


def test_exif_alone_reads_no_other_block():
    found = describe(whole(FILES["jpeg"]), blocks="exif")
    assert (found.xmp, found.text, found.camera["make"]) == (None, None, "Maker")


def test_nothing_known():
    with pytest.raises(MissingBytes) as excinfo:
        describe(SparseBytes(50_000))
    assert excinfo.value.span == range(10_241)
    assert not describe(SparseBytes(50_000), final=True).complete


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "bmp", "tiff"])
def test_plain_pictures_cost_no_request(kind):
    found, spans = crawl(picture(kind, (200, 200)))
    assert (found.width, found.height) == (200, 200)
    # A long chunk or extension may stand where nobody looks.
    assert found.complete == (kind not in ("png", "gif"))
    # Pillow puts the directory of a TIFF in front of the picture.
    assert spans == []


def test_exif_across_the_head_is_one_request():
    block = exif()
    data = picture("jpeg", (300, 300), exif=block + bytes(30_000))
    assert crawl(data, "exif")[1] == []
    found, spans = crawl(data)
    assert found.complete
    assert len(spans) == 1


@pytest.mark.parametrize("blocks", ["all", "exif"])
@pytest.mark.parametrize("kind", FILES)
def test_every_truncation(kind, blocks):
    data = FILES[kind]
    for known in range(1, len(data), 1 if len(data) < 600 else 7):
        image = partial(data, known)
        missing = None
        try:
            describe(image, blocks=blocks)
        except MissingBytes as error:
            missing = error.span
        assert missing is None or image.missing(missing)
        found = describe(image, blocks=blocks, final=True)
        # What is missing may be of the picture, for its fingerprint.
        assert found.complete or missing is not None or found.layout.unseen
        describe(whole(data[:known]), blocks=blocks)


@settings(max_examples=300)
@given(
    st.sampled_from(list(FILES)),
    st.lists(
        st.tuples(st.integers(0, 700), st.binary(min_size=1, max_size=6)), max_size=12
    ),
    st.booleans(),
)
def test_junk(kind, changes, sized):
    data = bytearray(FILES[kind])
    for place, junk in changes:
        data[place % len(data) : place % len(data) + len(junk)] = junk
    image = SparseBytes(len(data) if sized else None)
    image.add(0, bytes(data[:500]))
    found = describe(image, final=True)
    facts = {k: v for k, v in asdict(found).items() if k not in INTERNAL}
    json.dumps(facts, allow_nan=False).encode()
    try:
        describe(image)
    except MissingBytes as missing:
        span = missing.span
        assert 0 < len(span) <= 65_536


def test_deep_and_long_input_is_quick():
    packet = XMP.replace(b"<dc:title>", b"<a/>" * 30_000 + b"<dc:title>")
    files = [
        b"\xff\xd8" + b"\xff\xfe\0\3a" * 20_000,
        tiff(*((tag, 5, bytes(range(200)) * 5) for tag in range(1, 500))),
        b"GIF89a" + bytes(7) + (b"!\xfe" + b"\1a" * 30 + b"\0") * 2000,
        tiff((0x2BC, 1, packet[:60_000])),
    ]
    for data in files:
        start = time.perf_counter()
        describe(whole(data), final=True)
        assert time.perf_counter() - start < 0.5  # 50 ms, and a busy machine


@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden image is not there")
def test_golden_record():
    expected = json.loads(GOLDEN.with_suffix(".json").read_text())[0]["exif"]
    found = describe(whole(GOLDEN.read_bytes()), blocks="exif")
    assert found.exif == expected
    assert list(found.exif) == list(expected)


def corpus():
    return sorted(p for p in CORPUS.iterdir() if p.suffix not in (".json", ".md", ""))


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not there")
@pytest.mark.parametrize(
    ("blocks", "share", "mean"), [("exif", 0.13, 0.55), ("all", 0.25, 1.0)]
)
def test_corpus_costs(blocks, share, mean):
    fetched = total = requests = incomplete = 0
    for path in corpus():
        data = path.read_bytes()
        found, spans = crawl(data, blocks)
        incomplete += not (found.complete or found.layout.unseen)
        total += len(data)
        fetched += min(len(data), 10_241 + 1024) + sum(map(len, spans))
        requests += len(spans)
    assert incomplete <= (0.05 * len(corpus()) if blocks == "all" else 0)
    assert fetched / total <= share
    assert requests / len(corpus()) <= mean


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not there")
def test_corpus_equals_the_whole_files():
    for path in corpus():
        data = path.read_bytes()
        found, full = crawl(data)[0], describe(whole(data))
        assert found.exif == full.exif, path.name
        assert found.gps == full.gps, path.name


def test_records_of_older_feeds_are_made_plain():
    """Their text may hold a picture that hid in a comment."""
    hidden = picture("jpeg", (9, 9))
    text = hidden.decode("latin-1")
    mark = f"<jpeg image: {len(hidden)} bytes, sha256:{sha256(hidden).hexdigest()}>"
    record = {"url": "http://a/", "exif": {"Artist": text, "FileSource": "\3"}}
    record |= {"text": {"Comment": text}, "iptc": {"keywords": [text, "one"]}}
    record |= {"etag": text, "width": 9, "gps": None}
    assert plain_record(record) == {
        "url": "http://a/",
        "exif": {"Artist": mark, "FileSource": "\3"},
        "text": {"Comment": mark},
        "iptc": {"keywords": [mark, "one"]},
        "etag": mark,
        "width": 9,
        "gps": None,
    }


@pytest.mark.parametrize("field", fields(Description), ids=lambda field: field.name)
def test_no_field_is_forgotten(field):
    """Each field that can hold text of strangers is made plain, new ones included."""
    if field.name in INTERNAL | {"format"}:
        return
    if not isinstance(field.type, str):
        return  # compiled classes have no annotations; the sources are tested as well
    text = "\1" * 64
    value = {"a": text, "b": [text]} if "dict" in field.type else text
    value = {"a": text} if field.name in ("exif", "text") else value
    if "str" not in field.type and "dict" not in field.type:
        return
    description = Description(**{field.name: value})
    make_plain(description)
    assert "\\u0001" not in json.dumps(getattr(description, field.name))
