"""From a page to those that it leads to."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from imgprint.discovery.documents.sitemap import robots_sitemaps
from imgprint.discovery.urls.sites import site_of
from imgprint.extensions.unexpected import note_unexpected
from imgprint.fetch.concurrency import paced
from imgprint.items import Sighting
from imgprint.middlewares.redirects import was_seen
from imgprint.spiders.sighting_room import Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from imgprint.reading.document import Document
    from imgprint.spiders.scope import Scope

# How many pages in a row went on to the next by themselves.
_REFRESHES = "imgprint_refreshes"


class Links:
    """Follow the links of pages, and where pages go on to by themselves (Refresh).

    A page that goes on is read like any other. If it does so in less than
    ``METAREFRESH_MAXDELAY`` seconds (default: 100), its target is crawled like the
    target of a redirect: on any site, at most ``REDIRECT_MAX_TIMES`` (default: 10)
    in a row. Later it is a link like others.

    With *sitemap* the pages of a sitemap count as listed by the user. *make* makes
    the request for a page of a URL, depth and way to render.
    """

    def __init__(
        self,
        crawler: Crawler,
        scope: Scope,
        make: Callable[[str, int, str], Request],
        *,
        sitemap: bool,
    ):
        settings = crawler.settings
        self.crawler = crawler
        self.scope = scope
        self.sitemap = sitemap
        self._make = make
        self._soon = settings.getint("METAREFRESH_MAXDELAY")
        self._most = settings.getint("REDIRECT_MAX_TIMES")

    async def follow(
        self, response: Response, document: Document, page: Page
    ) -> AsyncIterator[Request | Sighting]:
        """Yield requests for the pages that *response* leads to, within the scope."""
        for output in self._refreshed(response, document, page):
            yield output
        depth = page.depth
        listed = self.sitemap and document.kind == "sitemap"
        if depth >= self.scope.depth and not listed:
            return
        render = response.meta.get("imgprint_render", "0")

        def link(url: str) -> Request | None:
            if hash(url) in page.seen or not self.scope.follows(url, page.site):
                return None
            return self._make(url, depth if listed else depth + 1, render)

        refresh = [document.refresh.url] if document.refresh else []
        urls = chain(document.lists, document.links, refresh)
        async for url in paced(urls):
            for output in self.each([url], page, link):
                yield output

    def _refreshed(
        self, response: Response, document: Document, page: Page
    ) -> Iterator[Request | Sighting]:
        """Yield a request for what the page goes on to, if that is soon.

        A page that shows nothing, and only leads to what was seen, has a sighting.
        """
        refresh = document.refresh
        if not refresh or refresh.seconds >= self._soon:
            return
        times = response.meta.get(_REFRESHES, 0) + 1
        render = response.meta.get("imgprint_render", "0")

        def target(url: str) -> Request | None:
            request = self._make(url, page.depth, render)
            request.meta[_REFRESHES] = times
            return None if was_seen(self.crawler, request) else request

        outputs = (
            [] if times > self._most else [*self.each([refresh.url], page, target)]
        )
        yield from outputs
        if times > self._most:
            error = f"more than {self._most} pages that refresh to the next"
            yield self._sighting(page_url=page.url, site=page.site, error=error)
        elif not (outputs or page.seen) and refresh.url != page.url:
            error = f"refreshes to {refresh.url}, which was seen before"
            yield self._sighting(page_url=page.url, site=page.site, error=error)

    def sitemaps(self, response: Response) -> Iterator[Request | Sighting]:
        """Yield requests for the sitemaps that a robots.txt names."""
        render = response.meta["render"]
        page = Page(response.url, site_of(response.url))
        yield from self.each(
            robots_sitemaps(response.body),
            page,
            lambda url: self._make(response.urljoin(url), 0, render),
        )

    def each(
        self,
        urls: Iterable[str],
        page: Page,
        make: Callable[[str], Request | None],
    ) -> Iterator[Request | Sighting]:
        """Yield what *make* makes of each of *urls*, which *page* leads to.

        One that can't be asked for, or scheduled, stops no other.
        """
        assert self.crawler.request_fingerprinter
        fingerprint = self.crawler.request_fingerprinter.fingerprint
        for url in urls:
            try:
                request = make(url)
                if request:
                    fingerprint(request)  # where the scheduler fails nobody is told
            except Exception as error:  # noqa: BLE001 - a link stops no other
                text = note_unexpected(self.crawler, error)
                yield self._sighting(
                    page_url=url, site=page.site, depth=page.depth + 1, error=text
                )
            else:
                if request:
                    yield request

    def _sighting(self, **fields: Any) -> Sighting:
        assert self.crawler.stats
        self.crawler.stats.inc_value("imgprint/sighting/count")
        return Sighting(**fields)
