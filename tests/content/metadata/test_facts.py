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
        "direction": None,
        "direction_reference": None,
        "horizontal_error": None,
        "source": "exif",
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
        "direction": None,
        "direction_reference": None,
        "horizontal_error": None,
        "source": "exif",
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


PLACE = {1: "N", 2: (10.0, 30.0, 0.0), 3: "E", 4: (20.0, 0.0, 0.0)}


@pytest.mark.parametrize(
    "change",
    [
        {9: "V"},
        {9: b"V\0"},
        {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
        {2: "somewhere"},
        {2: "9" * 70},
    ],
)
def test_a_position_that_the_receiver_did_not_have(change):
    assert facts.gps(PLACE | {9: "A"})
    assert facts.gps(PLACE | change) is None


@pytest.mark.parametrize(
    ("change", "latitude"),
    [
        ({1: "S", 2: (-10.5,)}, -10.5),
        ({1: "N", 2: (-10.5,)}, 10.5),
        ({1: None, 2: (-10.5,)}, -10.5),
        ({1: "s"}, -10.5),
        ({1: "S", 2: "10.5"}, -10.5),
        ({1: "N", 2: "10 deg 30' 0.00\""}, 10.5),
        ({1: None, 2: "10,30.0S"}, -10.5),
        ({1: None, 2: "-10,30,0"}, -10.5),
        ({1: "N", 2: b"10 30 0\0"}, 10.5),
    ],
)
def test_signs_and_texts_of_degrees(change, latitude):
    assert facts.gps(PLACE | change)["latitude"] == latitude


@pytest.mark.parametrize(
    ("reference", "metres", "altitude"),
    [
        (b"\0", 10.1, 10.1),
        (b"\1", 10.1, -10.1),
        (b"\1\0", 10.1, -10.1),
        (b"\0\1", 10.1, -10.1),
        ("1", 10.1, -10.1),
        ("0", 10.1, 10.1),
        (1, 10.1, -10.1),
        ((1, 0), 10.1, -10.1),
        (3, 10.1, -10.1),
        (2, 10.1, 10.1),
        (b"\1", -10.1, -10.1),
        (None, -10.1, -10.1),
    ],
)
def test_references_of_altitude(reference, metres, altitude):
    assert facts.gps(PLACE | {5: reference, 6: metres})["altitude"] == altitude


def test_direction_and_error_of_a_position():
    found = facts.gps(PLACE | {16: "M", 17: 271.25, 31: 4.5})
    assert found
    assert (found["direction"], found["direction_reference"]) == (271.25, "magnetic")
    assert found["horizontal_error"] == 4.5
    found = facts.gps(PLACE | {16: "T", 17: 400.0, 31: 0.0})
    assert found
    assert (found["direction"], found["direction_reference"]) == (None, None)
    assert found["horizontal_error"] is None


@pytest.mark.parametrize(
    ("time", "day", "moment"),
    [
        ((10.0, 30.5, 0.0), "2024:05:06", "2024-05-06T10:30:30Z"),
        ((10.5, 0.0, 0.0), "2024:5:6", "2024-05-06T10:30:00Z"),
        ((10.0, 59.5, 45.0), "2024:05:06", "2024-05-06T11:00:15Z"),
        ((24.0, 0.0, 0.0), "2024:05:06", None),
        ((10.0, 0.0, 0.0), "2024:13:06", None),
    ],
)
def test_times_of_positions(time, day, moment):
    assert facts.gps(PLACE | {7: time, 29: day})["timestamp"] == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2012:03:02 10:11:12 PM", "2012-03-02T22:11:12"),
        ("2012:03:02 12:11:12 am", "2012-03-02T00:11:12"),
        ("2012:03:02 22:11:12 PM", "2012-03-02T22:11:12"),
        ("2012:03:02 22:11:12 AM", None),
        ("2007:03: 8 15:57: 7", "2007-03-08T15:57:07"),
        ("2007:3:8 5:7:9", "2007-03-08T05:07:09"),
        ("2019:01:01 24:04:20", "2019-01-01T00:04:20"),
        ("2019:01:01 25:04:20", None),
        ("2024:05:06 07:08:09+02:00", "2024-05-06T07:08:09+02:00"),
        ("2024:05:06 07:08:09.25Z", "2024-05-06T07:08:09.25Z"),
        ("2024:05:06 07:08:09 somewhere", None),
        ("2024:02:30 07:08:09", None),
    ],
)
def test_dates_as_programs_write_them(text, moment):
    found = facts.dates({0x9003: text}, {})
    assert (found and found["original"]) == moment


@pytest.mark.parametrize(
    ("offset", "read"),
    [("Z", "Z"), ("+0200", "+02:00"), ("-5:00", "-05:00"), ("+99:00", ""), ("?", "")],
)
def test_offsets_of_dates(offset, read):
    found = facts.dates({0x9003: "2024:05:06 07:08:09", 0x9011: offset}, {})
    assert found
    assert found["original"] == f"2024-05-06T07:08:09{read}"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2012-03-02", "2012-03-02"),
        ("2020:08:02 13:50:54", "2020-08-02T13:50:54"),
        ("2019:07:14 09:21:11.470", "2019-07-14T09:21:11.470"),
        ("2020-08-02T13:50:54.5+02:00", "2020-08-02T13:50:54.5+02:00"),
        ("2020-08", None),
        ("2020-13-02", None),
    ],
)
def test_dates_of_xmp(text, moment):
    found = facts.dates({}, {"original": text})
    assert (found and found["original"]) == moment


def test_placeholders_are_no_facts():
    exif = {0x10F: "...", 0x110: "NIKON D50", 0xA431: "D50", 0xA434: "----"}
    exif |= {0xA435: "0000000000", 0xA430: "Unknown"}
    assert facts.camera(exif, {"serial_number": "4021"}) == {
        "make": None,
        "model": "NIKON D50",
        "serial_number": "4021",
        "lens": None,
        "lens_serial_number": None,
        "owner": None,
    }


VALUES = st.one_of(
    st.text(max_size=30), st.binary(max_size=9), st.floats(), st.integers(), st.none()
)


@given(
    st.dictionaries(
        st.sampled_from(
            [1, 2, 3, 4, 5, 6, 7, 9, 16, 17, 29, 31, 0x132, 0x9003, 0x9291]
        ),
        st.one_of(VALUES, st.lists(VALUES, max_size=4).map(tuple)),
    )
)
def test_facts_survive_junk(values):
    facts.gps(values)
    facts.dates(values, {})
    facts.camera(values, {})
    facts.ids(values, {})
