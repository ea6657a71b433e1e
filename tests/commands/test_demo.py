import re

from imgprint.demo.gallery import FINGERPRINTED, NOT_FOUND, TOO_SMALL, build
from imgprint.report.figures import camera_of
from tests.support.crawling import feed, scrapy


def path_of(url):
    return re.sub(r"^http://[^/]*", "", url)


def test_the_summary_says_what_the_gallery_holds(tmp_path):
    done = scrapy("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    manifest = build("http://127.0.0.1:1", "http://localhost:2").manifest
    outcomes = manifest.outcomes
    lines = done.stdout.splitlines()
    starts = [i for i, line in enumerate(lines) if not line.startswith(" " * 19)]
    row = {
        lines[i][:17].strip(): [line[19:] for line in lines[i:stop]]
        for i, stop in zip(starts, [*starts[1:], None], strict=True)
    }
    assert row["pages"] == [str(len(manifest.pages))]
    found = len(manifest.found)
    seen = sum(len(image.pages) for image in manifest.found)
    assert row["images found"] == [f"{found}, seen in {seen} places"]
    assert row["fingerprinted"] == [str(outcomes[FINGERPRINTED])]
    assert row["skipped"] == [
        f"{outcomes[TOO_SMALL]} smaller than IMGPRINT_MIN_SIZE, "
        f"{outcomes[NOT_FOUND]} HTTP 404"
    ]
    assert (
        f"{manifest.image_bytes:,} bytes that the images hold"
        in row["bytes received"][0]
    )
    received = int(re.match(r"[\d,]+", row["bytes received"][0])[0].replace(",", ""))
    assert received < 0.05 * manifest.image_bytes
    places = {tuple(map(float, line.split(", "))) for line in row["places"]}
    assert places == {(round(a, 5), round(b, 5)) for a, b in manifest.places}
    cameras = {line.rpartition(" (")[0] for line in row["cameras"]}
    assert cameras == {
        camera_of({"camera": {"make": make, "model": model}})
        for make, model in manifest.cameras
    }
    assert len(row["on several sites"]) == len(manifest.shared)
    paths = {frozenset(map(path_of, group)) for group in manifest.shared}
    for line in row["on several sites"]:
        url, _, sites = line.partition(" ")
        assert sites == "(127.0.0.1, localhost)"
        assert any(path_of(url) in group for group in paths)

    records = feed(tmp_path, "data/demo/*.json")
    expected = {path_of(image.url) for image in manifest.fingerprinted}
    assert {path_of(record["url"]) for record in records} == expected
    for record in records:
        assert str(tmp_path) not in str(record)


def test_twice_gives_the_same_files(tmp_path):
    for _ in range(2):
        assert scrapy("demo", cwd=tmp_path).returncode == 0
    assert len(feed(tmp_path, "data/demo/records.jsonl")) == len(
        feed(tmp_path, "data/demo/records.json")
    )
