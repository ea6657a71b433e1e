"""Feeds for reports: as large as wanted, as hostile as can be."""

import json

from imgprint.commands.fields import documented
from imgprint.items import ImageRecord

HOSTILE = (
    "</script><script>window.hacked=1</script>"
    "<img src=http://203.0.113.1/x.png onerror=window.hacked=2>"
    "\u2028\u2029\x00'\"`${window.hacked=3}&lt;&#60;<!--<script>\u202e\ud800]]>"
)
WITHIN = {
    "camera": ("make", "model", "serial_number", "lens", "lens_serial_number", "owner"),
    "dates": ("original", "digitized", "modified"),
    "ids": ("image_unique_id", "document_id", "original_document_id", "instance_id"),
    "gps": ("latitude", "longitude", "altitude", "timestamp"),
    "transfer": ("requests", "bytes_received", "range", "proven", "complete"),
    "fingerprints": ("file_key", "sha256", "data_sha256", "encoder", "declared"),
}


def hostile_record():
    """A record with HOSTILE wherever a string, a name or anything can stand."""
    record = {}
    for name, kind, _ in documented(ImageRecord):
        if name in WITHIN:
            record[name] = {key: f"{HOSTILE}{name}.{key}" for key in WITHIN[name]}
        elif "dict" in kind:
            record[name] = {HOSTILE: f"{HOSTILE}{name}", "deep": [{"er": HOSTILE}]}
        elif "list" in kind:
            record[name] = [HOSTILE, HOSTILE]
        else:
            record[name] = f"{HOSTILE}{name}"
    record["fingerprints"]["encoder"] = {"signature": HOSTILE, "quality": HOSTILE}
    return record


def hostile_sighting():
    return {
        name: f"{HOSTILE}{name}"
        for name in ("page_url", "image_url", "site", "element", "alt", "error")
    }


def record(n, **fields):
    """The nth record of a synthetic feed: 200 sites, every 40th image on two."""
    site = f"site{n % 200}.example"
    taken = f"20{10 + n % 15}-{n % 12 + 1:02}-{n % 28 + 1:02}T12:00:00"
    camera = ("Canon", f"EOS {n % 30}", f"SN{n % 997:06}") if n % 3 else (None,) * 3
    place = {"latitude": n % 120 - 60 + 0.123, "longitude": n % 360 - 180 + 0.321}
    return {
        "url": f"https://{site}/photos/{n:06}.jpg",
        "image_size": 20_480 + n * 97 % 9_000_000,
        "exif": {"Make": "Canon", "Artist": f"Somebody {n}"} if n % 3 else {},
        "timestamp": "2026-11-23T04:00:00",
        "sha256_first_10240_bytes": f"{n:064x}",
        "sha256_last_1024_bytes": f"{n * 7:064x}",
        "random_128_bytes_sample_start": f"{n:0256x}",
        "random_128_bytes_sample_end": f"{n:0256x}",
        "schema_version": 1,
        "site": site,
        "page_url": f"https://{site}/page{n % 50}.html",
        "status": 206,
        "server": "nginx",
        "format": ("jpeg", "png", "webp")[n % 3],
        "width": 1600,
        "height": 900,
        "gps": place if n % 5 == 0 else None,
        "camera": dict(zip(("make", "model", "serial_number"), camera, strict=True)),
        "dates": {"original": taken} if n % 3 else None,
        "software": f"GIMP 2.{n % 20}" if n % 4 == 0 else None,
        "fingerprints": {"file_key": f"f1:{n - (n % 40 == 1):032x}"},
        "transfer": {"requests": 1, "bytes_received": 11_500, "range": "multipart"},
        **fields,
    }


def write(path, items):
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
    return path
