"""Pictures of the demo gallery, drawn when asked for and the same every time."""

import io
import struct
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

MEDIA_TYPES = {
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}


@dataclass(frozen=True)
class Place:
    """A position as a camera writes it: degrees, minutes and seconds."""

    latitude: tuple[int, int, float]
    north: bool
    longitude: tuple[int, int, float]
    east: bool

    def decimal(self) -> tuple[float, float]:
        """Return signed decimal degrees: north and east are positive."""
        degrees, minutes, seconds = self.latitude
        latitude = degrees + minutes / 60 + seconds / 3600
        degrees, minutes, seconds = self.longitude
        longitude = degrees + minutes / 60 + seconds / 3600
        return (
            latitude if self.north else -latitude,
            longitude if self.east else -longitude,
        )


@dataclass(frozen=True)
class Picture:
    """What to draw and what to write into the file."""

    name: str
    format: str = "JPEG"
    size: tuple[int, int] = (1200, 800)
    make: str | None = None
    model: str | None = None
    taken: str | None = None
    place: Place | None = None
    thumbnail: bool = False
    progressive: bool = False
    comment: str | None = None
    serial: str | None = None
    owner: str | None = None
    software: str | None = None

    def encode(self) -> bytes:
        """Return the bytes of the image file."""
        image = _landscape(self.name, self.size)
        file = io.BytesIO()
        if self.format == "PNG":
            text = PngImagePlugin.PngInfo()
            text.add_text("Description", self.comment or self.name)
            image.save(file, "PNG", compress_level=1, exif=self._exif(), pnginfo=text)
        elif self.format == "GIF":
            image.quantize(64).save(file, "GIF", comment=self.comment or self.name)
        elif self.format == "JPEG":
            exif = self._exif()
            if self.thumbnail:
                exif = with_thumbnail(exif, _thumbnail(image))
            image.save(
                file, "JPEG", quality=85, progressive=self.progressive, exif=exif
            )
        elif self.format == "AVIF":
            image.save(file, "AVIF", speed=10, max_threads=1, exif=self._exif())
        else:
            image.save(file, self.format, exif=self._exif())
        return file.getvalue()

    def _exif(self) -> bytes:
        exif = Image.Exif()
        if self.make:
            exif[Base.Make] = self.make
        if self.model:
            exif[Base.Model] = self.model
        if self.software:
            exif[Base.Software] = self.software
        if self.serial:
            exif.get_ifd(IFD.Exif)[Base.BodySerialNumber] = self.serial
        if self.owner:
            exif.get_ifd(IFD.Exif)[Base.CameraOwnerName] = self.owner
        if self.taken:
            exif[Base.DateTime] = self.taken
            exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = self.taken
        if self.place:
            exif.get_ifd(IFD.GPSInfo).update(
                {
                    GPS.GPSLatitudeRef: "N" if self.place.north else "S",
                    GPS.GPSLatitude: tuple(map(float, self.place.latitude)),
                    GPS.GPSLongitudeRef: "E" if self.place.east else "W",
                    GPS.GPSLongitude: tuple(map(float, self.place.longitude)),
                }
            )
        # The key of Exif.get_ifd is no entry of IFD0 until it is set there.
        for ifd in (IFD.Exif, IFD.GPSInfo):
            if exif.get_ifd(ifd):
                exif[ifd] = exif.get_ifd(ifd)
        return exif.tobytes() if len(exif) else b""


def icon() -> bytes:
    """Return a PNG icon of a few hundred bytes."""
    image = Image.new("RGB", (32, 32), "#2f6f8f")
    ImageDraw.Draw(image).polygon(
        [(3, 28), (13, 8), (19, 18), (23, 12), (29, 28)], "#fff"
    )
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def preview(name: str) -> bytes:
    """Return a JPEG preview of a few thousand bytes."""
    file = io.BytesIO()
    _landscape(name, (240, 160)).save(file, "JPEG", quality=70)
    return file.getvalue()


def with_thumbnail(exif: bytes, thumbnail: bytes) -> bytes:
    """Return *exif* with IFD1 and its JPEG *thumbnail* added at the end.

    *exif* is an Exif segment's body as Pillow writes it, IFD0 first and no
    IFD1; Pillow itself drops thumbnails. Source: TIFF 6.0 section 2; CIPA
    DC-008-2019 §4.5.5.
    """
    prefix, tiff = exif[:6], bytearray(exif[6:])
    order = "<" if tiff[:2] == b"II" else ">"
    (ifd0,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, ifd0)
    tiff += bytes(len(tiff) % 2)
    ifd1 = len(tiff)
    struct.pack_into(order + "I", tiff, ifd0 + 2 + 12 * count, ifd1)
    data = ifd1 + 2 + 3 * 12 + 4
    tiff += struct.pack(order + "H", 3)
    tiff += struct.pack(order + "HHIHH", 0x0103, 3, 1, 6, 0)  # Compression: JPEG
    tiff += struct.pack(order + "HHII", 0x0201, 4, 1, data)
    tiff += struct.pack(order + "HHII", 0x0202, 4, 1, len(thumbnail))
    tiff += bytes(4)
    return prefix + bytes(tiff) + thumbnail


def _thumbnail(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.resize((160, 106)).save(file, "JPEG", quality=60)
    return file.getvalue()


def _landscape(name: str, size: tuple[int, int]) -> Image.Image:
    """Return sky, sun and hills in colours of their own, with film grain.

    The grain keeps files large: a flat drawing would compress to nothing.
    """
    random = Random(name)  # noqa: S311 - reproducible, not secret
    width, height = size
    sky = Image.linear_gradient("L").resize(size)
    top = [random.randrange(20, 140) for _ in range(3)]
    low = [random.randrange(170, 256) for _ in range(3)]
    image = Image.composite(
        Image.new("RGB", size, tuple(low)), Image.new("RGB", size, tuple(top)), sky
    )
    draw = ImageDraw.Draw(image)
    x, y = random.randrange(width), random.randrange(height // 2)
    draw.circle((x, y), height / 12, fill=(255, 244, 214))
    for layer in range(4):
        base = height * (5 + layer) // 9
        ridge = [
            (x, base - random.randrange(height // 5)) for x in range(0, width + 90, 90)
        ]
        shade = tuple(channel * (4 - layer) // 6 for channel in top)
        draw.polygon([(0, height), *ridge, (width + 90, height)], fill=shade)
    grain = Image.frombytes("RGB", size, random.randbytes(width * height * 3))
    return Image.blend(image, grain, 0.18)
