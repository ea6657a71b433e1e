"""Records for those who exchange findings: MISP events and STIX 2.1 bundles."""

from __future__ import annotations

import json
import re
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from imgprint.feeds.record_formats import number, position
from imgprint.report.figures import part, taken, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# STIX 2.1 section 2.9: ids of observables are made from what they are.
STIX = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
OURS = UUID("d1a9c1b6-5c7e-4d0a-9f43-6a3f0c6b7b52")
# STIX 2.1 section 2.4: keys of dictionaries.
KEY = re.compile(r"[A-Za-z0-9_-]{3,250}")
HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
HASHES = {"SHA-256": "sha256", "SHA-1": "sha1", "MD5": "md5"}
# MISP's object templates: version, meta category, UUID.
TEMPLATES = {
    "file": ("25", "file", "688c46fb-5edb-40a3-8273-1af7923e2215"),
    "url": ("10", "network", "60efb77b-40b5-4c46-871b-ed1ed999fce5"),
    "exif": ("1", "file", "cb355d27-e481-42e1-8c2b-fb6998289426"),
    "geolocation": ("8", "misc", "cd6f2238-ba55-4888-82c4-104e6e1acf21"),
}
TYPES = {
    "filename": ("filename", "Payload delivery"),
    "url": ("url", "Network activity"),
    **{name: (name, "Payload delivery") for name in ("md5", "sha1", "sha256")},
    "size-in-bytes": ("size-in-bytes", "Other"),
    "mimetype": ("mime-type", "Artifacts dropped"),
    "datetime-original": ("datetime", "Other"),
    **dict.fromkeys(("latitude", "longitude", "altitude"), ("float", "Other")),
}
TEXT = ("text", "Other")


def file_name(record: Mapping[str, Any]) -> str:
    """Return the last part of the path, or the host's name.

    >>> file_name({"url": "https://a.example/x/b.jpg?c"}), file_name({"url": "x://a/"})
    ('b.jpg', 'a')
    """
    try:
        parts = urlsplit(record["url"])
    except ValueError:
        return "image"
    return parts.path.rstrip("/").rpartition("/")[2] or parts.netloc or "image"


def moment(record: Mapping[str, Any]) -> str:
    """Return when the image was read, as STIX has it."""
    time = text(record.get("timestamp")) or ""
    valid = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", time)
    return f"{time}.000Z" if valid else "1970-01-01T00:00:00.000Z"


