"""Which labels count, where, and in which order."""

import codecs
import encodings
import pkgutil

import pytest
import webencodings

from imgprint.discovery.documents.encoding import (
    PRESCAN_BYTES,
    as_utf_8_xml,
    codec_of,
    declared_labels,
    encoding_of,
)

CODECS = sorted(module.name for module in pkgutil.iter_modules(encodings.__path__))
TEXT = "<p>café crème, déjà vu à l'été</p>"


def test_every_label_of_the_standard_has_a_codec_or_is_refused():
    for label, name in webencodings.LABELS.items():
        codec = codec_of(label.upper())
        if name == "replacement":
            assert codec is None
        else:
            assert "<img>".encode(codec).decode(codec) == "<img>"


@pytest.mark.parametrize("label", [*CODECS, "utf-32", "utf-7", "x" * 10_000, ""])
def test_no_other_codec_of_python_can_be_named(label):
    known = webencodings.lookup(label)
    codec = codec_of(label)
    assert (codec is None) == (known is None or known.name == "replacement")


@pytest.mark.parametrize(
    "label", ["punycode", "undefined", "hex", "idna", "base64", "utf-32", "cp037"]
)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (TEXT.encode(), "text/html; charset={}"),
        (b"<meta charset='{}'>" + TEXT.encode(), ""),
        (
            b"<meta http-equiv=Content-Type content='text/html; charset={}'>"
            + TEXT.encode(),
            "",
        ),
        (b'<?xml version="1.0" encoding="{}"?>' + TEXT.encode(), ""),
        (b'@charset "{}"; /* \xc3\xa9 */', "text/css"),
    ],
)
def test_other_labels_are_ignored_everywhere(label, body, field):
    body = body.replace(b"{}", label.encode())
    assert encoding_of(body, field.format(label)) == "utf-8"


def test_the_order():
    meta = b"<meta charset=koi8-r>"
    assert encoding_of(codecs.BOM_UTF8 + meta, "text/html; charset=big5") == "utf-8"
    assert encoding_of(meta, 'text/html; charset="big5"') == "big5hkscs"
    assert encoding_of(meta, "text/html; charset=unknown") == "koi8-r"
    assert encoding_of(b"<meta charset=unknown>" + meta) == "koi8-r"


def test_what_says_utf_16_and_begins_with_ascii_is_not():
    assert encoding_of(TEXT.encode(), "text/html; charset=utf-16") == "utf-8"
    assert encoding_of(b"<meta charset=utf-16le>" + TEXT.encode()) == "utf-8"
    for codec in ("utf-16-le", "utf-16-be"):
        body = TEXT.encode(codec)
        assert encoding_of(body, "text/html; charset=utf-16") == codec


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        (b"<!-- <meta charset=a> --><meta charset=b>", ["b"]),
        (b"<a title='<meta charset=a>'><meta charset=b>", ["b"]),
        (b"<META\nCHARSET = 'b' />", ["b"]),
        (b"<meta charset=b/>", ["b/"]),
        (b"<meta name=x content='charset=a'>", []),
        (b"<meta content='a; CHARSET = \"b\"' http-equiv=content-type>", ["b"]),
        (b"<metadata charset=a>", []),
        (b"<body><meta charset=a>", []),
        (b"<!doctype html><meta charset=b", ["b"]),
        (b" " * PRESCAN_BYTES + b"<meta charset=a>", []),
    ],
)
def test_declarations(body, labels):
    assert list(declared_labels(body)) == labels


def test_guesses_are_encodings_of_the_standard():
    assert encoding_of(TEXT.encode()) == "utf-8"
    assert encoding_of(b"<p>plain") == "cp1252"
    # It may be cut in the middle of a character.
    assert encoding_of("é".encode() * 100_000) == "utf-8"
    assert encoding_of("картинка и фото ".encode("cp1251") * 10_000) in (
        "cp1251",
        "mac-cyrillic",
    )
    assert encoding_of("картинка".encode("johab", "ignore") + b"\xff\xfe" * 9)


def test_xml_that_cannot_be_what_it_says():
    body = b"<rss><channel/></rss>"
    for label in ("utf-16", "utf-32", "cp037", "punycode"):
        declaration = f'<?xml version="1.0" encoding="{label}"?>'.encode()
        assert as_utf_8_xml(declaration + body) == body
    for kept in (body, b'<?xml version="1.0" encoding="koi8-r"?>' + body):
        assert as_utf_8_xml(kept) is kept
