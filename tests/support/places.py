"""A gallery with every place where a page may have an image, and its manifest."""

from dataclasses import dataclass, field

from imgprint.discovery.html.names import LAZY_SRC, LAZY_SRCSET
from tests.support.pictures import jpeg

PICTURE = jpeg(0, (16, 16))
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


@dataclass
class Place:
    """One row of the table: a page, and what is to be found on it.

    In *html*, ``@`` stands for the folder of the place; *images* and *others*
    are paths within it: to be fetched, and only to be recorded. *files* are
    other documents, by path within the folder.
    """

    name: str
    html: str
    images: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


CSS = "text/css"
XML = "application/xml"


def places():
    return [*MARKUP, *EMBEDDED, *DOCUMENTS, *NOTHING]


MARKUP = [
    Place("img src", "<img src=@/a.jpg alt=A><img src=@/cgi?id=1>", ("a.jpg", "cgi")),
    Place(
        "img src, placeholder",
        f"<img src='{PIXEL}' data-src=@/a.jpg><img src=@/blank.gif data-src=@/b.jpg>",
        ("a.jpg", "b.jpg"),
    ),
    Place(
        "srcset",
        '<img src=@/s.jpg srcset="@/a,1.jpg 100w, @/b,2.jpg 900w">'
        '<img srcset="@/c.jpg 1x, @/d.jpg 2x"><source srcset=@/e.jpg>',
        ("b,2.jpg", "d.jpg", "e.jpg"),
        ("s.jpg", "a,1.jpg", "c.jpg"),
    ),
    Place(
        "picture, source",
        '<picture><source type=image/avif srcset="@/a.avif 2000w">'
        '<source type=image/jpeg srcset="@/b.jpg 900w, @/c.jpg 300w">'
        "<img src=@/d.jpg></picture>",
        ("b.jpg",),
        ("a.avif", "c.jpg", "d.jpg"),
    ),
    Place(
        "lazy attributes",
        "".join(
            f"<img {name}=@/{i}.jpg>"
            for i, name in enumerate(sorted(LAZY_SRC | LAZY_SRCSET))
        ),
        tuple(f"{i}.jpg" for i in range(len(LAZY_SRC | LAZY_SRCSET))),
    ),
    Place(
        "any attribute",
        "<div data-my-picture=@/a.jpg></div><my-el cover='http://HOST/@/b.png'></my-el>"
        "<li data-x='@/c.webp'><div data-bg='url(@/d.jpg)'></div>",
        ("a.jpg", "b.png", "c.webp", "d.jpg"),
    ),
    Place(
        "JSON in attributes",
        '<form data-product_variations=\'[{"image":{"src":"@/a.jpg"}}]\'></form>'
        "<div data-settings='{&quot;background&quot;:&quot;\\/@\\/b.jpg&quot;}'></div>",
        ("a.jpg", "b.jpg"),
    ),
    Place(
        "meta",
        "<meta property=og:image content=@/a.jpg><meta name=thumbnail content=@/f.jpg>"
        "<meta property=og:image:url content=@/a.jpg>"
        "<meta property=og:image:secure_url content=@/b.jpg>"
        "<meta name=twitter:image content=@/c.jpg><meta itemprop=image content=@/e.jpg>"
        "<meta name=twitter:image:src content=@/d.jpg>"
        "<meta itemprop=thumbnailUrl content=@/g.jpg>"
        "<meta name=msapplication-TileImage content=@/h.png>",
        ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.png"),
    ),
    Place(
        "link rel",
        "<link rel=icon href=@/a.ico><link rel='shortcut icon' href=@/b.ico>"
        "<link rel=apple-touch-icon href=@/c.png><link rel=mask-icon href=@/d.svg>"
        "<link rel=apple-touch-icon-precomposed href=@/e.png>"
        "<link rel=fluid-icon href=@/f.png><link rel=image_src href=@/g.jpg>"
        "<link rel=preload as=image href=@/h.jpg imagesrcset='@/i.jpg 1x, @/j.jpg 2x'>"
        "<link rel=apple-touch-startup-image href=@/k.png>"
        "<link rel=prefetch as=image href=@/l>",
        (
            *("a.ico", "b.ico", "c.png", "d.svg", "e.png", "f.png", "g.jpg", "j.jpg"),
            *("k.png", "l"),
        ),
        ("h.jpg", "i.jpg"),
    ),
    Place(
        "video poster",
        "<video poster=@/a.jpg><source src=@/film.mp4></video><audio src=@/b.mp3>",
        ("a.jpg",),
    ),
    Place(
        "SVG",
        "<svg><image href=@/a.png /><image xlink:href=@/b.png /><use href=@/c.svg#d />"
        "<use href=#e /><filter><feImage href=@/f.png /></filter></svg>",
        ("a.png", "b.png", "c.svg", "f.png"),
    ),
    Place(
        "input, object, embed",
        "<input type=image src=@/a.png><object data=@/b.jpg></object>"
        "<object type=image/png data=@/c></object><embed src=@/d.gif>",
        ("a.png", "b.jpg", "c", "d.gif"),
    ),
    Place(
        "background, lowsrc",
        "<table background=@/a.gif><tr><td background=@/b.gif></table>"
        "<img src=@/c.jpg lowsrc=@/d.jpg><img src=@/e.jpg dynsrc=@/f.gif>",
        ("a.gif", "b.gif", "c.jpg", "d.jpg", "e.jpg", "f.gif"),
    ),
    Place(
        "links",
        "<a href=@/a.jpg><img src=@/b.jpg></a><a type=image/png href=@/full/2>x</a>"
        "<map><area href=@/c.jpg></map><a data-fancybox href=@/d.jpg>x</a>",
        ("a.jpg", "b.jpg", "full/2", "c.jpg", "d.jpg"),
    ),
    Place(
        "AMP",
        "<amp-img src=@/a.jpg srcset='@/b.jpg 2x'></amp-img><amp-anim src=@/c.gif>"
        "<amp-img src=https://x.cdn.ampproject.org/i/HOST/@/d.jpg></amp-img>",
        ("b.jpg", "c.gif", "d.jpg"),
        ("a.jpg",),
    ),
    Place(
        "microdata, RDFa",
        "<div itemscope itemtype=http://schema.org/ImageObject>"
        "<link itemprop=contentUrl href=@/a></div><a itemprop=image href=@/b>x</a>"
        "<span property=schema:image resource=@/c></span>",
        ("a", "b", "c"),
    ),
    Place("base href", "<base href=@/sub/><img src=a.jpg>", ("sub/a.jpg",)),
    Place(
        "odd URLs",
        "<img src='//HOST/@/a.jpg'><img src='@\\b.jpg'><img src=' @/c d.jpg '>"
        "<img src='@/./x/../e.jpg'><img src='@/f.jpg#part'>"
        "<img src='@/g.jpg?a=1&amp;amp;b=2'><img src='@/\nh.jpg'>",
        ("a.jpg", "b.jpg", "c%20d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg"),
    ),
]
EMBEDDED = [
    Place(
        "style attribute and block",
        "<div style='background:url(@/a.png)'></div><style>b{background:"
        "image-set(\"@/c.png\" 1x, url(@/d.png) 2x)} e{--bg: url('@/f.png')}"
        "@font-face{src:url(@/g.woff)} h{content:-webkit-image-set(url(@/i.png) 1x)}"
        "j{background:cross-fade(url(@/k.png), url(@/l.png))}</style>",
        ("a.png", "d.png", "f.png", "i.png", "k.png", "l.png"),
        ("c.png",),
    ),
    Place(
        "noscript",
        "<noscript><img src=@/a.jpg></noscript><p><noscript>&lt;b&gt;</noscript>",
        ("a.jpg",),
    ),
    Place(
        "template, shadow DOM",
        "<template><img src=@/a.jpg></template><div><template shadowrootmode=open>"
        "<img src=@/b.jpg></template></div>"
        "<script type=text/template><img src=@/c.jpg></script>",
        ("a.jpg", "b.jpg", "c.jpg"),
    ),
    Place("iframe srcdoc", "<iframe srcdoc='<img src=@/a.jpg>'></iframe>", ("a.jpg",)),
    Place(
        "JSON-LD",
        '<script type=application/ld+json>{"@type":"Product","image":["@/a.jpg",'
        '{"@type":"ImageObject","contentUrl":"@/b"}],"logo":{"url":"@/c"},'
        '"thumbnailUrl":"@/d"}</script>',
        ("a.jpg", "b", "c", "d"),
    ),
    Place(
        "JSON in scripts",
        '<script id=__NEXT_DATA__ type=application/json>{"a":{"hero":"@/a.jpg"},'
        '"image":{"url":"@/b"}}</script>'
        '<script>window.__INITIAL_STATE__={"u":"http:\\/\\/HOST\\/@\\/c.jpg"}</script>'
        '<script>window.__NUXT__={d:"\\u002F@\\u002Fd.jpg"};go("/js/app.js")</script>',
        ("a.jpg", "b", "c.jpg", "d.jpg"),
    ),
]
DOCUMENTS = [
    Place(
        "external CSS",
        "<link rel=stylesheet href=@/s/a.css><link rel=stylesheet href=@/s/a.css>"
        "<style>@import '@/s/c.css';</style>",
        ("s/a.png", "i/b.png", "s/c2.png"),
        ("s/c1.png",),
        files={
            "s/a.css": (CSS, "@import '../i/b.css'; a { background: url(a.png) }"),
            "i/b.css": (CSS, "@import url(../s/a.css); b { background: url('b.png') }"),
            "s/c.css": (
                CSS,
                "@font-face { src: url(f.woff2) }"
                "c { background: image-set(url(c1.png) 1x, url(c2.png) 2x) }",
            ),
        },
    ),
    Place(
        "RSS",
        "<link rel=alternate type=application/rss+xml href=@/feed.xml>",
        ("a.png", "b", "c", "d.jpg", "e.jpg", "f.jpg"),
        files={
            "feed.xml": (
                "application/rss+xml",
                "<?xml version='1.0'?><rss version='2.0'"
                " xmlns:media='http://search.yahoo.com/mrss/'"
                " xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
                " xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
                "<image><url>/@/a.png</url></image><itunes:image href='/@/b'/><item>"
                "<media:content url='/@/c' medium='image'/>"
                "<media:content url='/@/film.mp4' medium='video'/>"
                "<media:thumbnail url='/@/d.jpg'/>"
                "<enclosure url='/@/e.jpg' type='image/jpeg' length='1'/>"
                "<enclosure url='/@/sound.mp3' type='audio/mpeg' length='1'/>"
                "<content:encoded><![CDATA[<p><img src='/@/f.jpg'>]]></content:encoded>"
                "</item></channel></rss>",
            )
        },
    ),
    Place(
        "Atom",
        "<link rel=alternate type=application/atom+xml href=@/feed.xml>",
        ("a.png", "b.jpg", "c.jpg"),
        files={
            "feed.xml": (
                "application/atom+xml",
                "<feed xmlns='http://www.w3.org/2005/Atom'><logo>/@/a.png</logo><entry>"
                "<link rel='enclosure' type='image/jpeg' href='b.jpg'/>"
                "<content type='html'>&lt;img src='c.jpg'&gt;</content></entry></feed>",
            )
        },
    ),
    Place(
        "image sitemap, robots.txt",
        "",
        ("a.jpg", "b"),
        files={
            "sitemap.xml": (
                XML,
                "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                "<sitemap><loc>http://HOST/@/images.xml</loc></sitemap></sitemapindex>",
            ),
            "images.xml": (
                XML,
                "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
                " xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'><url>"
                "<loc>http://HOST/@/index.html</loc><image:image><image:loc>"
                "http://HOST/@/a.jpg</image:loc></image:image><image:image><image:loc>"
                "http://HOST/@/b</image:loc></image:image></url></urlset>",
            ),
        },
    ),
    Place(
        "HTTP Link",
        "<base href=/nowhere/>",
        ("a.jpg", "b.ico"),
        headers={
            "Link": "</@/a.jpg>; rel=preload; as=image, <b.ico>; rel=icon,"
            "</@/font.woff>; rel=preload; as=font"
        },
    ),
    Place(
        "web manifest",
        "<link rel=manifest href=@/site.webmanifest>",
        ("a.png", "b.jpg", "c.png"),
        files={
            "site.webmanifest": (
                "application/manifest+json",
                '{"icons":[{"src":"a.png","sizes":"192x192"}],"screenshots":'
                '[{"src":"b.jpg"}],"shortcuts":[{"icons":[{"src":"c.png"}]}]}',
            )
        },
    ),
]
NOTHING = [
    Place(
        "no images",
        "<script src=@/app.js></script><a href=@/file.pdf>x</a><img src=blob:@/a.jpg>"
        "<img src=cid:a.jpg><img src='@/{{ id }}.jpg'><a href=mailto:a.jpg@b.example>"
        "<iframe src=about:blank></iframe><p title='IMG_1.jpg' data-name=IMG_2.jpg>"
        "<video src=@/film.mp4></video><style>@font-face{src:url(@/f.ttf)}</style>"
        '<script>var a = "@/" + name + ".jpg", b = "/\\\\.jpg$/"</script><img src>'
        "<img src=''><img alt='@/alt.jpg'><script type=speculationrules>{}</script>",
    ),
]


