"""``scrapy audit`` of a gallery with every leak, and of a clean one."""

import io
import json

import pytest
from PIL import Image, PngImagePlugin

from imgprint.demo.gallery_server import GallerySite
from imgprint.demo.pictures import with_thumbnail
from imgprint.report.audit import RULES
from tests.support import sarif
from tests.support.crawling import scrapy
from tests.support.samples import XMP, exif


def jpeg(exif=b"", image=None, **options):
    file = io.BytesIO()
    image = image or Image.linear_gradient("L").resize((480, 320))
    image.save(file, "JPEG", exif=exif, **options)
    return file.getvalue()


def owned():
    block = Image.Exif()
    block[0x13B] = "Ann Author"
    block.get_ifd(0x8769)[0xA430] = "Ann Owner"
    return block.tobytes()


def prompt():
    file, text = io.BytesIO(), PngImagePlugin.PngInfo()
    text.add_text("parameters", "a castle\nSteps: 20, Sampler: Euler a, Seed: 1")
    Image.new("L", (64, 64)).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def other_thumbnail():
    other = jpeg(image=Image.radial_gradient("L").resize((160, 106)))
    return jpeg(with_thumbnail(exif(position=False), other), progressive=True)


LEAKING = {
    "place.jpg": ("image/jpeg", jpeg(exif())),
    "owner.jpg": ("image/jpeg", jpeg(owned())),
    "thumbnail.jpg": ("image/jpeg", other_thumbnail()),
    "prompt.png": ("image/png", prompt()),
    "history.jpg": ("image/jpeg", jpeg(xmp=XMP)),
}
CLEAN = {"clean.jpg": ("image/jpeg", jpeg())}


def site(pictures):
    html = "".join(f"<img src={name}>" for name in pictures)
    files = {f"/{name}": picture for name, picture in pictures.items()}
    return GallerySite({"/": ("text/html", html.encode()), **files})


@pytest.fixture
def leaking(tmp_path):
    with site(LEAKING) as gallery:
        (tmp_path / "urls.txt").write_text(f"{gallery.url}/\n")
        yield gallery


def test_every_leak_is_found(leaking, tmp_path):
    done = scrapy("audit", "urls.txt", "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["images"] == len(LEAKING)
    assert found["not_audited"] == []
    pairs = {(f["url"].rpartition("/")[2], f["rule"]) for f in found["findings"]}
    assert pairs == {
        ("place.jpg", "gps-position"),
        ("place.jpg", "serial-number"),
        ("place.jpg", "software"),
        ("owner.jpg", "owner-name"),
        ("owner.jpg", "author-name"),
        ("thumbnail.jpg", "thumbnail-differs"),
        ("thumbnail.jpg", "serial-number"),
        ("thumbnail.jpg", "software"),
        ("prompt.png", "ai-prompt"),
        ("history.jpg", "edit-history"),
    }
    assert {rule for _, rule in pairs} == {rule.id for rule in RULES}
    for finding in found["findings"]:
        assert finding["pages"] == [f"{leaking.url}/"]


def test_text_and_levels(leaking, tmp_path):
    done = scrapy("audit", "urls.txt", "--fail-on", "never", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("HIGH  Position where the picture was taken (1)\n")
    assert "-10.5, 20.25" in done.stdout
    assert done.stdout.endswith("5 images, 10 findings: 3 high, 3 medium, 4 low\n")
    assert not (tmp_path / "data").exists(), "an audit writes no feeds"
    only = f"url={leaking.url}/history.jpg"
    for level, code in (("high", 0), ("medium", 0), ("low", 1)):
        done = scrapy("audit", "-a", only, "--fail-on", level, cwd=tmp_path)
        assert done.returncode == code, level


def test_sarif_to_a_file(leaking, tmp_path):
    with (tmp_path / "urls.txt").open("a") as urls:
        urls.write(f"{leaking.url}/missing.html\n")
    options = ("--format", "sarif", "-o", "audit.sarif")
    done = scrapy("audit", "urls.txt", *options, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    log = json.loads((tmp_path / "audit.sarif").read_text())
    sarif.validate(log)
    (run,) = log["runs"]
    assert len(run["results"]) == 10
    assert {r["level"] for r in run["results"]} == {"error", "warning", "note"}
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == f"{leaking.url}/missing.html: HTTP 404"


def test_a_clean_site(tmp_path):
    with site(CLEAN) as gallery:
        url = f"url={gallery.url}/"
        done = scrapy("audit", "-a", url, "--fail-on", "low", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == "1 images, 0 findings: 0 high, 0 medium, 0 low\n"


def test_what_could_not_be_looked_at_is_not_clean(tmp_path):
    with site(CLEAN) as gallery:
        url = f"url={gallery.url}/nothing.html"
        done = scrapy("audit", "-a", url, cwd=tmp_path)
    assert done.returncode == 2
    assert "not audited" in done.stdout
    assert done.stderr == "imgprint: nothing could be audited\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to crawl"),
        (["no.txt"], "URL list 'no.txt' can't be read"),
        (["a.txt", "b.txt"], "give one file of URLs"),
        (["-a", "depth"], "give arguments of the spider as -a NAME=VALUE"),
        (["-a", "url=http://127.0.0.1:9/", "-o", "no/a"], "'no/a' can't be written"),
    ],
)
def test_bad_input(arguments, words, tmp_path):
    done = scrapy("audit", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("imgprint: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
