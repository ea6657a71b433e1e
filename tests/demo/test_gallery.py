import io
import re

import pytest
from PIL import ExifTags, Image

from imgprint.demo.gallery import (
    FINGERPRINTED,
    NOT_CHOSEN,
    NOT_FOUND,
    TOO_SMALL,
    build,
)

FIRST = "http://127.0.0.1:8001"
SECOND = "http://localhost:8002"


@pytest.fixture(scope="module")
def gallery():
    return build(FIRST, SECOND)


def body(gallery, image):
    return gallery.files[image.site][image.url.removeprefix(image.site)][1]


def test_pages_are_listed_and_served(gallery):
    assert gallery.start_urls == gallery.manifest.pages
    assert len(gallery.start_urls) == len(set(gallery.start_urls)) == 6
    for url in gallery.start_urls:
        site = FIRST if url.startswith(FIRST) else SECOND
        media_type, html = gallery.files[site][url.removeprefix(site)]
        assert media_type == "text/html; charset=utf-8"
        assert html.startswith(b"<!DOCTYPE html>")
        assert b"$" not in html
        assert b"{base}" not in html


def test_pages_name_the_images_of_the_manifest(gallery):
    for url in gallery.start_urls:
        site = FIRST if url.startswith(FIRST) else SECOND
        html = gallery.files[site][url.removeprefix(site)][1].decode()
        pattern = r"(?:photos|archive|static|thumbs|media)/[\w./-]+"
        named = {f"{site}/{path}" for path in re.findall(pattern, html)}
        known = {i.url for i in gallery.manifest.images if url in i.pages}
        assert named == known


def test_every_image_is_on_a_page(gallery):
    assert all(image.pages for image in gallery.manifest.images)


def test_every_file_is_in_the_manifest(gallery):
    urls = {base + path for base, files in gallery.files.items() for path in files}
    known = {i.url for i in gallery.manifest.images if i.outcome != NOT_FOUND}
    assert urls == known | set(gallery.manifest.pages)


def test_outcomes(gallery):
    for image in gallery.manifest.images:
        if image.outcome == NOT_FOUND:
            assert image.url.removeprefix(image.site) not in gallery.files[image.site]
            assert image.size is None
        else:
            assert image.size == len(body(gallery, image))
            assert (image.outcome == TOO_SMALL) == (image.size < 20_480)
    outcomes = gallery.manifest.outcomes
    assert outcomes == {
        FINGERPRINTED: outcomes[FINGERPRINTED],
        TOO_SMALL: 2,
        NOT_FOUND: 1,
        NOT_CHOSEN: 2,
    }
    assert outcomes[FINGERPRINTED] > 20


def test_pillow_reads_what_the_manifest_says(gallery):
    for image in gallery.manifest.images:
        if image.outcome == NOT_FOUND:
            continue
        with Image.open(io.BytesIO(body(gallery, image))) as opened:
            opened.load()
            assert opened.format.lower() == image.format
            assert opened.size == (image.width, image.height)
            exif = opened.getexif()
            assert exif.get(ExifTags.Base.Make) == image.make
            assert exif.get(ExifTags.Base.Model) == image.model
            assert position(exif) == pytest.approx((image.latitude, image.longitude))


def position(exif):
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    if not gps:
        return None, None
    latitude = sum(float(v) / 60**n for n, v in enumerate(gps[2]))
    longitude = sum(float(v) / 60**n for n, v in enumerate(gps[4]))
    return (
        latitude if gps[1] == "N" else -latitude,
        longitude if gps[3] == "E" else -longitude,
    )


def test_places_on_all_sides_of_the_world(gallery):
    signs = {(north > 0, east > 0) for north, east in gallery.manifest.places}
    assert len(signs) == 4


def test_thumbnail_and_progressive(gallery):
    images = {i.url.rpartition("/")[2]: i for i in gallery.manifest.images}
    with Image.open(io.BytesIO(body(gallery, images["rio.jpg"]))) as rio:
        exif = rio.getexif()
        assert exif.get_ifd(ExifTags.IFD.IFD1)[0x0103] == 6
        start = exif.get_ifd(ExifTags.IFD.IFD1)[0x0201]
        size = exif.get_ifd(ExifTags.IFD.IFD1)[0x0202]
        tiff = rio.info["exif"].removeprefix(b"Exif\0\0")
    with Image.open(io.BytesIO(tiff[start : start + size])) as thumbnail:
        assert thumbnail.size == (160, 106)
    with Image.open(io.BytesIO(body(gallery, images["harbour.jpg"]))) as harbour:
        assert harbour.info["progressive"]
    with Image.open(io.BytesIO(body(gallery, images["temple.png"]))) as temple:
        assert temple.text["Description"].startswith("A temple gate")


def test_copies_are_equal_bytes(gallery):
    images = {i.url: i for i in gallery.manifest.images}
    by_body = {}
    for image in gallery.manifest.fingerprinted:
        by_body.setdefault(body(gallery, image), []).append(image.url)
    groups = [urls for urls in by_body.values() if len(urls) > 1]
    assert groups == gallery.manifest.copies
    assert len(by_body) == gallery.manifest.distinct
    assert gallery.manifest.shared == [
        urls for urls in groups if {images[u].site for u in urls} == {FIRST, SECOND}
    ]
    assert len(gallery.manifest.shared) == 3


def test_image_bytes(gallery):
    bodies = [body(gallery, i) for i in gallery.manifest.fingerprinted]
    assert gallery.manifest.image_bytes == sum(map(len, bodies))


def test_same_every_time(gallery):
    assert build(FIRST, SECOND) == gallery


def test_without_avif(gallery, monkeypatch):
    monkeypatch.setattr("PIL.features.check", lambda feature: False)
    other = build(FIRST, SECOND)
    urls = {image.url for image in other.manifest.images}
    assert not any("avif" in url for url in urls)
    assert b"avif" not in other.files[FIRST]["/coast.html"][1]
