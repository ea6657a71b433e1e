import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.matching.hashlists import Entry, ListError, blind, blinded, parse

MD5, SHA1, SHA256 = "ab" * 16, "cd" * 20, "ef" * 32
VICS = {
    "@odata.context": "http://github.com/ICMEC/ProjectVic/DataModels/2.0.xml#Media",
    "value": [
        {"MediaID": 7, "Category": 1, "MD5": MD5.upper(), "SHA1": SHA1.upper()},
        {
            "MediaID": 8,
            "MD5": "00" * 16,
            "AlternativeHashes": [{"HashName": "SHA256", "HashValue": SHA256}],
        },
    ],
}


def test_plain_text():
    text = f"# a list\n\n{MD5}  first\r\n{SHA1.upper()},second\n  {SHA256}\n"
    assert parse(text) == [
        Entry("md5", MD5, "first"),
        Entry("sha1", SHA1, "second"),
        Entry("sha256", SHA256),
        Entry("pdq", SHA256),
    ]


def test_names_before_a_hash():
    text = f"sha256:{SHA256}\npdq:{SHA256}\nf1:{MD5}\nd1:{SHA256}\nhmac-md5:{SHA256}"
    kinds = [entry.kind for entry in parse(text)]
    assert kinds == ["sha256", "pdq", "file_key", "data", "hmac-md5"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv(separator):
    rows = [("Name", "SHA-1", "MD5"), ("one", SHA1, MD5), ("two", "", MD5[::-1])]
    text = "\ufeff" + "\n".join(separator.join(row) for row in rows)
    if separator == ";":
        text = text.replace("Name;", "Name,x;").replace("one;", '"one";')
    found = parse(text)
    assert Entry("md5", MD5, "one") in found or separator == ";"
    assert {entry.kind for entry in found} == {"md5", "sha1"}


@pytest.mark.parametrize("name", ["md5", "MD5", '"md5"', "md5;"])
def test_csv_of_one_column(name):
    assert parse(f"{name}\n{MD5}\n") == [Entry("md5", MD5)]


def test_project_vic():
    assert parse(json.dumps(VICS)) == [
        Entry("md5", MD5, "7"),
        Entry("sha1", SHA1, "7"),
        Entry("md5", "00" * 16, "8"),
        Entry("sha256", SHA256, "8"),
    ]


def test_a_json_array_of_hashes():
    assert parse(json.dumps([MD5, SHA1])) == [Entry("md5", MD5), Entry("sha1", SHA1)]


@pytest.mark.parametrize(
    "text",
    ["hello", MD5 + "\n123", "{", "{}", '["x"]', "md5:12", "pdq:" + MD5, "[" * 10_000],
)
def test_what_is_no_list(text):
    with pytest.raises(ListError):
        parse(text)


@given(st.text(max_size=200))
def test_junk(text):
    try:
        parse(text)
    except ListError:
        pass


def test_blinded():
    key = b"k" * 16
    lines, left_out = blind(parse(f"{SHA256} label\n{MD5}\n{MD5}"), key)
    assert left_out == 1, "the PDQ that 64 digits might be"
    assert lines[0] == "# imgprint blinded list, version 1"
    assert len(lines) == 3
    assert MD5 not in "".join(lines)
    assert "label" not in "".join(lines)
    expected = blinded("md5", bytes.fromhex(MD5), key)
    # Never to change:
    assert expected == (
        "72f8d6564cfa9920da801ca05f20dc6fac06d8044ec0936f23fd359f7e20f5d4"
    )
    assert expected == hmac.digest(key, b"md5:" + bytes.fromhex(MD5), "sha256").hex()
    assert f"hmac-md5:{expected}" in lines
    assert {e.kind for e in parse("\n".join(lines))} == {"hmac-md5", "hmac-sha256"}
    assert blinded("md5", bytes.fromhex(MD5), b"o" * 16) != expected
