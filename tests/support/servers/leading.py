"""A site that leads to hosts, written as given, in every way that a page can."""

from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

HTML = "text/html; charset=utf-8"
WAYS = ("img", "sheet", "import", "back", "moved", "listed", "loc", "imageloc")
SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)


class LeadingSite:
    """Serve pages that lead to *hosts* while in context; those lead here, too.

    ``pages`` are their paths, ``lines`` those of a list, *files* what else there is:
    ``{path: (media type, body)}``. ``seen`` lists host and path of each request.
    """

    def __init__(
        self, hosts: Sequence[str], files: dict[str, tuple[str, bytes]] | None = None
    ):
        self.files = files or {}
        self.seen: list[tuple[str, str]] = []
        self._server = _Server(("", 0), _Handler)
        self._server.site = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.pages: list[str] = []
        self.lines: list[str] = []
        self.moved: dict[str, bytes] = {}
        entries = ""
        for i, host in enumerate(hosts):
            entries += self._lead(i, host)
        robots = f"Sitemap: {self.url}/map.xml".encode()
        self.files["/robots.txt"] = ("text/plain", robots)
        sitemap = f"{SITEMAP}{entries}</urlset>".encode()
        self.files["/map.xml"] = ("application/xml", sitemap)

    def _lead(self, i: int, host: str) -> str:
        """Make what leads to *host*; return its entries of the sitemap."""
        urls = {way: f"http://{host}:{self.port}/{way}{i}.jpg" for way in WAYS}
        self.pages.append(f"/page{i}")
        self.files[f"/page{i}"] = (
            HTML,
            f'<!DOCTYPE html><link rel=stylesheet href="{urls["sheet"]}">'
            f'<style>@import "{urls["import"]}"; '
            f'p {{ background: url("{urls["back"]}") }}</style>'
            f'<img src="{urls["img"]}"><img src="/to{i}.jpg">'.encode(),
        )
        self.moved[f"/to{i}.jpg"] = urls["moved"].encode()
        self.lines.append(urls["listed"])
        return (
            f"<url><loc>{urls['loc']}</loc><image:image><image:loc>"
            f"{urls['imageloc']}</image:loc></image:image></url>"
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    site: LeadingSite


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        site = self.server.site
        site.seen.append((self.headers["Host"] or "", self.path))
        kind, body = site.files.get(self.path, (HTML, b""))
        if self.path in site.moved:
            self.send_response(302)
            self.send_header("Location", site.moved[self.path].decode("latin-1"))
        else:
            self.send_response(200 if self.path in site.files else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass
