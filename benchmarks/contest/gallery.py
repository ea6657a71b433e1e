"""A gallery of photos, made by code, and what is true of each."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from imgprint.demo.pictures import with_thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD, TAIL = 10_241, 1024
PER_PAGE = 50
DISTINCT = 1000
SITES = 20
# In 5:4:1, in an order that mixes them: bytes that a file should have.
SIZES = tuple(1000 * kb for kb in (60, 400, 60, 400, 60, 3000, 60, 400, 60, 400))
# What these pictures take at a quality of 85: as many bytes as photos on the web do,
# so that those who decode them have as many pixels to decode.
_BYTES_PER_PIXEL = 0.366
_TILE = (512, 512)
_MAKERS = (("Canon", "Canon EOS R6"), ("NIKON CORPORATION", "NIKON Z 6"))
_FIRST = datetime(2026, 1, 1, 12, 0, 0)
_VERSION = 3


@dataclass(frozen=True)
class Truth:
    """What is true of a picture: its bytes, hashes in hex, and three EXIF values."""

    size: int
    head: str
    tail: str
    sha256: str
    md5: str
    exif: dict[str, str]


class Gallery:
    """Pictures and pages below *folder*, made when they are not there yet.

    There are *distinct* pictures; image number n is picture n modulo *distinct*
    at a URL of its own, so that a hundred thousand images take no more room.
    Pages of 50 images each are spread over *sites* sites; the images of a page
    are on its own site.
    """

    def __init__(
        self,
        folder: Path,
        distinct: int = DISTINCT,
        sites: int = SITES,
        scale: float = 1,
    ):
        self.folder = folder
        self.distinct = distinct
        self.sites = sites
        self.scale = scale
        self.truths: list[Truth] = []

    def make(self) -> Gallery:
        """Make what is missing, and read what is true of each picture."""
        pictures = self.folder / "pictures"
        known = self.folder / "truths.json"
        made = {"version": _VERSION, "distinct": self.distinct, "scale": self.scale}
        if known.exists():
            saved = json.loads(known.read_text())
            if saved["made"] == made:
                self.truths = [Truth(**truth) for truth in saved["truths"]]
                return self
        pictures.mkdir(parents=True, exist_ok=True)
        for number in range(self.distinct):
            data = photo(number, int(SIZES[number % len(SIZES)] * self.scale))
            (pictures / f"{number}.jpg").write_bytes(data)
            self.truths.append(_truth(number, data))
        truths = [asdict(truth) for truth in self.truths]
        known.write_text(json.dumps({"made": made, "truths": truths}))
        return self

    def write_pages(self, images: int) -> None:
        """Write the pages of *images* images, and one that has none."""
        pages = self.folder / "pages"
        pages.mkdir(exist_ok=True)
        (pages / "none.html").write_text(_page("No photos", []))
        for number, paths in enumerate(self._paths(images)):
            name = f"{images}-{number}.html"
            (pages / name).write_text(_page(f"Photos, part {number}", paths))

    def page_urls(self, images: int, port: int) -> list[str]:
        """Return the URLs of the pages; for no images, of the page without any."""
        if not images:
            return [f"{self._site(0, port)}/pages/none.html"]
        return [
            f"{self._site(number, port)}/pages/{images}-{number}.html"
            for number, _ in enumerate(self._paths(images))
        ]

    def image_urls(self, images: int, port: int) -> list[str]:
        return [
            self._site(number, port) + path
            for number, paths in enumerate(self._paths(images))
            for path in paths
        ]

    def truth(self, url: str) -> Truth:
        """Return what is true of the image at *url*."""
        return self.truths[int(url.rpartition("/")[2].removesuffix(".jpg"))]

    def _site(self, page: int, port: int) -> str:
        return f"http://127.0.0.{page % self.sites + 1}:{port}"

    def _paths(self, images: int) -> Iterator[list[str]]:
        for first in range(0, images, PER_PAGE):
            numbers = range(first, min(first + PER_PAGE, images))
            yield [
                f"/photos/{n // self.distinct}/{n % self.distinct}.jpg" for n in numbers
            ]


def photo(number: int, size: int) -> bytes:
    """Return a JPEG of about *size* bytes, with EXIF, GPS and a thumbnail."""
    pixels = max(size - 7000, 4000) / _BYTES_PER_PIXEL
    width = int((pixels * 4 / 3) ** 0.5) // 8 * 8
    file = io.BytesIO()
    picture = _picture(number, (width, int(pixels / width)))
    picture.save(file, "JPEG", quality=85, exif=_exif(number))
    return file.getvalue()


def _picture(number: int, size: tuple[int, int]) -> Image.Image:
    """Return soft shapes with a fine grain, as light and sensor make them."""
    width, height = size
    shapes = _noise(number, (width // 16 + 1, height // 16 + 1))
    tile, grain = _noise(number + 1, _TILE), Image.new("RGB", size)
    for left in range(0, width, _TILE[0]):
        for top in range(0, height, _TILE[1]):
            grain.paste(tile, (left, top))
    return Image.blend(shapes.resize(size, Image.Resampling.BICUBIC), grain, 0.2)


def _noise(seed: int, size: tuple[int, int]) -> Image.Image:
    data = Random(seed).randbytes(3 * size[0] * size[1])
    return Image.frombytes("RGB", size, data)


def _thumbnail(number: int) -> bytes:
    file = io.BytesIO()
    grain = _noise(number + 1_000_000, (160, 120))
    flat = Image.new("RGB", grain.size, (number % 256, 90, 140))
    Image.blend(flat, grain, 0.3).save(file, "JPEG", quality=70)
    return file.getvalue()


def expected_exif(number: int) -> dict[str, str]:
    make, model = _MAKERS[number % 2]
    taken = _FIRST + timedelta(seconds=number)
    return {
        "Make": make,
        "Model": model,
        "DateTimeOriginal": taken.strftime("%Y:%m:%d %H:%M:%S"),
    }


def _exif(number: int) -> bytes:
    values = expected_exif(number)
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = values["Make"], values["Model"]
    exif[Base.Orientation] = 1
    exif[Base.Software] = "Firmware 1.4"
    exif[Base.DateTime] = values["DateTimeOriginal"]
    exif[IFD.Exif] = {
        Base.DateTimeOriginal: values["DateTimeOriginal"],
        Base.DateTimeDigitized: values["DateTimeOriginal"],
        Base.ExposureTime: 1 / 125,
        Base.FNumber: 5.6,
        Base.ISOSpeedRatings: 200,
        Base.FocalLength: 35.0,
        Base.LensModel: "24-105mm F4",
        Base.BodySerialNumber: f"{number:08}",
    }
    exif[IFD.GPSInfo] = {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: (45.0, 55.0, float(number % 60)),
        GPS.GPSLongitudeRef: "E",
        GPS.GPSLongitude: (6.0, 52.0, 10.2),
    }
    return with_thumbnail(exif.tobytes(), _thumbnail(number))


def _truth(number: int, data: bytes) -> Truth:
    return Truth(
        size=len(data),
        head=hashlib.sha256(data[:HEAD]).hexdigest(),
        tail=hashlib.sha256(data[-TAIL:]).hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        md5=hashlib.md5(data).hexdigest(),
        exif=expected_exif(number),
    )


def _page(title: str, paths: list[str]) -> str:
    figures = "\n".join(
        f'<figure><img src="{path}" alt="Photo {number}" width="640" height="480">'
        f"<figcaption>Photo {number} of {len(paths)}, as it was taken.</figcaption>"
        "</figure>"
        for number, path in enumerate(paths, 1)
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title></head>\n<body><h1>{title}</h1>\n{figures}\n"
        "</body></html>\n"
    )
