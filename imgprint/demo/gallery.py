"""The two web sites that ``scrapy demo`` crawls, and what is to be found there."""

from collections import Counter
from dataclasses import dataclass, field

from PIL import features

from imgprint.demo.gallery_pages import PRESS, TRAVEL, Page, render
from imgprint.demo.pictures import MEDIA_TYPES, Picture, Place, icon, preview

FINGERPRINTED = "fingerprinted"
TOO_SMALL = "too small"
NOT_FOUND = "not found"
NOT_CHOSEN = "another size or format was chosen"

CHAMONIX = Place((45, 55, 26.4), True, (6, 52, 10.2), True)
RIO = Place((22, 57, 7.2), False, (43, 12, 37.8), False)
CAPE_TOWN = Place((33, 57, 45.0), False, (18, 24, 11.4), True)
SAN_FRANCISCO = Place((37, 49, 11.4), True, (122, 28, 42.6), False)
KYOTO = Place((34, 58, 1.8), True, (135, 46, 21.6), True)
REYKJAVIK = Place((64, 8, 30.6), True, (21, 55, 37.2), False)

PICTURES = {
    "chamonix.jpg": Picture(
        "chamonix",
        make="Canon",
        model="Canon EOS R6",
        taken="2023:07:14 06:12:44",
        place=CHAMONIX,
        thumbnail=True,
        serial="018021004711",
        owner="A. Example",
    ),
    "rio.jpg": Picture(
        "rio",
        make="NIKON CORPORATION",
        model="NIKON Z 6",
        taken="2022:02:27 17:40:03",
        place=RIO,
        thumbnail=True,
    ),
    "cape-town.jpg": Picture(
        "cape town",
        make="Apple",
        model="iPhone 13",
        taken="2024:11:02 09:31:20",
        place=CAPE_TOWN,
    ),
    "bridge.jpg": Picture(
        "bridge",
        make="SONY",
        model="ILCE-7M4",
        taken="2024:05:19 19:58:37",
        place=SAN_FRANCISCO,
        thumbnail=True,
        software="darktable 4.6.1",
    ),
    "harbour.jpg": Picture(
        "harbour",
        make="FUJIFILM",
        model="X-T5",
        taken="2024:08:30 12:00:01",
        progressive=True,
        software="Adobe Photoshop 25.4 (Windows)",
    ),
    "title.jpg": Picture("title", size=(1600, 600), software="GIMP 2.10.36"),
    "backdrop.jpg": Picture("backdrop", size=(1600, 900), progressive=True),
    "lighthouse.jpg": Picture(
        "lighthouse", make="Canon", model="Canon EOS R6", serial="018021004711"
    ),
    "tide.jpg": Picture("tide"),
    "dunes-800.jpg": Picture("dunes", size=(800, 500)),
    "dunes-1600.jpg": Picture("dunes", size=(1600, 1000)),
    "cliffs.jpg": Picture("cliffs"),
    "cliffs.webp": Picture("cliffs", "WEBP"),
    "geyser.webp": Picture(
        "geyser", "WEBP", make="Google", model="Pixel 8", place=REYKJAVIK
    ),
    "aurora.avif": Picture("aurora", "AVIF"),
    "temple.png": Picture(
        "temple",
        "PNG",
        (720, 480),
        make="Apple",
        model="iPhone 13",
        place=KYOTO,
        comment="A temple gate in the hills above Kyoto",
    ),
    "letter.tiff": Picture("letter", "TIFF", (500, 700), "EPSON", "Perfection V600"),
    "poster.gif": Picture("poster", "GIF", (480, 600), comment="Drawn for the demo"),
    "market.jpg": Picture("market", make="Apple", model="iPhone 13"),
}
# A crawl fetches one of what a srcset or picture offers: the largest, and a JPEG
# rather than what was made of it.
OTHERS = {"dunes-800.jpg", "cliffs.webp"}


@dataclass(frozen=True)
class GalleryImage:
    """An image URL of the gallery and what a crawl makes of it.

    ``size`` is in bytes; latitude and longitude are signed decimal degrees.
    A missing file has no size, format or dimensions.
    """

    url: str
    site: str
    outcome: str
    size: int | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    make: str | None = None
    model: str | None = None
    drawing: str | None = None  # equal for files of the same bytes
    pages: list[str] = field(default_factory=list)


