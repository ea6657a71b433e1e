"""What jobs cost: CPU per image, memory for a long queue, time to go on.

    python benchmarks/durable.py overhead [--images 2000] [--rounds 5]
    python benchmarks/durable.py memory [--urls 200000]
    python benchmarks/durable.py start [--urls 200000]

overhead: the same crawl without and with a job, in turns; seconds of CPU of the
whole process, and of each image when that of a crawl without any is taken off.
memory: the peak of a crawl whose list has so many pages of 20 hosts, stopped
when all are queued: with all of them in memory, without a job, and with one.
start: a job that has done so many images, with a record each, and has one request
left: seconds from the command to that request, and to the end, feeds included.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from scrapy import Request
from scrapy.utils.request import fingerprint

from imgprint.demo.gallery_server import GallerySite
from imgprint.discovery.urls.url_keys import url_key
from imgprint.items import ImageRecord, Sighting
from imgprint.jobs.journal import Journal
from imgprint.jobs.request_log import RequestLog
from tests.support.crawling import ROOT
from tests.support.pictures import jpeg


def crawl(folder: Path, *options: str) -> tuple[float, float, int]:
    """Return seconds, seconds of CPU and the peak in KiB of a crawl."""
    folder.mkdir(parents=True, exist_ok=True)
    command = (sys.executable, "-m", "scrapy", "crawl", "images", *options)
    env = {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "imgprint.settings"}
    start = time.monotonic()
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | env, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - start
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def gallery(images: int) -> dict[str, tuple[str, bytes]]:
    pictures = [jpeg(i, (220, 200)) for i in range(16)]
    files = {f"/{i}.jpg": ("image/jpeg", pictures[i % 16]) for i in range(images)}
    for page in range(images // 20):
        tags = "".join(f"<img src={i}.jpg>" for i in range(page * 20, page * 20 + 20))
        files[f"/p{page}"] = ("text/html", tags.encode())
    return files


def overhead(folder: Path, images: int, rounds: int) -> None:
    files = gallery(images)
    times: dict[str, list[float]] = {"without": [], "job": []}
    with GallerySite(files) as site:
        pages = [f"{site.url}{path}" for path in files if path.startswith("/p")]
        (folder / "urls.txt").write_text("\n".join(pages))
        (folder / "none.txt").write_text(f"{site.url}/nothing")
        options = ("-sAUTOTHROTTLE_ENABLED=0", "-sCONCURRENT_REQUESTS_PER_DOMAIN=16")
        for number in range(rounds):
            for name, cpu in times.items():
                job = ("-ajob=j",) if name == "job" else ()
                where = folder / f"{name}-{number}"
                _, full, _ = crawl(where, "-aurls=../urls.txt", *options, *job)
                where = folder / f"{name}-{number}-none"
                _, none, _ = crawl(where, "-aurls=../none.txt", *options, *job)
                cpu.append((full - none) / images * 1000)
                print(f"{name:<10}{full:7.2f} s   {cpu[-1]:.3f} ms per image")
    without, job = (statistics.median(cpu) for cpu in times.values())
    print(f"medians   {without:.3f} ms without, {job:.3f} ms with a job: ", end="")
    print(f"{job / without - 1:+.1%}")


def memory(folder: Path, urls: int) -> None:
    with GallerySite({}, address="0.0.0.0") as site:
        port = site.url.rpartition(":")[2]
        lines = (f"http://127.0.0.{i % 20 + 1}:{port}/{i}" for i in range(urls))
        (folder / "urls.txt").write_text("\n".join(lines))
        # All of the list is queued before a hundredth of it is fetched.
        limits = ("-sCLOSESPIDER_PAGECOUNT=0", "-sCLOSESPIDER_TIMEOUT=120")
        common = ("-sDOWNLOAD_DELAY=5", "-sROBOTSTXT_OBEY=0", *limits)
        for title, *options in (
            ("all in memory", f"-sIMGPRINT_REQUESTS_IN_MEMORY={urls}"),
            ("without a job",),
            ("with a job", "-ajob=j"),
        ):
            _, _, peak = crawl(folder, "-aurls=urls.txt", *common, *options)
            log = (folder / "log.txt").read_text()
            queued = re.search(r"'scheduler/enqueued': (\d+)", log)
            count = queued[1] if queued else "none"
            print(f"{title}: {count} of {urls} queued, peak {peak / 1024:.0f} MB")


def start(folder: Path, urls: int) -> None:
    with GallerySite(gallery(20)) as site:
        lines = [f"{site.url}/done/{i}.jpg" for i in range(urls)]
        (folder / "urls.txt").write_text("\n".join(lines) + f"\n{site.url}/p0\n")
        job = folder / "data/jobs/j"
        job.mkdir(parents=True)
        log, journal = RequestLog(job), Journal(job)
        for url in lines:
            log.add_listed(url)
            log.new(fingerprint(Request(url)))
            log.claim(url_key(url))
            seen = Sighting(image_url=url, site="127.0.0.1", element="seed")
            journal.add_sighting(seen)
            journal.add_record(
                ImageRecord(url=url, image_size=1, exif={"Make": "x" * 1000})
            )
        log.close()
        journal.close()
        begun = time.monotonic()
        first: list[float] = []
        count = site.count

        def counted(*args: Any) -> None:
            first.append(time.monotonic() - begun)
            count(*args)

        site.count = counted  # type: ignore[method-assign]
        seconds, cpu, peak = crawl(folder, "-aurls=urls.txt", "-ajob=j")
    print(f"{urls} done: first request after {first[0]:.1f} s,", end=" ")
    print(f"end after {seconds:.1f} s ({cpu:.1f} s of CPU),", end=" ")
    print(f"peak {peak / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("overhead", "memory", "start"))
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--urls", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.what == "overhead":
            overhead(folder, options.images, options.rounds)
        elif options.what == "memory":
            memory(folder, options.urls)
        else:
            start(folder, options.urls)


if __name__ == "__main__":
    main()
