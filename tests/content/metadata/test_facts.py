import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.TiffImagePlugin import IFDRational

from imgprint.content.metadata import facts


def test_gps():
    values = {
        1: "S",
        2: (IFDRational(10), IFDRational(30), IFDRational(0)),
        3: "E",
        4: (IFDRational(20), IFDRational(15), IFDRational(36, 10)),
        5: b"\1",
        6: IFDRational(125, 10),
        7: (IFDRational(7), IFDRational(8), IFDRational(95, 10)),
        29: "2024:05:06",
    }
    assert facts.gps(values) == {
        "latitude": -10.5,
        "longitude": 20.251,
        "altitude": -12.5,
        "timestamp": "2024-05-06T07:08:09.5Z",
    }


@pytest.mark.parametrize(
    "change",
    [
        {2: None},
        {2: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))},
        {2: (IFDRational(91), IFDRational(0), IFDRational(0))},
        {4: "east"},
        {4: (1.0, 2.0, 3.0, 4.0)},
    ],
)
def test_gps_without_a_position(change):
    values = {1: "N", 2: (10.0, 0.0, 0.0), 3: "E", 4: (20.0, 0.0, 0.0)}
    assert facts.gps(values)
    assert facts.gps(values | change) is None


def test_gps_with_minutes_only():
    nothing = IFDRational(0, 0)
    found = facts.gps(
        {2: (10.0, 30.0, nothing), 4: (20.0, nothing, nothing), 7: (25, 0, 0)}
    )
    assert found == {
        "latitude": 10.5,
        "longitude": 20.0,
        "altitude": None,
        "timestamp": None,
    }


def test_dates():
    exif = {
        0x9003: "2024:05:06 07:08:09",
        0x9291: "120",
        0x9011: "+02:00",
        0x9004: "2024:05:06 07:08:09",
        0x9292: "000",
        0x9012: "   :  ",
        0x132: "0000:00:00 00:00:00",
    }
    assert facts.dates(exif, {"modified": "2024-05-07T00:00:00Z"}) == {
        "original": "2024-05-06T07:08:09.120+02:00",
        "digitized": "2024-05-06T07:08:09",
        "modified": "2024-05-07T00:00:00Z",
    }
    assert (
        facts.dates({0x132: "2024:13:01 00:00:00"}, {"modified": "yesterday"}) is None
    )


def test_camera():
    assert facts.camera({0x10F: "Maker  \0", 0xA431: " "}, {"serial_number": "7"}) == {
        "make": "Maker",
        "model": None,
        "serial_number": "7",
        "lens": None,
        "lens_serial_number": None,
        "owner": None,
    }
    assert facts.camera({0x10F: "\0"}, {}) is None


def test_ids():
    found = facts.ids({0xA420: "0" * 32}, {"document_id": "xmp.did:1"})
    assert found
    assert (found["image_unique_id"], found["document_id"]) == (None, "xmp.did:1")
    assert facts.ids({}, {}) is None


VALUES = st.one_of(
    st.text(max_size=30), st.binary(max_size=9), st.floats(), st.integers(), st.none()
)


@given(
    st.dictionaries(
        st.sampled_from([1, 2, 3, 4, 5, 6, 7, 29, 0x132, 0x9003, 0x9291]),
        st.one_of(VALUES, st.lists(VALUES, max_size=4).map(tuple)),
    )
)
def test_facts_survive_junk(values):
    facts.gps(values)
    facts.dates(values, {})
    facts.camera(values, {})
    facts.ids(values, {})
