"""Images with a picture in each of their text fields, and a search for its bytes."""

import base64
import re
import struct
import zlib
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from tests.content.formats.test_psd import resource
from tests.content.metadata.test_c2pa import superbox
from tests.support.pictures import jpeg
from tests.support.samples import box, picture, tiff

ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
BLOCK = 32
"""Any run of 64 bytes of a picture holds one of its blocks of 32 as a whole."""
XMP = (
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'"
    " xmlns:xmp='http://ns.adobe.com/xap/1.0/'"
    " xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/'"
    " xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'>{}</rdf:Description>"
    "</rdf:RDF></x:xmpmeta>"
)
IFD0 = {0x10E: "ImageDescription", 0x10F: "Make", 0x110: "Model", 0x131: "Software"}
IFD0 |= {0x13B: "Artist", 0x8298: "Copyright", 0x132: "DateTime"}


def base64_of(data):
    return base64.b64encode(data)


def lines_of(data):
    return base64.encodebytes(data)


def url_base64_of(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def hex_of(data):
    return data.hex().encode()


def spaced_hex_of(data):
    return data.hex(" ").upper().encode()


def percent_of(data):
    return quote(data).encode()


def escapes_of(data):
    return "".join(f"\\x{byte:02x}" for byte in data).encode()


def unicode_of(data):
    return "".join(f"\\u{byte:04x}" for byte in data).encode()


def numbers_of(data):
    return ", ".join(map(str, data)).encode()


def words_of(data):
    return b"See " + base64_of(data) + b" for more."


def uri_of(data):
    return b"data:image/jpeg;base64," + base64_of(data)


def workflow_of(data):
    return b'{"3": {"inputs": {"image": "' + uri_of(data) + b'", "steps": 20}}}'


FORMS = (bytes, base64_of, lines_of, url_base64_of, hex_of, spaced_hex_of)
FORMS += (percent_of, escapes_of, unicode_of, numbers_of, words_of, uri_of, workflow_of)


@dataclass
class Hiding:
    """Makes images that hide pictures. ``hidden`` are these, by file and field."""

    files: dict[str, tuple] = field(default_factory=dict)
    hidden: dict[str, bytes] = field(default_factory=dict)

    def payload(self, name, form=bytes):
        """A new picture of about a kilobyte, in *form*, for the field *name*."""
        self.hidden[name] = jpeg(len(self.hidden) + 1, (40, 40), optimize=True)
        return form(self.hidden[name])

    def add(self, name, data, media_type="image/jpeg", **headers):
        self.files["/" + name] = (media_type, data, headers)


def large(seed=0):
    """A JPEG whose head ends, and whose tail begins, within its scan."""
    return jpeg(seed, (200, 160))


def with_segments(*segments):
    data = b"".join(
        bytes([0xFF, marker]) + struct.pack(">H", len(part) + 2) + part
        for marker, part in segments
    )
    whole = large(len(data))
    return whole[:2] + data + whole[2:]


def exif(*entries, **options):
    return 0xE1, b"Exif\0\0" + tiff(*entries, **options)


def deeper(pointer, *entries):
    """Exif whose IFD0 leads by tag *pointer* to a directory with *entries*."""
    inner = tiff(*entries)[8:]
    place = 8 + 2 + 12 + 4
    count = struct.unpack_from("<H", inner)[0]
    table = bytearray(inner)
    for i in range(count):
        at = 2 + 12 * i
        kind, number, value = struct.unpack_from("<HLL", table, at + 2)
        if number * {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind] > 4:
            struct.pack_into("<L", table, at + 8, value - 8 + place)
    head = tiff((pointer, 4, struct.pack("<L", place)))
    return 0xE1, b"Exif\0\0" + head + bytes(table)


def chunk(kind, data):
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def png(*chunks):
    whole = picture("png", (120, 90))
    return whole[:33] + b"".join(chunk(*one) for one in chunks) + whole[33:]


def iptc(*sets):
    data = b"".join(
        b"\x1c\2" + bytes([number]) + struct.pack(">H", len(value)) + value
        for number, value in sets
    )
    return 0xED, b"Photoshop 3.0\0" + resource(0x404, data)


def xmp(inner):
    return XMP.format(inner.decode() if isinstance(inner, bytes) else inner).encode()


def xmp_segment(inner):
    return 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(inner)


def item(name, kind, *values):
    inner = "".join(f"<rdf:li>{value.decode()}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{inner}</rdf:{kind}></{name}>"


def icc(text):
    head = bytearray(128)
    head[8:10], head[36:40] = b"\2\x10", b"acsp"
    tag = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0"
    return bytes(head) + struct.pack(">I4sII", 1, b"desc", 144, len(tag)) + tag


def cbor_text(value):
    return b"\x79" + struct.pack(">H", len(value)) + value


def c2pa(title, generator, label=b"urn:uuid:new"):
    claim = b"\xa2" + cbor_text(b"dc:title") + cbor_text(title)
    claim += cbor_text(b"claim_generator") + cbor_text(generator)
    manifest = superbox(label, superbox(b"c2pa.claim", box(b"cbor", claim)))
    return superbox(b"c2pa", manifest)


def pieces(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


# Search


class Search:
    """Looks for blocks of the hidden pictures in whatever a crawl wrote."""

    def __init__(self, hidden):
        self.blocks = {
            picture[at : at + BLOCK]: name
            for name, picture in hidden.items()
            for at in range(0, len(picture) - BLOCK + 1, BLOCK)
            # A run of one byte is nobody's.
            if len(set(picture[at : at + BLOCK])) > BLOCK // 4
        }
        # Those that all pictures have, as the tables of JPEG.
        common = jpeg(0, (40, 40), optimize=True) + large()
        for at in range(len(common) - BLOCK + 1):
            self.blocks.pop(common[at : at + BLOCK], None)

    def find(self, content):
        """Return the names of the pictures of which *content* holds a block."""
        found = set()
        for view in views(content):
            found |= {
                self.blocks[view[at : at + BLOCK]]
                for at in range(len(view) - BLOCK + 1)
                if view[at : at + BLOCK] in self.blocks
            }
        return found


def views(content):
    """Yield what *content* may mean: raw bytes, text, escapes, hex, base64, numbers."""
    yield content
    raw = content.decode("utf-8", errors="replace")
    for text in (raw, raw.replace("\\\\", "\\")):
        text = re.sub(
            r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text
        )
        text = text.replace("\\n", "\n").replace('\\"', '"')
        yield text.encode("latin-1", errors="replace")
    yield text.encode("utf-16-le", errors="replace")
    yield unquote_to_bytes(text.replace("\\x", "%"))
    for run in re.findall(r"[0-9a-fA-F\s:]{64,}", text):
        digits = re.sub(r"[\s:]", "", run)
        for start in (0, 1):
            yield bytes.fromhex(digits[start : start + (len(digits) - start) // 2 * 2])
    for joined in (text, re.sub(r"\s+", "", text)):
        for run in re.findall(r"[A-Za-z0-9+/_-]{43,}", joined):
            run = run.replace("-", "+").replace("_", "/")
            for start in range(4):
                yield base64.b64decode(run[start : start + (len(run) - start) // 4 * 4])
    for run in re.findall(r"(?:\d{1,3}\W{1,2}){32,}", text):
        yield bytes(int(number) % 256 for number in re.findall(r"\d+", run))
