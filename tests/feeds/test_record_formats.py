import csv
import io
import json
import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.feeds.record_formats import (
    COLUMNS,
    as_csv,
    as_geojson,
    as_json,
    as_jsonl,
    as_kml,
    cell,
    flat,
)
from tests.support.report_feeds import HOSTILE, hostile_record, record

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


FORMULAS = [
    *("=1", "+1", "-1", "@a", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20a", "-12.5"),
    *("\t=1", "\r=1", "\n=1", "\x00=1", " =1", " \n\t=1", "\xa0\uff1d1", "\x1b=1"),
    *("\u200b=1", "\ufeff=1", "\u2028=1", "\ta", "\na", "\ra", "\x00a"),
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text):
    """OWASP, CSV Injection; ASVS 5.0 1.2.10."""
    assert cell(text).startswith("'")
    table = "".join(as_csv([record(1, software=text)]))
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert row["software"].startswith("'")
    assert "\0" not in table


@pytest.mark.parametrize("value", ["a=1", "é", "1-2", "", None, -12.5, 7, True, "a\nb"])
def test_other_cells_stay_as_they_are(value):
    assert cell(value) == value
    assert type(cell(value)) is type(value)


@pytest.mark.parametrize("write", [as_csv, as_geojson, as_kml, as_json, as_jsonl])
def test_nothing_that_a_terminal_obeys(write):
    odd = record(1, gps=HERE, url="http://a/\x1b[2J\x9b\x7f\x07", software="\x1b]0;")
    assert not {"\x1b", "\x9b", "\x7f", "\x07"} & {*"".join(write([odd]))}


BIG = (math.inf, -math.inf, math.nan, 10**400, -(10**400), 1e300, 1 << 63)


@pytest.mark.parametrize("big", BIG)
@pytest.mark.parametrize("name", ["altitude", "latitude", "longitude"])
def test_numbers_that_are_none(name, big):
    odd = record(1, gps={**HERE, name: big}, image_size=big)
    text = "".join(as_geojson([odd]))
    features = json.loads(text, parse_constant=pytest.fail)["features"]
    places = [feature["geometry"]["coordinates"] for feature in features]
    assert places == ([[-6.8, 45.9]] if name == "altitude" else [])
    kml = ElementTree.fromstring("".join(as_kml([odd])))
    places = [found.text for found in kml.iter(f"{KML}coordinates")]
    assert places == (["-6.8,45.9"] if name == "altitude" else [])
    assert flat(odd)[f"gps.{name}"] is None
    assert flat(odd)["image_size"] is None


@pytest.mark.parametrize("text", ["a", "é"])
@pytest.mark.parametrize("big", BIG[:5])
@pytest.mark.parametrize("write", [as_json, as_jsonl])
def test_json_has_no_number_beyond_a_double(write, big, text):
    odd = {"url": text, "a": [big, {"b": big}], "gps": {"altitude": big}, "c": 1 << 70}
    found = json.loads("".join(write([odd])), parse_constant=pytest.fail)
    found = found if isinstance(found, dict) else found[0]
    assert found == {
        "url": text,
        "a": [None, {"b": None}],
        "gps": {"altitude": None},
        "c": 1 << 70,
    }


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
