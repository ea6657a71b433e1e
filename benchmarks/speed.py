"""imgprint beside others: speed, CPU, memory, requests and bytes, all measured.

    python benchmarks/speed.py run [--only NAME,NAME] [--images N] [--rounds N]
                                   [--link plain|shaped]
    python benchmarks/speed.py table

run: make a gallery of photos (once), serve it by nginx on 20 loopback addresses,
each of them a site, run the contenders in turns, check all that they found,
and print a table of medians. Each run comes with one without images, whose CPU
time is taken off for the steady state. Results are added to --results, and
table makes the tables of all that is there.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.contest.contenders import ALL
from benchmarks.contest.gallery import Gallery
from benchmarks.contest.link import PLAIN, SHAPED, Relay
from benchmarks.contest.run import Result, Runner, Store
from benchmarks.contest.server import Server
from benchmarks.contest.table import tables

ROOT = Path(__file__).parent.parent


def chosen(names: str) -> list[str]:
    """Return the contenders that *names* has, or all. Raise ValueError."""
    wanted = names.split(",") if names else list(ALL)
    for name in wanted:
        if name not in ALL:
            raise ValueError(f"no contender {name!r}; there are: {', '.join(ALL)}")
    return wanted


def line(result: Result) -> str:
    verdict = "; ".join(result.faults) or "right"
    return (
        f"{result.contender:<20}{result.wall:8.2f} s{result.rate:8.0f}/s"
        f"{result.cpu_ms:8.2f} ms{result.steady_ms:8.2f} ms{result.peak:6.0f} MB"
        f"{result.image_requests / result.images:6.2f}"
        f"{result.bytes_per_image:10,.0f} B   {verdict}"
    )


def link(name: str, server: Server) -> AbstractContextManager[Relay | None]:
    return Relay(server) if name == SHAPED else nullcontext()


def run(options: argparse.Namespace) -> int:
    names = chosen(options.only)
    gallery = Gallery(options.gallery).make()
    gallery.write_pages(options.images)
    results: list[Result] = []
    store = Store(options.results)
    with Server(gallery) as server, link(options.link, server) as relay:
        runner = Runner(server, relay)
        for number in range(options.rounds):
            print(f"round {number + 1}")
            # Nobody always comes first, or after the same one.
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                result = runner.result(ALL[name], options.images)
                results.append(result)
                store.add(result)
                print(line(result), flush=True)
    print("\n" + tables(results))
    return int(any(result.faults for result in results))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("--only", default="", help="contenders, with commas")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--link", choices=(PLAIN, SHAPED), default=PLAIN)
    parser.add_argument("--gallery", type=Path, default=ROOT / "data/speed/gallery")
    parser.add_argument(
        "--results", type=Path, default=ROOT / "data/speed/results.jsonl"
    )
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin"):
        print("nginx is missing: apt-get install nginx-light", file=sys.stderr)
        return 2
    if options.what == "table":
        print(tables(Store(options.results).results()))
        return 0
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
