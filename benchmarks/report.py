"""How soon a report of 50,000 records shows something, and whether it freezes.

    python benchmarks/report.py [RECORDS]

Makes a synthetic feed, runs ``scrapy report``, and opens the file in Chromium,
window of 1280 by 900, with nothing in its cache. Times are of the browser's own
clock, from the start of loading: first contentful paint, the overview drawn, all
records read. "longest task" is the longest time in which the page did not react.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support import report_feeds as feeds  # noqa: E402

WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) tasks.push(entry.duration);
}).observe({ type: "longtask", buffered: true });
new MutationObserver(() => {
  const { drawn, ready } = document.documentElement.dataset;
  if (drawn) window.drawnAt ??= performance.now();
  if (ready) window.readyAt ??= performance.now();
}).observe(document, { attributes: true, subtree: true });
"""
# From a change of the filter or the order until the table is painted anew.
UNTIL_PAINTED = """(change) => new Promise((done) => {
  const begun = performance.now();
  eval(change);
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
})"""
CHANGES = {
    "filter by two words": "state.text = 'sn000007 site7.'; update()",
    "sort by size": "sortBy('size')",
    "next page": "state.page += 1; draw()",
}


def make(folder: Path, count: int) -> Path:
    records = (feeds.record(n) for n in range(count))
    feed = feeds.write(folder / "records.jsonl", records)
    seen = (feeds.sighting(n) for n in range(count // 20))
    sightings = feeds.write(folder / "sightings.jsonl", seen)
    begun = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "scrapy",
            "report",
            feed,
            sightings,
            "-o",
            "report.html",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "imgprint.settings"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    path = folder / "report.html"
    print(f"{'records':>22}  {count:,}")
    print(
        f"{'scrapy report':>22}  {time.perf_counter() - begun:.1f} s, "
        f"{usage.ru_utime + usage.ru_stime:.1f} s CPU, {usage.ru_maxrss / 1e3:.0f} MB"
    )
    print(f"{'file':>22}  {path.stat().st_size / 1e6:.1f} MB")
    return path


def measure(path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(
            viewport={"width": 1280, "height": 900}, bypass_csp=True
        )
        page.add_init_script(WATCH)
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=all][data-drawn]", timeout=120_000)
        paint = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        rows = {
            "first content": paint,
            "charts drawn": page.evaluate("drawnAt"),
            "all records read": page.evaluate("readyAt"),
            "longest task": max(page.evaluate("tasks"), default=0),
            **{n: page.evaluate(UNTIL_PAINTED, c) for n, c in CHANGES.items()},
        }
        for name, value in rows.items():
            print(f"{name:>22}  {value / 1000:.2f} s")
        print(f"{'elements in the page':>22}  {page.locator('*').count():,}")
        browser.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        measure(make(Path(folder), count))


if __name__ == "__main__":
    main()
