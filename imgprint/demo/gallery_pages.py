"""Pages of the demo gallery's two sites, with the images that each one names."""

from dataclasses import dataclass
from html import escape
from string import Template

_LAYOUT = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
$head
<style>
:root { color-scheme: light dark }
body { font: 1.05rem/1.6 Georgia, serif; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-weight: normal; letter-spacing: .02em }
nav a { margin-right: 1.2rem }
main { display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)) }
figure { margin: 0 }
img { width: 100%; height: auto; border-radius: 4px }
figcaption { font-style: italic; opacity: .8 }
.banner { grid-column: 1 / -1; padding: 5rem 2rem; color: #fff; background-size: cover }
</style>
</head>
<body>
<h1>$title</h1>
<nav>$nav</nav>
<main>
$body
</main>
</body>
</html>
""")


@dataclass(frozen=True)
class Page:
    """A page without its layout.

    ``{base}`` in *head* is the site's base URL. A line of *body* with ``avif``
    in it is left out where the file cannot be made. *images* are the paths of
    all images that *head* and *body* name.
    """

    path: str
    title: str
    body: str
    images: tuple[str, ...]
    head: str = ""


def render(page: Page, site: list[Page], base: str, avif: bool) -> str:
    """Return the page's HTML, with links to all pages of the site."""
    lines = [line for line in page.body.splitlines() if avif or "avif" not in line]
    nav = "".join(f'<a href="{p.path}">{escape(p.title)}</a>' for p in site)
    return _LAYOUT.substitute(
        title=escape(page.title),
        head=page.head.replace("{base}", base),
        nav=nav,
        body="\n".join(lines),
    )


TRAVEL = [
    Page(
        "/",
        "Far away",
        """\
<figure><img src="/photos/chamonix.jpg" alt="Ridges above Chamonix at dawn">
<figcaption>Chamonix, first light</figcaption></figure>
<figure><img src="/photos/rio.jpg" alt="Hills around Rio de Janeiro">
<figcaption>Rio de Janeiro in February</figcaption></figure>
<figure><img src="photos/cape-town.jpg" alt="Table Mountain, Cape Town">
<figcaption>Cape Town from the sea</figcaption></figure>
<figure><img src="./photos/temple.png" alt="Temple gate near Kyoto">
<figcaption>A gate above Kyoto</figcaption></figure>""",
        (
            "/static/icon.png",
            "/photos/title.jpg",
            "/photos/chamonix.jpg",
            "/photos/rio.jpg",
            "/photos/cape-town.jpg",
            "/photos/temple.png",
        ),
        """\
<link rel="icon" type="image/png" href="/static/icon.png">
<meta property="og:title" content="Far away">
<meta property="og:image" content="{base}/photos/title.jpg">""",
    ),
    Page(
        "/coast.html",
        "By the sea",
        """\
<figure><img class="lazy" data-src="/photos/lighthouse.jpg" alt="A lighthouse">
<figcaption>Loaded when you scroll: data-src</figcaption></figure>
<figure><img class="lazy" data-src="/photos/tide.jpg" alt="Low tide">
<noscript><img src="/photos/tide.jpg" alt="Low tide"></noscript>
<figcaption>For browsers without scripts: noscript</figcaption></figure>
<figure><img srcset="/photos/dunes-800.jpg 800w, /photos/dunes-1600.jpg 1600w"
 sizes="17rem" src="/photos/dunes-800.jpg" alt="Dunes">
<figcaption>Two sizes to choose from: srcset</figcaption></figure>
<figure><picture>
<source type="image/webp" srcset="/photos/cliffs.webp">
<img src="/photos/cliffs.jpg" alt="Cliffs">
</picture><figcaption>Two formats to choose from: picture</figcaption></figure>
<figure><img src="/photos/geyser.webp" alt="A geyser near Reykjavik">
<figcaption>WebP</figcaption></figure>
<figure><img src="/photos/aurora.avif" alt="Northern lights, AVIF"></figure>""",
        (
            "/photos/lighthouse.jpg",
            "/photos/tide.jpg",
            "/photos/dunes-800.jpg",
            "/photos/dunes-1600.jpg",
            "/photos/cliffs.webp",
            "/photos/cliffs.jpg",
            "/photos/geyser.webp",
            "/photos/aurora.avif",
        ),
    ),
    Page(
        "/city.html",
        "Towns",
        """\
<div class="banner" style="background-image: url('/photos/backdrop.jpg')">
A picture behind words: inline style</div>
<figure><a href="/photos/bridge.jpg"><img src="/thumbs/bridge.jpg" alt="Bridge"></a>
<figcaption>Golden Gate: the preview links to the photo</figcaption></figure>
<figure><img src="/photos/harbour.jpg" alt="Harbour at noon">
<figcaption>Comes into focus by degrees: progressive JPEG</figcaption></figure>
<figure><img src="/photos/chamonix.jpg" alt="Ridges above Chamonix at dawn">
<figcaption>Also on the first page</figcaption></figure>""",
        (
            "/photos/backdrop.jpg",
            "/photos/bridge.jpg",
            "/thumbs/bridge.jpg",
            "/photos/harbour.jpg",
            "/photos/chamonix.jpg",
        ),
    ),
    Page(
        "/archive.html",
        "Archive",
        """\
<figure><img src="/archive/2023/summit.jpg" alt="Ridges at dawn">
<figcaption>The Chamonix photo under its old address</figcaption></figure>
<figure><img src="/photos/poster.gif" alt="Poster">
<figcaption>A poster, GIF</figcaption></figure>
<p><a href="/photos/letter.tiff">The scanned letter</a>, TIFF</p>
<figure><img src="/photos/lost.jpg" alt="A photo that is gone">
<figcaption>This file is gone: 404</figcaption></figure>""",
        (
            "/archive/2023/summit.jpg",
            "/photos/poster.gif",
            "/photos/letter.tiff",
            "/photos/lost.jpg",
        ),
    ),
]

PRESS = [
    Page(
        "/",
        "The Morning Paper",
        """\
<figure><img src="/media/7f3a91.jpg" alt="Carnival week">
<figcaption>Carnival week. Photo: from the web</figcaption></figure>
<figure><img src="/media/0c55de.jpg" alt="Snow line">
<figcaption>The snow line climbs</figcaption></figure>""",
        ("/media/7f3a91.jpg", "/media/0c55de.jpg"),
    ),
    Page(
        "/market.html",
        "Market day",
        """\
<figure><img src="/media/market.jpg" alt="Stalls">
<figcaption>Saturday's stalls</figcaption></figure>
<figure><img src="/media/88b1f0.png" alt="Postcard of a temple gate">
<figcaption>A postcard, two for one</figcaption></figure>
<figure><img src="/media/7f3a91.jpg" alt="Carnival week">
<figcaption>From today's first page</figcaption></figure>""",
        ("/media/market.jpg", "/media/88b1f0.png", "/media/7f3a91.jpg"),
    ),
]
