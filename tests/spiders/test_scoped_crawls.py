"""How far a crawl goes: patterns, caps, sitemaps, block list, robots tags, variants."""

import gzip
import hashlib

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.support.crawling import crawl
from tests.support.pictures import jpeg

BODY = jpeg(1)
PICTURES = {f"/{i}.jpg": ("image/jpeg", BODY) for i in range(4)}


def html(text, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return ("text/html; charset=utf-8", text.encode(), headers)


@pytest.fixture
def run(tmp_path):
    def run(files, *args, **settings):
        with GallerySite(PICTURES | files) as site:
            done = crawl(f"-aurl={site.url}/", *args, cwd=tmp_path, settings=settings)
        assert "Traceback" not in done.log
        done.paths = sorted(r["url"].removeprefix(site.url) for r in done.records)
        done.errors = {s["image_url"]: s["error"] for s in done.sightings if s["error"]}
        done.errors = {
            str(url).removeprefix(site.url): error for url, error in done.errors.items()
        }
        done.site = site
        return done

    return run


PAGES = {
    "/": html("<a href=/blog/1>1</a><a href=/shop/1>2</a><a href=/blog/tag>3</a>"),
    "/blog/1": html("<img src=/0.jpg>"),
    "/shop/1": html("<img src=/1.jpg>"),
    "/blog/tag": html("<img src=/2.jpg>"),
}


def test_allow_and_deny(run):
    done = run(PAGES, "-adepth=1", "-aallow=/blog/", "-adeny=tag")
    assert done.paths == ["/0.jpg"]
    assert "/shop/1" not in done.site.paths


def test_denied_images(run):
    done = run({"/": html("<img src=/0.jpg><img src=/1.jpg>")}, "-adeny=1.jpg")
    assert done.paths == ["/0.jpg"]
    assert done.errors == {"/1.jpg": "matches deny"}
    assert done.stats["imgprint/image/skipped/deny"] == 1


def test_max_pages(run):
    done = run(PAGES, "-adepth=1", "-amax_pages=1")
    assert done.paths == ["/0.jpg"]
    assert done.stats["imgprint/page/count"] == 2


def test_sitemap(tmp_path):
    with GallerySite() as site:
        sitemap = (
            f"<urlset xmlns:i='urn:i'><url><loc>{site.url}/blog/1</loc><i:image><i:loc>"
            f"{site.url}/3.jpg</i:loc></i:image></url>"
            "<url><loc>http://elsewhere.invalid/</loc></url></urlset>"
        )
        site.files = {
            **PICTURES,
            **PAGES,
            "/robots.txt": ("text/plain", b"Sitemap: /s.xml.gz"),
            "/s.xml.gz": ("application/gzip", gzip.compress(sitemap.encode())),
        }
        done = crawl(f"-aurl={site.url}/", "-asitemap=1", cwd=tmp_path)
    assert "elsewhere" not in done.log
    seen = {(s["element"], s["image_url"][-6:], s["page_url"]) for s in done.sightings}
    assert seen == {
        ("sitemap", "/3.jpg", site.url + "/blog/1"),
        ("img", "/0.jpg", site.url + "/blog/1"),
    }
    assert {s["depth"] for s in done.sightings} == {0}


def test_page_rules_are_recorded(run):
    done = run(
        {
            "/": html(
                "<meta name=robots content='noai, noimageai'><img src=/0.jpg>",
                X_Robots_Tag="noimageindex",
            )
        }
    )
    assert done.records[0]["robots"] == ["noai", "noimageai", "noimageindex"]


def test_page_rules_are_obeyed(run):
    page = html("<meta name=robots content='noai'><img src=/0.jpg>")
    done = run({"/": page}, IMGPRINT_OBEY_ROBOTS_TAGS=1)
    assert not done.records
    assert done.errors == {"/0.jpg": "the page says noai"}
    assert done.stats["imgprint/image/skipped/robots_tags"] == 1
    assert "/0.jpg" not in done.site.paths


def test_image_rules(run):
    files = {
        "/": html("<img src=/0.jpg><img src=/1.jpg>"),
        "/1.jpg": ("image/jpeg", BODY, {"X-Robots-Tag": "noindex"}),
    }
    assert {tuple(r["robots"] or ()) for r in run(files).records} == {(), ("noindex",)}


def test_image_rules_are_obeyed(run):
    files = {
        "/": html("<img src=/0.jpg><img src=/1.jpg>"),
        "/1.jpg": ("image/jpeg", BODY, {"X-Robots-Tag": "noindex"}),
    }
    done = run(files, IMGPRINT_OBEY_ROBOTS_TAGS=1)
    assert done.paths == ["/0.jpg"]
    assert done.errors == {"/1.jpg": "X-Robots-Tag says noindex"}


def test_blocklist(run, tmp_path):
    name = hashlib.sha256(b"localhost").hexdigest()
    (tmp_path / "blocked").write_text(name)
    page = html("<img src=/0.jpg><img src=http://LOCALHOST:9/1.jpg>")
    done = run({"/": page}, IMGPRINT_BLOCKLIST="blocked")
    assert done.paths == ["/0.jpg"]
    ((url, error),) = done.errors.items()
    assert url.lower() == "http://localhost:9/1.jpg"
    assert error == "on the list IMGPRINT_BLOCKLIST"


WORDPRESS = {
    f"/wp-content/uploads/b{name}.jpg": ("image/jpeg", BODY)
    for name in ("-300x200", "-1024x768", "")
}
SIZES = html(
    "<img src=/wp-content/uploads/b-300x200.jpg>"
    "<img src=/wp-content/uploads/b-1024x768.jpg><img src=/0.jpg>"
)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("group", ["-1024x768", "-300x200"]),
        ("largest", ["-1024x768"]),
        ("original", [""]),
        ("all", ["-1024x768", "-300x200", ""]),
    ],
)
def test_variants(run, choice, names):
    done = run({"/": SIZES, **WORDPRESS}, IMGPRINT_VARIANTS=choice)
    assert done.paths == [
        "/0.jpg",
        *(f"/wp-content/uploads/b{name}.jpg" for name in names),
    ]
    host = done.site.url.partition("://")[2]
    keys = {record["variant_of"].removeprefix(host) for record in done.records}
    assert keys == {"/0.jpg", "/wp-content/uploads/b.jpg"}
    seen = {s["image_url"].rpartition("/b")[2] for s in done.sightings}
    assert {"-300x200.jpg", "-1024x768.jpg"} <= seen


def test_no_original_to_be_had(run):
    files = {"/": SIZES, **WORDPRESS}
    del files["/wp-content/uploads/b.jpg"]
    done = run(files, IMGPRINT_VARIANTS="original")
    assert done.paths == ["/0.jpg", "/wp-content/uploads/b-1024x768.jpg"]
    assert done.stats["imgprint/variant/no_original"] == 1
    assert list(done.errors) == ["/wp-content/uploads/b-300x200.jpg"]


@pytest.mark.parametrize("setting", ["CANDIDATES", "VARIANTS"])
def test_bad_settings(setting, tmp_path):
    settings = {f"IMGPRINT_{setting}": "most"}
    done = crawl("-aurl=http://a.example/", cwd=tmp_path, settings=settings)
    assert done.code == 2
    assert f"imgprint: IMGPRINT_{setting}=most: give " in done.log
