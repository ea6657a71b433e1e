"""Read responses for candidates and links, and fetch what pages are made of."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse, XmlResponse
from scrapy.utils.httpobj import urlparse_cached

from imgprint import config
from imgprint.discovery.candidate import Candidate
from imgprint.discovery.documents.collect import MAX_CANDIDATES
from imgprint.discovery.documents.linked import MAX_LINKED
from imgprint.discovery.documents.xml import is_xhtml, kind_of
from imgprint.discovery.urls.url_keys import url_key
from imgprint.errors import DOWNLOAD_ERRORS, INTERRUPTED, TorDown
from imgprint.extensions.unexpected import note_unexpected
from imgprint.fetch.concurrency import gather_bounded
from imgprint.middlewares.page_bodies import unread_of
from imgprint.middlewares.tor_routing import way_of
from imgprint.reading.document import Document, Task, read, read_page, read_part
from imgprint.reading.process import LARGE, Reader, ReadingInterrupted, page_task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.crawler import Crawler

    from imgprint.spiders.scope import Scope

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


class Documents:
    """Read pages, feeds and sitemaps, and fetch what pages link to for images.

    ``IMGPRINT_CANDIDATES`` (default: "largest") is "all" to fetch every URL of
    a srcset or picture; they are all recorded in any case.

    ``IMGPRINT_LINKED`` (default: "stylesheet,manifest") lists what is fetched,
    each URL once, for the images it names: style sheets with their imports,
    web app manifests, and "favicon" for one try of /favicon.ico per host.

    A large document is read by a process of its own: see Reader.

    Stats: ``imgprint/linked/{stylesheet,manifest,failed}``; ``imgprint/page/cut``,
    documents of which not all was read, by their bytes, tags, attributes (see
    discovery.limits) or time;
    ``imgprint/url/skipped/{blob,cid,...,other}`` counts what looked like an
    image's URL and is none to be fetched, by scheme.
    """

    def __init__(self, crawler: Crawler, scope: Scope):
        self.scope = scope
        settings = crawler.settings
        self.crawler = crawler
        self.every = config.CANDIDATES.read(settings) == "all"
        self.kinds = config.LINKED.read(settings)
        self.max_size = settings.getint("DOWNLOAD_MAXSIZE")
        self._ignored = settings.getlist("METAREFRESH_IGNORE_TAGS")
        self.reader = Reader(crawler)
        self._fetched: set[bytes] = set()

    async def read(self, response: Response) -> Document | None:
        """Return what *response* holds, None if it is no document with images.

        If the crawl is being stopped, a large document is not read.
        """
        try:
            return await self._document(response)
        except ReadingInterrupted:
            return Document("page", unread=INTERRUPTED)

    async def _document(self, response: Response) -> Document | None:
        if is_xhtml(response.body) and type(response) is XmlResponse:
            response = HtmlResponse(
                response.url,
                headers=response.headers,
                body=response.body,
                request=response.request,
                encoding=response.encoding,
                flags=response.flags,
            )
        # Servers send sitemaps and feeds as text/html, too.
        if isinstance(response, HtmlResponse) and not kind_of(response.body):
            return await self._page(response)
        task = Task("listing", response.url, response.body, mode=self._mode)
        task.max_size = LARGE
        document = None
        if len(task.body) <= LARGE:
            document = read(task, _Skipped(self.crawler))
        if document is None and (len(task.body) > LARGE or _is_gzip(task.body)):
            task.max_size = self.max_size
            document = await self.reader.read(task, _Skipped(self.crawler))
        return document

    @property
    def _mode(self) -> Any:
        return "all" if self.every else "marked"

    async def _page(self, response: HtmlResponse) -> Document:
        skipped = _Skipped(self.crawler)
        document: Document | None
        if len(response.body) <= LARGE:
            document = read_page(response, self._mode, skipped, self._ignored)
        else:
            task = page_task("page", response)
            task.mode, task.ignored = self._mode, self._ignored
            task.links = response.meta.get("imgprint_depth", 0) < self.scope.depth
            document = await self.reader.read(task, skipped)
        assert document
        document.unread = "; ".join(
            filter(None, (unread_of(response), document.unread))
        )
        if document.unread:
            self._count("page/cut")
        document.linked = [link for link in document.linked if link.kind in self.kinds]
        rendered = response.meta.get("imgprint_rendered", ())
        document.candidates = chain(
            document.candidates, rendered, self._favicon(response)
        )
        document.way = way_of(response)
        return document

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
        except (TorDown, ReadingInterrupted):
            raise
        except Exception as error:  # noqa: BLE001 - a document stops no other
            text = note_unexpected(self.crawler, error)
            document.errors.append(f"{kind} {url}: {text}")
            self._count("linked/failed")
        return found

    async def _read(
        self, document: Document, kind: str, url: str, depth: int, budget: Iterator[int]
    ) -> AsyncIterator[Candidate]:
        if next(budget, None) is None:
            return
        response = await self._fetch(kind, url, document.way)
        if response is None:
            return
        part = await self._part(kind, response)
        for candidate in islice(part.candidates, MAX_CANDIDATES):
            yield candidate
        for imported in part.linked if depth else ():
            if self._is_new(imported.url):
                for candidate in await self._read_whole(
                    document, kind, imported.url, depth - 1, budget
                ):
                    yield candidate

    async def _part(self, kind: str, response: Response) -> Document:
        task = Task(kind, response.url, response.body, mode=self._mode)
        if isinstance(response, TextResponse):
            task.encoding = response.encoding
        skipped = _Skipped(self.crawler)
        if len(task.body) <= LARGE:
            return read_part(task, skipped)
        try:
            document = await self.reader.read(task, skipped)
        except ReadingInterrupted:
            return Document(kind)
        assert document
        if document.unread or unread_of(response):
            self._count("page/cut")
        return document

    async def _fetch(self, kind: str, url: str, way: dict[str, Any]) -> Response | None:
        assert self.crawler.engine
        try:
            request = Request(url, meta={**way, "imgprint": "part"})
            response = await self.crawler.engine.download_async(request)
        except TorDown:
            raise
        except DOWNLOAD_ERRORS:
            response = None
        if response is None or response.status != 200:
            self._count("linked/failed")
            return None
        self._count(f"linked/{kind}")
        return response

    def _is_new(self, url: str) -> bool:
        key = url_key(url)
        if key in self._fetched:
            return False
        self._fetched.add(key)
        return True

    def _count(self, name: str) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"imgprint/{name}")


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


def _is_gzip(body: bytes) -> bool:
    return body[:3] == b"\x1f\x8b\x08"
