import json

from imgprint.report.redaction import EXIF, KEPT, hashed, protect
from tests.support.samples import XMP, crawl, exif, picture

KEY = bytes(range(32))
SECRET = "Ann Example 0042"


def leaves(value):
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def record():
    """A record with SECRET in each field that may name somebody."""
    names = {
        "camera": ("serial_number", "lens_serial_number", "owner"),
        "xmp": ("creator", "credit", "description", "title", "source", "copyright"),
        "iptc": ("creator", "city", "title", "credit"),
        "text": ("Comment", "Author", "parameters"),
        "c2pa": ("title", "instance_id"),
        "ids": ("image_unique_id", "document_id"),
    }
    found = {block: dict.fromkeys(n, SECRET) for block, n in names.items()}
    found["xmp"]["keywords"] = [SECRET, SECRET]
    found["camera"]["make"] = "Canon"
    tags = ("Artist", "Copyright", "BodySerialNumber", "CameraOwnerName", "UserComment")
    tags += ("XPAuthor", "ImageDescription", "HostComputer", "MakerNote", "59932")
    found["exif"] = dict.fromkeys(tags, SECRET) | {"Make": "Canon", "FNumber": "2.8"}
    found["exif"] |= {"GPSLatitude": SECRET, "GPSDestBearing": SECRET, "GPSInfo": "1"}
    found["gps"] = {"latitude": 45.924, "longitude": 6.8695, "altitude": 1035.5}
    found["random_128_bytes_sample_start"] = SECRET.encode().hex()
    found["random_128_bytes_sample_end"] = SECRET.encode().hex()
    return found


def test_nothing_that_names_somebody_is_left():
    changed = record() | protect(record(), KEY)
    text = json.dumps(changed)
    assert SECRET not in text
    assert SECRET.encode().hex() not in text
    assert not any(name.startswith("GPS") for name in changed["exif"])
    assert changed["exif"]["Make"] == changed["camera"]["make"] == "Canon"
    assert changed["exif"]["FNumber"] == "2.8"
    assert changed["gps"] == {
        "latitude": 45.92,
        "longitude": 6.87,
        "altitude": None,
        "timestamp": None,
        "direction": None,
        "direction_reference": None,
        "horizontal_error": None,
        "source": None,
    }


def test_one_camera_has_one_hash_and_another_key_another():
    changed = protect(record(), KEY)
    one = changed["camera"]["serial_number"]
    assert changed["exif"]["BodySerialNumber"] == one
    assert protect(record(), KEY[::-1])["camera"]["serial_number"] != one
    assert hashed(one, KEY) == one, "a record carried forward is not hashed twice"


def test_a_real_file():
    data = picture("jpeg", (99, 99), exif=exif(), xmp=XMP, comment="Ann Example")
    found, _ = crawl(data)
    fields = {name: getattr(found, name) for name in (*KEPT, "exif", "gps")}
    changed = json.dumps(fields | protect(fields, KEY))
    for secret in ("S123", "Ann Example", "A title", "xmp.did:1", "10.0, 30.0"):
        assert secret in json.dumps(fields), secret
        assert secret not in changed, secret


def test_nothing_is_made_of_nothing():
    empty = dict.fromkeys([*KEPT, "gps"])
    assert protect({**empty, "exif": {}}, KEY) == {
        "exif": {},
        "random_128_bytes_sample_start": None,
        "random_128_bytes_sample_end": None,
    }
    assert not any("GPS" in name or "Serial" in name for name in EXIF)
