"""Pages without end: memory stays flat, the caps hold."""

from imgprint.demo.gallery_server import GallerySite
from imgprint.discovery.html.srcset import MAX_SOURCES
from tests.support.crawling import crawl
from tests.support.pictures import jpeg

MEGABYTE = 1 << 20
HTML = "text/html; charset=utf-8"
PICTURE = ("image/jpeg", jpeg(0, (16, 16)))


def crawl_measured(files, tmp_path, *args):
    """The crawl of the page at /, and its peak of resident memory in MB.

    The extension samples the process's own peak, so that it misses none but
    those of the last tenth of a second.
    """
    with GallerySite(files) as site:
        done = crawl(
            f"-aurl={site.url}/",
            *args,
            cwd=tmp_path,
            settings={"IMGPRINT_MIN_SIZE": 0, "MEMUSAGE_CHECK_INTERVAL_SECONDS": 0.1},
            timeout=300,
        )
    assert done.code == 0, done.log
    assert "Traceback" not in done.log
    done.site = site
    return done, done.stats["memusage/max"] / MEGABYTE


def seen(done):
    """The sightings of images: others say what was left out."""
    return [sighting for sighting in done.sightings if sighting["image_url"]]


def test_a_million_sources_in_one_srcset(tmp_path):
    srcset = ", ".join(f"/{i:06}.jpg {i + 1}w" for i in range(1_000_000))
    files = {"/": (HTML, f"<img srcset='{srcset}'>".encode())}
    files[f"/{MAX_SOURCES - 1:06}.jpg"] = PICTURE
    done, peak = crawl_measured(files, tmp_path)
    print(f"peak {peak:.0f} MB")
    assert len(done.records) == 1
    assert len(seen(done)) == MAX_SOURCES
    assert peak < 400


def test_a_page_of_100_000_images(tmp_path):
    page = "".join(f"<img src=/{i}.jpg alt={i}>" for i in range(100_000))
    files = {"/": (HTML, page.encode())} | {f"/{i}.jpg": PICTURE for i in range(300)}
    done, peak = crawl_measured(files, tmp_path, "-amax_images=300")
    print(f"peak {peak:.0f} MB")
    assert len(done.records) == 300
    assert len(seen(done)) == 100_000
    assert done.stats["imgprint/image/skipped/max_images"] == 99_700
    assert peak < 400


def test_a_page_of_a_million_images_is_cut_at_100_000(tmp_path):
    page = "".join(f"<img src={i}>" for i in range(1_000_000))
    done, peak = crawl_measured(
        {"/": (HTML, page.encode())}, tmp_path, "-amax_images=0"
    )
    print(f"peak {peak:.0f} MB")
    assert len(seen(done)) == 100_000
    assert done.stats["imgprint/url/skipped/limit"] == 1
    assert done.stats["imgprint/page/cut"] == 1
    assert peak < 400


def test_an_element_of_200_000_attributes(tmp_path):
    crowd = " ".join(f"a{i}=1" for i in range(200_000))
    files = {"/": (HTML, f"<img {crowd}><img src=/a.jpg>".encode()), "/a.jpg": PICTURE}
    done, _ = crawl_measured(files, tmp_path)
    assert len(done.records) == 1


class Endless(dict):
    """A site where every page leads to the next one, and so does every sheet."""

    def __bool__(self):
        return True

    def get(self, path, default=None):
        number = int("".join(filter(str.isdigit, path)) or 0)
        if path.endswith(".css"):
            return ("text/css", f"@import '/{number + 1}.css';".encode())
        if path.endswith(".jpg") or path == "/robots.txt":
            return PICTURE if path.endswith(".jpg") else default
        links = f"<a href=/page/{number + 1}>next</a><a href=/page/{number + 2}>2</a>"
        style = f"<link rel=stylesheet href=/{number}0.css>"
        return (HTML, f"{style}{links}<img src=/{number}.jpg>".encode())


def test_endless_pagination(tmp_path):
    done, _ = crawl_measured(Endless(), tmp_path, "-adepth=1000000", "-amax_pages=40")
    assert done.stats["imgprint/page/count"] == 41
    assert len(done.records) == 41
    pages = [path for path in done.site.paths if path.startswith("/page/")]
    assert len(pages) == 40


def test_endless_imports(tmp_path):
    done, _ = crawl_measured(Endless(), tmp_path)
    assert done.stats["imgprint/linked/stylesheet"] == 4


def test_a_sitemap_that_lists_itself(tmp_path):
    with GallerySite() as site:
        index = f"<sitemapindex><sitemap><loc>{site.url}/s.xml</loc></sitemap>" * 2
        site.files = {
            "/": (HTML, b""),
            "/robots.txt": ("text/plain", b"Sitemap: /s.xml"),
            "/s.xml": ("application/xml", index.encode()),
        }
        done = crawl(f"-aurl={site.url}/", "-asitemap=1", cwd=tmp_path)
    assert done.code == 0
    assert site.paths["/s.xml"] == 1
