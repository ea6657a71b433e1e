import csv
import io
import json
from xml.etree import ElementTree

import pytest

from imgprint.feeds.shared_formats import as_csv, as_graphml, as_json
from imgprint.matching.index import Index
from imgprint.matching.shared import MAX_SITES, shared
from tests.support.records import flipped, record, sighting

PDQ = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2


def on(site, seed, **changes):
    """The picture *seed* on *site*."""
    url = f"https://{site}/{seed}.jpg"
    return record(seed, site=site, url=url, page_url=f"https://{site}/", **changes)


def found(tmp_path, *lines):
    with Index(tmp_path / "i.db", create=True) as index:
        index.add(lines)
        return shared(index)


def test_mirror_clone_and_some(tmp_path):
    result = found(
        tmp_path,
        *(on("a.example", n) for n in range(10)),
        *(on("b.example", n) for n in range(9)),
        *(on("c.example", n) for n in range(3)),
        *(on("d.example", n) for n in [0, 100, 101, 102]),
        *(on("e.example", n) for n in [200, 201]),
    )
    pairs = {pair.sites: pair for pair in result.pairs}
    assert pairs["a.example", "b.example"].relation == "mirror"
    assert pairs["a.example", "b.example"].images == 9
    assert pairs["a.example", "b.example"].totals == (10, 9)
    assert pairs["a.example", "c.example"].relation == "clone"
    assert pairs["a.example", "d.example"].relation == "shares"
    assert pairs["a.example", "d.example"].evidence == {"file_key": 1}
    assert pairs["a.example", "d.example"].strength == "certain"
    assert result.groups == [["a.example", "b.example", "c.example", "d.example"]]
    assert result.pairs[0].images == 9, "most images first"


def test_each_image_counts_once_by_its_strongest_evidence(tmp_path):
    data = {"data_sha256": "d1:" + "ab" * 32}
    (pair,) = found(
        tmp_path,
        on("a.example", 1, fingerprints=data),
        on("b.example", 2, fingerprints=data),
        on("b.example", 3, fingerprints=data),
    ).pairs
    assert (pair.images, pair.evidence) == (1, {"data": 1})


def test_an_image_of_one_site_shown_on_another(tmp_path):
    image = on("a.example", 1)
    (pair,) = found(
        tmp_path, image, sighting(image["url"], "b.example"), sighting("x", "c.example")
    ).pairs
    assert pair.sites == ("a.example", "b.example")
    assert pair.evidence == {"url": 1}


def test_near_copies(tmp_path):
    prints = [
        {"pdq": value, "pdq_quality": 90, "pdq_source": "whole"}
        for value in (PDQ, flipped(PDQ, 6), flipped(PDQ, 100))
    ]
    (pair,) = found(
        tmp_path,
        on("a.example", 1, fingerprints=prints[0]),
        on("b.example", 2, fingerprints=prints[1]),
        on("c.example", 3, fingerprints=prints[2]),
    ).pairs
    assert pair.sites == ("a.example", "b.example")
    assert pair.evidence == {"pdq": 1}


def test_one_camera_is_a_source_and_no_copy(tmp_path):
    camera = {"make": "A", "model": "B", "serial_number": "12345"}
    result = found(
        tmp_path,
        on("a.example", 1, camera=camera),
        on("b.example", 2, camera=camera),
    )
    (pair,) = result.pairs
    assert (pair.relation, pair.images) == ("source", 0)
    assert pair.sources == {"camera_serial": 1}
    assert pair.strength == "source"
    assert result.groups == []


def test_weak_evidence_is_none(tmp_path):
    encoder = {"encoder": {"signature": "e1:1"}}
    told = {"modified": "2025-08-31T10:15:05Z", "size": 9, "inode": None}
    result = found(
        tmp_path,
        on("a.example", 1, fingerprints=encoder, etag_decoded=told),
        on("b.example", 2, fingerprints=encoder, etag_decoded=told),
    )
    assert result.pairs == []


def test_what_everybody_has_joins_nobody(tmp_path):
    result = found(tmp_path, *(on(f"s{n}.example", 1) for n in range(MAX_SITES + 1)))
    assert (result.pairs, result.common) == ([], 1)


def test_sites_of_the_kinds_that_the_reference_confuses(tmp_path):
    pages = ("https://a.co.uk/1", "https://b.co.uk/2", "http://localhost:8/3")
    lines = []
    for page in pages:
        old = record(1, url=page + ".jpg", page_url=page)
        del old["site"]
        lines.append(old)
    pairs = {pair.sites for pair in found(tmp_path, *lines).pairs}
    assert len(pairs) == 3
    assert {site for pair in pairs for site in pair} == {
        "a.co.uk",
        "b.co.uk",
        "localhost",
    }


def test_files_of_this_machine_are_no_site(tmp_path):
    local = [record(1, url=f"file:///{n}.jpg", site=None, page_url=None) for n in "ab"]
    assert found(tmp_path, *local).pairs == []


@pytest.fixture
def result(tmp_path):
    lines = [on(site, n) for site in ("a.example", 'b"<&.example') for n in (1, 2)]
    return found(tmp_path, *lines)


def test_json(result):
    text = json.loads(as_json(result))
    assert text["groups"] == [["a.example", 'b"<&.example']]
    assert text["pairs"][0]["relation"] == "mirror"


def test_csv(result):
    (row,) = csv.DictReader(io.StringIO(as_csv(result)))
    assert (row["site_a"], row["images"]) == ("a.example", "2")
    assert row["evidence"] == "file_key=2"


def test_graphml(result):
    root = ElementTree.fromstring(as_graphml(result))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    nodes = [node.get("id") for node in root.iter(space + "node")]
    assert nodes == ["a.example", 'b"<&.example']
    (edge,) = root.iter(space + "edge")
    assert (edge.get("source"), edge.get("target")) == tuple(nodes)
    declared = {key.get("id") for key in root.iter(space + "key")}
    assert {data.get("key") for data in root.iter(space + "data")} <= declared
