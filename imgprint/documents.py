"""What a response holds, as candidates and links; and what it is made of besides."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.linkextractors import LinkExtractor
from scrapy.utils.gz import gunzip
from scrapy.utils.httpobj import urlparse_cached

from imgprint.discovery.candidate import Candidate
from imgprint.discovery.collect import MAX_CANDIDATES
from imgprint.discovery.documents import (
    feed_candidates,
    header_candidates,
    manifest_candidates,
    sheet_candidates,
    sitemap_candidates,
)
from imgprint.discovery.headers import meta_rules, parse_links, robots_rules
from imgprint.discovery.html import base_url, image_candidates
from imgprint.discovery.limits import within_limits
from imgprint.discovery.linked import MAX_LINKED, linked_documents, sheet_imports
from imgprint.discovery.refresh import page_refresh
from imgprint.discovery.xml import kind_of
from imgprint.errors import DOWNLOAD_ERRORS, TorDown
from imgprint.gather import gather_bounded
from imgprint.keys import url_key
from imgprint.middlewares.onion import way_of
from imgprint.onion import onion_location
from imgprint.tree import tree_of
from imgprint.unexpected import note_unexpected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from scrapy.crawler import Crawler

    from imgprint.discovery.linked import Linked
    from imgprint.discovery.refresh import Refresh

MAX_IMPORTS = 3
"""Levels of @import below a page's style sheets."""

# Any page may write any scheme; only these get a stat of their own.
_SCHEMES = frozenset(
    [
        *("about", "android-app", "blob", "cid", "content", "data", "file"),
        *("filesystem", "ftp", "intent", "ios-app", "javascript", "mailto", "tel"),
        *("x-raw-image", "invalid", "template", "limit"),
    ]
)


@dataclass
class Document:
    """A page, feed or sitemap: its images, and after those its links.

    *links* are pages that a reader would go to, *lists* other sitemaps;
    *linked* what the page is made of. *robots* are its rules for robots, *way*
    is the meta of requests for its parts; *onion* is the onion site that it says
    it has. *errors* says which of *linked* could not be read, and why.
    """

    kind: str
    candidates: Iterable[Candidate] = ()
    links: Iterable[str] = ()
    lists: list[str] = field(default_factory=list)
    linked: list[Linked] = field(default_factory=list)
    robots: frozenset[str] = frozenset()
    way: dict[str, Any] = field(default_factory=dict)
    onion: str | None = None
    refresh: Refresh | None = None
    errors: list[str] = field(default_factory=list)


