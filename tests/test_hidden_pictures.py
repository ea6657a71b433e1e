"""No byte of a picture that hides in a text field is written anywhere."""

import json
import os
import re
import struct
import subprocess
import sys
import zlib
from hashlib import sha256

import pytest

from imgprint.demo.gallery_server import GallerySite
from tests.content.formats.test_psd import file as psd
from tests.content.formats.test_psd import resource
from tests.support.crawling import ROOT, validate
from tests.support.hiding import (
    BLOCK,
    FORMS,
    IFD0,
    Hiding,
    Search,
    base64_of,
    c2pa,
    deeper,
    exif,
    hex_of,
    icc,
    iptc,
    item,
    large,
    lines_of,
    numbers_of,
    percent_of,
    pieces,
    png,
    uri_of,
    with_segments,
    workflow_of,
    xmp,
    xmp_segment,
)
from tests.support.samples import box, picture, tiff
from tests.support.servers.process import require

WRITES = "write,pwrite64,writev,pwritev,pwritev2"
STRACE = ["strace", "-f", "-qq", "-y", "-xx", "-s", "4000000", "-e", f"trace={WRITES}"]
# Behind a file: what samples of its end are of.
JUNK = large(7)[700:4000]
SETTINGS = {
    "IMGPRINT_MIN_SIZE": 0,
    "IMGPRINT_EVIDENCE": 1,
    "IMGPRINT_DECODE": 1,
    "IMGPRINT_REQUESTS_IN_MEMORY": 1,
    "IMGPRINT_LINKED": "stylesheet,manifest,favicon",
    "LOG_LEVEL": "DEBUG",
    "LOG_FILE": "crawl.log",
}


