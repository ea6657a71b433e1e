"""Documents of all kinds that pages are, and mutated ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.fuzz.bytes import mutate

if TYPE_CHECKING:
    import random

HTML = """<!doctype html><html><head><meta charset="utf-8"><title>T</title>
<base href="./"><link rel=stylesheet href="sheet.css">
<link rel=manifest href=app.json>
<link rel=icon href=i.png sizes=16x16>
<link rel=preload as=image imagesrcset="p.jpg 2x">
<meta property="og:image" content="og.jpg"><meta name="twitter:image" content=/tw.jpg>
<meta http-equiv="refresh" content="200; url=next"><meta name=robots content="index">
<style>body{background:url("bg.png")} .a{background-image:image-set('x.png'
1x,"y.png" 2x)}
@import "more.css";</style>
<script type="application/ld+json">{"@type":"ImageObject","contentUrl":"ld.jpg",
"width":{"value":"640"},"image":["one.jpg",{"url":"two.jpg","height":3}]}</script>
</head><body style="background:url(b2.gif)" background="b3.gif">
<img src="a.jpg" srcset="a-1.jpg 100w, a-2.jpg 200w,a-3.jpg 2x" alt="A &amp; B"
width=10>
<picture><source srcset="s.webp 1x, s2.webp 2x" type="image/webp"><img src=s.jpg>
</picture>
<img data-src="lazy.jpg" data-srcset="l1.jpg 1w, l2.jpg 2w"
src="data:image/gif;base64,R0lGODlh">
<img src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E">
<a href="big.jpg"><img src="thumb.jpg"></a><a href="page2">next</a>
<a href="/x/../y?z=1#f">y</a>
<video poster="poster.jpg"></video><input type=image src=in.gif><object data="o.svg">
</object>
<svg><image href="sv.png"/><image xlink:href="sv2.png"/></svg>
<table background=t.gif></table>
<noscript><img src="ns.jpg"></noscript><iframe srcdoc="&lt;img src=fr.jpg&gt;">
</iframe>
<template><img src=te.jpg></template>
<script>var a={"url":"https:\\/\\/x.example\\/js.jpg",
b:'photos\\u002fc.png'};document.write("<img src='dw.jpg'>")</script>
<script
type="application/json">{"images":[{"src":"j1.jpg","width":5},"j2.webp"]}</script>
<div data-bg="url(db.jpg)" data-images='["d1.jpg","d2.jpg"]'
data-options='{"u":"d3.jpg"}'></div>
<img src="https://i0.wp.com/h.example/w-300x200.jpg?resize=300%2C200">
<amp-img src=amp.jpg>
<img src="//images.example/_next/image?url=%2Fn.jpg&w=640&q=75"><picture><img>
</picture>
</body></html>"""
RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"
xmlns:media="http://search.yahoo.com/mrss/"><channel><image><url>c.png</url></image>
<item>
<link>/page3</link><enclosure url="e.jpg" type="image/jpeg" length="5"/>
<media:content url="m.jpg" width="9"/>
<description>&lt;img src="d.jpg"&gt;</description>
</item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/b/"><logo>l.png</logo>
<entry>
<link href="e"/><link rel="enclosure" type="image/png" href="e.png"/>
<content type="html">&lt;img src=ac.jpg&gt;</content></entry></feed>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url>
<loc>http://a.example/p</loc>
<image:image><image:loc>http://a.example/s.jpg</image:loc></image:image></url>
</urlset>"""
INDEX = "<sitemapindex><sitemap><loc>/other.xml</loc></sitemap></sitemapindex>"
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "icon": "i.png",
        "items": [{"id": "1", "image": "j.jpg", "content_html": "<img src=h.jpg>"}],
    }
)
SHEET = """@charset "utf-8"; @import url(deep.css); .a{background:url( 'c1.png' )}
.b{background:image-set("c2.png" 1x, url(c3.png) 2x) ; cursor:url(c4.cur),auto} /*
url(no) */
@media print{.c{list-style:url(c\\35 .png)}} @font-face{src:url(f.woff)}"""
MANIFEST = '{"name":"n","icons":[{"src":"m1.png","sizes":"1x1"},{"src":"m2.png"}]}'
ROBOTS = "User-agent: *\nDisallow: /no\nSitemap: /s.xml\nCrawl-delay: 0\n"
DOCUMENTS = (HTML, HTML, HTML, HTML, RSS, ATOM, SITEMAP, INDEX, JSON_FEED)
LINKED = {"css": ("text/css", SHEET), "json": ("application/manifest+json", MANIFEST)}


def page(rng: random.Random, sure: list[str]) -> tuple[str, bytes]:
    """Return type and body of a mutated document.

    If it is HTML, it begins with images of the URLs *sure*, which is not mutated.
    """
    document = rng.choice(DOCUMENTS)
    body = mutate(rng, document.encode())
    if document is not HTML:
        return rng.choice(["application/xml", "text/xml", "application/json"]), body
    images = "".join(f'<img src="{url}">' for url in sure)
    return "text/html; charset=utf-8", images.encode() + body
