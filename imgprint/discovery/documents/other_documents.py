"""Image candidates of documents that are no HTML pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imgprint.discovery.documents.collect import Collector, Mode
from imgprint.discovery.documents.headers import link_places
from imgprint.discovery.documents.manifest import manifest_places
from imgprint.discovery.documents.news_feeds import feed_contents
from imgprint.discovery.documents.sitemap import sitemap_entries
from imgprint.discovery.html.css import css_images
from imgprint.discovery.html.image_elements import Place
from imgprint.discovery.html.page import Page, root_of
from imgprint.discovery.html.scripts import json_images
from imgprint.discovery.html.srcset import Source
from imgprint.discovery.limits import MAX_REQUEST_URL, cut_url
from imgprint.discovery.urls.image_urls import Cleaner
from imgprint.discovery.urls.joining import join_url

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from imgprint.discovery.candidate import Candidate
    from imgprint.discovery.documents.headers import Link


def sheet_candidates(
    text: str, url: str, mode: Mode, skipped: Counter[str]
) -> Iterator[Candidate]:
    """Yield the images of the style sheet *text* at *url*."""
    yield from _collect(map(Place, css_images(text)), url, mode, skipped, "stylesheet")


def manifest_candidates(
    text: str, url: str, mode: Mode, skipped: Counter[str]
) -> Iterator[Candidate]:
    """Yield the images of the web app manifest *text* at *url*."""
    yield from _collect(manifest_places(text), url, mode, skipped)


def header_candidates(
    links: Iterable[Link], url: str, mode: Mode, skipped: Counter[str]
) -> Iterator[Candidate]:
    """Yield the images that Link fields of the answer for *url* name.

    Source: RFC 8288 section 3.2: they are relative to *url*, not to ``base``.
    """
    yield from _collect(link_places(links), url, mode, skipped)


def feed_candidates(
    body: bytes, url: str, mode: Mode, skipped: Counter[str], pages: list[str]
) -> Iterator[Candidate]:
    """Yield the images of an RSS, Atom or JSON feed at *url*.

    The URLs of the pages that its entries link to are added to *pages*.
    """
    collector = Collector(mode, skipped)
    cleaner = Cleaner(url, skipped)
    if body.lstrip()[:1] == b"{":
        for found in json_images(body.decode("utf-8", "replace")):
            place = Place([Source(found.url, element="feed")], *found[1:])
            yield from collector.take(place, cleaner)
        return
    for content in feed_contents(body):
        if content.place:
            yield from collector.take(content.place, cleaner)
        elif content.html:
            walk = Page(collector)
            base = _base(url, content.bases)
            yield from walk.images(root_of(content.html), base, "feed", 1)
        elif page := cleaner.clean(content.page):
            pages.append(page)
    yield from collector.others()


def _base(url: str, bases: Iterable[str]) -> str:
    """Return what HTML in a feed at *url* is relative to, by its xml:base."""
    base = url
    for part in bases:
        joined = cut_url(join_url(base, part), MAX_REQUEST_URL)
        if joined.startswith(("http://", "https://")):
            base = joined
    return base


def sitemap_candidates(
    body: bytes, url: str, skipped: Counter[str], pages: list[str], maps: list[str]
) -> Iterator[Candidate]:
    """Yield the images that the sitemap at *url* names, with their pages.

    The URLs of the pages that it lists are added to *pages*, those of other
    sitemaps to *maps*.
    """
    collector = Collector("all", skipped)
    cleaner = Cleaner(url, skipped)
    for entry in sitemap_entries(body):
        if entry.kind == "image":
            place = Place([Source(entry.url, element="sitemap")], entry.alt)
            page = cleaner.clean(entry.page) if entry.page else None
            for candidate in collector.take(place, cleaner):
                yield replace(candidate, page=page)
        elif found := cleaner.clean(entry.url):
            (pages if entry.kind == "page" else maps).append(found)


def _collect(
    places: Iterable[Place],
    url: str,
    mode: Mode,
    skipped: Counter[str],
    inside: str | None = None,
) -> Iterator[Candidate]:
    collector = Collector(mode, skipped)
    cleaner = Cleaner(url, skipped)
    for place in places:
        yield from collector.take(place, cleaner, inside)
        if collector.full:
            break
    yield from collector.others()
