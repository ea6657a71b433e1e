"""A crawl over mutated answers and mutated pages: is anything lost in silence?

    python benchmarks/fuzz.py [--answers 50000] [--pages 5000] [--seed 0]

One crawl goes over pages whose images are answered wrongly: status lines, header
fields, lengths, ranges, chunks, codings, redirects and bodies are mutated. Another
one goes over mutated pages, feeds, sitemaps, style sheets and manifests. Both run on
loopback, on the server of tests/support/fuzz/server.py; the same seed sends the same.

Every image of every page must have a record or a sighting. So must every page of
which not all was read. Unexpected exceptions are those that imgprint had no other
answer to than to count them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from scrapy.http import HtmlResponse

sys.path.insert(0, str(Path(__file__).parent.parent))

from imgprint.discovery.html.page import image_candidates
from imgprint.discovery.limits import within_limits
from imgprint.reading.page_tree import tree_of
from tests.support.crawling import scrapy
from tests.support.fuzz.server import FuzzServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PER_PAGE = 50
SETTINGS = {
    "IMGPRINT_ALLOWED_NETWORKS": "127.0.0.0/8",
    "IMGPRINT_MIN_SIZE": 0,
    "IMGPRINT_PROGRESS": 0,
    "IMGPRINT_STALL_TIMEOUT": 1,
    "IMGPRINT_TIMEOUT": 4,
    "IMGPRINT_MAX_RETRY_AFTER": 0.1,
    "DOWNLOAD_TIMEOUT": 4,
    "RETRY_TIMES": 1,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS": 128,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "LOG_LEVEL": "ERROR",
    "FEEDS": "{}",
}
# Other hosts are not asked: nobody else's servers, and no DNS.
DENY = r"^https?://(?!127\.0\.0\.\d+[:/])[^/]*\.(com|example|org)\b"
# What Scrapy logs if something else than an image or a page fails.
LOST = re.compile(
    r"Traceback|Scraper bug|Error caught on signal|Spider error|Error while|Unhandled"
)


@dataclass
class Report:
    """What a crawl made of its cases; *silent* are images and pages without a word."""

    name: str
    cases: int
    seconds: float
    code: int
    answers: int = 0
    images: int = 0
    records: int = 0
    sightings: int = 0
    silent: list[str] = field(default_factory=list)
    unexpected: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {name}" for name, n in self.unexpected.most_common())
        return (
            f"{self.name}: {self.cases} cases in {self.seconds:.0f} s, exit code "
            f"{self.code}: {self.answers} answers, {self.images} images, "
            f"{self.records} records, {self.sightings} sightings; "
            f"{len(self.silent)} with neither; "
            f"{self.unexpected.total()} unexpected exceptions"
            f"{f' ({kinds})' if kinds else ''}; "
            f"{len(self.complaints)} tracebacks or the like in the log"
        )

    def check(self, feeds: Feeds, page: str, images: Iterable[str]) -> None:
        """Take down which *images* of *page* there is no word of."""
        for image in images:
            self.images += 1
            if (page, image) not in feeds.seen:
                self.silent.append(f"{image} on {page}")

    @property
    def holds(self) -> bool:
        failed = self.silent or self.unexpected or self.complaints
        return self.code == 0 and not failed


class Feeds:
    """The records and sightings of a crawl."""

    def __init__(self, folder: Path):
        self.records = _read(folder / "records.jsonl")
        self.sightings = _read(folder / "sightings.jsonl")
        self.seen = {(s["page_url"], s["image_url"]) for s in self.sightings}
        self.failed = {
            s["page_url"] for s in self.sightings if s["error"] and not s["image_url"]
        }


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")  # no other line end
    return [json.loads(line) for line in lines if line]


def _crawl(
    server: FuzzServer, name: str, pages: Iterable[str], folder: Path, seconds: float
) -> tuple[Report, Feeds]:
    urls = [*pages]
    (folder / "urls.txt").write_text("".join(f"{url}\n" for url in urls))
    options = [f"-s{name}={value}" for name, value in SETTINGS.items()]
    before, start = server.answers, monotonic()
    done = scrapy(
        *("crawl", "images", "-aurls=urls.txt", f"-adeny={DENY}", "-adepth=1"),
        *("-O", "records.jsonl", "-sIMGPRINT_SIGHTINGS=sightings.jsonl"),
        *("-sSTATS_DUMP=1", "-sLOG_FILE=log", *options),
        cwd=folder,
        timeout=seconds,
    )
    report = Report(name, len(urls), monotonic() - start, done.returncode)
    report.answers = server.answers - before
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    text = log + done.stderr + done.stdout
    found = re.findall(r"unexpected (\w+): ", text)
    report.complaints = [line for line in text.splitlines() if LOST.search(line)]
    feeds = Feeds(folder)
    report.records, report.sightings = len(feeds.records), len(feeds.sightings)
    for sighting in feeds.sightings:
        error = sighting["error"] or ""
        report.errors[re.sub(r"[\d'\"].*", "", error)[:40]] += 1
        report.unexpected.update(re.findall(r"unexpected (\w+): ", error))
    for kind in set(found) - report.unexpected.keys():
        report.unexpected[kind] += 1  # of what no sighting can be
    return report, feeds


def fuzz_answers(
    server: FuzzServer, answers: int, folder: Path, seconds: float = 36_000
) -> Report:
    """Crawl pages whose *answers* images are answered wrongly."""
    numbers = range(-(-answers // server.images))
    pages = {server.url("gallery", number): number for number in numbers}
    report, feeds = _crawl(server, "answers", pages, folder, seconds)
    report.cases = len(pages) * server.images
    for page, number in pages.items():
        images = [urljoin(page, path) for path in server.gallery(number)]
        report.check(feeds, page, images)
    return report


def fuzz_pages(
    server: FuzzServer, pages: int, folder: Path, seconds: float = 36_000
) -> Report:
    """Crawl mutated *pages*."""
    urls = {server.url("page", number): number for number in range(pages)}
    report, feeds = _crawl(server, "pages", urls, folder, seconds)
    pages_seen = {page for page, _ in feeds.seen}
    for page, number in urls.items():
        if page in feeds.failed:
            continue
        report.check(feeds, page, _expected(server, page, number))
        if not server.is_plain(number) and page not in pages_seen:
            report.errors["(nothing found on a page of a mutated answer)"] += 1
    return report


def _expected(server: FuzzServer, page: str, number: int) -> Iterator[str]:
    """Yield the URLs of images that are on a page, if it comes as it is meant."""
    media_type, body = server.page(number)
    if not (server.is_plain(number) and media_type.startswith("text/html")):
        return
    response = HtmlResponse(
        page, body=within_limits(body), headers={"Content-Type": media_type}
    )
    root = tree_of(response)
    skipped: Counter[str] = Counter()
    for found in image_candidates(root, page, candidates="marked", skipped=skipped):
        if found.chosen and not found.url.startswith("data:"):
            yield found.url


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=50_000)
    parser.add_argument("--pages", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for feeds and logs")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as temporary,
        FuzzServer(options.seed, PER_PAGE) as server,
    ):
        reports = []
        for run, cases in (
            (fuzz_answers, options.answers),
            (fuzz_pages, options.pages),
        ):
            folder = (options.keep or Path(temporary)) / run.__name__
            folder.mkdir(parents=True)
            reports.append(run(server, cases, folder))
            print(reports[-1], flush=True)
            for line in [*reports[-1].silent[:10], *reports[-1].complaints[:10]]:
                print("   ", line)
            for error, count in reports[-1].errors.most_common(40):
                print(f"{count:9} {error or '(none)'}")
    return 0 if all(report.holds for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
