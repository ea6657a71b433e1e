import io
import json
import subprocess

import pytest
from PIL import Image

from imgprint.content.describe import describe
from imgprint.content.fingerprints.jpeg_encoder import encoder
from imgprint.content.metadata.parts import as_file
from tests.support.pictures import jpeg
from tests.support.samples import partial
from tests.support.servers.process import require


def colour(**options):
    file = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(file, "JPEG", **options)
    return file.getvalue()


def signature(data):
    image = as_file(data)
    return encoder(image, describe(image, final=True).layout)


@pytest.mark.parametrize("quality", [1, 30, 49, 50, 51, 75, 95, 100])
def test_quality_of_libjpeg_is_exact(quality):
    assert signature(colour(quality=quality))["quality"] == quality


def test_other_tables_have_the_nearest_quality():
    tables = [[max(1, v // 3) for v in range(10, 74)]] * 2
    assert 70 < signature(colour(qtables=tables))["quality"] < 95


@pytest.mark.parametrize(
    ("options", "sampling", "huffman", "progressive"),
    [
        ({"subsampling": 0}, "4:4:4", "typical", False),
        ({"subsampling": 1}, "4:2:2", "typical", False),
        ({"subsampling": 2}, "4:2:0", "typical", False),
        ({"optimize": True}, "4:2:0", "own", False),
        ({"progressive": True}, "4:2:0", "own", True),
    ],
)
def test_coding(options, sampling, huffman, progressive):
    found = signature(colour(**options))
    assert found["sampling"] == sampling
    assert found["huffman"] == huffman
    assert found["progressive"] is progressive


def test_the_signature_is_of_the_encoder():
    one = signature(colour(quality=80))["signature"]
    assert one.startswith("e1:")
    file = io.BytesIO()
    Image.new("RGB", (99, 50), "red").save(file, "JPEG", quality=80)
    assert signature(file.getvalue())["signature"] == one
    assert signature(colour(quality=81))["signature"] != one
    assert signature(colour(quality=80, subsampling=0))["signature"] != one
    # Never to change:
    assert one == "e1:da68965c355723ca"


def test_grey_has_no_digest():
    found = signature(jpeg(1))
    assert (found["sampling"], found["jpeg_digest"]) == ("grey", None)


def test_out_of_reach():
    data = colour()
    image = partial(data, 200)
    assert encoder(image, describe(image, final=True).layout) is None


def test_the_digest_is_exiftools(tmp_path):
    exiftool = require("exiftool", "libimage-exiftool-perl")
    expected = {}
    for quality in (10, 37, 62, 83, 97):
        for subsampling in (0, 1, 2):
            for progressive in (False, True):
                data = colour(
                    quality=quality, subsampling=subsampling, progressive=progressive
                )
                path = tmp_path / f"{quality}-{subsampling}-{progressive}.jpg"
                path.write_bytes(data)
                expected[path.name] = signature(data)["jpeg_digest"]
    done = subprocess.run(
        [exiftool, "-json", "-n", "-JPEGDigest", tmp_path],
        capture_output=True,
        check=True,
    )
    found = {f["SourceFile"]: f["JPEGDigest"] for f in json.loads(done.stdout)}
    assert len(found) == len(expected)
    for path, digest in found.items():
        ours = expected[path.rpartition("/")[2]]
        # It leaves the sampling out where it knows the tables by name.
        assert digest in (ours, ours.partition(":")[0])
