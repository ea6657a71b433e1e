"""Microseconds per image to read its metadata, here and with other readers.

    python -m benchmarks.parse ../shared/corpus [--runs 5]

imgprint reads the first 10,241 and the last 1,024 bytes and what it asks for
behind them, all in memory; the others read the whole file. Each time is the
best of the runs. ExifTool runs once in batch mode over all files, so only its
mean is known; it and exifread are left out where they are not installed.
"""

from __future__ import annotations

import argparse
import io
import logging
import shutil
import statistics
import subprocess
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from imgprint.content.describe import describe
from imgprint.content.sparse import MissingBytes, SparseBytes

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD, TAIL, READS = 10_241, 1024, 3


def fetch(data: bytes, blocks: str) -> SparseBytes:
    """Return what a crawl knows of *data* when it has asked for all it wants."""
    image = SparseBytes(len(data))
    image.add(0, data[:HEAD])
    start = max(HEAD, len(data) - TAIL)
    if start < len(data):
        image.add(start, data[start:])
    for _ in range(READS):
        try:
            describe(image, blocks=blocks)
        except MissingBytes as missing:
            image.add(missing.span.start, data[missing.span.start : missing.span.stop])
    return image


def pillow(data: bytes) -> object:
    """Read every directory with Pillow, as ``str``."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            exif = image.getexif()
            groups = [dict(exif), exif.get_ifd(0x8769), exif.get_ifd(0x8825)]
            return [{tag: str(value) for tag, value in g.items()} for g in groups]
    except (OSError, SyntaxError, ValueError, KeyError):
        return None


def best(read: Callable[[], object], runs: int) -> float:
    """Return the least microseconds that *read* took."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        read()
        times.append(time.perf_counter() - start)
    return min(times) * 1e6


def readers() -> dict[str, Callable[[bytes], object]]:
    found: dict[str, Callable[[bytes], object]] = {"Pillow": pillow}
    try:
        import exifread
    except ImportError:
        return found
    logging.disable()

    def read(data: bytes) -> object:
        try:
            return exifread.process_file(io.BytesIO(data), details=False)
        except Exception:  # noqa: BLE001 - it raises whatever the file makes it
            return None

    return found | {"exifread": read}


def exiftool(paths: list[Path]) -> float | None:
    """Return the mean microseconds of one batch run, start-up taken off."""
    command = shutil.which("exiftool")
    if not command:
        return None
    times = []
    for names in (paths[:1], paths):
        start = time.perf_counter()
        arguments = [command, "-fast", "-j", "-q", "-q", *map(str, names)]
        subprocess.run(arguments, capture_output=True, check=False)
        times.append(time.perf_counter() - start)
    return (times[1] - times[0]) / max(len(paths) - 1, 1) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    paths = sorted(
        path
        for path in options.corpus.iterdir()
        if path.is_file() and path.suffix not in (".json", ".md")
    )
    others = readers()
    names = ["imgprint", "imgprint exif", *others]
    columns: dict[str, list[float]] = {name: [] for name in names}
    print("".join(f"{name:>15}" for name in names), " us per image")
    for path in paths:
        data = path.read_bytes()
        for name, blocks in (("imgprint", "all"), ("imgprint exif", "exif")):
            image = fetch(data, blocks)
            columns[name].append(
                best(
                    lambda i=image, b=blocks: describe(i, blocks=b, final=True),
                    options.runs,
                )
            )
        for name, read in others.items():
            columns[name].append(best(lambda r=read, d=data: r(d), options.runs))
        print("".join(f"{columns[name][-1]:15.0f}" for name in names), "", path.name)
    for label, average in (("median", statistics.median), ("mean", statistics.mean)):
        print("".join(f"{average(columns[name]):15.0f}" for name in names), "", label)
    if batch := exiftool(paths):
        print(f"exiftool -fast, one batch: {batch:.0f} us per image")


if __name__ == "__main__":
    main()
