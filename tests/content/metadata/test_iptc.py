from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.iptc import read_iptc
from tests.content.samples import IPTC


def test_read_iptc():
    fields = read_iptc(IPTC)
    assert (fields["title"], fields["keywords"]) == ("Title", ["one", "two"])
    assert fields["copyright"] is None


def test_charsets():
    text = b"\x1c\x02\x74\x00\x03\xc2\xa9A"
    assert read_iptc(text)["copyright"] == "©A"
    assert read_iptc(b"\x1c\x01\x5a\x00\x03\x1b%G" + text)["copyright"] == "©A"
    assert read_iptc(b"\x1c\x02\x74\x00\x02\xa9A")["copyright"] == "©A"


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
