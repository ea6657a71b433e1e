"""A real browser without a network: Scrapy fetches what its pages ask for."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError
from scrapy import Request
from scrapy_playwright.handler import (  # type: ignore[import-untyped]
    ScrapyPlaywrightDownloadHandler,
)
from scrapy_playwright.provider import (  # type: ignore[import-untyped]
    PlaywrightBrowserProvider,
)

from imgprint import config
from imgprint.discovery.html.rendering import COLLECT, STEP
from imgprint.fetch.browser.page_requests import Assets
from imgprint.fetch.tor.onion_names import BROWSER

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import CDPSession, Page
    from scrapy.crawler import Crawler
    from scrapy.http import HtmlResponse

ATTEMPTS = 3
"""Browsers tried for one page: one may die of another page."""
CLOSE_SECONDS = 5
ANSWER_SECONDS = 10
LOAD_SECONDS = 15
SCROLL_SECONDS = 4
"""How long to wait for requests to end, after the page has come and is scrolled."""
MAX_STEPS = 200
"""Steps down one page, of at most a screen each."""
STEP_SECONDS = 0.25
"""Between two steps down a page: many loaders wait until a person pauses, 0.2 s."""
SCROLL_SHARE = 0.6
"""Part of IMGPRINT_RENDER_TIMEOUT that scrolling may take."""

# Nothing may leave the browser: all names, loopback included, are behind a proxy
# that does not exist. WebRTC, QUIC and prefetching would go around a proxy.
FLAGS = [
    "--proxy-server=socks5://imgprint.invalid:1",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--no-pings",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "OptimizationHints,MediaRouter,DialMediaRouteProvider,Translate",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoBrowserError(Exception):
    """There is no browser here, or it doesn't start. The text says what to do."""


class RenderError(Exception):
    """A page could not be rendered."""


@dataclass
class Rendered:
    """A page as a browser shows it, and the images that it asked for or shows."""

    html: str | None = None
    images: list[str] = field(default_factory=list)


class _Provider(PlaywrightBrowserProvider):  # type: ignore[misc]
    """Launch the browser of IMGPRINT_BROWSER, Playwright's own, or the system's."""

    wanted: str | None = None

    async def launch_browser(self) -> Chromium:
        assert self.browser_type
        options = self.config.launch_options
        if not options.get("executable_path"):
            options["executable_path"] = find_browser(
                self.wanted, self.browser_type.executable_path
            )
        options.setdefault("chromium_sandbox", os.geteuid() != 0)
        options["args"] = [*FLAGS, *options.get("args", ())]
        try:
            browser: Chromium = await super().launch_browser()
        except PlaywrightError as error:
            reason = str(error).strip().splitlines()[0]
            raise NoBrowserError(
                f"the browser {options['executable_path']} doesn't start: {reason}"
            ) from error
        return browser