class Documents:
    """Read pages, feeds and sitemaps, and fetch what pages link to for images.

    ``IMGPRINT_CANDIDATES`` (default: "largest") is "all" to fetch every URL of
    a srcset or picture; they are all recorded in any case.

    ``IMGPRINT_LINKED`` (default: "stylesheet,manifest") lists what is fetched,
    each URL once, for the images it names: style sheets with their imports,
    web app manifests, and "favicon" for one try of /favicon.ico per host.

    Stats: ``imgprint/linked/{stylesheet,manifest,failed}``; ``imgprint/page/cut``,
    pages of too many tags or attributes (see discovery.limits);
    ``imgprint/url/skipped/{blob,cid,...,other}`` counts what looked like an
    image's URL and is none to be fetched, by scheme.
    """

    def __init__(self, crawler: Crawler):
        settings = crawler.settings
        self.crawler = crawler
        self.every = settings.get("IMGPRINT_CANDIDATES", "largest") == "all"
        kinds = settings.getlist("IMGPRINT_LINKED", ["stylesheet", "manifest"])
        self.kinds = frozenset(kind.strip() for kind in kinds)
        self.max_size = settings.getint("DOWNLOAD_MAXSIZE")
        self._no_refresh = frozenset(settings.getlist("METAREFRESH_IGNORE_TAGS"))
        self._extract = LinkExtractor().extract_links
        self._fetched: set[bytes] = set()

    def read(self, response: Response) -> Document | None:
        """Return what *response* holds, None if it is no document with images."""
        if isinstance(response, HtmlResponse):
            return self._page(response)
        body = response.body
        if body[:3] == b"\x1f\x8b\x08":
            try:
                body = gunzip(body, max_size=self.max_size)
            except (OSError, ValueError, EOFError, zlib.error):
                return None
        kind = kind_of(body)
        if not kind:
            return None
        skipped = _Skipped(self.crawler)
        document = Document(kind)
        pages: list[str] = []
        document.links = pages
        if kind == "feed":
            document.candidates = feed_candidates(
                body, response.url, self._mode, skipped, pages
            )
        else:
            document.candidates = sitemap_candidates(
                body, response.url, skipped, pages, document.lists
            )
        return document

    @property
    def _mode(self) -> Any:
        return "all" if self.every else "marked"

    def _page(self, response: HtmlResponse) -> Document:
        body = within_limits(response.body)
        if body is not response.body:
            assert self.crawler.stats
            self.crawler.stats.inc_value("imgprint/page/cut")
            response = response.replace(body=body)
        root = tree_of(response)
        skipped = _Skipped(self.crawler)
        links = list(parse_links(_fields(response, "Link")))
        url = response.url
        base = base_url(root, url)
        found = list(linked_documents(root, base, links, skipped))
        return Document(
            "page",
            chain(
                image_candidates(root, url, candidates=self._mode, skipped=skipped),
                header_candidates(links, url, self._mode, skipped) if links else (),
                response.meta.get("imgprint_rendered", ()),
                self._favicon(response),
            ),
            self._links(response, found),
            [],
            [link for link in found if link.kind in self.kinds],
            frozenset(
                meta_rules(root) | robots_rules(_fields(response, "X-Robots-Tag"))
            ),
            way_of(response),
            onion_location(
                url,
                (*_fields(response, "Onion-Location"), *_equivalents(root)),
            ),
            page_refresh(root, base, _fields(response, "Refresh"), self._no_refresh),
        )

    def _links(self, response: HtmlResponse, found: list[Linked]) -> Iterator[str]:
        for link in self._extract(response):
            yield link.url
        for linked in found:
            if linked.kind == "feed":
                yield linked.url

    def _favicon(self, response: Response) -> Iterator[Candidate]:
        if "favicon" in self.kinds and response.url.startswith("http"):
            # Not of base href, which may be another site.
            parts = urlparse_cached(response)
            url = f"{parts.scheme}://{parts.netloc}/favicon.ico"
            if self._is_new(url):
                yield Candidate(url, "favicon")

    # What pages are made of

    async def linked(self, document: Document) -> list[Candidate]:
        """Return the candidates of what *document* links to, if not yet read."""
        budget = iter(range(MAX_LINKED))
        reads = (
            self._read_whole(document, link.kind, link.url, MAX_IMPORTS, budget)
            for link in document.linked
            if self._is_new(link.url)
        )
        found: list[Candidate] = []
        async for candidate in gather_bounded(reads, 8):
            if len(found) < MAX_CANDIDATES:
                found.append(candidate)
        return found

    async def _read_whole(
        self, document: Document, kind: str, url: str, depth: int, budget: Iterator[int]
    ) -> list[Candidate]:
        """Return the candidates at *url*, up to an error, which *document* gets."""
        found: list[Candidate] = []
        try:
            async for candidate in self._read(document, kind, url, depth, budget):
                found.append(candidate)
        except TorDown:
            raise
        except Exception as error:  # noqa: BLE001 - a document stops no other
            text = note_unexpected(self.crawler, error)
            document.errors.append(f"{kind} {url}: {text}")
            assert self.crawler.stats
            self.crawler.stats.inc_value("imgprint/linked/failed")
        return found

    async def _read(
        self, document: Document, kind: str, url: str, depth: int, budget: Iterator[int]
    ) -> AsyncIterator[Candidate]:
        if next(budget, None) is None:
            return
        response = await self._fetch(kind, url, document.way)
        if response is None:
            return
        skipped = _Skipped(self.crawler)
        text, url, mode = _text(response), response.url, self._mode
        read = manifest_candidates if kind == "manifest" else sheet_candidates
        for candidate in read(text, url, mode, skipped):
            yield candidate
        if not depth or kind == "manifest":
            return
        for imported in sheet_imports(text, url, skipped):
            if self._is_new(imported):
                for candidate in await self._read_whole(
                    document, kind, imported, depth - 1, budget
                ):
                    yield candidate

    async def _fetch(self, kind: str, url: str, way: dict[str, Any]) -> Response | None:
        assert self.crawler.engine
        assert self.crawler.stats
        try:
            request = Request(url, meta=way)
            response = await self.crawler.engine.download_async(request)
        except TorDown:
            raise
        except DOWNLOAD_ERRORS:
            response = None
        if response is None or response.status != 200:
            self.crawler.stats.inc_value("imgprint/linked/failed")
            return None
        self.crawler.stats.inc_value(f"imgprint/linked/{kind}")
        return response

    def _is_new(self, url: str) -> bool:
        key = url_key(url)
        if key in self._fetched:
            return False
        self._fetched.add(key)
        return True


class _Skipped(Counter[str]):
    """A counter of odd URLs that is the crawl's stats."""

    def __init__(self, crawler: Crawler):
        super().__init__()
        self._stats = crawler.stats

    def __setitem__(self, name: str, count: int) -> None:
        assert self._stats
        known = name if name in _SCHEMES else "other"
        self._stats.inc_value(f"imgprint/url/skipped/{known}", count - self[name])
        super().__setitem__(name, count)


def _fields(response: Response, name: str) -> list[str]:
    return [value.decode("latin-1") for value in response.headers.getlist(name)]


def _equivalents(root: Any) -> list[str]:
    """Return the Onion-Location fields that stand in the page instead."""
    return [
        meta.get("content") or ""
        for meta in root.iter("meta")
        if (meta.get("http-equiv") or "").strip().lower() == "onion-location"
    ]


def _text(response: Response) -> str:
    if isinstance(response, TextResponse):
        return response.text
    return response.body.decode("utf-8", "replace")
