import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.iptc import dates, read_iptc
from tests.support.samples import IPTC


def test_read_iptc():
    fields = read_iptc(IPTC)
    assert (fields["title"], fields["keywords"]) == ("Title", ["one", "two"])
    assert fields["copyright"] is None


def test_charsets():
    text = b"\x1c\x02\x74\x00\x03\xc2\xa9A"
    assert read_iptc(text)["copyright"] == "©A"
    assert read_iptc(b"\x1c\x01\x5a\x00\x03\x1b%G" + text)["copyright"] == "©A"
    assert read_iptc(b"\x1c\x02\x74\x00\x02\xa9A")["copyright"] == "©A"


def test_a_charset_that_is_declared_wrongly():
    declared = b"\x1c\x01\x5a\x00\x03\x1b%G\x1c\x02\x74\x00"
    for data, text in (
        ("Müller".encode("latin-1"), "Müller"),
        ("José".encode("latin-1"), "José"),
        ("José Zoë".encode()[:-1], "José Zo"),
    ):
        fields = read_iptc(declared + bytes([len(data)]) + data)
        assert fields
        assert fields["copyright"] == text


@pytest.mark.parametrize(
    ("day", "time", "moment"),
    [
        (b"20120302", b"101112+0200", "2012-03-02T10:11:12+02:00"),
        (b"20120302", b"101112", "2012-03-02T10:11:12"),
        (b"20120302", b"soon", "2012-03-02"),
        (b"00000000", b"101112", None),
    ],
)
def test_dates_of_iptc(day, time, moment):
    data = b"".join(
        b"\x1c\x02" + bytes([number, 0, len(value)]) + value
        for number, value in ((55, day), (60, time))
    )
    fields = read_iptc(data)
    assert fields
    assert dates(fields).get("original") == moment


def test_extended_length():
    assert read_iptc(b"\x1c\x02\x78\x80\x04\0\0\0\2hi")["description"] == "hi"


def test_read_iptc_truncated():
    for known in range(len(IPTC)):
        fields = read_iptc(IPTC[:known]) or {"title": None}
        assert fields["title"] in (None, "Title")


@given(st.binary(max_size=60))
def test_read_iptc_survives_junk(junk):
    read_iptc(junk)
    read_iptc(IPTC[:12] + junk)
