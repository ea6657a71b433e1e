"""What exiftool reads from whole files, from a few kilobytes over HTTP."""

import json
import subprocess
import sys
from collections import Counter
from urllib.parse import quote

import pytest

from tests.support.crawling import crawl
from tests.support.pictures import jpeg
from tests.support.servers.nginx import Nginx

# exiftool's groups and names, where ours is, and under which name.
BLOCKS = {
    "xmp": {
        "XMP-xmpMM:DocumentID": "document_id",
        "XMP-dc:Creator": "creator",
        "XMP-dc:Title": "title",
        "XMP-dc:Subject": "keywords",
        "XMP-dc:Rights": "copyright",
    },
    "iptc": {
        "IPTC:By-line": "creator",
        "IPTC:ObjectName": "title",
        "IPTC:Keywords": "keywords",
        "IPTC:CopyrightNotice": "copyright",
    },
    "icc": {"ICC_Profile:ProfileDescription": "name"},
}


@pytest.fixture(scope="module")
def corpus(shared):
    return shared / "corpus"


@pytest.fixture(scope="module")
def truth(corpus):
    return json.loads((corpus / "truth.json").read_text())


@pytest.fixture(scope="module")
def crawls(corpus, truth, tmp_path_factory):
    """The corpus crawled from nginx, with EXIF alone and with all blocks."""
    done = {}
    for mode in ("exif", "all"):
        folder = tmp_path_factory.mktemp(mode)
        with Nginx(corpus) as nginx:
            urls = [f"{nginx.url}/{quote(o['SourceFile'])}" for o in truth]
            (folder / "urls.txt").write_text("\n".join(urls))
            done[mode] = crawl(
                "-aurls=urls.txt",
                cwd=folder,
                settings={"IMGPRINT_METADATA": mode, "IMGPRINT_MIN_SIZE": 0},
            )
            done[mode].requests = [x for x in nginx.log() if x.path != "/robots.txt"]
        done[mode].folder = folder
    return done


@pytest.mark.parametrize(
    ("mode", "share", "extra"), [("exif", 0.13, 0.55), ("all", 0.25, 1.0)]
)
def test_exif_and_cost(mode, share, extra, crawls, corpus, truth, shared, capsys):
    done = crawls[mode]
    assert len(done.records) == len(truth)
    (feed,) = (done.folder / "data").glob("*.jsonl")
    score = done.folder / "score.json"
    tool = [sys.executable, shared / "tools" / "parity.py", "check", corpus]
    subprocess.run(
        [*tool, corpus / "truth.json", feed, "--json", score], check=True, stdout=-3
    )
    score = json.loads(score.read_text())
    size = sum(o["Size"] for o in truth)
    fetched = sum(line.body_bytes for line in done.requests) / size
    per_file = sorted(Counter(line.path for line in done.requests).values())
    mean = sum(per_file) / len(per_file) - 1
    with capsys.disabled():
        print(
            f"\nIMGPRINT_METADATA={mode}: all tags of {score['all_found']} of "
            f"{score['with_exif']} files with EXIF, {score['wrong']} values wrong; "
            f"{fetched:.1%} of the bytes, {mean:.2f} extra requests per file"
        )
    assert score["all_found"] >= 0.98 * score["with_exif"]
    assert score["gps_ok"] == score["with_gps"]
    assert not [name for name, _ in score["wrong_tags"] if name.startswith("gps:")]
    assert fetched <= share
    assert mean <= extra
    if mode == "exif":
        assert per_file[len(per_file) // 2] == 1, "the median file needs no more"


def test_xmp_iptc_and_icc(crawls, truth, capsys):
    records = crawls["all"].by_name()
    wanted, found = Counter(), Counter()
    for truths in truth:
        record = records[quote(truths["SourceFile"])]
        for block, names in BLOCKS.items():
            expected = {
                ours: truths[theirs]["val"]
                for theirs, ours in names.items()
                if theirs in truths
            }
            if not expected:
                continue
            wanted[block] += 1
            ours = record[block] or {}
            found[block] += all(same(ours.get(n), v) for n, v in expected.items())
    with capsys.disabled():
        for block in BLOCKS:
            print(f"\n{block}: main fields of {found[block]} of {wanted[block]} blocks")
    assert sum(found.values()) >= 0.95 * sum(wanted.values())


def same(ours, theirs):
    ours = ours if isinstance(ours, list) else [ours]
    theirs = theirs if isinstance(theirs, list) else [theirs]
    return [str(x).strip() for x in ours] == [str(x).strip() for x in theirs]


def test_images_without_metadata_cost_no_extra_request(tmp_path):
    root = tmp_path / "www"
    root.mkdir()
    for i in range(12):
        (root / f"{i}.jpg").write_bytes(jpeg(i, progressive=i % 2 == 0))
    page = "".join(f"<img src={i}.jpg>" for i in range(12))
    (root / "index.html").write_text(page)
    with Nginx(root) as nginx:
        done = crawl(f"-aurl={nginx.url}/index.html", cwd=tmp_path)
        log = [line for line in nginx.log() if line.path.endswith(".jpg")]
    assert len(done.records) == len(log) == 12
    assert all(record["metadata_complete"] for record in done.records)
