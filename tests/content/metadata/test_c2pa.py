from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.c2pa import read_c2pa
from imgprint.content.sparse import MissingBytes
from tests.support.samples import box, partial, whole


def superbox(label, *content):
    description = box(b"jumd", bytes(16) + b"\3" + label + b"\0")
    return box(b"jumb", description + b"".join(content))


def text(value):
    return (
        bytes([0x60 + len(value)]) + value
        if len(value) < 24
        else b"\x78" + bytes([len(value)]) + value
    )


CLAIM = b"\xa3" + text(b"claim_generator") + text(b"tool/1.0") + text(b"dc:title")
CLAIM += text(b"a.jpg") + text(b"other") + b"\x9f\x01\x42ab\xc0\xf6\xff"
STORE = superbox(
    b"c2pa",
    superbox(b"urn:uuid:old", superbox(b"c2pa.claim", box(b"cbor", b"\xa0"))),
    superbox(
        b"urn:uuid:new",
        superbox(b"c2pa.assertions", box(b"bidb", bytes(500))),
        superbox(b"c2pa.claim", box(b"cbor", CLAIM)),
    ),
)


def test_read_c2pa():
    fields, missing = read_c2pa(whole(STORE))
    assert missing == []
    assert fields == {
        "manifest": "urn:uuid:new",
        "claim_generator": "tool/1.0",
        "title": "a.jpg",
        "instance_id": None,
        "digital_source_type": None,
    }


def test_the_source_type_of_an_action():
    kind = b"http://made/trainedAlgorithmicMedia"
    made = b"\xa1" + text(b"digitalSourceType") + text(kind)
    actions = b"\xa1" + text(b"actions") + b"\x82\xa0" + made
    store = superbox(
        b"c2pa",
        superbox(
            b"m",
            superbox(
                b"c2pa.assertions",
                superbox(b"c2pa.hash.data", box(b"cbor", b"\xa0")),
                superbox(b"c2pa.actions.v2", box(b"cbor", actions)),
            ),
            superbox(b"c2pa.claim", box(b"cbor", CLAIM)),
        ),
    )
    fields, _ = read_c2pa(whole(store))
    assert fields
    assert fields["digital_source_type"] == kind.decode()
    assert fields["claim_generator"] == "tool/1.0"


def test_generator_info():
    info = b"\xa2" + text(b"name") + text(b"tool") + text(b"version") + text(b"2")
    claim = b"\xbf" + text(b"claim_generator_info") + info + b"\xff"
    store = superbox(
        b"c2pa", superbox(b"m", superbox(b"c2pa.claim.v2", box(b"cbor", claim)))
    )
    assert read_c2pa(whole(store))[0]["claim_generator"] == "tool 2"


def test_presence_is_known_from_the_start():
    fields, missing = read_c2pa(partial(STORE, 60))
    assert fields == dict.fromkeys(fields)
    assert missing


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x10jumbabcdefgh", superbox(b"other")])
def test_no_manifest(data):
    with suppress(ValueError):
        assert read_c2pa(whole(data)) == (None, [])


@pytest.mark.parametrize("opening", [b"\x81", b"\x9f", b"\xc1", b"\x5f", b"\xa1\x81"])
def test_nesting_ends(opening):
    claim = superbox(b"c2pa.claim", box(b"cbor", opening * 30_000))
    store = superbox(b"c2pa", superbox(b"m", claim))
    assert read_c2pa(whole(store))[0]["claim_generator"] is None


def test_read_c2pa_truncated():
    for known in range(len(STORE)):
        part = partial(STORE, known)
        try:
            missing = read_c2pa(part)[1]
        except MissingBytes as error:
            missing = [error.span]
        assert all(part.missing(span) for span in missing)
        with suppress(ValueError):
            read_c2pa(whole(STORE[:known]))


@given(st.integers(0, len(STORE)), st.binary(max_size=60))
def test_read_c2pa_survives_junk(place, junk):
    with suppress(ValueError):
        read_c2pa(whole(STORE[:place] + junk + STORE[place + len(junk) :]))
