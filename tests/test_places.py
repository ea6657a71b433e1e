"""Every place where a page may have an image: all are found, and nothing else."""

import base64
from urllib.parse import urlsplit

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl
from tests.support.pictures import jpeg
from tests.support.places import build, places

SETTINGS = {
    "IMGPRINT_MIN_SIZE": 0,
    "IMGPRINT_LINKED": "stylesheet,manifest,favicon",
}


def bare(url):
    return urlsplit(url)._replace(query="").geturl()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """The crawl of the gallery, the site, and the manifest."""
    with GallerySite() as site:
        site.files, manifest = build(site.url)
        done = crawl(
            f"-aurl={site.url}/",
            *("-adepth=2", "-asitemap=1"),
            settings=SETTINGS,
            cwd=tmp_path_factory.mktemp("places"),
        )
    assert done.code == 0, done.log
    assert "Traceback" not in done.log
    return done, site, manifest


def scores(found, manifest):
    """Rows of place, images, found of them, found besides."""
    for page, (place, fetched, recorded) in manifest.items():
        there = fetched | recorded
        here = {url for where, url in found if where == page}
        yield place, len(there), len(here & there), sorted(here - there)


def test_all_are_found_and_nothing_else(gallery, capsys):
    done, _, manifest = gallery
    assert [s for s in done.sightings if not s["image_url"]] == []
    found = {(s["page_url"], bare(s["image_url"])) for s in done.sightings}
    assert {page for page, _ in found} <= set(manifest)
    rows = list(scores(found, manifest))
    with capsys.disabled():
        print(f"\n{'place':28}{'images':>7}{'precision':>11}{'recall':>8}")
        for place, there, right, wrong in rows:
            precision = right / (right + len(wrong)) if right or wrong else 1
            recall = right / there if there else 1
            print(f"{place:28}{there:7}{precision:11.0%}{recall:8.0%}", *wrong)
        total = sum(row[1] for row in rows)
        print(f"{'all ' + str(len(rows)):28}{total:7}")
    assert [row for row in rows if row[3]] == []
    assert [row for row in rows if row[1] != row[2]] == []
    assert len(rows) == len(places()) + 1


def test_what_is_chosen_is_fetched_and_nothing_else(gallery):
    done, site, manifest = gallery
    fetched = set().union(*(images for _, images, _ in manifest.values()))
    others = set().union(*(others for _, _, others in manifest.values())) - fetched
    assert {bare(record["url"]) for record in done.records} == fetched
    errors = {s["image_url"]: s["error"] for s in done.sightings if s["error"]}
    assert set(errors) == others
    assert set(errors.values()) == {"another size or format was chosen"}
    for url in others:
        assert not site.paths[url.removeprefix(site.url)]


def test_each_sheet_once(gallery):
    _, site, _ = gallery
    sheets = {path: n for path, n in site.paths.items() if path.endswith(".css")}
    assert len(sheets) == 3
    assert set(sheets.values()) == {1}


def test_odd_schemes_are_counted(gallery):
    stats = gallery[0].stats
    for name in ("blob", "cid", "template"):
        assert stats[f"imgprint/url/skipped/{name}"] == 1


def test_one_line_per_page_and_image(gallery):
    lines = [(s["page_url"], s["image_url"]) for s in gallery[0].sightings]
    assert len(lines) == len(set(lines))


def test_data_uris_are_read_in_place(tmp_path):
    body = jpeg(7, (200, 200))
    data = base64.b64encode(body).decode()
    page = f"<img src='data:image/jpeg;base64,{data}' alt=A><img src=/a.jpg>".encode()
    files = {"/": ("text/html", page), "/a.jpg": ("image/jpeg", body)}
    with GallerySite(files) as site:
        done = crawl(
            f"-aurl={site.url}/", cwd=tmp_path, settings={"IMGPRINT_MIN_SIZE": 1000}
        )
    web, inline = sorted(done.records, key=lambda r: r["url"].startswith("data:"))
    assert (
        inline["url"] == f"data:image/jpeg;sha256={inline['fingerprints']['sha256']},"
    )
    assert inline["fingerprints"]["file_key"] == web["fingerprints"]["file_key"]
    assert inline["image_size"] == len(body)
    assert inline["page_url"] == site.url + "/"
    (sighting,) = [s for s in done.sightings if s["image_url"] == inline["url"]]
    assert (sighting["alt"], sighting["error"]) == ("A", None)
    assert data[:60] not in done.log + str(done.records) + str(done.sightings)
    assert site.paths["/a.jpg"] == 1


def test_all_candidates(tmp_path):
    page = b"<img srcset='/a.jpg 1w, /b.jpg 2w'>"
    files = {"/": ("text/html", page)}
    files |= {f"/{name}.jpg": ("image/jpeg", jpeg(1)) for name in "ab"}
    with GallerySite(files) as site:
        done = crawl(
            f"-aurl={site.url}/", cwd=tmp_path, settings={"IMGPRINT_CANDIDATES": "all"}
        )
    assert {r["url"][-5:] for r in done.records} == {"a.jpg", "b.jpg"}
    assert {s["error"] for s in done.sightings} == {None}