@dataclass
class Manifest:
    """What the gallery holds, written down where the files are made."""

    pages: list[str] = field(default_factory=list)
    images: list[GalleryImage] = field(default_factory=list)

    @property
    def outcomes(self) -> dict[str, int]:
        """Return the number of image URLs by outcome."""
        return Counter(image.outcome for image in self.images)

    @property
    def found(self) -> list[GalleryImage]:
        """Return what a crawl asks for."""
        return [image for image in self.images if image.outcome != NOT_CHOSEN]

    @property
    def fingerprinted(self) -> list[GalleryImage]:
        return [image for image in self.images if image.outcome == FINGERPRINTED]

    @property
    def image_bytes(self) -> int:
        """Return the size of all fingerprinted files, copies included."""
        return sum(image.size or 0 for image in self.fingerprinted)

    @property
    def distinct(self) -> int:
        """Return the number of fingerprinted images, copies counted once."""
        return len({image.drawing for image in self.fingerprinted})

    @property
    def places(self) -> set[tuple[float, float]]:
        return {
            (image.latitude, image.longitude)
            for image in self.fingerprinted
            if image.latitude is not None and image.longitude is not None
        }

    @property
    def cameras(self) -> set[tuple[str | None, str | None]]:
        return {(i.make, i.model) for i in self.fingerprinted if i.make or i.model}

    @property
    def copies(self) -> list[list[str]]:
        """Return the URLs of each fingerprinted image that has several."""
        urls: dict[str | None, list[str]] = {}
        for image in self.fingerprinted:
            urls.setdefault(image.drawing, []).append(image.url)
        return [group for group in urls.values() if len(group) > 1]

    @property
    def shared(self) -> list[list[str]]:
        """Return the URLs of each fingerprinted image found on both sites."""
        site = {image.url: image.site for image in self.images}
        return [group for group in self.copies if len({site[u] for u in group}) > 1]


@dataclass
class Gallery:
    """Two sites: ``files[base URL][path]`` is ``(content type, body)``."""

    files: dict[str, dict[str, tuple[str, bytes]]]
    start_urls: list[str]
    manifest: Manifest


@dataclass
class _Site:
    base: str
    manifest: Manifest
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def pages(self, pages: list[Page], avif: bool) -> None:
        """Add *pages*, after all images that they name."""
        images = {image.url: image for image in self.manifest.images}
        for page in pages:
            html = render(page, pages, self.base, avif)
            self.files[page.path] = ("text/html; charset=utf-8", html.encode())
            self.manifest.pages.append(self.base + page.path)
            for path in page.images:
                if self.base + path in images:
                    images[self.base + path].pages.append(self.base + page.path)

    def picture(self, path: str, name: str, drawn: dict[str, bytes]) -> None:
        picture, body = PICTURES[name], drawn[name]
        latitude, longitude = picture.place.decimal() if picture.place else (None,) * 2
        self.files[path] = (MEDIA_TYPES[picture.format], body)
        self.manifest.images.append(
            GalleryImage(
                url=self.base + path,
                site=self.base,
                outcome=NOT_CHOSEN if name in OTHERS else FINGERPRINTED,
                size=len(body),
                format=picture.format.lower(),
                width=picture.size[0],
                height=picture.size[1],
                latitude=latitude,
                longitude=longitude,
                make=picture.make,
                model=picture.model,
                drawing=name,
            )
        )

    def small(self, path: str, kind: str, size: tuple[int, int], body: bytes) -> None:
        self.files[path] = (MEDIA_TYPES[kind], body)
        self.manifest.images.append(
            GalleryImage(
                url=self.base + path,
                site=self.base,
                outcome=TOO_SMALL,
                size=len(body),
                format=kind.lower(),
                width=size[0],
                height=size[1],
                drawing=path,
            )
        )

    def missing(self, path: str) -> None:
        self.manifest.images.append(
            GalleryImage(self.base + path, self.base, NOT_FOUND)
        )


def build(first: str, second: str) -> Gallery:
    """Return the gallery for two sites at the base URLs *first* and *second*.

    The same Pillow gives the same bytes. A Pillow without AVIF gives one image
    less.
    """
    avif = bool(features.check("avif"))
    drawn = {
        name: picture.encode()
        for name, picture in PICTURES.items()
        if avif or picture.format != "AVIF"
    }
    manifest = Manifest()
    travel = _Site(first.rstrip("/"), manifest)
    press = _Site(second.rstrip("/"), manifest)
    for name in drawn:
        if name != "market.jpg":
            travel.picture(f"/photos/{name}", name, drawn)
    travel.picture("/archive/2023/summit.jpg", "chamonix.jpg", drawn)
    travel.small("/static/icon.png", "PNG", (32, 32), icon())
    travel.small("/thumbs/bridge.jpg", "JPEG", (240, 160), preview("bridge"))
    travel.missing("/photos/lost.jpg")
    press.picture("/media/7f3a91.jpg", "rio.jpg", drawn)
    press.picture("/media/0c55de.jpg", "chamonix.jpg", drawn)
    press.picture("/media/88b1f0.png", "temple.png", drawn)
    press.picture("/media/market.jpg", "market.jpg", drawn)
    travel.pages(TRAVEL, avif)
    press.pages(PRESS, avif)
    files = {travel.base: travel.files, press.base: press.files}
    return Gallery(files, list(manifest.pages), manifest)
