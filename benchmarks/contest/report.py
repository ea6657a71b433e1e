"""What is written: docs/speed.md, and a table in the README."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contest.claims import claims
from benchmarks.contest.table import short_table, tables

if TYPE_CHECKING:
    from benchmarks.contest.results import Result

_BEGIN, _END = "<!-- speed: made by make bench -->\n", "<!-- /speed -->\n"
_METHOD = """\
# Speed

Made by `make bench`; don't edit.

A gallery of made photos (60 KB, 400 KB and 3 MB in 5:4:1, with EXIF and a
thumbnail; 0.37 bytes a pixel, as photos on the web have), 50 on a page, on 20 sites:
loopback addresses of one nginx with one worker on the same machine. imgprint runs
as `scrapy crawl images` with its default settings, politeness per site included,
and with a job (`-a job=NAME`), in a venv with what its requirements name and no
more; the whole job is measured, from pages to finished feeds. Contenders take turns;
each number is the median of so many runs, and ratios are those of medians. All that
each contender found is checked: its images, and the hashes and EXIF values it has of
each. There are a thousand different pictures; more images are the same files at other
URLs, and each has its own record. All of them are in the server's page cache.

- The bare loop is aiohttp with uvloop, 64 requests at a time, one for both ranges
  of an image; it parses no image and writes a line for each. It is the limit.
- imgprint has the core that make builds where there is a C compiler: imgprint/content/,
  the parsers and fingerprints, as an extension module by mypyc. Without a compiled
  core, which is one contender, the sources of it run; all else is the same.
- The reference's way is a stand-in that we wrote: HEAD and two GETs of a range,
  `requests` with kept connections, Pillow, so many threads.
- Scrapy's pipelines run with Scrapy's default settings; LOG_LEVEL is INFO.
- img2dataset takes a list of the images, and no pages; without re-encoding it runs
  with `--disable_all_reencoding`.
- Workers take a list out of a queue in PostgreSQL until it is empty and the feeds of
  all shards are finished. The queue is not measured, nor what put the list there.
  Each shard, a bucket of sites, is a process of its own.
- CPU is user and system time of all processes of a contender. Each run comes with
  one of a single page without images; in steady state its CPU time is taken off.
- The peak is the sum of the resident memory of all processes, looked at every
  50 ms; what they share counts for each.
- Requests are those for images in nginx's log. Bytes are all that came back, pages
  and headers included: on loopback by nginx's log, on the slow link by the relay.
- The slow link is a relay that adds 20 ms each way, and a round trip for each new
  connection, and lets through 100 Mbit/s in all: not every kernel has netem.
  Contenders that download whole files get fewer images there. Its images/s in the
  README's table are without start-up.

Where the metadata of a JPEG ends between 8,193 and 10,241 bytes, which these photos
avoid, imgprint takes a second request for the first 2,048 bytes of picture data.
"""


def machine() -> str:
    """Return a sentence: processor, cores, memory, kernel, Python, and Scrapy."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    nginx = subprocess.run(
        ["nginx", "-v"], capture_output=True, text=True, check=False
    ).stderr.rpartition("/")[2]
    return (
        f"{next(names, platform.machine())}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB, Linux {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, Scrapy {version('scrapy')}, "
        f"nginx {nginx.strip()}"
    )


def when(results: list[Result]) -> str:
    """Return the days of the first and the last run."""
    days = sorted({result.at[:10] for result in results})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def write(results: list[Result], root: Path) -> None:
    """Write docs/speed.md, and the README's table between its marks."""
    commits = sorted({r.commit for r in results if r.contender.startswith("imgprint")})
    of = f"; imgprint at {', '.join(commits)}" if any(commits) else ""
    where = f"{machine()}{of}; {when(results)}."
    verdicts = "\n".join(f"- {claim}" for claim in claims(results))
    document = (
        f"{_METHOD}\n## Results\n\n{where}\n\n{tables(results)}\n"
        f"## Claims\n\n{verdicts}\n"
    )
    (root / "docs/speed.md").write_text(document)
    readme = root / "README.md"
    before, _, rest = readme.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    table = f"\n{short_table(results)}\n\n{where}\n\n"
    readme.write_text(before + _BEGIN + table + _END + after)
