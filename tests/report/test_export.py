import csv
import io
import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.report.export import (
    COLUMNS,
    as_csv,
    as_geojson,
    as_json,
    as_jsonl,
    as_kml,
    flat,
)
from tests.report.feeds import HOSTILE, hostile_record, record

HERE = {"latitude": 45.9, "longitude": -6.8, "altitude": 1035.5}
RECORDS = [
    record(1),
    record(2, gps=HERE, software="=HYPERLINK(1)"),
    record(3, gps={**HERE, "altitude": None}, url=f"http://a/{HOSTILE}"),
    hostile_record(),
    record(4, camera=None, fingerprints=None, transfer="x", gps=[1]),
]
KML = "{http://www.opengis.net/kml/2.2}"


def test_csv():
    text = "".join(as_csv(RECORDS))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(RECORDS)
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["camera.model"] == "EOS 1"
    assert rows[1]["gps.longitude"] == "-6.8"
    assert rows[1]["software"] == "'=HYPERLINK(1)"
    assert json.loads(rows[0]["exif"])["Artist"] == "Somebody 1"
    for row in rows:
        assert not any(v.startswith(("=", "+", "@")) for v in row.values() if v)


def test_each_column_has_its_type():
    for item in RECORDS:
        for name, value in flat(item).items():
            assert value is None or type(value) is COLUMNS[name]


def test_geojson():
    found = json.loads("".join(as_geojson(RECORDS)))
    assert found["type"] == "FeatureCollection"
    places = [f["geometry"]["coordinates"] for f in found["features"]]
    assert places == [[-6.8, 45.9, 1035.5], [-6.8, 45.9]]
    assert found["features"][0]["properties"]["url"] == record(2)["url"]


def test_kml():
    text = "".join(as_kml(RECORDS)).encode("utf-8", "replace")
    marks = list(ElementTree.fromstring(text).iter(f"{KML}Placemark"))
    assert len(marks) == 2
    assert marks[0].find(f".//{KML}coordinates").text == "-6.8,45.9,1035.5"
    value = marks[1].find(f".//{KML}value").text
    assert value.startswith("http://a/</script><script>window.hacked=1")


@pytest.mark.parametrize("write", [as_csv, as_geojson, as_kml])
def test_nothing(write):
    assert "".join(write([]))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(-180, 180, places=6).map(float),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), VALUES))
def test_json_is_as_python_writes_it(record):
    # But for exponents.
    if "e-" not in json.dumps(record):
        assert "".join(as_jsonl([record])) == json.dumps(record) + "\n"
        indented = json.dumps([record], indent=4).replace("\n    ", "\n")
        assert "".join(as_json([record])) == f"{indented}\n"
    (line,) = as_jsonl([record])
    assert json.loads(line) == record
