"""imgprint beside others: speed, CPU, memory, requests and bytes, all measured.

    python benchmarks/speed.py run [--only NAME,NAME] [--images N] [--rounds N]
                                   [--link plain|shaped]
    python benchmarks/speed.py all [--rounds N]
    python benchmarks/speed.py table | write

run: make a gallery of photos (once), serve it by nginx on 20 loopback addresses,
each of them a site, run the contenders in turns, check all that they found,
and print a table of medians. Each run comes with one without images, whose CPU
time is taken off for the steady state. Results are added to --results.

all: what make bench runs: all contenders with 5,000 images, those that take
ranges also with 5,000 by a slow link, the others there with 1,000; imgprint with
100 to 100,000, in several processes with 50,000. Takes an hour and a half
with five rounds. Then write.

table: print tables and claims of all that is in --results. write: put them into
docs/speed.md and README.md.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.contest import report
from benchmarks.contest.claims import GROWING, OWN, PAIRS, SCALING, claims
from benchmarks.contest.contenders import ALL
from benchmarks.contest.gallery import Gallery
from benchmarks.contest.link import PLAIN, SHAPED, Relay
from benchmarks.contest.results import Result, Store
from benchmarks.contest.run import Runner
from benchmarks.contest.server import Server
from benchmarks.contest.table import tables

ROOT = Path(__file__).parent.parent
WHOLE = [name for name, contender in ALL.items() if contender.whole]
RANGES = [*OWN, "aiohttp", "reference", "reference-40", "curl"]
# Link, images, contenders.
PARTS = [
    (PLAIN, 5000, [name for name in ALL if "worker" not in name]),
    (PLAIN, SCALING, [name for pair in PAIRS for name in pair]),
    (SHAPED, 5000, RANGES),
    (SHAPED, 1000, WHOLE),
    *((PLAIN, images, [*GROWING]) for images in (100, 1000, 10_000, 100_000)),
]


def chosen(names: str) -> list[str]:
    """Return the contenders that *names* has, or all. Raise ValueError."""
    wanted = names.split(",") if names else list(ALL)
    for name in wanted:
        if name not in ALL:
            raise ValueError(f"no contender {name!r}; there are: {', '.join(ALL)}")
        if reason := ALL[name].missing():
            raise ValueError(reason)
    return wanted


def line(result: Result) -> str:
    verdict = "; ".join(result.faults) or "right"
    return (
        f"{result.contender:<16}{result.wall:8.2f} s{result.rate:8.0f}/s"
        f"{result.cpu_ms:8.2f} ms{result.steady_ms:8.2f} ms{result.peak:6.0f} MB"
        f"{result.requests_per_image:6.2f}{result.bytes_per_image:10,.0f} B   {verdict}"
    )


def way(link: str, server: Server) -> AbstractContextManager[Relay | None]:
    return Relay(server) if link == SHAPED else nullcontext()


def contest(
    options: argparse.Namespace, link: str, images: int, names: list[str]
) -> list[Result]:
    """Run *names* in turns; return their results, which are stored, too."""
    gallery = Gallery(options.gallery, options.distinct, scale=options.scale).make()
    gallery.write_pages(images)
    results: list[Result] = []
    with Server(gallery) as server, way(link, server) as relay:
        runner = Runner(server, relay)
        for number in range(options.rounds):
            print(f"{link} link, {images:,} images, round {number + 1}", flush=True)
            # Nobody always comes first.
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                result = runner.result(ALL[name], images)
                results.append(result)
                Store(options.results).add(result)
                print(line(result), flush=True)
    return results


def everything(options: argparse.Namespace) -> list[Result]:
    chosen("")
    options.results.unlink(missing_ok=True)
    return [
        result
        for link, images, names in PARTS
        for result in contest(options, link, images, names)
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("what", choices=("run", "all", "table", "write"))
    add("--only", default="", help=f"contenders, with commas: {', '.join(ALL)}")
    add("--images", type=int, default=1000)
    add("--rounds", type=int, default=5)
    add("--link", choices=(PLAIN, SHAPED), default=PLAIN)
    add("--gallery", type=Path, default=ROOT / "data/speed/gallery")
    add("--distinct", type=int, default=1000, help="pictures that are made")
    add("--scale", type=float, default=1, help="of the pictures' sizes")
    add("--results", type=Path, default=ROOT / "data/speed/results.jsonl")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    # So that servers and contenders end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        if not shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin"):
            raise ValueError("nginx is missing: apt-get install nginx-light")
        if options.what == "run":
            names = chosen(options.only)
            results = contest(options, options.link, options.images, names)
        elif options.what == "all":
            results = everything(options)
        else:
            results = Store(options.results).results()
        if not results:
            raise ValueError(f"{options.results} has no results: run comes first")
    except ValueError as error:
        print(f"speed.py: {error}", file=sys.stderr)
        return 2
    print("\n" + tables(results))
    print("\n".join(map(str, claims(results))))
    if options.what in ("all", "write"):
        report.write(results, ROOT)
    return int(any(result.faults for result in results))


if __name__ == "__main__":
    sys.exit(main())
