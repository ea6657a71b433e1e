"""Recall and false matches by kind of copy and grade, with real tools.

    python benchmarks/copies.py [DIRECTORY]

Takes the pictures in DIRECTORY (JPEG and PNG; default: 240 that it makes),
copies them with cp, exiftool, jpegtran, mogrify and cwebp, crawls originals and
copies by head and tail alone (IMGPRINT_DECODE=1), indexes the originals, and
looks every copy up: as its record, and as a file of which all is at hand.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
COUNT = 240
TOOLS = {
    "exiftool": "libimage-exiftool-perl",
    "jpegtran": "libjpeg-turbo-progs",
    "mogrify": "imagemagick",
    "cwebp": "webp",
}
GRADES = ("file_key", "head", "data", "png", "pdq", "strips")


def photo(seed: int, size: tuple[int, int]) -> Image.Image:
    """Return a picture of its own, random but for its spectrum.

    At 1,000 pixels and quality 82 it takes 84 KB, as photographs of the web do.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    scale = 1 / np.maximum(np.hypot(fy, fx), 1 / max(size)) ** 1.6
    phase = np.exp(2j * np.pi * rng.random(scale.shape))
    light = np.fft.irfft2(scale * phase, (height, width))
    light *= 45 / light.std()
    tint = [0.3 * np.roll(light, (height // shift, width // 3)) for shift in (2, 3)]
    channels = [light + tint[0], light, light + tint[1]]
    pixels = np.stack([128 + channel for channel in channels], axis=2)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def exif(picture: Image.Image, seed: int, thumbnail: bool) -> bytes:
    """Return an Exif block, with a thumbnail of 160 pixels or without."""
    tags = Image.Exif()
    tags[0x010F], tags[0x0110] = "Maker", f"Model {seed}"
    tags[0x0132] = f"2024:01:01 10:{seed // 60 % 60:02}:{seed % 60:02}"
    if thumbnail:
        small = picture.copy()
        small.thumbnail((160, 160))
        file = io.BytesIO()
        small.save(file, "JPEG", quality=75)
        block = tags.tobytes()
        return _with_thumbnail(block, file.getvalue())
    return tags.tobytes()


def _with_thumbnail(block: bytes, jpeg: bytes) -> bytes:
    """Return the Exif *block* of Pillow with an IFD1 that leads to *jpeg*."""
    tiff = bytearray(block.removeprefix(b"Exif\0\0"))
    order = "little" if tiff[:2] == b"II" else "big"
    start = int.from_bytes(tiff[4:8], order)
    count = int.from_bytes(tiff[start : start + 2], order)
    link = start + 2 + 12 * count
    tiff[link : link + 4] = len(tiff).to_bytes(4, order)
    data = len(tiff) + 2 + 24 + 4
    tiff += (2).to_bytes(2, order)
    for tag, value in ((0x201, data), (0x202, len(jpeg))):
        tiff += tag.to_bytes(2, order) + (4).to_bytes(2, order)
        tiff += (1).to_bytes(4, order) + value.to_bytes(4, order)
    return b"Exif\0\0" + bytes(tiff) + bytes(4) + jpeg


def make_originals(folder: Path, count: int = COUNT) -> None:
    """Write *count* pictures: baseline and progressive JPEG, and PNG."""
    folder.mkdir(parents=True)
    for seed in range(count):
        width = (1000, 800, 640)[seed % 3]
        picture = photo(seed, (width, width * 3 // 4))
        name = folder / f"{seed:03}"
        if seed % 4 == 3:
            small = picture.resize((400, 300))
            small.save(name.with_suffix(".png"), exif=exif(small, seed, False))
            continue
        picture.save(
            name.with_suffix(".jpg"),
            quality=(82, 75, 90)[seed // 3 % 3],
            progressive=seed % 4 == 2,
            exif=exif(picture, seed, seed % 8 == 0),
        )


def run(*command: object, **options: object) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False,
        **options,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{command[:3]}: {done.stderr[-500:]}")
    return done.stdout


def make_copies(originals: Path, copies: Path) -> None:
    """Write a directory of copies for each kind."""
    jpegs = [p for p in sorted(originals.iterdir()) if p.suffix.lower() != ".png"]
    kinds = {}
    for kind in (
        "identical", "exiftool -all=", "exiftool edited", "mogrify -quality 65",
        "mogrify -resize 64%",
    ):  # fmt: skip
        kinds[kind] = copies / kind.replace(" ", "_").replace("%", "")
        shutil.copytree(originals, kinds[kind])
    quiet = ("exiftool", "-q", "-q", "-m", "-overwrite_original")
    run(*quiet, "-all=", kinds["exiftool -all="])
    edits = ("-Artist=Somebody else", "-Copyright=" + "x" * 300, "-XMP:Title=Another")
    run(*quiet, *edits, kinds["exiftool edited"])
    for name, options in (
        ("mogrify -quality 65", ("-quality", "65")),
        ("mogrify -resize 64%", ("-resize", "64%", "-quality", "80")),
    ):
        files = [kinds[name] / p.name for p in jpegs]
        for path in set(kinds[name].iterdir()) - set(files):
            path.unlink()
        run("mogrify", *options, *files)
    for name in ("jpegtran -copy none", "jpegtran recoded", "cwebp -q 80"):
        (copies / name.replace(" ", "_")).mkdir()
    for path in jpegs:
        with Image.open(path) as picture:
            progressive = bool(picture.info.get("progressive"))
        same = ("-progressive",) if progressive else ()
        other = () if progressive else ("-progressive",)
        for name, options in (("-copy_none", same), ("recoded", other)):
            out = copies / f"jpegtran_{name}" / path.name
            run("jpegtran", "-copy", "none", *options, "-outfile", out, path)
    for path in sorted(originals.iterdir()):
        out = copies / "cwebp_-q_80" / (path.name + ".webp")
        run("cwebp", "-quiet", "-m", "1", "-q", "80", path, "-o", out)


def scrapy(folder: Path, *arguments: object) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
    }
    command = (sys.executable, "-m", "scrapy", *arguments)
    return run(*command, cwd=folder, env=environment)


def crawl(folder: Path, pictures: Path) -> Path:
    """Return the feed of the pictures, read by head and tail."""
    feed = folder / f"{pictures.name}.jsonl"
    options = "-sIMGPRINT_DECODE=1", "-sIMGPRINT_MIN_SIZE=0", "-sLOG_LEVEL=ERROR"
    sightings = f"-sIMGPRINT_SIGHTINGS={folder}/s-{pictures.name}.jsonl"
    scrapy(
        folder, "crawl", "images", f"-aurl={pictures}", "-O", feed, sightings, *options
    )
    return feed


def stem(url: str) -> str:
    return url.rpartition("/")[2].partition(".")[0]


def tally(output: str) -> tuple[dict[str, set[str]], Counter[str]]:
    """Return the copies found by each grade, and the false matches of each.

    Weak grades are left out; those of a source are no copies.
    """
    found: dict[str, set[str]] = defaultdict(set)
    false: Counter[str] = Counter()
    for line in output.splitlines():
        hit = json.loads(line)
        for reason in hit["reasons"]:
            grade = reason["grade"]
            if reason["strength"] in ("weak", "source"):
                continue
            if stem(hit["query"]) != stem(hit["url"]):
                false[grade] += 1
                continue
            name = "strips" if grade.startswith("strip") else grade
            found[name].add(hit["query"])
            found["any"].add(hit["query"])
    return found, false


def measure(folder: Path, originals: Path) -> list[dict]:
    """Return a row for each kind of copy and way to look it up.

    ``false`` are matches of other pictures, by grade: of ``pairs``, all others.
    """
    copies = folder / "copies"
    copies.mkdir()
    make_copies(originals, copies)
    scrapy(folder, "index", crawl(folder, originals), "--db", "o.db")
    rows = []
    for kind in sorted(copies.iterdir()):
        total = len(list(kind.iterdir()))
        for way, query in (("record", crawl(folder, kind)), ("file", kind)):
            output = scrapy(folder, "match", query, "--db", "o.db", "--json")
            found, false = tally(output)
            rows.append({
                "kind": kind.name.replace("_", " "),
                "way": way,
                "copies": total,
                **{name: len(found[name]) for name in (*GRADES, "any")},
                "false": dict(false),
                "found": found,
                "pairs": total * (len(list(originals.iterdir())) - 1),
            })  # fmt: skip
    return rows


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="imgprint-copies-") as name:
        folder = Path(name)
        if len(sys.argv) > 1:
            originals = Path(shutil.copytree(sys.argv[1], folder / "originals"))
        else:
            originals = folder / "originals"
            make_originals(originals)
        rows = measure(folder, originals)
    columns = ("kind", "way", "copies", *GRADES, "any", "pairs", "false")
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    for row in rows:
        print("| " + " | ".join(str(row[name]) for name in columns) + " |")


if __name__ == "__main__":
    main()
