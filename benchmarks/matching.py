"""Build, match and shared of the index, at 10^4, 10^5 and 10^6 synthetic records.

    python benchmarks/matching.py [RECORDS...]

Runs the commands as a user does, from a feed on disk; times are wall time of
the whole process, Scrapy's start included. A tenth of the records are copies
on another site: of the same file, the same picture data, or the same picture
by PDQ. The thousand queries are half of them copies.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

SIZES = (10_000, 100_000, 1_000_000)
QUERIES = 1000
ROOT = Path(__file__).parent.parent
RECORD = {
    "exif": {"Make": "Canon", "Model": "Canon EOS R6", "Orientation": "1"},
    "timestamp": "2026-01-01T00:00:00",
    "schema_version": 1,
    "status": 206,
    "last_modified": "Sat, 01 Jun 2024 12:00:00 GMT",
    "media_type": "image/jpeg",
    "server": "nginx",
    "format": "jpeg",
    "frames": 1,
    "bit_depth": 8,
    "progressive": False,
    "gps": None,
    "camera": {"make": "Canon", "model": "Canon EOS R6", "serial_number": None},
    "dates": {"original": "2024-05-01T10:00:00", "digitized": None, "modified": None},
    "software": None,
    "xmp": None,
    "ids": None,
    "transfer": {"requests": 1, "bytes_received": 11_487, "range": "multipart"},
    "metadata_complete": True,
}


def record(rng: random.Random, number: int, sites: int) -> dict:
    """Return a record of other content than all others."""
    site = f"site{rng.randrange(sites)}.example"
    modified = 1_600_000_000 + rng.randrange(10**8)
    size = rng.randrange(20_480, 4_000_000)
    return {
        "url": f"https://www.{site}/media/2024/{number:07}/photo.jpg",
        "image_size": size,
        **RECORD,
        "sha256_first_10240_bytes": rng.randbytes(32).hex(),
        "sha256_last_1024_bytes": rng.randbytes(32).hex(),
        "random_128_bytes_sample_start": rng.randbytes(128).hex(),
        "random_128_bytes_sample_end": rng.randbytes(128).hex(),
        "site": site,
        "page_url": f"https://www.{site}/{number % 100}.html",
        "etag": f'"{modified:x}-{size:x}"',
        "etag_decoded": {
            "modified": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(modified)),
            "size": size,
            "inode": None,
            "server": "nginx",
        },
        "width": rng.choice((640, 800, 1024, 1200, 1600)),
        "height": rng.randrange(400, 1200),
        "fingerprints": {
            "file_key": "f1:" + rng.randbytes(16).hex(),
            "sha256": None,
            "md5": None,
            "sha1": None,
            "data_sha256": "d1:" + rng.randbytes(32).hex(),
            "declared": None,
            "encoder": {
                "signature": f"e1:{rng.randrange(500):016x}",
                "jpeg_digest": rng.randbytes(16).hex() + ":221111",
                "quality": 85,
                "sampling": "4:2:0",
            },
            "png_adler32": None,
            "marks": None,
            "pdq": rng.randbytes(32).hex(),
            "pdq_quality": 100,
            "pdq_source": "progressive",
            "pdq_strips": None,
        },
    }


def copy(rng: random.Random, original: dict, number: int, sites: int) -> dict:
    """Return the record of a copy: of the file, its data, or what it shows."""
    other = record(rng, number, sites)
    mine, theirs = original["fingerprints"], other["fingerprints"]
    kind = rng.randrange(3)
    if kind == 0:
        theirs["file_key"] = mine["file_key"]
        for name in list(other)[16:20]:
            other[name] = original.get(name)
    if kind <= 1:
        theirs["data_sha256"] = mine["data_sha256"]
    flips = sum(1 << bit for bit in rng.sample(range(256), rng.randrange(0, 20, 2)))
    theirs["pdq"] = f"{int(mine['pdq'], 16) ^ flips:064x}"
    return other


def write(folder: Path, size: int) -> None:
    rng, sites = random.Random(size), max(size // 200, 10)
    kept: list[dict] = []
    with (folder / "feed.jsonl").open("w") as feed:
        for number in range(size):
            if kept and rng.random() < 0.1:
                item = copy(rng, rng.choice(kept), number, sites)
            else:
                item = record(rng, number, sites)
                kept.append(item)
                if len(kept) > 5000:
                    kept[rng.randrange(5000)] = kept.pop()
            feed.write(json.dumps(item) + "\n")
    with (folder / "queries.jsonl").open("w") as queries:
        for number in range(QUERIES):
            fresh = number % 2 == 0 or len(kept) < 2
            number += 10**8
            item = record(rng, number, sites)
            if not fresh:
                item = copy(rng, rng.choice(kept), number, sites)
            queries.write(json.dumps(item) + "\n")


class Run(NamedTuple):
    """Seconds of wall and CPU time, peak MB and lines of output of a command."""

    seconds: float
    cpu: float
    peak: float
    lines: int

    def __str__(self) -> str:
        return f"{self.seconds:.2f} ({self.cpu:.2f})"


def run(folder: Path, *arguments: str) -> Run:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
    }
    command = [sys.executable, "-m", "scrapy", *arguments]
    with (folder / "out.txt").open("w") as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments} gave {process.returncode}")
    lines = sum(1 for _ in (folder / "out.txt").open())
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu, usage.ru_maxrss / 1024, lines)


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or SIZES
    print(
        "| records | build s (CPU) | records/s | index MB | match 1,000 s (CPU) | hits"
        " | match one s (CPU) | shared s (CPU) | pairs | MB: index, match, shared |"
    )
    print("|--:" * 10 + "|")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="imgprint-bench-") as name:
            folder = Path(name)
            write(folder, size)
            db = ("--db", "i.db")
            build = run(folder, "index", "feed.jsonl", *db)
            match = run(folder, "match", "queries.jsonl", *db, "--json")
            lines = (folder / "queries.jsonl").read_text().splitlines()
            (folder / "one.jsonl").write_text(lines[1] + "\n")
            one = run(folder, "match", "one.jsonl", *db, "--json")
            share = run(folder, "shared", *db, "--format", "csv")
            megabytes = (folder / "i.db").stat().st_size / 1e6
            peaks = ", ".join(f"{r.peak:.0f}" for r in (build, match, share))
            print(
                f"| {size:,} | {build} | {size / build.seconds:,.0f} |"
                f" {megabytes:,.0f} | {match} | {match.lines:,} | {one} | {share} |"
                f" {share.lines - 1:,} | {peaks} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