class _Handler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """scrapy-playwright's handler, which tells when its browser is gone."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self.browser_provider_cls = type(
            "Provider",
            (_Provider,),
            {"wanted": config.BROWSER.read(crawler.settings)},
        )
        self.gone = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._session: CDPSession | None = None

    async def start(self) -> None:
        await self._launch()
        await self._maybe_launch_browser()
        self._session = await self.browser.new_browser_cdp_session()
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._watcher:
            self._watcher.cancel()
        await super().close()

    async def answers(self) -> bool:
        """Return whether the browser, and the driver before it, still live."""
        assert self._session
        try:
            ping = self._session.send("Browser.getVersion")
            await asyncio.wait_for(ping, ANSWER_SECONDS)
        except (TimeoutError, PlaywrightError):
            self.gone.set()
        return not self.gone.is_set()

    async def _watch(self) -> None:
        # A killed browser is reported, a killed driver is not.
        while await self.answers():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.gone.wait(), 1)

    async def _browser_disconnected_callback(self) -> None:
        self.gone.set()


class Browser:
    """Render pages, each in a context of its own, in one browser for the crawl.

    The browser starts with the first page and again when it has died.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        settings = crawler.settings
        self.timeout = config.RENDER_TIMEOUT.read(settings)
        pages = settings.getint("PLAYWRIGHT_MAX_PAGES_PER_CONTEXT", 4) or 4
        self._turns = asyncio.Semaphore(pages)
        self._lock = asyncio.Lock()
        self._handler: _Handler | None = None
        self._missing: NoBrowserError | None = None
        self._contexts = 0

    async def render(self, page: HtmlResponse, way: dict[str, Any]) -> Rendered:
        """Return *page* as a browser shows it.

        Its parts are fetched with the meta *way*. Raise NoBrowserError or
        RenderError, or TorDown if those parts could not be tried.
        """
        async with self._turns:
            for _ in range(ATTEMPTS):
                handler = await self._running()
                rendered = await self._attempt(handler, page, way)
                if rendered:
                    return rendered
                if handler is self._handler:
                    self.crawler.stats.inc_value("imgprint/browser/restarted")
                await self._stop(handler)
        raise RenderError(f"the browser died {ATTEMPTS} times")

    async def close(self) -> None:
        if self._handler:
            await self._stop(self._handler)

    async def _running(self) -> _Handler:
        async with self._lock:
            if self._missing:
                raise self._missing
            if self._handler is None:
                handler = _Handler(self.crawler)
                try:
                    await asyncio.wait_for(handler.start(), self.timeout)
                except NoBrowserError as error:
                    self._missing = error
                    await handler.close()
                    raise
                except (TimeoutError, PlaywrightError, OSError) as error:
                    raise RenderError(f"the browser doesn't start: {error}") from error
                self._handler = handler
            return self._handler

    async def _stop(self, handler: _Handler) -> None:
        """Forget *handler*, and end what is left of it."""
        if self._handler is handler:
            self._handler = None
        handler.gone.set()
        with suppress(TimeoutError, PlaywrightError, OSError, AttributeError):
            await asyncio.wait_for(handler.close(), CLOSE_SECONDS)

    async def _attempt(
        self, handler: _Handler, page: HtmlResponse, way: dict[str, Any]
    ) -> Rendered | None:
        """Return the rendered page, as far as it came; None if the browser died."""
        rendered = Rendered()
        assets = Assets(self.crawler, page, way, rendered.images)
        self._contexts += 1
        request = Request(
            page.url,
            meta={
                "playwright": True,
                "playwright_include_page": True,
                "playwright_context": f"imgprint-{self._contexts}",
                "playwright_context_kwargs": {
                    "service_workers": "block",
                    **(BROWSER if way else {}),
                },
                "playwright_page_init_callback": assets.attach,
                # Later a script may have begun to go to another page.
                "playwright_page_goto_kwargs": {"wait_until": "commit"},
            },
        )
        work = asyncio.create_task(self._work(handler, request, assets, rendered))
        gone = asyncio.create_task(handler.gone.wait())
        try:
            await asyncio.wait(
                (work, gone),
                timeout=self.timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            finished = work.done()
            assets.close()
            work.cancel()
            gone.cancel()
        if handler.gone.is_set() or not await self._close(handler, request):
            with suppress(asyncio.CancelledError, PlaywrightError):
                await work
            return None
        if assets.down or not finished:
            with suppress(asyncio.CancelledError, PlaywrightError):
                await work
            if assets.down:
                raise assets.down
            return rendered
        try:
            work.result()
        except PlaywrightError as error:
            if not await handler.answers():
                return None
            raise RenderError(str(error).strip().splitlines()[0]) from error
        return rendered

    async def _scroll(self, page: Page, assets: Assets) -> None:
        """Go through the page as a person does, and wait for what comes of it.

        A page is at its end if nothing moves or grows after its requests have ended.
        """
        end = monotonic() + self.timeout * SCROLL_SHARE
        for _ in range(MAX_STEPS):
            if monotonic() > end:
                return
            if await page.evaluate(STEP):
                await asyncio.sleep(STEP_SECONDS)
                continue
            await assets.idle(SCROLL_SECONDS)
            if not await page.evaluate(STEP):
                return

    async def _work(
        self, handler: _Handler, request: Request, assets: Assets, rendered: Rendered
    ) -> None:
        await handler.download_request(request)
        page: Page = request.meta["playwright_page"]
        await assets.idle(LOAD_SECONDS)
        await self._scroll(page, assets)
        found = await page.evaluate(COLLECT)
        rendered.html = found["html"]
        rendered.images += found["images"]

    async def _close(self, handler: _Handler, request: Request) -> bool:
        """Close the page with its context; return False if the browser is stuck."""
        wrapper = handler.context_wrappers.get(request.meta["playwright_context"])
        if wrapper is None:
            return not handler.gone.is_set()
        try:
            await asyncio.wait_for(wrapper.context.close(), CLOSE_SECONDS)
        except (TimeoutError, PlaywrightError):
            return False
        return True


def find_browser(wanted: str | None, own: str) -> str:
    """Return the path of the browser to run. Raise NoBrowserError without one."""
    if wanted:
        if path := shutil.which(wanted):
            return path
        raise NoBrowserError(f"IMGPRINT_BROWSER={wanted} is no program here")
    if Path(own).exists():
        return own
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise NoBrowserError(
        "no browser here: apt-get install chromium, or playwright install chromium"
    )
