"""What is written of one page and one site is bounded; nothing is left out silently."""

import json

import pytest

from imgprint.demo.gallery_server import GallerySite
from imgprint.discovery.limits import MAX_ALT, MAX_REQUEST_URL, MAX_URL
from imgprint.items import Sighting
from tests.support.crawling import crawl, jsonl
from tests.support.pictures import jpeg

HTML = "text/html; charset=utf-8"
PICTURE = ("image/jpeg", jpeg(0, (16, 16)))
SETTINGS = {"IMGPRINT_MIN_SIZE": 0, "AUTOTHROTTLE_ENABLED": "False"}


def crawl_page(page, tmp_path, *args, files=None, paths=("/",), **settings):
    """The crawl of *page*, at each of *paths*, and the bytes of its sightings."""
    served = {path: (HTML, page.encode()) for path in paths} | (files or {})
    with GallerySite(served) as site:
        done = crawl(
            "-aurl=" + ",".join(site.url + path for path in paths),
            *args,
            cwd=tmp_path,
            settings={**SETTINGS, **settings},
        )
        done.site = site
    assert "Traceback" not in done.log
    (feed,) = tmp_path.glob("data/sightings/*.jsonl")
    return done, feed.stat().st_size


def left_out(done):
    """How many sightings a sighting of the page says were left out."""
    errors = [s["error"] for s in done.sightings if not s["image_url"]]
    return sum(int(e.split()[0]) for e in errors if e and "left out" in e)


def test_texts_are_cut_where_they_are_made():
    long = "http://a.example/" + "x" * MAX_URL
    sighting = Sighting(long, long, alt="x" * 9_999, error="x" * 9_999)
    assert len(sighting.page_url) == len(sighting.image_url) == MAX_URL
    assert len(sighting.alt) == len(sighting.error) == MAX_ALT
    assert Sighting(**vars(sighting)) == sighting


def test_alt_text_times_srcset(tmp_path):
    srcset = ", ".join(f"/{n}.jpg {n + 1}w" for n in range(8_000))
    page = f"<img alt='{'x' * 20_000}' srcset='{srcset}'>"
    files = {"/7999.jpg": PICTURE}
    done, size = crawl_page(page, tmp_path, files=files)
    assert len(done.records) == 1
    assert size < 2_000_000 + 10 * len(page) + 1_000
    assert left_out(done) == done.stats["imgprint/sighting/dropped"] > 1_000
    seen = [s for s in done.sightings if s["image_url"]]
    assert len(seen) + left_out(done) == 8_000
    assert {len(s["alt"]) for s in seen} == {MAX_ALT}


def test_base_url_times_images(tmp_path):
    images = "".join(f"<img src={n}.jpg>" for n in range(3_000))
    page = f"<base href='/{'x' * 4_000}/'>{images}"
    done, size = crawl_page(page, tmp_path, "-amax_images=5")
    assert size < 2_000_000 + 10 * len(page) + 1_000
    assert left_out(done) == done.stats["imgprint/sighting/dropped"] > 1_000


def test_an_image_whose_sighting_is_left_out_has_its_record(tmp_path):
    page = "".join(f"<img src=/{n}.jpg>" for n in range(20))
    files = {f"/{n}.jpg": PICTURE for n in range(20)}
    settings = {"IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE": 100}
    done, _ = crawl_page(page, tmp_path, files=files, **settings)
    assert len(done.records) == 20
    assert left_out(done) == done.stats["imgprint/sighting/dropped"] > 5


def test_the_bound_of_a_site_is_of_all_its_pages(tmp_path):
    page = "".join(f"<img src=/{n}.jpg>" for n in range(20))
    paths = ("/a", "/b", "/c")
    settings = {"IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE": 9_000}
    done, size = crawl_page(page, tmp_path, paths=paths, **settings)
    assert size < 9_000 + 3 * 400
    assert len([s for s in done.sightings if s["image_url"]]) + left_out(done) == 60


def test_a_job_asks_no_second_time_for_an_image_whose_sighting_is_left_out(tmp_path):
    page = "".join(f"<img src=/{n}.jpg>" for n in range(20)).encode()
    settings = {**SETTINGS, "IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE": 100}
    with GallerySite({"/a": (HTML, page), "/b": (HTML, page)}) as site:
        for path in ("/a", "/b"):
            done = crawl(
                f"-aurl={site.url}{path}", "-ajob=j", cwd=tmp_path, settings=settings
            )
            assert done.code in (0, 1), done.log
        assert {site.paths[f"/{n}.jpg"] for n in range(20)} == {1}
    lines = jsonl((tmp_path / "data/jobs/j/sightings.jsonl").read_text())
    assert len([line for line in lines if line["image_url"]]) < 20


@pytest.mark.parametrize("length", [MAX_URL + 100, MAX_REQUEST_URL + 1])
def test_a_long_url_is_cut_and_one_that_no_server_takes_not_asked_for(length, tmp_path):
    path = "/" + "x" * length
    done, _ = crawl_page(f"<img src='{path}'>", tmp_path)
    (sighting,) = done.sightings
    assert len(sighting["image_url"]) == MAX_URL
    assert "characters, sha256:" in sighting["image_url"]
    assert sighting["error"]
    asked = done.stats.get("imgprint/image/request_count", 0)
    assert bool(asked) == (length <= MAX_REQUEST_URL)
    if not asked:
        assert done.stats["imgprint/image/skipped/long_url"] == 1


def test_a_data_uri_of_a_long_type_has_a_short_record(tmp_path):
    picture = jpeg(0, (64, 64))
    page = f"<img src='data:image/{'x' * 100_000};base64,{b64(picture)}'>"
    done, size = crawl_page(page, tmp_path)
    assert len(done.records) == 1
    assert size < 1_000
    assert len(json.dumps(done.records)) < 10_000


def b64(data):
    from base64 import b64encode

    return b64encode(data).decode()
