"""What a crawl yields: a record per image, a sighting per place it was seen.

Field order is feed order. The text beside each field is its documentation; the
type behind the text says what is within (see ``blocks``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from imgprint import item_types as blocks
from imgprint.discovery.limits import cut_text, cut_url
from imgprint.masking import text_without_credentials, without_credentials

if TYPE_CHECKING:
    from imgprint.content.fetched_image import FetchedImage

SCHEMA_VERSION = 2
NOT_CHOSEN = "another size or format was chosen"
"""Error of a sighting whose picture was fetched, but by another URL."""


class _Item:
    """An item whose URLs are without credentials: feeds are given to others.

    ``asked`` holds the URLs of page and image as they were asked for, None if they
    are the same. It isn't a field, nor in ``vars``, so that nothing can show it.
    """

    __slots__ = ("asked",)
    asked: tuple[str | None, str | None] | None


@dataclass
class _Fields(_Item):
    url: Annotated[str, "URL of the image, as the page gave it"]
    image_size: Annotated[int | None, "Size of the file in bytes"] = None
    exif: Annotated[
        dict[str, str],
        "EXIF, Pillow's tag name to value: IFD0, Exif and GPS tags. Values of 64 "
        "bytes or more that are not text are marks",
    ] = field(default_factory=dict)
    timestamp: Annotated[str | None, "When it was read, UTC, to the second"] = None
    sha256_first_10240_bytes: Annotated[
        str | None, "SHA-256 of bytes 0-10240: 10,241 bytes, or all of a smaller file"
    ] = None
    sha256_last_1024_bytes: Annotated[
        str | None, "SHA-256 of the last 1,024 bytes, or all of a smaller file"
    ] = None
    random_128_bytes_sample_start: Annotated[
        str | None,
        "The last 128 bytes of the head (bytes 10113-10240 of a file over that), as "
        "they are, hexadecimal",
    ] = None
    random_128_bytes_sample_end: Annotated[
        str | None, "Bytes 384-511 of the last 1,024, as they are, hexadecimal"
    ] = None

    schema_version: Annotated[int, "Version of this record's form"] = SCHEMA_VERSION
    site: Annotated[
        str | None, "Registrable domain, onion name or address of the page's site"
    ] = None
    page_url: Annotated[str | None, "Page that led here first"] = None
    status: Annotated[int | None, "HTTP status of the last answer"] = None
    etag: Annotated[str | None, "ETag field, as sent, if it is text"] = None
    etag_decoded: Annotated[
        dict[str, Any] | None,
        "What the ETag of nginx, Apache, IIS or Node.js tells",
        blocks.EtagDecoded,
    ] = None
    last_modified: Annotated[
        str | None, "Last-Modified field, as sent, if it is text"
    ] = None
    media_type: Annotated[str | None, "Media type, as the server says"] = None
    server: Annotated[str | None, "Server field, as sent, if it is text"] = None
    format: Annotated[str | None, "Format, by the file's own bytes"] = None
    width: Annotated[int | None, "Width in pixels"] = None
    height: Annotated[int | None, "Height in pixels"] = None
    frames: Annotated[int | None, "Number of frames or pages"] = None
    bit_depth: Annotated[int | None, "Bits per sample"] = None
    progressive: Annotated[bool | None, "Coded progressively or interlaced"] = None
    orientation: Annotated[
        int | None, "Exif's orientation, 1 to 8; width and height are as stored"
    ] = None
    gps: Annotated[
        dict[str, Any] | None,
        "Position where the picture was taken",
        blocks.Gps,
    ] = None
    camera: Annotated[
        dict[str, Any] | None,
        "Camera, lens and their serial numbers, owner",
        blocks.Camera,
    ] = None
    dates: Annotated[
        dict[str, Any] | None,
        "When the picture was taken, digitized, changed",
        blocks.Dates,
    ] = None
    software: Annotated[str | None, "Program that wrote the file"] = None
    xmp: Annotated[
        dict[str, Any] | None, "Main fields of the XMP packet", blocks.Xmp
    ] = None
    iptc: Annotated[
        dict[str, Any] | None, "Main fields of the IPTC block", blocks.Iptc
    ] = None
    icc: Annotated[
        dict[str, Any] | None, "Name and id of the ICC profile", blocks.Icc
    ] = None
    text: Annotated[
        dict[str, str] | None, "PNG text chunks and comments, by their names, plain"
    ] = None
    c2pa: Annotated[
        dict[str, Any] | None, "Active C2PA manifest, unverified", blocks.C2pa
    ] = None
    ids: Annotated[
        dict[str, Any] | None,
        "Ids that link copies and versions of one picture",
        blocks.Ids,
    ] = None
    thumbnail: Annotated[
        dict[str, Any] | None,
        "Facts of the embedded thumbnail",
        blocks.Thumbnail,
    ] = None
    fingerprints: Annotated[
        dict[str, Any],
        "What the same image is known by elsewhere",
        blocks.Fingerprints,
    ] = field(default_factory=dict)
    transfer: Annotated[
        dict[str, Any] | None,
        "What was asked for and received of it",
        blocks.Transfer,
    ] = None
    metadata_complete: Annotated[
        bool | None, "False when metadata lies in bytes that were not read"
    ] = None
    variant_of: Annotated[
        str | None,
        "Key of the picture of which this is a size or copy of an image service: "
        "the same for all its variants, host and path of the original where known",
    ] = None
    robots: Annotated[
        list[str] | None,
        "What X-Robots-Tag of the image and the page and the page's robots meta "
        "elements say, such as noai, noimageindex",
    ] = None

    def __post_init__(self) -> None:
        asked = self.page_url, self.url
        self.asked = None
        if "@" in self.url or "@" in (self.page_url or ""):
            self.url = without_credentials(self.url)
            self.page_url = _without(self.page_url)
            if asked != (self.page_url, self.url):
                self.asked = asked


class ImageRecord(_Fields):
    """One image: what its first and last bytes and its server say of it.

    *fetched* is what the record is made of: the known bytes of the image and the
    answer that they came with. ``imgprint.records`` sets it, reads it and, as soon
    as the record is complete, sets it to None. It isn't a field, nor in ``vars``,
    so that no feed and no log can show it. *sighting*, if any, follows the record.
    """

    __slots__ = ("fetched",)
    fetched: FetchedImage | None

    sighting: Sighting | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.fetched = None


@dataclass
class Sighting(_Item):
    """One place where an image was seen, or why a page or an image failed.

    Its texts are cut, with a mark, where they are too long: see discovery.limits.
    """

    page_url: Annotated[str | None, "Page, None for an image listed as such"] = None
    image_url: Annotated[str | None, "Image, None for a page that failed"] = None
    site: Annotated[str | None, "Site of the page (or of the listed image)"] = None
    element: Annotated[str | None, "Where on the page the URL stands"] = None
    alt: Annotated[str | None, "Alternative text, plain"] = None
    width: Annotated[int | None, "Declared width in pixels"] = None
    height: Annotated[int | None, "Declared height in pixels"] = None
    rendered: Annotated[bool, "Whether a browser rendered the page"] = False
    depth: Annotated[int, "Links followed from a listed URL to the page"] = 0
    error: Annotated[str | None, "Why there is no record"] = None
    onion_location: Annotated[
        str | None, "Onion site that the page says it has; it is not followed"
    ] = None

    def __post_init__(self) -> None:
        asked = self.page_url, self.image_url
        self.asked = None
        for url in asked:
            if url and "@" in url:
                self.page_url = _without(self.page_url)
                self.image_url = _without(self.image_url)
                if asked != (self.page_url, self.image_url):
                    self.asked = asked
        if self.error and "@" in self.error:
            self.error = text_without_credentials(self.error)
        if self.onion_location and "@" in self.onion_location:
            self.onion_location = without_credentials(self.onion_location)
        self._cut()

    def _cut(self) -> None:
        self.alt, self.error = cut_text(self.alt), cut_text(self.error)
        if self.page_url:
            self.page_url = cut_url(self.page_url)
        if self.image_url:
            self.image_url = cut_url(self.image_url)


def _without(url: str | None) -> str | None:
    return without_credentials(url) if url else url


def asked_url(item: ImageRecord | Sighting) -> str | None:
    """Return the URL of the image of *item* with the credentials it was asked with.

    It tells images apart; nothing may show it.
    """
    if item.asked:
        return item.asked[1]
    return item.url if isinstance(item, ImageRecord) else item.image_url
