"""Count the rooms that one listed image enters, from its line to its JSON line.

    python benchmarks/walk.py [--show] [--rooms ROOMS] [--returns RETURNS]

A crawl of one image on a loopback server is traced by sys.setprofile. A room is a
folder of imgprint/, or a module at its top. A stay is a run of calls within one room,
and a return is a stay in a room that was left before. Counted is what happens between
the call that reads the list and the one that writes the image's line into the feed,
with robots.txt. --show prints the modules in order. The exit code is 1 if there are
more rooms than ROOMS (default: 14) or more returns than RETURNS (default: 125).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from io import BytesIO
from itertools import groupby
from pathlib import Path
from types import FrameType

from PIL import ExifTags, Image

ROOT = Path(__file__).parents[1]
PACKAGE = str(ROOT / "imgprint") + os.sep
CHILD = "WALK_OUTPUT"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--show", action="store_true", help="print the modules in order"
    )
    parser.add_argument("--rooms", type=int, default=14)
    parser.add_argument("--returns", type=int, default=125)
    options = parser.parse_args()
    calls = trace_crawl()
    walk = cut_walk(calls)
    modules = [module for module, _ in groupby(path for path, _ in walk)]
    stays = [room for room, _ in groupby(room_of(path) for path, _ in walk)]
    if options.show:
        print("\n".join(modules))
    rooms = sorted(set(stays))
    returns = len(stays) - len(rooms)
    print(f"{len(set(modules))} modules, {len(modules)} stays in them")
    print(f"{len(rooms)} rooms: {', '.join(rooms)}")
    print(f"{returns} returns between rooms")
    return len(rooms) > options.rooms or returns > options.returns


def room_of(path: str) -> str:
    """Return the folder of imgprint/ that *path* is in, or the module's own name."""
    return path.partition("/")[0].removesuffix(".py")


def cut_walk(calls: list[list[str]]) -> list[list[str]]:
    """Return the calls from the list's first line to the line in the feed."""
    start = calls.index(["spiders/images.py", "start"])
    stop = max(i for i, (path, name) in enumerate(calls) if name == "export_item")
    return calls[start : stop + 1]


def trace_crawl() -> list[list[str]]:
    """Return module and function of each call of imgprint in a crawl of one image."""
    sys.path.insert(0, str(ROOT))
    from imgprint.demo.gallery_server import GallerySite

    photo = ("image/jpeg", make_jpeg())
    with (
        tempfile.TemporaryDirectory() as folder,
        GallerySite({"/photo.jpg": photo}) as site,
    ):
        Path(folder, "urls.txt").write_text(f"{site.url}/photo.jpg\n")
        output = Path(folder, "calls.json")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), CHILD: str(output)}
        environment["SCRAPY_SETTINGS_MODULE"] = "imgprint.settings"
        command = [sys.executable, __file__, "crawl", "images", "-a", "urls=urls.txt"]
        subprocess.run(
            [*command, "-O", "feed.jsonl"], cwd=folder, env=environment, check=True
        )
        lines = Path(folder, "feed.jsonl").read_text().splitlines()
        assert len(lines) == 1, lines
        calls: list[list[str]] = json.loads(output.read_text())
        return calls


def make_jpeg() -> bytes:
    """Return a JPEG of noise, some 100 KB, with a camera's name."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    output = BytesIO()
    picture = Image.effect_noise((400, 400), 90)
    picture.save(output, "JPEG", quality=95, exif=exif)
    return output.getvalue()


def run_traced(output: str) -> None:
    """Run ``scrapy`` with the arguments of this process and write down its calls."""
    from scrapy.cmdline import execute

    calls: list[tuple[str, str]] = []

    def note_call(frame: FrameType, event: str, _: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(PACKAGE):
            calls.append((path[len(PACKAGE) :], frame.f_code.co_name))

    sys.setprofile(note_call)
    try:
        execute(["scrapy", *sys.argv[1:]])
    finally:
        sys.setprofile(None)
        Path(output).write_text(json.dumps(calls))


if __name__ == "__main__":
    if CHILD in os.environ:
        run_traced(os.environ[CHILD])
    else:
        sys.exit(main())
