"""Copies of 200 pictures by real tools are found, and nothing else is."""

import shutil

import pytest

from benchmarks import copies
from tests.support.servers.process import require

COUNT = 200
JPEGS = COUNT * 3 // 4


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    for program, package in copies.TOOLS.items():
        require(program, package)
    folder = tmp_path_factory.mktemp("copies")
    originals = folder / "originals"
    copies.make_originals(originals, COUNT)
    found = copies.measure(folder, originals)
    shutil.rmtree(folder)
    return {(row["kind"], row["way"]): row for row in found}


WAYS = ("record", "file")


@pytest.mark.parametrize("way", WAYS)
def test_identical_files(rows, way):
    row = rows["identical", way]
    assert row["copies"] == row["file_key"] == row["data"] == COUNT


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("exiftool -all=", COUNT),
        ("exiftool edited", COUNT),
        ("jpegtran -copy none", JPEGS),
    ],
)
def test_metadata_stripped_or_edited(rows, kind, count, way):
    row = rows[kind, way]
    assert row["copies"] == row["data"] == count
    assert row["file_key"] == row["head"] == 0, "the files do differ"
    if kind.startswith("exiftool"):
        assert row["png"] == COUNT - JPEGS


# Of all, those whose head tells nothing included: 0.71 and 0.65 are the figures
# of baseline JPEG, one known by its thumbnail or as progressive does better.
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("kind", "share"), [("mogrify -quality 65", 0.71), ("mogrify -resize 64", 0.65)]
)
def test_recompressed_and_resized(rows, kind, share, way):
    row = rows[kind, way]
    assert row["copies"] == JPEGS
    assert row["any"] >= share * JPEGS


def test_another_format_is_found_from_the_file(rows):
    row = rows["cwebp -q 80", "file"]
    # The head of a WebP or PNG shows nothing: of JPEG originals alone.
    assert row["any"] >= 0.71 * JPEGS


def test_no_false_match_of_any_grade_above_weak(rows):
    assert sum(row["pairs"] for row in rows.values()) > 10**5
    assert {key: row["false"] for key, row in rows.items() if row["false"]} == {}
