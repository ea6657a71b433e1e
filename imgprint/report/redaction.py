"""A record without what names people: for data that will be shared."""

from __future__ import annotations

import hmac
import re
from typing import Any

DECIMALS = 2
"""Of a degree: about a kilometre."""
HASHED = re.compile(r"h:[0-9a-f]{32}")
SAMPLES = ("random_128_bytes_sample_start", "random_128_bytes_sample_end")
# What stays as it is; of all other texts of a block only a hash is left.
KEPT = {
    "camera": {"make", "model", "lens"},
    "xmp": {"created", "modified", "creator_tool", "rating"}
    | {"digital_source_type", "ai_system", "country", "motion_photo", "gain_map"}
    | {"history_count", "history_software", "history_first", "history_last"},
    "iptc": {"created", "time_created", "digitized", "time_digitized", "country"},
    "c2pa": {"manifest", "claim_generator", "digital_source_type"},
    "text": {"Software"},
    "ids": set(),
}
# Exif that says how a picture was taken, not by whom.
EXIF = {
    *("Make", "Model", "Orientation", "Software", "DateTime", "DateTimeOriginal"),
    *("DateTimeDigitized", "OffsetTime", "OffsetTimeOriginal", "OffsetTimeDigitized"),
    *("SubsecTime", "SubsecTimeOriginal", "SubsecTimeDigitized", "ExifVersion"),
    *("ExposureTime", "FNumber", "ExposureProgram", "ISOSpeedRatings", "Flash"),
    *("ShutterSpeedValue", "ApertureValue", "BrightnessValue", "ExposureBiasValue"),
    *("MaxApertureValue", "SubjectDistance", "MeteringMode", "LightSource"),
    *("FocalLength", "FocalLengthIn35mmFilm", "LensMake", "LensModel"),
    *("LensSpecification", "SensingMethod", "SceneCaptureType", "SceneType"),
    *("WhiteBalance", "ExposureMode", "DigitalZoomRatio", "CustomRendered"),
    *("Contrast", "Saturation", "Sharpness", "GainControl", "ColorSpace"),
    *("ExifImageWidth", "ExifImageHeight", "ImageWidth", "ImageLength"),
    *("XResolution", "YResolution", "ResolutionUnit", "YCbCrPositioning"),
    *("BitsPerSample", "Compression", "PhotometricInterpretation", "ExifOffset"),
    *("SamplesPerPixel", "ComponentsConfiguration", "FlashPixVersion"),
}


def hashed(value: Any, key: bytes) -> Any:
    """Return a keyed hash of a text, of each text of a list; None stays None.

    Equal texts have equal hashes, wherever they stand: cameras can still be
    told apart. Without *key* nobody can try which text it was.

    >>> hashed("S123", b"key")
    'h:7f0769d2089bfbe3c84790ef868d5d5a'
    """
    if value is None:
        return None
    if isinstance(value, list):
        return [hashed(part, key) for part in value]
    if HASHED.fullmatch(str(value)):  # of a record that was carried forward
        return value
    text = str(value).encode("utf-8", "surrogatepass")
    return "h:" + hmac.digest(key, text, "sha256").hex()[:32]


def protect(record: dict[str, Any], key: bytes) -> dict[str, Any]:
    """Return those fields of *record* that change, as they are to be.

    The position is rounded, Exif's own is left out. Names, serial numbers, ids
    and free text become hashes. The samples are bytes of the file, which may be
    metadata: they are left out.
    """
    changed: dict[str, Any] = dict.fromkeys(SAMPLES)
    if gps := record.get("gps"):
        changed["gps"] = {
            "latitude": round(gps["latitude"], DECIMALS),
            "longitude": round(gps["longitude"], DECIMALS),
            "altitude": None,
            "timestamp": None,
            "direction": None,
            "direction_reference": None,
            "horizontal_error": None,
            "source": gps.get("source"),
        }
    for block, kept in KEPT.items():
        if values := record.get(block):
            changed[block] = {
                name: value if name in kept else hashed(value, key)
                for name, value in values.items()
            }
    changed["exif"] = {
        name: value if name in EXIF else hashed(value, key)
        for name, value in (record.get("exif") or {}).items()
        if not name.startswith("GPS")
    }
    return changed
