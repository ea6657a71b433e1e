"""Records of the form that a crawl writes, each of its own picture."""

import random


def record(seed=0, **changes):
    """A record; *changes* to ``fingerprints`` are added to what it has."""
    rng = random.Random(seed)
    prints = {
        "file_key": "f1:" + rng.randbytes(16).hex(),
        "sha256": None,
        "md5": None,
        "sha1": None,
        "data_sha256": "d1:" + rng.randbytes(32).hex(),
        "declared": None,
        "encoder": None,
        "png_adler32": None,
        "marks": None,
        "pdq": None,
        "pdq_quality": None,
        "pdq_source": None,
        "pdq_strips": None,
    }
    found = {
        "url": f"https://www.site{seed}.example/{seed}.jpg",
        "image_size": 50_000 + seed,
        "sha256_first_10240_bytes": rng.randbytes(32).hex(),
        "sha256_last_1024_bytes": rng.randbytes(32).hex(),
        "random_128_bytes_sample_start": rng.randbytes(128).hex(),
        "random_128_bytes_sample_end": rng.randbytes(128).hex(),
        "site": f"site{seed}.example",
        "page_url": f"https://www.site{seed}.example/",
        "etag": None,
        "etag_decoded": None,
        "width": 800,
        "height": 600,
        "bit_depth": 8,
        "camera": None,
        "ids": None,
    }
    prints |= changes.pop("fingerprints", {})
    return {**found, **changes, "fingerprints": prints}


def sighting(url, site):
    return {"image_url": url, "site": site, "page_url": f"https://{site}/"}


def flipped(value, count, seed=0):
    """A PDQ hash *count* bits from *value*."""
    bits = random.Random(seed).sample(range(256), count)
    return f"{int(value, 16) ^ sum(1 << bit for bit in bits):064x}"
