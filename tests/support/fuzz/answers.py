"""Answers that are wrong in one or two things."""

from __future__ import annotations

import gzip
import io
import random
import re
import zlib
from functools import cache

from PIL import Image

from tests.support.fuzz.bytes import BYTES, nasty, noise, raw
from tests.support.fuzz.words import CODINGS, DATES, NAMES, NUMBERS, STATUSES, TYPES


@cache
def pictures() -> tuple[bytes, ...]:
    """Return an image of each of several formats, with metadata."""
    noise = random.Random(0).randbytes(64 * 48 * 3)
    image = Image.frombytes("RGB", (64, 48), noise)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Maker", "Model", "2020:01:02 03:04:05"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 30.0, 1.0), "E", (13.0, 20.0, 2.0)
    found = []
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "ICO", "AVIF"):
        file = io.BytesIO()
        options = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP", "TIFF") else {}
        try:
            image.save(file, kind, **options)
        except (KeyError, OSError):  # this Pillow has no such format
            continue
        found.append(file.getvalue() + random.Random(1).randbytes(20_000))
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="12" viewBox="0 0 3 4"/>'
    return (*found, svg, svg + b" " * 20_000)


def spans(field: str, size: int) -> list[tuple[int, int]]:
    """Return the ranges of a Range field, half-open."""
    found = []
    for part in field.removeprefix("bytes=").split(","):
        first, _, last = part.strip().partition("-")
        if not first and last.isdigit():
            found.append((max(0, size - int(last)), size))
        elif first.isdigit() and int(first) < size:
            stop = int(last) + 1 if last.isdigit() else size
            found.append((int(first), min(stop, size)))
    return found


Fields = list[tuple[str, str]]


def image_answer(
    rng: random.Random, asked: str, image: bytes
) -> tuple[str, Fields, bytes]:
    """Return status line, fields and body of a right answer to a Range of *asked*."""
    kind = {b"\xff\xd8": "jpeg", b"\x89P": "png", b"GI": "gif"}.get(image[:2], "webp")
    fields = [
        ("Content-Type", f"image/{'svg+xml' if image[:4] == b'<svg' else kind}"),
        ("ETag", rng.choice(['"68b420a9-7ffc"', 'W/"a"', '"801ca4a79531db1:0"', "x"])),
        ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ]
    wanted, size = spans(asked, len(image)) if asked else [], len(image)
    how = rng.random()
    if not wanted or how < 0.15:
        return "HTTP/1.1 200 OK", [*fields, ("Content-Length", str(size))], image
    if len(wanted) == 1 or how < 0.4:
        start, stop = wanted[0]
        fields.append(("Content-Range", f"bytes {start}-{stop - 1}/{size}"))
        body = image[start:stop]
    else:
        parts = [
            b"\r\n--B\r\nContent-Type: image/jpeg\r\n"
            b"Content-Range: bytes %d-%d/%d\r\n\r\n"
            % (start, stop - 1, size)
            + image[start:stop]
            for start, stop in wanted
        ]
        body = b"".join(parts) + b"\r\n--B--\r\n"
        fields[0] = ("Content-Type", "multipart/byteranges; boundary=B")
    fields.append(("Content-Length", str(len(body))))
    return "HTTP/1.1 206 Partial Content", fields, body


def _value(rng: random.Random, name: str) -> str:
    """Return a value for the field *name*, or another."""
    choices = {
        "Content-Length": NUMBERS,
        "Content-Encoding": CODINGS,
        "Transfer-Encoding": CODINGS,
        "Content-Type": TYPES,
        "Retry-After": (*DATES, "0", "1"),
        "Last-Modified": DATES,
        "Date": DATES,
    }.get(name)
    if name == "Content-Range" and rng.random() < 0.6:
        return (
            f"bytes {rng.choice(NUMBERS)}-{rng.choice(NUMBERS)}/{rng.choice(NUMBERS)}"
        )
    if choices and rng.random() < 0.7:
        return rng.choice(choices)
    return nasty(rng)


def mutate_fields(rng: random.Random, fields: Fields) -> Fields:
    fields = [*fields]
    for _ in range(rng.choice([1, 1, 2, 5])):
        how = rng.randrange(4)
        if how == 0 and fields:
            fields.pop(rng.randrange(len(fields)))
        elif how == 1 and fields:
            place = rng.randrange(len(fields))
            name = fields[place][0]
            fields[place] = (name, _value(rng, name))
        elif how == 2 and fields:
            fields.append(rng.choice(fields))
        else:
            name = rng.choice(NAMES)
            fields.insert(rng.randrange(len(fields) + 1), (name, _value(rng, name)))
    return fields


def chunked(rng: random.Random, body: bytes) -> bytes:
    found, place = b"", 0
    while place < len(body):
        size = rng.choice([1, 7, 500, 4096])
        part = body[place : place + size]
        found += b"%x%s\r\n%s\r\n" % (
            len(part),
            rng.choice([b"", b"", b";a=b", b" ", b";" + b"x" * 99]),
            part,
        )
        place += size
    return found + rng.choice(
        [b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0000\r\n\r\n", b""]
    )


def mutate_answer(
    rng: random.Random, status: str, fields: Fields, body: bytes
) -> bytes:
    """Return the bytes of an answer, one or two things of which are wrong."""
    for _ in range(rng.choice([1, 1, 2])):
        how = rng.random()
        if how < 0.15:
            status = rng.choice(STATUSES)
            if rng.random() < 0.4:
                status = f"HTTP/1.1 {rng.randrange(100, 600)} X"
        elif how < 0.6:
            fields = mutate_fields(rng, fields)
        elif how < 0.75:
            body = rng.choice([*BYTES, noise])(rng, body)
        elif how < 0.85:
            fields = [f for f in fields if f[0] != "Content-Length"]
            fields.append(("Transfer-Encoding", "chunked"))
            body = chunked(rng, body)
        elif how < 0.92:
            coding = rng.choice(["gzip", "deflate"])
            packed = (
                gzip.compress(body, mtime=0)
                if coding == "gzip"
                else zlib.compress(body)
            )
            fields = [f for f in fields if f[0] != "Content-Length"]
            fields += [
                ("Content-Encoding", coding),
                ("Content-Length", str(len(packed))),
            ]
            body = packed
        else:
            status = rng.choice(["HTTP/1.1 302 F", "HTTP/1.1 301 M", "HTTP/1.1 308 P"])
            where = rng.choice([nasty(rng), "", "?again", "#x", "/elsewhere.jpg"])
            fields = [*fields, ("Location", where)]
    text = "".join(f"{name}: {value}\r\n" for name, value in fields)
    text = re.sub("[\r\n]+(?=[^\r\n]*\r\n)", "\r\n", text)  # one block of fields
    data = raw(f"{status}\r\n{text}Connection: close\r\n\r\n") + body
    if rng.random() < 0.1:
        data = rng.choice(BYTES)(rng, data)
    if rng.random() < 0.03:
        data = (
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * rng.choice([1, 9])
            + data
        )
    return data
