"""Perceptual hashes from as much of a picture as is known.

The only module that makes pixels. They are small, stay in memory, and are gone
when a function returns.
"""

from __future__ import annotations

import io
import struct
import warnings
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from imgprint.content.formats.jpeg import FRAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from imgprint.content.describe import Description
    from imgprint.content.sparse import SparseBytes

    Pixels = NDArray[np.uint8]

STRIPS = {"strip_1_2": 2, "strip_1_4": 4, "strip_1_8": 8, "strip_1_16": 16}
# What is larger is not decoded; a progressive JPEG takes six bytes per pixel.
MAX_PIXELS = 50_000_000
MAX_PROGRESSIVE = 8_000_000
MAX_RATIO = 20
# Decoding makes at most this many pixels, in scales that libjpeg does for less.
MAX_DECODED = 2_000_000
LEAST_ROWS = 32
# Of strangers' files, what browsers show; decoders of the rest are less tried.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP")
# What Pillow raises of files that are broken.
BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, ArithmeticError, LookupError),
    *(TypeError, struct.error),
)
NAMES = ("pdq", "pdq_quality", "pdq_source", "pdq_strips")
EOI = b"\xff\xd9"
# Correlation of thumbnail and picture: the same are above, others below.
SAME, OTHER = 0.8, 0.4


class Hash(NamedTuple):
    """A PDQ hash, 64 hexadecimal digits, and its quality, 0 to 100.

    Below 50 a picture is too plain for its hash to be compared.
    """

    pdq: str
    quality: int


@cache
def has_pdq() -> bool:
    """Return whether the library for PDQ is installed: it is optional."""
    return find_spec("pdqhash") is not None


def pdq(pixels: Pixels) -> Hash:
    """Return the PDQ hash of *pixels*: rows, columns, and three channels or none.

    Source: https://github.com/facebook/ThreatExchange/tree/main/pdq
    """
    import numpy as np
    import pdqhash  # type: ignore[import-untyped]

    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return Hash(np.packbits(bits).tobytes().hex(), int(quality))


def perceptual(image: SparseBytes, description: Description) -> dict[str, Any]:
    """Return ``pdq``, ``pdq_quality``, ``pdq_source``, ``pdq_strips``, ``differs``.

    Source, from the best: "whole" (every byte is known), "progressive" (the
    first scan of a JPEG, which shows all of it), "thumbnail" (of Exif, cut to
    the shape of the picture), "strip_1_2" to "strip_1_16": the top half to
    sixteenth of a baseline JPEG, which compare only with strips of that name.
    ``pdq_strips`` has all strips there are, as far as 1/4 of a whole picture.
    ``differs`` says whether thumbnail and picture show different things. None
    where nothing is known, and all but ``differs`` without the pdqhash library.

    Recipe p1, never to change: Pillow's greyscale in the file's orientation, at
    full size, or the largest of libjpeg's scales under 2,000,000 pixels.
    """
    result: dict[str, Any] = dict.fromkeys(NAMES)
    result["differs"] = None
    picture = _picture(image, description)
    thumbnail = _thumbnail(image, description)
    if picture and thumbnail is not None:
        result["differs"] = _differs(thumbnail, *picture[1:])
    if not has_pdq():
        return result
    strips: dict[str, Hash] = {}
    if picture:
        source, pixels, height = picture
        strips = _strips(pixels, height)
    result["pdq_strips"] = {k: h._asdict() for k, h in strips.items()} or None
    if picture and source != "strip":
        return result | _best(source, pdq(pixels))
    if thumbnail is not None:
        return result | _best("thumbnail", pdq(thumbnail))
    return result | _best(*next(iter(strips.items()))) if strips else result


def _best(source: str, found: Hash) -> dict[str, Any]:
    return dict(zip(NAMES, (*found, source), strict=False))


