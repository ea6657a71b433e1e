import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata import facts
from imgprint.content.metadata.xmp import fallbacks, main_fields, positions, read_xmp
from tests.support.samples import XMP


def test_read_xmp():
    fields = main_fields(read_xmp(XMP))
    assert fields["document_id"] == "xmp.did:1"
    assert fields["title"] == "A title"
    assert fields["keywords"] == ["one", "two"]
    assert fields["creator"] is None


def test_properties_of_nested_descriptions_are_not_the_pictures():
    nested = XMP.replace(
        b"<dc:title>",
        b"<xmpMM:DerivedFrom><rdf:Description xmpMM:InstanceID='other'>"
        b"<xmpMM:OriginalDocumentID>other</xmpMM:OriginalDocumentID>"
        b"</rdf:Description></xmpMM:DerivedFrom><dc:title>",
    )
    fields = main_fields(read_xmp(nested))
    assert (fields["instance_id"], fields["original_document_id"]) == (None, None)
    assert fields["title"] == "A title"


def test_fallbacks():
    packet = XMP.replace(
        b' xmpMM:DocumentID="xmp.did:1"',
        b' xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"'
        b' aux:SerialNumber="77" aux:Lens="L"',
    )
    assert fallbacks(read_xmp(packet)) == {"serial_number": "77", "lens": "L"}


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no XML",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b"<a>" * 500,
        b"\xff\xfe<\0a\0/\0>\0",
    ],
)
def test_read_xmp_without_properties(packet):
    assert read_xmp(packet) is None


def test_entities_end_the_packet():
    bomb = b'<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "d">]>' + XMP[60:]
    assert read_xmp(bomb) is None


def test_read_xmp_truncated():
    for known in range(len(XMP)):
        properties = read_xmp(XMP[:known]) or {}
        fields = main_fields(properties) or {}
        assert fields.get("title") in (None, "A title")
        assert fields.get("document_id") in (None, "xmp.did:1")


@given(st.integers(0, len(XMP)), st.binary(max_size=30))
def test_read_xmp_survives_junk(place, junk):
    for value in (read_xmp(XMP[:place] + junk + XMP[place:]) or {}).values():
        "".join(value).encode()


RDF = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:camera="http://ns.google.com/photos/1.0/camera/"
 xmlns:gain="http://ns.adobe.com/hdr-gain-map/1.0/"
 xmlns:mm="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:ev="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
 xmlns:ref="http://ns.adobe.com/xap/1.0/sType/ResourceRef#">
 <rdf:Description rdf:about=""{}>{}</rdf:Description></rdf:RDF></x:xmpmeta>"""


def packet(content, attributes=""):
    return read_xmp(RDF.format(attributes, content).encode()) or {}


def test_the_position_of_a_packet():
    (found,) = positions(
        packet(
            "<exif:GPSLatitude>22,57.11667S</exif:GPSLatitude>"
            "<exif:GPSLongitude>43,12,38W</exif:GPSLongitude>",
            ' exif:GPSAltitude="101/10" exif:GPSAltitudeRef="1"'
            ' exif:GPSTimeStamp="2024-05-06T10:30:15.5Z"'
            ' exif:GPSImgDirection="180/1" exif:GPSImgDirectionRef="T"',
        )
    )
    place = facts.position({}, [found])
    assert place == {
        "latitude": -22.9519445,
        "longitude": -43.21055556,
        "altitude": -10.1,
        "timestamp": "2024-05-06T10:30:15.5Z",
        "direction": 180.0,
        "direction_reference": "true",
        "horizontal_error": None,
        "source": "xmp",
    }
    known = {1: "N", 2: (1.0,), 3: "E", 4: (2.0,)}
    assert facts.position(known, [found])["source"] == "exif"
    assert facts.position(known | {9: "V"}, [found]) is None


@pytest.mark.parametrize(
    "form",
    [
        '<rdf:li rdf:parseType="Resource">{}</rdf:li>',
        "<rdf:li><rdf:Description>{}</rdf:Description></rdf:li>",
    ],
)
def test_the_location_of_iptc(form):
    members = (
        "<exif:GPSLatitude>47,30.0N</exif:GPSLatitude>"
        "<exif:GPSLongitude>8,15.0E</exif:GPSLongitude>"
    )
    where = f"<rdf:Bag>{form.format(members)}</rdf:Bag>"
    found = packet(f"<ext:LocationCreated>{where}</ext:LocationCreated>")
    place = facts.position({}, positions(found))
    assert place
    assert (place["latitude"], place["longitude"]) == (47.5, 8.25)
    assert place["source"] == "iptc"
    shown = packet(f"<ext:LocationShown>{where}</ext:LocationShown>")
    assert facts.position({}, positions(shown)) is None


def test_history_and_source_of_a_packet():
    event = '<rdf:li ev:action="saved" ev:when="2024-0{0}-01T10:00:00" {1}/>'
    events = event.format(1, 'ev:softwareAgent="A"') + event.format(2, "")
    fields = main_fields(
        packet(
            f"<mm:History><rdf:Seq>{events}</rdf:Seq></mm:History>"
            '<mm:DerivedFrom ref:documentID="d" ref:instanceID="i"/>'
        )
    )
    assert fields
    assert fields["history_count"] == 2
    assert fields["history_software"] == "A"
    assert fields["history_first"] == "2024-01-01T10:00:00"
    assert fields["history_last"] == "2024-02-01T10:00:00"
    assert fields["derived_from_document_id"] == "d"
    assert fields["document_id"] is fields["instance_id"] is None


def test_provenance_motion_photo_and_gain_map():
    fields = main_fields(
        packet(
            "",
            ' ext:DigitalSourceType="http://made/trainedAlgorithmicMedia"'
            ' camera:MotionPhoto="1" gain:Version="1.0"',
        )
    )
    assert fields
    assert fields["digital_source_type"] == "http://made/trainedAlgorithmicMedia"
    assert (fields["motion_photo"], fields["gain_map"]) == (True, True)
    assert main_fields(packet("", ' camera:MotionPhoto="0"')) is None


@pytest.mark.parametrize(
    ("broken", "title"),
    [("A & B", "A & B"), ("A\x01B", "AB"), ("A\0B", "AB"), ("A &amp; &#66;", "A & B")],
)
def test_what_is_not_xml_costs_itself_only(broken, title):
    fields = main_fields(packet(f"<dc:title>{broken}</dc:title>"))
    assert fields
    assert fields["title"] == title


def test_a_document_type_without_entities_is_read():
    data = b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://example.com/a'>"
    data += RDF.format("", "<dc:title>gate</dc:title>").encode()
    fields = main_fields(read_xmp(data) or {})
    assert fields
    assert fields["title"] == "gate"