def build(url):
    """Return the files of the gallery at *url*, and what is on it by page URL.

    The manifest is ``{page URL: (place, images to fetch, others to record)}``.
    """
    host = url.partition("://")[2]
    files, manifest, index = {}, {}, []
    for number, place in enumerate(places()):
        folder = f"p{number}"

        def fill(text, folder=folder):
            text = text.replace("HOST", host).replace("@import", "\0")
            text = text.replace("@font-face", "\1").replace('"@type"', "\2")
            text = text.replace("a.jpg@b.", "\3").replace("/@", f"/{folder}")
            text = text.replace("002F@", f"002F{folder}")
            text = text.replace("@", f"/{folder}").replace("\3", "a.jpg@b.")
            text = text.replace("\2", '"@type"').replace("\1", "@font-face")
            return text.replace("\0", "@import")

        page = f"/{folder}/index.html"
        headers = {name: fill(value) for name, value in place.headers.items()}
        html = f"<!DOCTYPE html><title>{place.name}</title>{fill(place.html)}"
        files[page] = ("text/html; charset=utf-8", html.encode(), headers)
        for path, (kind, text) in place.files.items():
            files[f"/{folder}/{path}"] = (kind, fill(text).encode())
        for path in (*place.images, *place.others):
            files[f"/{folder}/{path.replace('%20', ' ')}"] = ("image/jpeg", PICTURE)
            files[f"/{folder}/{path}"] = ("image/jpeg", PICTURE)
        seen_on = page if "feed.xml" not in place.files else f"/{folder}/feed.xml"
        manifest[url + seen_on] = (
            place.name,
            {f"{url}/{folder}/{path}" for path in place.images},
            {f"{url}/{folder}/{path}" for path in place.others},
        )
        index.append(f"<a href={page}>{place.name}</a>")
        if "sitemap.xml" in place.files:
            robots = f"User-agent: *\nSitemap: {url}/{folder}/sitemap.xml\n"
            files["/robots.txt"] = ("text/plain", robots.encode())
    files["/"] = ("text/html; charset=utf-8", "\n".join(index).encode())
    files["/favicon.ico"] = ("image/x-icon", PICTURE)
    manifest[f"{url}/"] = ("favicon", {f"{url}/favicon.ico"}, set())
    return files, manifest
