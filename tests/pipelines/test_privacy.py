"""IMGPRINT_PRIVACY, from end to end."""

import io

from PIL import Image

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl


def private():
    block = Image.Exif()
    details, place = block.get_ifd(0x8769), block.get_ifd(0x8825)
    block[0x13B], details[0xA430], details[0xA431] = "Ann", "Bob", "S123"
    place[1], place[2], place[3], place[4] = (
        "N",
        (45.0, 30.0, 1.0),
        "E",
        (6.0, 0.0, 0.0),
    )
    file = io.BytesIO()
    image = Image.effect_noise((400, 300), 60)
    image.save(file, "JPEG", exif=block.tobytes())
    return file.getvalue()


PICTURE = private()


def run(folder, **settings):
    folder.mkdir()
    with GallerySite({"/a.jpg": ("image/jpeg", PICTURE)}) as site:
        return crawl(f"-aurl={site.url}/a.jpg", cwd=folder, settings=settings)


def test_the_feeds_hold_no_name_and_no_exact_place(tmp_path):
    (tmp_path / "key").write_bytes(bytes(range(32)))
    plain = run(tmp_path / "plain").records[0]
    assert plain["camera"]["owner"] == "Bob"
    once = run(tmp_path / "once", IMGPRINT_PRIVACY=tmp_path / "key")
    again = run(tmp_path / "again", IMGPRINT_PRIVACY=tmp_path / "key")
    other = run(tmp_path / "other", IMGPRINT_PRIVACY=1)
    for done in (once, again, other):
        assert done.code == 0, done.log
        text = "".join(f.read_text() for f in tmp_path.glob("o*/data/*.json*"))
        for secret in ("Ann", "Bob", "S123", "45.50", "45.0, 30.0"):
            assert secret not in text
        (record,) = done.records
        assert record["gps"]["latitude"] == 45.5
        assert record["exif"]["Artist"].startswith("h:")
        for name in ("image_size", "sha256_first_10240_bytes", "fingerprints"):
            assert record[name] == plain[name]
    cameras = [done.records[0]["camera"] for done in (once, again, other)]
    assert cameras[0] == cameras[1] != cameras[2]


def test_a_key_that_is_missing_or_short(tmp_path):
    done = run(tmp_path / "a", IMGPRINT_PRIVACY="no.key")
    assert done.code == 2
    assert done.log.splitlines()[-1].startswith(
        "imgprint: IMGPRINT_PRIVACY=no.key: key 'no.key' can't be read: "
    )
    (tmp_path / "short").write_bytes(b"abc")
    done = run(tmp_path / "b", IMGPRINT_PRIVACY=tmp_path / "short")
    assert done.code == 2
    assert "has 3 bytes" in done.log.splitlines()[-1]