def hashes(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the hashes of a file that was seen whole; no others are exchanged."""
    prints = part(record, "fingerprints")
    return {
        name: prints[key]
        for name, key in HASHES.items()
        if isinstance(prints.get(key), str) and HEX.fullmatch(prints[key])
    }


def _name(
    kind: str, records: Iterable[Mapping[str, Any]]
) -> tuple[UUID, Iterator[Mapping[str, Any]]]:
    """Return an id for all *records*, by the first of them, and the records."""
    records = iter(records)
    first = list(islice(records, 1))
    what = "".join(f"{record['url']} {moment(record)}" for record in first)
    return UUID(_uuid(kind, what)), chain(first, records)


def as_stix(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a bundle: a file, a URL and an observation of them for each record.

    The file key is an external reference of the observation: hashes in STIX are
    those of whole files.
    """
    name, records = _name("bundle", records)
    yield f'{{"type": "bundle", "id": "bundle--{name}", "objects": ['
    seen: set[str] = set()
    between = "\n"
    for record in records:
        for thing in _stix(record):
            if thing["id"] not in seen:
                seen.add(thing["id"])
                yield between + json.dumps(thing)
                between = ",\n"
    yield "\n]}\n"


def _stix(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    image = {
        f"image_{name}": pixels
        for name in ("width", "height")
        if (pixels := _whole(record.get(name))) is not None
    }
    tags = {k: str(v) for k, v in part(record, "exif").items() if KEY.fullmatch(str(k))}
    extension: dict[str, Any] = {**image, **({"exif_tags": tags} if tags else {})}
    file: dict[str, Any] = {"name": file_name(record)}
    if found := hashes(record):
        file["hashes"] = found
    if extension:
        file["extensions"] = {"raster-image-ext": extension}
    # Of several hashes only the first of MD5, SHA-1, SHA-256 counts (section 2.9).
    first = [n for n in ("MD5", "SHA-1", "SHA-256") if n in found][:1]
    own = {**file, "hashes": {n: found[n] for n in first}} if first else file
    identity = uuid5(STIX, _canonical(own))
    if (size := _whole(record.get("image_size"))) is not None:
        file["size"] = size
    if isinstance(record.get("media_type"), str):
        file["mime_type"] = record["media_type"]
    file = {"type": "file", "spec_version": "2.1", "id": f"file--{identity}", **file}
    value = _canonical({"value": record["url"]})
    url = {"type": "url", "spec_version": "2.1", "value": record["url"]}
    url["id"] = f"url--{uuid5(STIX, value)}"
    when = moment(record)
    yield file
    yield url
    yield {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": f"observed-data--{_uuid('seen', when + record['url'])}",
        "created": when,
        "modified": when,
        "first_observed": when,
        "last_observed": when,
        "number_observed": 1,
        "object_refs": [file["id"], url["id"]],
        **_reference(record),
    }


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and number(value) is not None else None


def _canonical(value: dict[str, Any]) -> str:
    """Return RFC 8785's form of *value*: no numbers but whole ones are in it."""
    out = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return out.encode("utf-8", "replace").decode()


def _reference(record: Mapping[str, Any]) -> dict[str, Any]:
    key = text(part(record, "fingerprints").get("file_key"))
    if not key:
        return {}
    return {"external_references": [{"source_name": "imgprint", "external_id": key}]}


def as_misp(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield an event: objects file, url, exif and geolocation for each record.

    For your organisation only (distribution 0), nothing for detection (to_ids).
    """
    name, records = _name("event", records)
    event = {
        "info": "Images identified by imgprint",
        "uuid": str(name),
        "distribution": "0",
        "threat_level_id": "4",
        "analysis": "0",
    }
    yield f'{{"Event": {json.dumps(event)[:-1]}, "Object": ['
    between = "\n"
    for record in records:
        for thing in _misp(record):
            yield between + json.dumps(thing)
            between = ",\n"
    yield "\n]}}\n"


def _misp(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    url, camera = record["url"], part(record, "camera")
    file = {
        "filename": file_name(record),
        "size-in-bytes": _whole(record.get("image_size")) or None,
        "mimetype": record.get("media_type"),
        **{HASHES[name]: value for name, value in hashes(record).items()},
    }
    exif = {
        "make": camera.get("make"),
        "model": camera.get("model"),
        "lens-model": camera.get("lens"),
        "software": record.get("software"),
        "datetime-original": _valid(taken(record)),
    }
    place = dict(
        zip(("longitude", "latitude", "altitude"), position(record) or (), strict=False)
    )
    target = {
        "referenced_uuid": _uuid("url", url),
        "relationship_type": "downloaded-from",
    }
    yield _object("file", url, file, [target])
    yield _object("url", url, {"url": url}, [])
    needed = exif["model"] or exif["datetime-original"]
    for name, values in (("exif", exif if needed else {}), ("geolocation", place)):
        if any(value is not None for value in values.values()):
            about = {
                "referenced_uuid": _uuid("file", url),
                "relationship_type": "related-to",
            }
            yield _object(name, url, values, [about])


def _valid(time: str | None) -> str | None:
    try:
        return datetime.fromisoformat(time).isoformat() if time else None
    except ValueError:
        return None


def _uuid(name: str, url: str) -> str:
    return str(uuid5(OURS, f"{name} {url}".encode("utf-8", "replace").decode()))


def _object(
    name: str, url: str, values: Mapping[str, Any], references: list[dict[str, str]]
) -> dict[str, Any]:
    version, category, template = TEMPLATES[name]
    own = _uuid(name, url)
    attributes = []
    for relation, value in values.items():
        if value is not None and str(value).strip():
            kind, group = TYPES.get(relation, TEXT)
            attribute = {"object_relation": relation, "type": kind, "category": group}
            attribute |= {"value": str(value), "uuid": _uuid(f"{name}.{relation}", url)}
            attributes.append({**attribute, "to_ids": False})
    return {
        "name": name,
        "meta-category": category,
        "template_uuid": template,
        "template_version": version,
        "uuid": own,
        "Attribute": attributes,
        "ObjectReference": [{"object_uuid": own, **r} for r in references],
    }
