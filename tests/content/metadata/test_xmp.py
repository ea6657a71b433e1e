import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.xmp import fallbacks, main_fields, read_xmp
from tests.content.samples import XMP


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