def in_jpegs(hiding):
    for form in FORMS:
        name = f"comment-{form.__name__}.jpg"
        hiding.add(name, with_segments((0xFE, hiding.payload(name, form))))
    for tag, title in IFD0.items():
        for form in (bytes, base64_of):
            name = f"{title}-{form.__name__}.jpg"
            value = hiding.payload(name, form) + b"\0"
            hiding.add(name, with_segments(exif((tag, 2, value))))
    charsets = b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", bytes(8), b""
    for i, charset in enumerate(charsets):
        name = f"usercomment{i}.jpg"
        value = charset + hiding.payload(name)
        hiding.add(name, with_segments(deeper(0x8769, (0x9286, 7, value))))
    details = {0x927C: "MakerNote", 0xA430: "owner", 0xA431: "serial", 0xA434: "lens"}
    details |= {0xA420: "unique-id", 0x9003: "original", 0xA302: "cfa"}
    for tag, title in details.items():
        name = f"{title}.jpg"
        kind = 2 if tag not in (0x927C, 0xA302) else 7
        entry = (tag, kind, hiding.payload(name))
        hiding.add(name, with_segments(deeper(0x8769, entry)))
    for tag in range(0x9C9B, 0x9CA0):
        name = f"xp{tag:x}.jpg"
        hiding.add(name, with_segments(exif((tag, 1, hiding.payload(name)))))
    for kind, size in ((3, 2), (4, 4), (7, 1)):
        name = f"private{kind}.jpg"
        value = hiding.payload(name)
        value = value[: len(value) // size * size]
        hiding.add(name, with_segments(exif((0xC4A5, kind, value))))
    name = "gps.jpg"
    entry = (0x1B, 7, b"ASCII\0\0\0" + hiding.payload(name))
    hiding.add(name, with_segments(deeper(0x8825, entry)))
    name = "split-over-tags.jpg"
    parts = pieces(hiding.payload(name), 100)
    tags = [(0x9999 + i, 2, part) for i, part in enumerate(parts)]
    hiding.add(name, with_segments(exif(*tags)))


def in_segments(hiding):
    name = "thumbnail.jpg"
    block = bytearray(tiff((0x10F, 2, b"Maker\0")))
    small = hiding.payload(name)
    block[22:26] = struct.pack("<L", len(block))
    place = len(block) + 2 + 24 + 4
    block += struct.pack(
        "<HHHLLHHLLL", 2, 0x201, 4, 1, place, 0x202, 4, 1, len(small), 0
    )
    hiding.add(name, with_segments((0xE1, b"Exif\0\0" + bytes(block) + small)))
    for marker in (0xE3, 0xE5, 0xEC, 0xEE):
        name = f"app{marker:x}.jpg"
        hiding.add(name, with_segments((marker, b"Mine\0" + hiding.payload(name))))
    for number in (5, 25, 40, 55, 80, 90, 101, 103, 110, 115, 116, 120):
        for form in (bytes, base64_of):
            name = f"iptc{number}-{form.__name__}.jpg"
            segment = iptc((number, hiding.payload(name, form)))
            hiding.add(name, with_segments(segment))
    name = "iptc-split.jpg"
    sets = [(25, part) for part in pieces(hiding.payload(name), 90)]
    hiding.add(name, with_segments(iptc(*sets)))
    name = "psd-preview.jpg"
    part = resource(0x40C, bytes(28) + hiding.payload(name), b"\3nam")
    hiding.add(name, with_segments((0xED, b"Photoshop 3.0\0" + part)))
    name = "icc.jpg"
    profile = b"ICC_PROFILE\0\1\1" + icc(hiding.payload(name, base64_of))
    hiding.add(name, with_segments((0xE2, profile)))
    name = "icc-raw.jpg"
    profile = b"ICC_PROFILE\0\1\1" + icc(hiding.payload(name).replace(b"\0", b"\1"))
    hiding.add(name, with_segments((0xE2, profile)))
    name = "c2pa.jpg"
    store = c2pa(hiding.payload(name, base64_of), hiding.payload(name + "2"))
    hiding.add(name, with_segments((0xEB, b"JP\0\1\0\0\0\1" + store)))


def in_xmp(hiding):
    for tag in ("dc:description", "dc:title", "dc:rights", "dc:creator", "dc:subject"):
        for form in (base64_of, hex_of, percent_of):
            name = f"{tag.replace(':', '-')}-{form.__name__}.jpg"
            kind = "Bag" if tag in ("dc:creator", "dc:subject") else "Alt"
            inner = item(tag, kind, hiding.payload(name, form))
            hiding.add(name, with_segments(xmp_segment(inner)))
    for tag in (
        "xmp:CreatorTool",
        "xmp:Rating",
        "photoshop:Credit",
        "xmpMM:DocumentID",
    ):
        name = f"{tag.replace(':', '-')}.jpg"
        inner = f"<{tag}>{hiding.payload(name, lines_of).decode()}</{tag}>"
        hiding.add(name, with_segments(xmp_segment(inner)))
    name = "keywords-split.jpg"
    parts = pieces(hiding.payload(name, base64_of), 120)
    hiding.add(name, with_segments(xmp_segment(item("dc:subject", "Bag", *parts))))
    name = "extended-xmp.jpg"
    more = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + bytes(8)
    more += xmp(item("dc:title", "Alt", hiding.payload(name, base64_of)))
    hiding.add(name, with_segments(xmp_segment(""), (0xE1, more)))


def in_pngs(hiding):
    for form in FORMS:
        name = f"text-{form.__name__}.png"
        chunk = b"tEXt", b"Description\0" + hiding.payload(name, form)
        hiding.add(name, png(chunk), "image/png")
    name = "zTXt.png"
    packed = b"Comment\0\0" + zlib.compress(hiding.payload(name))
    hiding.add(name, png((b"zTXt", packed)), "image/png")
    name = "iTXt.png"
    text = hiding.payload(name).decode("latin-1").encode()
    hiding.add(name, png((b"iTXt", b"XML\0\0\0\0\0" + text)), "image/png")
    name = "keyword.png"
    key = hiding.payload(name).replace(b"\0", b"\1")
    hiding.add(name, png((b"tEXt", key + b"\0text")), "image/png")
    name = "raw-profile.png"
    digits = hiding.payload(name, hex_of)
    text = b"Raw profile type exif\0\nexif\n    %d\n" % (len(digits) // 2) + digits
    hiding.add(name, png((b"tEXt", text)), "image/png")
    for form, size in ((bytes, 100), (base64_of, 100), (hex_of, 160)):
        name = f"split-{form.__name__}.png"
        parts = pieces(hiding.payload(name, form), size)
        chunks = [(b"tEXt", b"part %d\0" % i + part) for i, part in enumerate(parts)]
        hiding.add(name, png(*chunks), "image/png")
    name = "eXIf.png"
    block = tiff((0x10E, 2, hiding.payload(name)))
    hiding.add(name, png((b"eXIf", block)), "image/png")
    name = "iCCP.png"
    profile = zlib.compress(icc(hiding.payload(name, base64_of)))
    hiding.add(name, png((b"iCCP", b"name\0\0" + profile)), "image/png")
    name = "workflow.png"
    text = b"workflow\0" + hiding.payload(name, workflow_of)
    hiding.add(name, png((b"tEXt", text)), "image/png")


def in_others(hiding):
    for form in (bytes, base64_of):
        name = f"comment-{form.__name__}.gif"
        data = picture("gif", (100, 80), comment=hiding.payload(name, form))
        hiding.add(name, data, "image/gif")
    packet = {}
    for kind in ("webp", "avif", "tiff"):
        name = f"xmp.{kind}"
        packet[kind] = xmp(item("dc:title", "Alt", hiding.payload(name, base64_of)))
        block = b"Exif\0\0" + tiff((0x10E, 2, hiding.payload(name + " exif")))
        if kind == "tiff":
            data = tiff(
                (0x100, 3, b"\x20\0"),
                (0x101, 3, b"\x20\0"),
                (0x10D, 2, hiding.payload("document-name.tiff")),
                (0x2BC, 1, packet[kind]),
                (0x9999, 7, hiding.payload("private.tiff")),
            )
        else:
            data = picture(kind, (100, 80), xmp=packet[kind], exif=block)
        hiding.add(name, data + JUNK, f"image/{kind}")
    heic = hiding.files["/xmp.avif"][1].replace(b"avif", b"heic", 1)
    hiding.add("xmp.heic", heic, "image/heic")
    name = "boxes.jxl"
    codestream = b"\xff\x0a" + bytes(30)
    data = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    data += box(b"Exif", bytes(4) + tiff((0x10E, 2, hiding.payload(name))))
    title = hiding.payload(name + " xmp", base64_of)
    data += box(b"xml ", xmp(item("dc:title", "Alt", title)))
    hiding.add(name, data + box(b"jxlc", codestream + bytes(2000)), "image/jxl")
    name = "resource.psd"
    parts = [
        resource(0x424, xmp(item("dc:title", "Alt", hiding.payload(name, hex_of))))
    ]
    parts += [resource(0x40C, hiding.payload(name + " preview"))]
    hiding.add(name, psd(*parts) + large(5)[:9000], "image/vnd.adobe.photoshop")
    name = "tail.bmp"
    data = picture("bmp", (40, 30)) + hiding.payload(name)
    hiding.add(name, data + JUNK, "image/bmp")
    name = "words.svg"
    title, text, link = (
        hiding.payload(f"{name} {part}", made).decode()
        for part, made in (("title", base64_of), ("desc", hex_of), ("href", uri_of))
    )
    data = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='9'><title>{title}"
    )
    data += f"</title><desc>{text}</desc><image href='{link}'/></svg>"
    hiding.add(name, data.encode() + b" " * 3000, "image/svg+xml")


def in_headers(hiding):
    """Header fields of answers; the images themselves hide nothing."""
    for title in ("ETag", "Last-Modified", "Server", "Content-Disposition", "Digest"):
        name = f"header-{title}.jpg"
        value = hiding.payload(name, base64_of).decode()
        value = f'"{value}"' if title == "ETag" else value
        hiding.add(name, large(len(hiding.files)), **{title: value})
    name = "header-type.jpg"
    kind = "image/" + hiding.payload(name, percent_of).decode()
    hiding.add(name, large(1), kind)
    name = "header-robots.jpg"
    rules = pieces(hiding.payload(name, base64_of).decode(), 60)
    hiding.add(name, large(2), **{"X-Robots-Tag": ", ".join(rules)})
    name = "no-image.jpg"
    kind = "text/" + hiding.payload(name, base64_of).decode()
    hiding.add(name, b"<!DOCTYPE html>Nothing", kind)


def page_of(hiding):
    """The page with all images, and what it hides itself."""
    alts = "".join(
        f"<img src='/alt{i}.jpg' alt='{hiding.payload(f'alt{i}', form).decode()}'>"
        for i, form in enumerate((base64_of, hex_of, numbers_of, uri_of, workflow_of))
        if form is not workflow_of
    )
    for i in range(4):
        hiding.add(f"alt{i}.jpg", large(90 + i))
    within = with_segments((0xFE, hiding.payload("comment of inline")))
    names = [name for name in hiding.files if not name.startswith("/alt")]
    links = "".join(f"<img src='{name}'>" for name in names)
    inline = f"<img src='{uri_of(within).decode()}'>"
    return f"<!DOCTYPE html><title>x</title>{alts}{inline}{links}".encode()


@pytest.fixture(scope="module")
def hiding():
    made = Hiding()
    for add in (in_jpegs, in_segments, in_xmp, in_pngs, in_others, in_headers):
        add(made)
    page = page_of(made)
    made.files["/"] = ("text/html; charset=utf-8", page)
    return made


@pytest.fixture(scope="module")
def search(hiding):
    return Search(hiding.hidden)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_search_finds_what_is_there(hiding, search, form):
    name = "comment-bytes.jpg"
    data = form(hiding.hidden[name])
    assert name in search.find(data)
    text = data.decode("latin-1")
    for line in (json.dumps(text), json.dumps(text, ensure_ascii=False), text):
        assert name in search.find(b'{"a": ' + line.encode() + b"}")


def test_samples_hold_none_of_them(hiding, search):
    """Else the 256 bytes of a file that a record has would be those of a hidden one."""
    for name, (_, data, *_) in hiding.files.items():
        if name != "/":
            samples = data[:10_241][-128:] + bytes(BLOCK) + data[-1024:][384:512]
            assert not search.find(samples), name


def writes(trace):
    """Return what was written, by path of the file."""
    found = {}
    call = re.compile(r"(?:p?writev?2?|pwrite64)\(\d+<([^>]*)>, (.*)")
    for line in trace.read_text(errors="replace").splitlines():
        match = call.search(line)
        if match:
            path = (
                bytes.fromhex(match[1].replace("\\x", "")).decode()
                if (match[1].startswith("\\x"))
                else match[1]
            )
            text = "".join(re.findall(r'"((?:\\x[0-9a-f]{2})*)"', match[2]))
            found.setdefault(path, []).append(bytes.fromhex(text.replace("\\x", "")))
    return {path: b"".join(parts) for path, parts in found.items()}


def check_marks(records, hiding):
    """Marks say what stood there: the hash is of the hidden picture itself."""
    said = {record["url"].rpartition("/")[2]: record for record in records}
    texts = {
        "comment-bytes.jpg": said["comment-bytes.jpg"]["text"]["Comment"],
        "comment-words_of.jpg": said["comment-words_of.jpg"]["text"]["Comment"],
        "comment-hex_of.jpg": said["comment-hex_of.jpg"]["text"]["Comment"],
        "zTXt.png": said["zTXt.png"]["text"]["Comment"],
        "Artist-bytes.jpg": said["Artist-bytes.jpg"]["exif"]["Artist"],
        "private7.jpg": said["private7.jpg"]["exif"]["PrintImageMatching"],
        "usercomment0.jpg": said["usercomment0.jpg"]["exif"]["UserComment"],
        "iptc120-bytes.jpg": said["iptc120-bytes.jpg"]["iptc"]["description"],
        "header-Server.jpg": said["header-Server.jpg"]["server"],
    }
    for name, text in texts.items():
        digest = sha256(hiding.hidden[name]).hexdigest()
        assert re.search(
            f"<.*jpeg image: [0-9]+ (bytes|characters), sha256:{digest}>", text
        )


def test_nothing_that_is_written_holds_a_hidden_picture(hiding, search, tmp_path):
    require("strace", "strace")
    trace = tmp_path / "trace"
    folder = tmp_path / "crawl"
    folder.mkdir()
    options = [f"-s{name}={value}" for name, value in SETTINGS.items()]
    with GallerySite(hiding.files) as site:
        command = [sys.executable, "-m", "scrapy", "crawl", "images", "-ajob=a"]
        done = subprocess.run(
            [*STRACE, "-o", trace, *command, f"-aurl={site.url}/", *options],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCRAPY_SETTINGS_MODULE": "imgprint.settings",
            },
            capture_output=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    (feed,) = folder.glob("data/jobs/a/records.jsonl")
    lines = feed.read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines if line]
    validate(records)
    images = [name for name in hiding.files if name not in ("/", "/no-image.jpg")]
    seen = {"/" + record["url"].rpartition("/")[2] for record in records}
    assert set(images) <= seen
    written = {path: data for path, data in writes(trace).items() if ":[" not in path}
    left = [path for path in folder.rglob("*") if path.is_file()]
    for part in ("/records.jsonl", "/sightings.jsonl", "/evidence/", "/crawl.log"):
        assert any(part in path and data for path, data in written.items()), part
    contents = {**written, "stdout": done.stdout, "stderr": done.stderr}
    contents |= {f"{path} itself": path.read_bytes() for path in left}
    found = {path: search.find(data) for path, data in contents.items()}
    assert not {path: names for path, names in found.items() if names}
    check_marks(records, hiding)
    print(
        f"\n{len(images)} images, {len(hiding.hidden)} fields with a picture of "
        f"{sum(map(len, hiding.hidden.values()))} bytes in all; {len(contents)} files, "
        f"{sum(map(len, contents.values()))} bytes written: 0 runs"
    )
