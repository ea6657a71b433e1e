import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.text import decode, user_comment


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"ASCII\0\0\0nice\0\0", "nice"),
        (b"UNICODE\0n\0i\0c\0e\0", "nice"),
        (b"UNICODE\0\0n\0i\0c\0e", "nice"),
        (b"UNICODE\0\xfe\xff\0n\0i\0c\0e", "nice"),
        (bytes(8) + b"nice", "nice"),
        (b"no charset", "no charset"),
        (b"JIS\0\0\0\0\0\x1b$B$3\x1b(B", "こ"),
        (b"UNICODE\0" + "一月一日の写真です".encode("utf-16-be"), "一月一日の写真です"),
        (b"UNICODE\0" + "一月一日の写真です".encode("utf-16-le"), "一月一日の写真です"),
        (b"UNICODE\0" + "Привет, мир".encode("utf-16-be"), "Привет, мир"),
        (b"ASCII\0\0\0n\0i\0c\0e\0", "nice"),
        (bytes(40), None),
        (b"", None),
        (bytes(8) + b"\1\2\3\4", None),
    ],
)
def test_user_comment(value, text):
    assert user_comment(value, "<") == text


def test_decode():
    assert decode("Zoë".encode(), latin=True) == "Zoë"
    assert decode("Zoë".encode("latin-1"), latin=True) == "Zoë"
    assert decode("Zoë".encode()[:-1], latin=False) == "Zo"
    assert decode(b" \0", latin=False) is None


@given(st.binary(max_size=40), st.sampled_from([b"UNICODE\0", b"JIS\0\0\0\0\0", b""]))
def test_text_survives_junk(junk, charset):
    for text in (user_comment(charset + junk, "<"), decode(junk, latin=False)):
        (text or "").encode()
