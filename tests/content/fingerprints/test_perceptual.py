import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmarks.copies import exif, photo
from imgprint.content.describe import describe
from imgprint.content.fingerprints.perceptual import pdq, perceptual, whole_picture
from imgprint.content.metadata.parts import as_file
from imgprint.content.sparse import SparseBytes
from imgprint.matching.grades import pdq_keys
from tests.support.samples import partial

pdqhash = pytest.importorskip(
    "pdqhash", reason="pdqhash is missing: pip install -r requirements-pdq.txt"
)


def test_without_the_library_there_are_no_hashes(monkeypatch):
    monkeypatch.setattr(
        "imgprint.content.fingerprints.perceptual.has_pdq", lambda: False
    )
    data = saved(photo(1, (320, 240)))
    assert found(head(data))["pdq"] is None
    assert whole_picture(data)["pdq"] is None


def saved(picture, kind="JPEG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def head(data, known=10_241):
    image = SparseBytes(len(data))
    image.add(0, data[:known])
    return image


def found(image):
    return perceptual(image, describe(image, final=True))


def distance(a, b):
    return (int(a, 16) ^ int(b, 16)).bit_count()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_values_are_the_librarys(seed, mode):
    picture = photo(seed, (640, 480)).convert(mode)
    pixels = np.asarray(picture)
    bits, quality = pdqhash.compute(np.asarray(picture.convert("RGB")))
    expected = "".join(f"{v:02x}" for v in np.packbits(bits))
    assert pdq(pixels) == (expected, quality)
    # And of the pixels that Pillow makes of the whole file.
    data = saved(picture.convert("L"))
    with Image.open(io.BytesIO(data)) as decoded:
        bits, quality = pdqhash.compute(np.asarray(decoded.convert("RGB")))
    whole = whole_picture(data)
    assert whole["pdq"] == np.packbits(bits).tobytes().hex()
    assert whole["pdq_quality"] == quality
    assert whole["pdq_source"] == "whole"


def test_the_head_of_a_progressive_jpeg_shows_all_of_it():
    data = saved(photo(1, (800, 600)), progressive=True)
    assert len(data) > 30_000
    part = found(head(data))
    assert part["pdq_source"] == "progressive"
    assert distance(part["pdq"], whole_picture(data)["pdq"]) <= 31
    assert distance(part["pdq"], whole_picture(saved(photo(2, (800, 600))))["pdq"]) > 80


def test_half_a_scan_shows_too_little():
    data = saved(photo(1, (800, 600)), progressive=True)
    assert found(head(data, 3000))["pdq"] is None


def test_the_top_of_a_baseline_jpeg():
    data = saved(photo(1, (800, 600)), quality=75)
    part = found(head(data))
    assert part["pdq_source"] == "strip_1_8"
    assert part["pdq"] == part["pdq_strips"]["strip_1_8"]["pdq"]
    whole = whole_picture(data)
    for name, strip in part["pdq_strips"].items():
        assert distance(strip["pdq"], whole["pdq_strips"][name]["pdq"]) <= 31
    small = photo(1, (800, 600)).resize((640, 480))
    again = found(head(saved(small, quality=70)))
    for name in part["pdq_strips"].keys() & again["pdq_strips"].keys():
        mine, theirs = part["pdq_strips"][name], again["pdq_strips"][name]
        assert distance(mine["pdq"], theirs["pdq"]) <= 31
    assert part["pdq_strips"].keys() & again["pdq_strips"].keys()


def test_the_thumbnail():
    picture = photo(0, (1200, 800))
    data = saved(picture, quality=92, exif=exif(picture, 0, True))
    part = found(head(data))
    assert part["pdq_source"] == "thumbnail"
    assert distance(part["pdq"], whole_picture(data)["pdq"]) <= 31


def test_black_bars_of_a_thumbnail_are_cut_off():
    picture = photo(0, (1200, 675))
    bars = Image.new("RGB", (160, 120))
    bars.paste(picture.resize((160, 90)), (0, 15))
    data = saved(picture, quality=92, exif=exif(bars, 0, True))
    part = found(head(data))
    assert distance(part["pdq"], whole_picture(data)["pdq"]) <= 31


@pytest.mark.parametrize("progressive", [True, False])
def test_a_thumbnail_that_differs(progressive):
    picture = photo(0, (640, 480))
    options = {"quality": 60, "progressive": progressive}
    same = found(head(saved(picture, exif=exif(picture, 0, True), **options), 20_000))
    other = exif(photo(7, (640, 480)), 0, True)
    differs = found(head(saved(picture, exif=other, **options), 20_000))
    assert same["differs"] is False
    assert differs["differs"] is True


def test_a_turned_thumbnail_is_the_same():
    picture = photo(0, (640, 480))
    turned = exif(picture.transpose(Image.Transpose.ROTATE_90), 0, True)
    data = saved(picture, quality=60, progressive=True, exif=turned)
    assert found(head(data, 20_000))["differs"] is not True


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_thumbnail_that_was_turned_upright_has_the_hash_of_the_picture(orientation):
    picture = photo(0, (1200, 800))
    upright = picture.copy()
    upright.getexif()[0x112] = orientation
    upright = ImageOps.exif_transpose(upright)
    assert upright.size == (800, 1200)
    data = saved(picture, quality=92, exif=exif(upright, 0, True))
    description = describe(head(data), final=True)
    assert description.thumbnail
    description.orientation = orientation
    part = perceptual(head(data), description)
    assert part["pdq_source"] == "thumbnail"
    assert distance(part["pdq"], whole_picture(data)["pdq"]) <= 31


def test_the_hash_of_a_thumbnail_that_differs_never_matches():
    prints = {"pdq": "0f" * 32, "pdq_quality": 100, "pdq_source": "thumbnail"}
    same = {"fingerprints": prints, "thumbnail": {"differs": False}}
    assert list(pdq_keys(same)) == [(20, "0f" * 32)]
    assert list(pdq_keys(same | {"thumbnail": {"differs": True}})) == []


def test_a_small_file_is_decoded_whole():
    data = saved(photo(1, (200, 150)), "PNG")
    assert found(as_file(data))["pdq_source"] == "whole"
    assert found(as_file(data))["pdq"] == whole_picture(data)["pdq"]


def test_an_empty_page_is_of_no_quality():
    data = saved(Image.new("RGB", (600, 400), "white"))
    assert whole_picture(data)["pdq_quality"] < 50


@pytest.mark.parametrize("known", [10, 700, 1000])
def test_junk_gives_nothing(known):
    data = saved(photo(1, (640, 480)))[:known]
    data = data + bytes(20_000)
    for image in (partial(data, 10_241), as_file(data[:15_000])):
        perceptual(image, describe(image, final=True))
    assert whole_picture(b"\xff\xd8junk")["pdq"] is None


def test_what_is_too_large_is_not_decoded():
    data = bytearray(saved(photo(1, (640, 480)), progressive=True))
    at = data.index(b"\xff\xc2") + 5
    data[at : at + 4] = b"\xff\x00\xff\x00"
    assert found(head(bytes(data)))["pdq"] is None


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (3, 3), (300, 1), (1, 300)])
def test_tiny_pictures_of_ones_own(size):
    data = saved(Image.new("L", size, 128), "GIF")
    found = whole_picture(data)
    assert set(found) == {"pdq", "pdq_quality", "pdq_source", "pdq_strips"}
    assert not found["pdq"] or found["pdq_quality"] < 50
