"""The contest of benchmarks/speed.py, on a tiny gallery: rightness, not times."""

import json
import shutil
import subprocess
import sys

import pytest

from benchmarks.contest import claims, report, run, table
from benchmarks.contest.contenders import ALL
from benchmarks.contest.contenders.base import Found
from benchmarks.contest.gallery import Gallery
from benchmarks.contest.results import Result, Store, best_reference
from tests.support.crawling import ROOT
from tests.support.servers.process import require

NAMES = ["imgprint-sources", "aiohttp", "reference"]
IMAGES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("contest")


def contest(folder, *options):
    command = [sys.executable, str(ROOT / "benchmarks/speed.py"), "run", "--rounds=1"]
    small = ("--distinct=20", "--scale=0.4", f"--images={IMAGES}")
    where = (f"--gallery={folder}/gallery", f"--results={folder}/results.jsonl")
    done = subprocess.run(
        [*command, *small, *where, *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def results(folder):
    require("nginx", "nginx-light")
    output = contest(folder, f"--only={','.join(NAMES)}")
    assert "All that was found is right: 3 runs, holds" in output
    return Store(folder / "results.jsonl").results()


def test_all_is_found_and_counted(results):
    assert [result.contender for result in results] == NAMES
    assert [result.found for result in results] == [IMAGES] * 3
    assert [result.faults for result in results] == [[]] * 3
    # HEAD and two GETs; images of 24 KB count for imgprint, too.
    assert [result.image_requests for result in results] == [IMAGES, IMAGES, 3 * IMAGES]
    for result in results:
        assert IMAGES * 11_265 < result.image_sent < IMAGES * 13_000
        assert min(result.cpu, result.start_cpu) > 0.05
        assert result.peak > 10


def test_slow_link(folder, results):
    # Of whole files, whose bytes come in many pieces, the hashes must be right.
    contest(folder, "--only=files", "--link=shaped")
    contest(folder, "--only=aiohttp,imgprint-sources", "--link=shaped")
    for result in Store(folder / "results.jsonl").results()[-2:]:
        assert result.link == "shaped"
        assert not result.faults
        assert result.passed == result.sent
        # A connection, a page, and an image: three round trips of 40 ms, and one
        # more for the connection to be set up.
        assert result.wall > 0.12


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing")
@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is missing")
def test_curl_and_pipelines(folder, results):
    contest(folder, "--only=curl,files,images")


def test_table(results):
    lines = table.link_table(results, "plain").splitlines()
    assert len(lines) == 2 + len(NAMES)
    assert {line.count("|") for line in lines} == {len(table.HEADINGS) + 1}
    assert lines[2].startswith("| imgprint, no compiled core | 60 | ")
    assert all(line.endswith("| 1 | yes |") for line in lines[2:])
    short = table.short_table(results).splitlines()
    assert {line.count("|") for line in short} == {len(table.SHORT) + 1}


def test_written(results, tmp_path):
    (tmp_path / "docs").mkdir()
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report._BEGIN}old\n{report._END}after\n")
    report.write(results, tmp_path)
    report.write(results, tmp_path)
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert text.count("| imgprint, no compiled core |") == 1
    assert "old" not in text
    assert results[0].at[:10] in text
    assert "| imgprint, no compiled core |" in (tmp_path / "docs/speed.md").read_text()


def made(contender, **values):
    numbers = dict.fromkeys(
        ("wall", "cpu", "peak", "requests", "sent", "image_sent", "server_cpu"), 1
    )
    fixed = {"start_wall": 0, "start_cpu": 0, "passed": None, "found": 1000}
    given = {"link": "plain", "images": 1000, "image_requests": 1000}
    return Result(contender, **(numbers | fixed | given | values))


@pytest.mark.parametrize(("cpu", "holds"), [(1.2, True), (1.21, False)])
def test_claims(cpu, holds):
    results = [made("imgprint", cpu=cpu), made("aiohttp", cpu=0.3)]
    found = list(claims.claims(results))
    assert [c.holds for c in found[:3]] == [holds, holds, None]
    assert "DOES NOT HOLD" not in str(found[0]) or not holds


def test_claims_take_the_quickest_reference():
    results = [made("reference", wall=9), made("reference-4", wall=4), made("imgprint")]
    assert best_reference(results, "plain") == "reference-4"
    assert "4.00 times, holds" in "\n".join(map(str, claims.claims(results)))


@pytest.mark.parametrize("name", ["imgprint", "imgprint-job", "imgprint-halves"])
def test_the_compiled_core_is_asked_for(name, monkeypatch, tmp_path):
    monkeypatch.setattr(ALL[name], "compiled", str(tmp_path))
    assert ALL[name].missing() is None
    monkeypatch.setattr(ALL[name], "compiled", str(tmp_path / "none"))
    assert ALL[name].missing() == "the compiled core is missing: make compiled"
    assert ALL["imgprint-sources"].missing() is None


def test_wrong_findings_are_faults(results, folder):
    gallery = Gallery(folder / "gallery", 20, scale=0.4).make()
    urls = gallery.image_urls(3, 80)
    truth = gallery.truth(urls[0])
    good = Found(urls[0], {"head": truth.head}, truth.exif)
    assert run.check(gallery, urls[:1], [good]) == (1, [])
    for wrong in (
        [],
        [good, good],
        [Found(urls[0], {"head": truth.tail})],
        [Found(urls[0], {}, truth.exif | {"Make": "Other"})],
        [good, Found(urls[1])],
    ):
        assert run.check(gallery, urls[:1], wrong)[1]


def test_gallery_is_the_same_every_time(tmp_path):
    first = Gallery(tmp_path / "a", 10, scale=0.4).make()
    again = Gallery(tmp_path / "b", 10, scale=0.4).make()
    assert first.truths == again.truths
    assert len({truth.sha256 for truth in first.truths}) == 10
    saved = json.loads((tmp_path / "a/truths.json").read_text())
    assert len(saved["truths"]) == 10
