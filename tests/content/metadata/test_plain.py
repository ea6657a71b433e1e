import base64
import binascii
import hashlib
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.metadata.marks import MAX_TEXT
from imgprint.content.metadata.plain import (
    MAX_TEXTS,
    Plain,
    exact,
    latin_text,
    plain_text,
    reference_text,
)
from tests.support.hiding import FORMS
from tests.support.pictures import jpeg
from tests.support.samples import picture

PICTURE = jpeg(1, (40, 40))
SHA256 = hashlib.sha256(PICTURE).hexdigest()
NODE = {"id": 3, "type": "KSampler", "pos": [863, 186.5], "flags": {}, "order": 4}
NODE |= {"inputs": [{"name": "model", "type": "MODEL", "link": 1}], "mode": 0}
NODE |= {"widgets_values": [156680208700286, True, 20, 8, "euler", "normal", 1]}
NODES = {"last_node_id": 9, "nodes": [NODE] * 20, "links": [[1, 4, 0, 3, 0, "MODEL"]]}
TEXTS = [
    json.dumps(NODES),
    json.dumps(NODES, indent=1),
    json.dumps(NODES, separators=(",", ":")),
    "best quality, 1girl, <lora:add_detail:0.7>, (detailed face:1.3)\n"
    "Negative prompt: EasyNegative, bad-hands-5, ng_deepnegative_v1_75t\n"
    "Steps: 28, Sampler: DPM++ 2M SDE Karras, CFG scale: 7, Seed: 3421768743, "
    "Size: 512x768, Model hash: ef76aa2332, Model: realisticVisionV51_v51VAE, "
    'VAE hash: 735e4c3a44, Lora hashes: "add_detail: 7c6bad76eb54", Version: v1.6.0',
    r"C:\Users\Administrator\Documents\My Pictures\2023-08\RAW\DSC_0012-Edit-2.psd",
    "/home/user/Pictures/2023/summer-holiday-in-the-mountains/export/final/full_0042",
    "https://www.flickr.com/photos/some_user/52934870123/in/album-72177720308961234/",
    "https://commons.wikimedia.org/wiki/File:%D0%9C%D0%BE%D1%81%D0%BA%D0%B2%D0%B0_"
    "%D0%9A%D1%80%D0%B5%D0%BC%D0%BB%D1%8C_%D0%9A%D1%80%D0%B0%D1%81%D0%BD%D0%B0.jpg",
    "this-is-a-very-long-slug-of-an-article-about-pictures-in-the-dark-2023-edition",
    "The Quick Brown Fox Jumps Over The Lazy Dog And Then The Lazy Dog Wakes Up In May",
    "ThisIsAVeryLongNameThatSomebodyWroteIntoADescriptionOfAnImageForNoGoodReasonAtAll",
    "Canon EOS R5 + RF24-70mm F2.8 L IS USM, RF70-200mm F2.8 L IS USM, EF16-35mm f/4L",
    "WASHINGTON, DC - JANUARY 20: U.S. President J. Doe (D-IL) speaks to CNN, NBC, ABC "
    "and the BBC. (Photo by J. Doe/AFP via Getty Images) ORG XMIT: 775123456",
    "xmp.iid:0f6a7a0e-9d5e-4f4c-8d0a-1a2b3c4d5e6f, adobe:docid:photoshop:d5b1f6a2-3f0e",
    "550e8400-e29b-41d4-a716-446655440000 550e8400-e29b-41d4-a716-446655440001",
    "sha256:" + hashlib.sha256(b"").hexdigest(),
    hashlib.sha384(b"").hexdigest(),
    "FBMD23000969010000c0570000d4a00000dfa200005aa60000eb1e0100b4b501002fbc0100d7c20100",
    base64.b64encode(json.dumps(NODE).encode()).decode(),
    "-" * 100,
    "=" * 120,
    "ha" * 50,
    "東京の夜景。" * 30,
    "Снято в Москве на Красной площади в мае. " * 3,
    "ภาพถ่ายพระอาทิตย์ตกที่ชายหาดในภูเก็ต" * 5,
    "صورة لغروب الشمس فوق البحر في بيروت" * 5,
    "Ảnh chụp hoàng hôn trên biển Đà Nẵng " * 5,
    "👨‍👩‍👧‍👦🏖️🌅 " * 20,
    "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetzgebungsverfahren",
    "(40.0, 26.0, 46.302)",
    "one\ttwo\r\nthree\x85four",
    "Photo \uf8ff",
    "",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_stays(text):
    assert plain_text(text) == text
    assert reference_text(text) == text


def test_binary_gives_way():
    mark = f"<jpeg image: {len(PICTURE)} bytes, sha256:{SHA256}>"
    assert plain_text(PICTURE.decode("latin-1")) == mark
    assert reference_text(PICTURE.decode("latin-1")) == mark
    assert latin_text(PICTURE) == mark
    assert plain_text("a\1b").startswith("<binary: 3 bytes, sha256:")
    assert plain_text("\ud800" * 3).startswith("<binary: 9 bytes, sha256:")


@pytest.mark.parametrize("form", FORMS[1:], ids=lambda form: form.__name__)
def test_encoded_pictures_give_way(form):
    text = form(PICTURE).decode()
    found = plain_text(text)
    assert len(found) < 250
    assert plain_text(found) == found


@pytest.mark.parametrize("size", [40, 60])
@pytest.mark.parametrize(
    "around", ["{}", "data:image/png;base64,{}", "See {} for more"]
)
def test_the_hash_is_of_what_was_encoded(size, around):
    data = picture("png", (size, size))
    text = around.format(base64.b64encode(data).decode())
    digest = hashlib.sha256(data).hexdigest()
    mark = f"<base64 of a png image: [0-9]+ characters, sha256:{digest}>"
    if len(text) > MAX_TEXT:
        mark = "<base64 of a png image: [0-9]+ characters, sha256:[0-9a-f]{64}>"
    assert re.match(re.escape(around).replace(r"\{\}", mark), plain_text(text))


@pytest.mark.parametrize(
    "encode",
    [
        base64.b32encode,
        base64.a85encode,
        base64.b85encode,
        binascii.b2a_qp,
        lambda data: base64.b64encode(base64.b64encode(data)),
        lambda data: b"".join(
            binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)
        ),
        lambda data: b" ".join(b"%d" % byte for byte in data),
        lambda data: b"".join(b"&#%d;" % byte for byte in data),
        lambda data: b"".join(b"\\%03o" % byte for byte in data),
        lambda data: b"".join(b"0x%02x," % byte for byte in data),
        lambda data: b"<svg xmlns='http://www.w3.org/2000/svg'>" + data.hex().encode(),
    ],
)
def test_other_codes_give_way(encode):
    assert len(plain_text(encode(PICTURE).decode())) < 250


