"""A live crawl over mutated answers and pages; benchmarks/fuzz.py does many more."""

from urllib.parse import urljoin

import pytest

from benchmarks.fuzz import Feeds, Report, fuzz_answers, fuzz_pages
from tests.support.fuzz.server import FuzzServer

SEED = 19
SECONDS = 300


@pytest.fixture(scope="module")
def server():
    with FuzzServer(SEED, images=50) as server:
        yield server


@pytest.mark.parametrize(("fuzz", "cases"), [(fuzz_answers, 2_500), (fuzz_pages, 300)])
def test_nothing_is_lost_in_silence(server, tmp_path, fuzz, cases):
    report = fuzz(server, cases, tmp_path, SECONDS)
    assert report.code == 0
    assert report.silent == []
    assert report.unexpected == {}
    assert report.complaints == []
    # The cases are what they are meant to be: some can be read, and others not.
    assert report.images >= cases
    assert cases / 2 < report.records < report.images
    assert report.sightings >= report.images
    assert len(report.errors) > 20


def test_what_is_missing_is_noticed(server, tmp_path):
    """The check of the test above can fail."""
    assert fuzz_answers(server, 50, tmp_path, SECONDS).holds
    sightings = tmp_path / "sightings.jsonl"
    lines = sightings.read_bytes().split(b"\n")
    sightings.write_bytes(b"\n".join(lines[1:]))
    report = Report("one is gone", cases=50, seconds=1, code=0)
    page = server.url("gallery", 0)
    report.check(Feeds(tmp_path), page, [urljoin(page, p) for p in server.gallery(0)])
    assert len(report.silent) == 1
    assert not report.holds
