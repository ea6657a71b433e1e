"""Feeds for reports: as large as wanted, as hostile as can be."""

import json
from dataclasses import asdict
from random import Random
from typing import get_args, get_origin

from imgprint.feeds.schema import documented, members
from imgprint.items import ImageRecord, Sighting

HOSTILE = (
    "</script><script>window.hacked=1</script>"
    "<img src=http://203.0.113.1/x.png onerror=window.hacked=2>"
    "\u2028\u2029\x00'\"`${window.hacked=3}&lt;&#60;<!--<script>\u202e\ud800]]>"
)
# The only fields of text that can't hold any text.
HASHES = {
    **dict.fromkeys(("md5", "unproven_md5"), "ab" * 16),
    "sha1": "ab" * 20,
    **dict.fromkeys(("sha256", "pdq"), "ab" * 32),
    "file_key": "f1:" + "ab" * 16,
    "data_sha256": "d1:" + "ab" * 32,
    "sha256_first_10240_bytes": "ab" * 32,
    "sha256_last_1024_bytes": "ab" * 32,
    "random_128_bytes_sample_start": "ab" * 128,
    "random_128_bytes_sample_end": "ab" * 128,
}
CITIES = (
    *((51.5, -0.1), (48.9, 2.4), (52.5, 13.4), (41.9, 12.5), (59.9, 10.8)),
    *((40.7, -74.0), (37.8, -122.4), (-23.6, -46.6), (19.4, -99.1), (-33.9, 18.4)),
    *((35.7, 139.7), (28.6, 77.2), (1.4, 103.8), (-33.9, 151.2), (64.1, -21.9)),
)
CAMERAS = (
    *(("Canon", "Canon EOS R6"), ("Apple", "iPhone 13"), ("SONY", "ILCE-7M4")),
    *(("NIKON CORPORATION", "NIKON Z 6"), ("Google", "Pixel 8"), ("FUJIFILM", "X-T5")),
    *(("samsung", "SM-S918B"), ("Panasonic", "DC-S5"), ("RICOH", "GR III")),
)
SOFTWARE = ("Adobe Photoshop 25.4", "GIMP 2.10.36", "darktable 4.6.1", "Picasa", None)
FORMATS = ("jpeg", "jpeg", "jpeg", "png", "webp", "avif", "gif")
NAMES = tuple(field.name for field in documented(ImageRecord))
ERRORS = ("HTTP 404", "HTTP 404", "HTTP 403", "robots.txt forbids it", "timed out")


def hostile(item, path="", *, typed=False):
    """What *item* describes, with HOSTILE and its path as every value and name.

    If it is *typed*, only of fields that are any text: a feed may have it.
    """
    return {
        field.name: _hostile(field.kind, f"{path}{field.name}", typed)
        for field in documented(item)
    }


def _hostile(kind, path, typed):
    kind = members(kind)[0]
    if hasattr(kind, "__required_keys__"):
        return hostile(kind, f"{path}.", typed=typed)
    if typed and path.rpartition(".")[2] in HASHES and ".marks." not in path:
        return HASHES[path.rpartition(".")[2]]
    if typed and kind in (int, float, bool):
        return kind(1)
    if get_origin(kind) is list:
        return [f"{HOSTILE}{path}.0", f"{HOSTILE}{path}.1"]
    if get_origin(kind) is dict and str in get_args(kind):
        return {f"{HOSTILE}{path}.name": f"{HOSTILE}{path}"}
    return f"{HOSTILE}{path}"