@pytest.mark.parametrize("size", [86, 100, 120, 200])
def test_pieces_of_base64_give_way(size):
    """64 bytes of a picture, which are 86 characters, never stay."""
    for seed in range(20):
        coded = base64.b64encode(jpeg(seed, (40, 40), optimize=True)).decode()
        for at in range(0, len(coded) - size, size):
            piece = coded[at : at + size]
            assert plain_text(piece) != piece


def test_pieces_of_hex_give_way():
    piece = PICTURE[:64].hex()
    assert plain_text(piece).startswith("<hexadecimal of a jpeg image: 128 characters")
    assert plain_text(piece[:126]) == piece[:126]


def test_utf16_of_bytes_gives_way():
    assert plain_text(PICTURE.decode("utf-16-le", errors="ignore"))[:8] == "<binary:"


def test_long_text_is_cut():
    text = plain_text("word " * 10_000)
    assert text.endswith("word  <cut: 50000 characters in all>")
    assert len(text) <= MAX_TEXT
    assert plain_text(text) == text


def test_all_text_together_is_bounded():
    plain = Plain()
    found = plain.value({"keywords": ["word " * 3000] * 20, "title": "a title", "n": 1})
    assert sum(map(len, found["keywords"])) <= MAX_TEXTS + 20 * 40
    assert found["keywords"][-1] == "<left out: 15000 characters>"
    assert found["n"] == 1
    assert (
        Plain().texts({"\1" * 70: "x"})[
            "<binary: 70 bytes, sha256:" + hashlib.sha256(b"\1" * 70).hexdigest() + ">"
        ]
        == "x"
    )


def test_exif_keeps_the_form_of_the_reference():
    assert reference_text("\1\2\3\0") == "\1\2\3\0"
    assert reference_text("\1" * 63) == "\1" * 63
    assert reference_text("\1" * 64).startswith("<binary: 64 bytes")
    assert reference_text("Maker" + "\0" * 80) == "Maker"
    japanese = "東京の夜景。" * 10
    assert reference_text(japanese.encode().decode("latin-1")) == japanese
    quoted = "“A caption”, " * 10 + "end"
    assert reference_text(quoted.encode("cp1252").decode("latin-1")) == quoted
    tags = {"Make": "x", "TransferFunction": str(tuple(range(768)))}
    Plain().reference(tags)
    assert tags["Make"] == "x"
    assert tags["TransferFunction"].startswith("(<768 numbers: ")


def test_latin_text():
    assert latin_text(b"Zo\xeb") == "Zoë"
    assert latin_text(b"\x93A\x94") == "“A”"
    assert latin_text(b"\x81\x8d").startswith("<binary: 2 bytes")


def test_exact():
    assert exact(b"\1\2", "\1\2") == "\1\2"
    wide = "Ein Titel für ein Bild von hier" * 2
    data = wide.encode("utf-16-le") + b"\0\0"
    assert exact(data, data.decode(errors="ignore")) == wide
    assert exact(PICTURE, PICTURE.decode(errors="ignore")).endswith(f"{SHA256}>")
    assert exact(bytes(100), "\0" * 100) == "\0" * 100


@given(
    st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1"))
)
def test_marks_are_text(text):
    for made in (plain_text(text), reference_text(text)):
        made.encode()
        if len(text) >= 64:
            assert plain_text(made) == made


@pytest.mark.parametrize(
    "part",
    ["A1 ", "1 ", "ff ", "%00", "a!", "/", "<svg", "a", "1,", "東", "\\u00", "+A"],
)
def test_no_text_takes_long(part):
    text = part * (65_536 // len(part))
    start = time.process_time()
    plain_text(text)
    assert time.process_time() - start < 0.25
