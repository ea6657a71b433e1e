"""Hostile bytes: nothing escapes but what is declared, and nothing takes long."""

import io
import os
import random
from time import process_time

import pytest
from PIL import Image, features

from imgprint.content.byte_ranges.exchange import HEAD
from imgprint.content.byte_ranges.transfer import tail_span
from imgprint.content.describe import describe
from imgprint.content.sparse import MissingBytes, SparseBytes
from tests.conftest import SHARED

# Some seconds by default; more with IMGPRINT_FUZZ_CASES=1000000.
CASES = int(os.environ.get("IMGPRINT_FUZZ_CASES", "90000"))
LIMIT = 0.05  # seconds of CPU time
INTERESTING = [
    b"\0",
    b"\xff",
    b"\x80",
    b"\x7f",
    b"\xff" * 4,
    b"\0" * 4,
    b"\x7f\xff\xff\xff",
]
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "ICO", "JPEG2000", "AVIF"]


def small_files():
    """A small file of each format that Pillow writes, with EXIF where that goes."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Make", "Model"
    exif.get_ifd(0x8769)[0x9003] = "2024:01:02 03:04:05"
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (1.0, 2.0, 3.0), 3: "E", 4: (4.0, 5.0, 6.0)}
    )
    for name in FORMATS:
        if name == "AVIF" and not features.check("avif"):
            continue
        if name == "JPEG2000" and not features.check("jpg_2000"):
            continue
        file = io.BytesIO()
        options = {} if name in ("GIF", "BMP", "ICO", "JPEG2000") else {"exif": exif}
        Image.new("RGB", (16, 16), "red").save(file, name, **options)
        yield file.getvalue()


def samples():
    """Head and tail of each file: of the corpus where it is, and of small files."""
    files = [(len(data), data, data) for data in small_files()]
    if SHARED.is_dir():
        for path in sorted((SHARED / "corpus").iterdir()):
            if path.suffix not in (".json", ".md") and path.is_file():
                data = path.read_bytes()
                files.append((len(data), data[: HEAD.stop], data[-1024:]))
    return files


def known(size, head, tail=b""):
    image = SparseBytes(size)
    image.add(0, head[: size or len(head)])
    if tail and size:
        image.add(tail_span(size).start, tail)
    return image


def run(image):
    """Describe *image* in all ways; return the longest CPU time of one, in seconds."""
    longest = 0.0
    for options in ({}, {"blocks": "exif"}, {"final": True}):
        best = 1.0
        for _ in range(3):  # a slow case is slow each time
            start = process_time()
            try:
                describe(image, **options)
            except MissingBytes as missing:
                if options.get("final") or not image.missing(missing.span):
                    raise AssertionError(f"asks for {missing.span}") from missing
            best = min(best, process_time() - start)
            if best < LIMIT:
                break
        longest = max(longest, best)
    return longest


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        at = rng.randrange(min(len(data), rng.choice([64, 512, 10_241])))
        action = rng.randrange(4)
        if action == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif action == 1:
            junk = rng.choice(INTERESTING)
            data[at : at + len(junk)] = junk
        elif action == 2:
            other = rng.randrange(len(data))
            data[at : at + 8] = data[other : other + 8]
        else:
            del data[at : at + rng.randrange(1, 9)]
    return bytes(data)


def test_mutated_files(capsys):
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    files = samples()
    slowest = 0.0
    for case in range(CASES // 3):
        size, head, tail = files[case % len(files)]
        mutant = mutate(rng, head)
        image = known(size if rng.random() < 0.9 else None, mutant, tail)
        try:
            slowest = max(slowest, run(image))
        except Exception as error:
            error.add_note(f"seed {seed}, case {case}: {mutant[:200].hex()}")
            raise
    with capsys.disabled():
        print(
            f"\nfuzz: {CASES // 3 * 3} cases from {len(files)} files, "
            f"slowest {slowest * 1000:.1f} ms, seed {seed}"
        )
    assert slowest < LIMIT


@pytest.mark.parametrize("data", list(small_files()), ids=lambda data: data[:12].hex())
def test_cut_at_every_byte(data):
    for length in range(1, len(data)):
        assert run(known(length, data[:length])) < LIMIT
        assert run(known(len(data), data[:length])) < LIMIT
