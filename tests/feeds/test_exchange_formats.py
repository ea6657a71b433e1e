"""What is exchanged is what the others' own libraries take."""

import json
import warnings

import pytest
import stix2

from imgprint.feeds.exchange_formats import as_misp, as_stix
from tests.support.report_feeds import hostile_record, record

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    from pymisp import MISPEvent, MISPObject

WHOLE = {"sha256": "ab" * 32, "md5": "cd" * 16, "sha1": "ef" * 20, "file_key": "f1:0"}
RECORDS = [
    record(1),
    record(2, fingerprints=WHOLE, media_type="image/png"),
    record(3, gps={"latitude": 45.9, "longitude": -6.8, "altitude": 1035.5}),
    hostile_record(),
]


def test_stix():
    text = "".join(as_stix([*RECORDS, RECORDS[0]]))
    bundle = stix2.parse(text)
    kinds = [thing.type for thing in bundle.objects]
    assert kinds == ["file", "url", "observed-data"] * len(RECORDS)
    file = bundle.objects[3]
    assert file.hashes == {
        "SHA-256": WHOLE["sha256"],
        "MD5": WHOLE["md5"],
        "SHA-1": WHOLE["sha1"],
    }
    assert file.extensions["raster-image-ext"].exif_tags["Artist"] == "Somebody 2"
    assert bundle.objects[5].external_references[0].external_id == "f1:0"
    assert bundle.objects[2].first_observed.isoformat() == "2026-11-23T04:00:00+00:00"


def test_ids_are_those_that_stix_prescribes():
    for item in RECORDS[:3]:
        file, url, _ = json.loads("".join(as_stix([item])))["objects"]
        assert stix2.v21.URL(value=url["value"]).id == url["id"]
        del file["id"]
        same = {k: v for k, v in file.items() if k not in ("type", "spec_version")}
        made = stix2.v21.File(**same)
        assert made.id == json.loads("".join(as_stix([item])))["objects"][0]["id"]


def test_misp():
    text = "".join(as_misp(RECORDS))
    event = MISPEvent()
    event.from_json(text)
    names = [thing.name for thing in event.objects]
    assert names.count("file") == names.count("url") == len(RECORDS)
    assert names.count("geolocation") == 1
    for thing in event.objects:
        template = MISPObject(thing.name, strict=True)
        assert thing.template_uuid == template.template_uuid
        assert str(thing.template_version) == str(template.template_version)
        assert thing["meta-category"] == getattr(template, "meta-category")
        for attribute in thing.attributes:
            known = template._definition["attributes"][attribute.object_relation]
            assert attribute.type == known["misp-attribute"]
            assert attribute.category in (
                known.get("categories") or event.describe_types["categories"]
            )
            assert attribute.to_ids is False
        template.from_dict(**json.loads(thing.to_json()))


@pytest.mark.parametrize("write", [as_misp, as_stix])
def test_each_export_has_an_id_of_its_own(write):
    one, two = ("".join(write([item])) for item in RECORDS[:2])
    assert one == "".join(write([RECORDS[0]]))
    assert one[:140] != two[:140]
    json.loads("".join(write([])))