def paths(value, path=""):
    """The paths of all that is in *value*, as ``hostile`` wrote them into it."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name.startswith(HOSTILE):
                yield from (name.removeprefix(HOSTILE), part.removeprefix(HOSTILE))
            else:
                yield from paths(part, f"{path}{name}.")
    elif isinstance(value, list):
        yield from (part.removeprefix(HOSTILE) for part in value)
    elif isinstance(value, str) and value.startswith(HOSTILE):
        yield value.removeprefix(HOSTILE)


def hostile_record(*, typed=False):
    return hostile(ImageRecord, typed=typed)


def hostile_sighting(*, typed=False, **fields):
    """One of an image that gave no record; with error=None of one that did."""
    return {**hostile(Sighting, typed=typed), **fields}


def hostile_feed():
    """A record, its sighting, a sighting with an error, and a record like any."""
    item = hostile_record(typed=True)
    seen = hostile_sighting(typed=True, image_url=item["url"], error=None)
    return [item, seen, hostile_sighting(typed=True), record(1)]


def digest(n, length=64):
    """A hash of *length* digits whose first ones tell n, as those of real hashes do."""
    return f"{n:06x}".ljust(length, "0")


def record(n, **fields):
    """The nth record of a synthetic feed: 200 sites, every 40th image on two."""
    random = Random(n)
    few = n < 20
    site = f"site{n if few else int(200 * random.random() ** 3)}.example"
    values = {
        **dict.fromkeys(NAMES),
        "url": f"https://{site}/photos/{n:06}.jpg",
        "image_size": 20_480 + (n if few else int(random.lognormvariate(12.6, 1.1))),
        "exif": {"Make": "Canon", "Artist": f"Somebody {n}"} if n % 3 else {},
        "timestamp": f"2026-11-23T04:{n // 1_000:02}:00",
        "sha256_first_10240_bytes": digest(n),
        "sha256_last_1024_bytes": f"{n * 7:064x}",
        "random_128_bytes_sample_start": f"{n:0256x}",
        "random_128_bytes_sample_end": f"{n:0256x}",
        "schema_version": 2,
        "site": site,
        "page_url": f"https://{site}/page{n % 50}.html",
        "status": 206,
        "server": random.choice(("nginx", "Apache", "cloudflare")),
        "media_type": "image/jpeg",
        "format": FORMATS[(0, 3, 4)[n % 3]] if few else random.choice(FORMATS),
        "width": 1600,
        "height": 900,
        "software": random.choice(SOFTWARE),
        "fingerprints": _fingerprints(n, random),
        "transfer": _transfer(),
        "metadata_complete": True,
        **_taken(n, random, few=few),
    }
    return {**values, **fields}


def _taken(n, random, *, few):
    """Position of every fifth image; camera and date of two of three."""
    found = {}
    if n % 5 == 0:
        latitude, longitude = random.choice(CITIES)
        found["gps"] = {
            "latitude": round(latitude + random.gauss(0, 0.8), 5),
            "longitude": round(longitude + random.gauss(0, 1.2), 5),
            "altitude": None,
            "timestamp": None,
            "direction": None,
            "direction_reference": None,
            "horizontal_error": None,
            "source": "exif",
        }
    if n % 3:
        make, model = ("Canon", f"EOS {n}") if few else random.choice(CAMERAS)
        found["camera"] = {
            "make": make,
            "model": model,
            "serial_number": f"SN{n % 997:06}" if few or n % 4 == 0 else None,
            "lens": None,
            "lens_serial_number": None,
            "owner": f"Owner {n % 40}" if n % 50 == 1 else None,
        }
        month, day = random.randint(1, 12), random.randint(1, 28)
        taken = f"{2026 - int(random.expovariate(0.3)) % 20}-{month:02}-{day:02}"
        found["dates"] = {
            "original": f"{taken}T12:00:00",
            "digitized": None,
            "modified": None,
        }
    return found


def _fingerprints(n, random):
    names = "sha256 md5 sha1 declared png_adler32 marks"
    names += " pdq pdq_quality pdq_source pdq_strips"
    signature, quality = random.choice((("1f", 85), ("2e", 92), ("3d", 75), ("4c", 90)))
    return {
        # A file on two sites has one key.
        "file_key": f"f1:{digest(n - (n % 40 == 1), 32)}",
        "data_sha256": f"d1:{digest(n)}",
        "encoder": {
            "signature": f"e1:{signature * 8}",
            "jpeg_digest": None,
            "quality": quality,
            "sampling": "4:2:0",
            "huffman": "typical",
            "progressive": False,
        },
        **dict.fromkeys(names.split()),
    }


def _transfer():
    return {
        "requests": 1,
        "bytes_received": 11_500,
        "range": "multipart",
        "proven": True,
        "complete": False,
    }


def sighting(n, **fields):
    """Of an image that gave no record, on one of the same sites."""
    site = f"site{n % 200}.example"
    found = Sighting(
        page_url=f"https://{site}/page{n % 50}.html",
        image_url=f"https://{site}/photos/gone{n:06}.jpg",
        site=site,
        element="img",
        alt=f"Picture {n}",
        error=ERRORS[n % 5],
    )
    return {**asdict(found), **fields}


def write(path, items):
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
    return path
