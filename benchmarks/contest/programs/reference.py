"""The reference's way: HEAD and two GETs of a range for each image, in threads.

    python reference.py PAGES.txt RECORDS.json THREADS

A stand-in that imgprint's authors wrote, with the reference's requests, hashes,
samples and EXIF. Each thread keeps its connections, and pages are searched with
a regular expression: both are quicker than what the reference does.
"""

import hashlib
import io
import json
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import requests
from PIL import Image
from PIL.ExifTags import GPSTAGS, IFD, TAGS

MIN_SIZE = 20_480
TIMEOUT = 30
IMAGE = re.compile(r'<img src="([^"]+)"')
_local = threading.local()


def session():
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    return _local.session


def images(page):
    response = session().get(page, timeout=TIMEOUT)
    response.raise_for_status()
    return [urljoin(page, path) for path in IMAGE.findall(response.text)]


def exif(head):
    found = Image.open(io.BytesIO(head)).getexif()
    tags = {TAGS.get(tag, tag): str(value) for tag, value in found.items()}
    for ifd, names in ((IFD.Exif, TAGS), (IFD.GPSInfo, GPSTAGS)):
        for tag, value in found.get_ifd(ifd).items():
            tags[names.get(tag, tag)] = str(value)
    return tags


def part(url, span):
    headers = {"Range": f"bytes={span}", "Accept-Encoding": "identity"}
    response = session().get(url, headers=headers, timeout=TIMEOUT)
    response.raise_for_status()
    return response.content


def record(url):
    size = int(session().head(url, timeout=TIMEOUT).headers["Content-Length"])
    if size < MIN_SIZE:
        return None
    head = part(url, "0-10240")
    tail = part(url, f"{size - 1024}-{size - 1}")
    return {
        "url": url,
        "image_size": size,
        "exif": exif(head),
        "timestamp": datetime.now().strftime("%Y-%m-%dT%H:%M:%S"),
        "sha256_first_10240_bytes": hashlib.sha256(head).hexdigest(),
        "sha256_last_1024_bytes": hashlib.sha256(tail).hexdigest(),
        "random_128_bytes_sample_start": head[-128:].hex(),
        "random_128_bytes_sample_end": tail[384:512].hex(),
    }


def main(pages, output, threads):
    with ThreadPoolExecutor(threads) as pool:
        urls = [
            url
            for found in pool.map(images, Path(pages).read_text().split())
            for url in found
        ]
        records = [found for found in pool.map(record, urls) if found]
    Path(output).write_text(json.dumps(records, indent=4))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
