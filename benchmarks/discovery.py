"""Pages per second of image discovery, against parsel's bare //img/@src.

    python -m benchmarks.discovery [PAGE.html ...]

Without arguments the pages are made, 1 MB each: a news front page, a shop's list
and a page of a script framework, with the markup that such pages have, once with
150 images and once with nothing but the parts that have images. Both sides parse
the page. Prints the ratio of the times; target for the first three: at most 6.
"""

import json
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from parsel import Selector

from imgprint.discovery.documents.headers import meta_rules
from imgprint.discovery.documents.linked import linked_documents
from imgprint.discovery.html.page import image_candidates

URL = "https://www.example.com/section/page.html"
SIZE = 1_000_000
RUNS = 5
TARGET = 6
_random = random.Random(6)


def words(count):
    letters = "etaoinshrdlucmfwypvbgk"
    return " ".join(
        "".join(_random.choices(letters, k=_random.randint(2, 9))) for _ in range(count)
    )


def srcset(name, ending="jpg"):
    widths = (320, 480, 640, 960, 1280)
    return ", ".join(
        f"https://cdn.example.com/{name}-{w}.{ending} {w}w" for w in widths
    )


def news(number):
    """A teaser: link, picture in two formats, text, share links."""
    name = f"2026/11/{number:05}"
    share = "".join(
        f'<li><a class="share__{s}" href="https://{s}.example/share?u={number}" '
        f'rel="nofollow" title="{words(2)}"><span class="icon"></span></a></li>'
        for s in ("aa", "bb", "cc")
    )
    return f"""<article class="card card--{number % 4}" data-id="{number}">
<a class="card__link" href="/news/{number}/{words(3).replace(" ", "-")}.html">
<picture><source type="image/webp" srcset="{srcset(name, "webp")}">
<source srcset="{srcset(name)}"><img class="card__image" loading="lazy" width="640"
 height="360" alt="{words(6)}" src="https://cdn.example.com/{name}-640.jpg"></picture>
<h3 class="card__title">{words(9)}</h3></a><p class="card__text">{words(60)}</p>
<ul class="share">{share}</ul>
<time datetime="2026-11-23T04:20:11Z">{words(2)}</time></article>
<div class="text"><p>{words(120)} <em>{words(3)}</em> {words(40)}</p></div>"""


def shop(number):
    """A product: lazy image, hover image, JSON of its variants, prices."""
    variants = [
        {"id": n, "image": {"src": f"/p/{number}-{n}.jpg"}, "price": n * 100}
        for n in range(2)
    ]
    swatches = "".join(
        f'<button type="button" style="background-color:#{n:06x}" '
        f'aria-label="{words(1)}"></button>'
        for n in range(5)
    )
    data = json.dumps(variants).replace('"', "&quot;")
    return f"""<li class="product" data-sku="{number}" data-variants="{data}">
<a href="/products/{number}"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="
 data-src="/p/{number}_300x.jpg" data-srcset="{srcset(f"p/{number}")}" alt="{words(4)}">
<img class="hover" data-lazy-src="/p/{number}_b.jpg"></a><div class="info">
<span class="name">{words(5)}</span><span class="price" data-price="9">9.99</span>
<div class="swatches">{swatches}</div></div>
<p>{words(50)}</p><div class="stars" data-stars="4.5"><i></i><i></i></div></li>"""


def framework(number):
    """Generated class names, few images, much text; the state is in a script."""
    rows = "".join(
        f'<div class="css-{n:x}{number:x} flex"><span class="css-9">{words(5)}</span>'
        f'<a class="css-1a{n}" href="/item/{number}/{n}">{words(3)}</a></div>'
        for n in range(8)
    )
    return f"""<section class="css-{number:x} grid"><h2>{words(4)}</h2>{rows}
<img alt="" src="/_next/image?url=%2Fmedia%2F{number}.png&amp;w=640&amp;q=75"
 srcset="/_next/image?url=%2Fmedia%2F{number}.png&amp;w=640&amp;q=75 1x"></section>"""


def filler(number):
    """What is between images: menus, text, tables."""
    menu = "".join(
        f'<li class="menu__item menu__item--{n}"><a class="menu__link" '
        f'href="/{words(1)}/{n}" data-track="menu:{n}">{words(2)}</a></li>'
        for n in range(12)
    )
    cells = "".join(f"<tr><td>{words(2)}</td><td>{n}</td></tr>" for n in range(10))
    text = "".join(f"<p>{words(70)} <b>{words(2)}</b></p>" for _ in range(3))
    return f'<ul class="menu">{menu}</ul><div>{text}</div><table>{cells}</table>'


def page(make, images, state=""):
    head = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>
{words(5)}</title><meta property="og:image" content="https://cdn.example.com/og.jpg">
<link rel="icon" href="/favicon.png"><link rel="stylesheet" href="/main.css">
<script type="application/ld+json">{{"@type":"WebPage","image":"/ld.jpg"}}</script>
<style>{"".join(f".c{n}{{margin:{n}px;color:#{n:06x}}}" for n in range(900))}
.hero{{background:url(/hero.jpg)}}</style></head><body>"""
    script = "".join(
        f"function f{n}(a,b){{return a.{words(1)}(b)||'{words(2)}'+{n}}};"
        for n in range(1500)
    )
    parts, size, number = [head], 0, 0
    while size < SIZE - len(head) - len(script) - len(state):
        number += 1
        parts.append(make(number) if number <= images else filler(number))
        size += len(parts[-1])
    return "".join([*parts, state, f"<script>{script}</script></body></html>"])


def pages():
    items = [{"id": n, "title": words(6), "cover": f"/c/{n}.webp"} for n in range(300)]
    state = json.dumps({"props": {"items": items, "text": words(20_000)}})
    data = f'<script id="__NEXT_DATA__" type="application/json">{state}</script>'
    made = {}
    for kind, images in (("", 150), (", dense", 10_000)):
        made[f"news{kind}"] = page(news, images)
        made[f"shop{kind}"] = page(shop, images)
        made[f"framework{kind}"] = page(framework, images, data)
    return made


def bare(text):
    return Selector(text).xpath("//img/@src").getall()


def everything(text):
    """What the spider does with a page, but for links to other pages."""
    selector = Selector(text)
    skipped = Counter()
    found = list(image_candidates(selector, URL, candidates="marked", skipped=skipped))
    list(linked_documents(selector.root, URL, (), skipped))
    meta_rules(selector.root)
    return found


def seconds(function, text):
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        function(text)
        times.append(time.process_time() - start)
    return min(times)


def main(paths):
    texts = {path: Path(path).read_text("utf-8", "replace") for path in paths}
    ratios = []
    print(f"{'page':18}{'MB':>6}{'//img/@src':>12}{'all places':>12}{'ratio':>7}")
    for name, text in (texts or pages()).items():
        few, many = bare(text), everything(text)
        slow, fast = seconds(everything, text), seconds(bare, text)
        ratios.append(slow / fast)
        print(
            f"{name:18}{len(text) / 1e6:6.2f}{1 / fast:8.1f}/s{len(few):5}"
            f"{1 / slow:8.1f}/s{len(many):6}{ratios[-1]:6.1f}"
        )
    mean = statistics.geometric_mean(ratios if texts else ratios[:3])
    print(f"ratio {mean:.1f} (target: at most {TARGET})")
    return mean <= TARGET


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