def whole_picture(data: bytes) -> dict[str, Any]:
    """Return the same of the user's own file, which is wholly at hand."""
    pixels = _decode(data, None) if has_pdq() else None
    if pixels is None:
        return dict.fromkeys(NAMES)
    try:
        strips = _strips(pixels, len(pixels))
        if len(pixels) // 2 >= LEAST_ROWS:
            strips["strip_1_2"] = pdq(pixels[: len(pixels) // 2])
        best = _best("whole", pdq(pixels))
    except BROKEN:
        # The library refuses some sizes; one picture must not end a search.
        return dict.fromkeys(NAMES)
    return {**best, "pdq_strips": {k: h._asdict() for k, h in strips.items()} or None}


def _picture(
    image: SparseBytes, description: Description
) -> tuple[str, Pixels, int] | None:
    """Return where pixels are from, the pixels, and how many rows all would be."""
    known = image.spans[:1]
    width, height = description.width, description.height
    picture = description.layout.picture
    if not known or known[0].start or not width or not height or picture is None:
        return None
    if width * height > MAX_PIXELS or max(width, height) > MAX_RATIO * min(
        width, height
    ):
        return None
    if image.complete:
        pixels = _decode(image[:])
        return ("whole", pixels, pixels.shape[0]) if pixels is not None else None
    if description.format != "jpeg" or picture >= known[0].stop:
        return None
    data = image[0 : known[0].stop]
    if description.progressive:
        # A second scan begins: the first, of all blocks, is complete.
        if data.find(b"\xff\xda", picture + 2) < 0 or width * height > MAX_PROGRESSIVE:
            return None
        pixels = _decode(data + EOI)
        return ("progressive", pixels, pixels.shape[0]) if pixels is not None else None
    return _top(data, picture, image.size, description)


def _top(
    data: bytes, picture: int, size: int | None, description: Description
) -> tuple[str, Pixels, int] | None:
    """Return the rows at the top of a baseline JPEG that *data* reaches.

    libjpeg fills what is missing with one colour. So that it has little to
    fill, the height in the frame header is set to what the data may reach.
    """
    width, height = description.width, description.height
    assert width
    assert height
    share = (len(data) - picture) / max((size or 1 << 40) - picture, 1)
    rows = min(height, int(height * share * 4) + 64, MAX_DECODED // width + 64)
    marker, span = next(
        (t for t in description.layout.tables if t[0] in FRAMES), (0, range(0))
    )
    if not marker:
        return None
    at = span.start + 1
    pixels = _decode(data[:at] + rows.to_bytes(2, "big") + data[at + 2 :] + EOI)
    if pixels is None or pixels.shape[1] != width:
        return None
    varied = (pixels != pixels[:, :1]).any(axis=1).nonzero()[0]
    tallest = max(
        (data[i] & 15 for i in range(span.start + 7, span.stop, 3)), default=1
    )
    block = 8 * tallest
    # The last row of blocks that varies is known in part.
    full = int(varied[-1]) // block * block if len(varied) else 0
    return ("strip", pixels[:full], height) if full >= LEAST_ROWS else None


def _decode(data: bytes, formats: tuple[str, ...] | None = FORMATS) -> Pixels | None:
    """Return the greyscale pixels of *data*, None if Pillow can't."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=formats) as picture:
                return _greyscale(picture)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return None
    except BROKEN:
        return None


def _greyscale(picture: Image.Image) -> Pixels | None:
    import numpy as np

    width, height = picture.size
    if width * height > MAX_PIXELS:
        return None
    scale = 1
    while width * height > MAX_DECODED * scale * scale and scale < 8:
        scale *= 2
    picture.draft("L", (width // scale, height // scale))
    return np.asarray(picture.convert("L"))


def _strips(pixels: Pixels, height: int) -> dict[str, Hash]:
    """Return the hashes of the strips that *pixels*, the top of *height* rows, has.

    Of a picture known in full the half is left out: it costs as much again.
    """
    full = len(pixels) == height
    return {
        name: pdq(pixels[: height // share])
        for name, share in STRIPS.items()
        if LEAST_ROWS <= height // share <= len(pixels) and not (full and share == 2)
    }


def _thumbnail(image: SparseBytes, description: Description) -> Pixels | None:
    """Return the pixels of the Exif thumbnail, cut to the shape of the picture.

    Thumbnails of 160 by 120 hold other shapes between black bars.
    """
    span = description.thumbnail_span
    width, height = description.width, description.height
    if span is None or not width or not height or not image.has(span):
        return None
    pixels = _decode(image[span.start : span.stop])
    if pixels is None or min(pixels.shape) < LEAST_ROWS:
        return None
    pixels = _as_stored(pixels, width, height, description.orientation)
    rows, columns = pixels.shape
    wanted = round(columns * height / width)
    if wanted < rows - 2 and wanted >= LEAST_ROWS:
        top = (rows - wanted) // 2
        return pixels[top : top + wanted]
    wanted = round(rows * width / height)
    if wanted < columns - 2 and wanted >= LEAST_ROWS:
        left = (columns - wanted) // 2
        return pixels[:, left : left + wanted]
    return pixels


def _as_stored(
    pixels: Pixels, width: int, height: int, orientation: int | None
) -> Pixels:
    """Return a thumbnail in the orientation in which the picture is stored.

    Some programs turn the thumbnail upright and leave the picture as it is; its
    shape tells, unless both are square.

    Source: TIFF 6.0 section 8 (Orientation).
    """
    rows, columns = pixels.shape
    if rows == columns or width == height or (rows > columns) == (height > width):
        return pixels
    if orientation == 5:
        return pixels.T
    if orientation == 7:
        return pixels[::-1, ::-1].T
    if orientation == 6:  # upright is a quarter clockwise of what is stored
        return pixels.T[::-1]
    return pixels.T[:, ::-1] if orientation == 8 else pixels


def _differs(thumbnail: Pixels, pixels: Pixels, height: int) -> bool | None:
    """Return whether the thumbnail shows something else than *pixels*.

    *pixels* are the top of a picture of *height* rows. Both are made 32 wide
    and compared by correlation, in each orientation if all of it is known.
    None if that decides nothing.
    """
    import numpy as np

    rows = len(pixels) * len(thumbnail) // height
    if rows < LEAST_ROWS // 2:
        return None
    mine = _small(pixels)
    best = _correlation(_small(thumbnail[:rows]), mine)
    if len(pixels) == height:
        turned = [np.rot90(thumbnail, k) for k in (1, 2, 3)]
        best = max([best, *(_correlation(_small(t), mine) for t in turned)])
    return False if best > SAME else True if best < OTHER else None


def _small(pixels: Pixels) -> NDArray[np.float64]:
    import numpy as np
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((32, 16), Image.Resampling.BOX), dtype=np.float64)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the correlation of equally many values, 1.0 where one is plain."""
    a, b = a - a.mean(), b - b.mean()
    scale = float((a * a).sum() * (b * b).sum()) ** 0.5
    return float((a * b).sum()) / scale if scale > 1000 else 1.0
