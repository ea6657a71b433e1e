"""How strong each kind of match is, and the keys of a record that can match."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from imgprint.content.fingerprints.fingerprint import is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Record = Mapping[str, Any]

# From the strongest. "source" is no copy: the same camera or document.
STRENGTHS = ("certain", "strong", "medium", "source", "weak")
MIN_QUALITY = 50
MAX_DISTANCE = 31


class Grade(NamedTuple):
    """One way to match: what agrees, and how often it would by accident."""

    name: str
    strength: str
    why: str
    bound: str | None = None


_DIGEST = "below 1 in 10^{} per pair by accident; on purpose it can be made"
_STATED = "as for the hash itself if the server's word is true: it is unverified"
_PAIRS = "0 of {} pairs of other pictures measured: below 1 in {} (rule of three)"
# benchmarks/copies.py: 240 pictures; then photographs (docs/matching.md).
_BYTES = _PAIRS.format("28,680", "9,500")
_TOP = _BYTES + "; pictures with the same top can agree"
_LOOKS = _PAIRS.format("4,692", "1,500") + "; frames of one scene can agree"
_STRIP = _PAIRS.format("2,577", "850") + "; pictures with the same top can agree"
_CHECK = "1 in 4,294,967,296 for each pair of PNG files of the same dimensions"
_MADE = "not known: whoever writes the file chooses it"

# The numbers are in every index: never to change. The order is that of strength.
GRADES: dict[int, Grade] = {
    1: Grade("sha256", "certain", "same SHA-256 of the file", _DIGEST.format(77)),
    2: Grade("sha1", "certain", "same SHA-1 of the file", _DIGEST.format(48)),
    3: Grade("md5", "certain", "same MD5 of the file", _DIGEST.format(38)),
    4: Grade(
        "file_key", "certain", "same size, first 10,241 and last 1,024 bytes", _BYTES
    ),
    5: Grade("declared_sha256", "strong", "same SHA-256, stated by a server", _STATED),
    6: Grade("declared_sha1", "strong", "same SHA-1, stated by a server", _STATED),
    7: Grade("declared_md5", "strong", "same MD5, stated by a server", _STATED),
    8: Grade("head", "strong", "same first 10,241 bytes", _BYTES),
    9: Grade(
        "data", "strong", "same coding and first 2,048 bytes of picture data", _TOP
    ),
    10: Grade(
        "png", "strong", "same checksum of all pixels, and same dimensions", _CHECK
    ),
    11: Grade(
        "sample_start", "strong", "same 128 bytes of picture data at 10,113", _BYTES
    ),
    20: Grade("pdq", "strong", "PDQ within 31", _LOOKS),
    21: Grade("strip_1_2", "medium", "PDQ of the top half within 31", _STRIP),
    22: Grade("strip_1_4", "medium", "PDQ of the top quarter within 31", _STRIP),
    23: Grade("strip_1_8", "medium", "PDQ of the top eighth within 31", _STRIP),
    24: Grade("strip_1_16", "medium", "PDQ of the top sixteenth within 31", _STRIP),
    30: Grade("instance_id", "medium", "same XMP InstanceID", _MADE),
    31: Grade("image_unique_id", "medium", "same Exif ImageUniqueID", _MADE),
    32: Grade("etag", "medium", "ETags tell one inode, time and size", _MADE),
    33: Grade("unproven_md5", "medium", "an ETag that looks like the MD5", _MADE),
    40: Grade("document_id", "source", "same XMP DocumentID or its original", _MADE),
    41: Grade("camera_serial", "source", "same camera by its serial number", _MADE),
    50: Grade("sample_end", "weak", "same 128 bytes 640 before the end"),
    51: Grade("etag_time", "weak", "ETags tell one time and size"),
    52: Grade("encoder", "weak", "same coding tables and dimensions"),
    60: Grade("url", "weak", "same address"),
}
NUMBERS = {grade.name: number for number, grade in GRADES.items()}
RANK = {n: STRENGTHS.index(g.strength) * 100 + n for n, g in GRADES.items()}
STRIPS = ("strip_1_2", "strip_1_4", "strip_1_8", "strip_1_16")
# Many records share these: looked up only if asked for.
COMMON = frozenset((51, 52, 60))
SAMPLES = (
    (11, "random_128_bytes_sample_start"),
    (50, "random_128_bytes_sample_end"),
)
STATED = ((5, "sha256"), (6, "sha1"), (7, "md5"), (33, "unproven_md5"))
# In a hash list one kind stands for a value that a record may have in three ways.
LISTED = {
    "sha256": (1, 5),
    "sha1": (2, 6),
    "md5": (3, 7, 33),
    "file_key": (4,),
    "data": (9,),
}


def pack(number: int, value: int) -> int:
    """Return one integer of 62 bits for a value of 56 bits of grade *number*."""
    return value << 6 | number


def digits(value: str) -> int:
    """Return the first 56 bits of a hexadecimal digest."""
    return int(value[:14], 16)


def hashed(*values: object) -> int:
    """Return 56 bits that stand for *values*."""
    text = "\0".join(map(str, values)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=7).digest())


def hashed_bytes(data: bytes) -> int:
    """Return 56 bits that stand for *data*."""
    return int.from_bytes(blake2b(data, digest_size=7).digest())


def keys(record: Record) -> list[int]:
    """Return the packed keys of *record*, one or none of each grade.

    What is missing has no key, so that it never matches, and neither has what
    is marked or plain. Raise ValueError or TypeError if *record* is none.
    """
    prints = record.get("fingerprints") or {}
    found: list[int] = []
    _content_keys(record, prints, found.append)
    declared, told = prints.get("declared"), record.get("etag_decoded")
    if declared or told:
        _server_keys(declared or {}, told, found.append)
    if record.get("ids") or (record.get("camera") or {}).get("serial_number"):
        found += _source_keys(record)
    return found


def _content_keys(record: Record, prints: Record, add: Callable[[int], None]) -> None:
    marks = prints.get("marks") or ()
    if value := prints.get("sha256"):
        add(pack(1, digits(value)))
    if value := prints.get("sha1"):
        add(pack(2, digits(value)))
    if value := prints.get("md5"):
        add(pack(3, digits(value)))
    key = prints.get("file_key")
    if key and key[:3] == "f1:":
        add(int(key[3:17], 16) << 6 | 4)
    value = record.get("sha256_first_10240_bytes")
    if value and "sha256_first_10240_bytes" not in marks:
        add(int(value[:14], 16) << 6 | 8)
    value = prints.get("data_sha256")
    if value and "data_sha256" not in marks:
        add(int(value[3:17], 16) << 6 | 9)
    if value := prints.get("png_adler32"):
        shape = record.get("width"), record.get("height"), record.get("bit_depth")
        add(pack(10, hashed(value, *shape)))
    judged = "marks" in prints  # or a record of the reference
    for number, name in SAMPLES:
        value = record.get(name)
        if value and name not in marks:
            sample = bytes.fromhex(value)
            if judged or not is_plain(sample):
                add(pack(number, hashed_bytes(sample)))
    encoder = prints.get("encoder")
    if encoder and (signature := encoder.get("signature")):
        size = record.get("width"), record.get("height")
        add(pack(52, hashed(signature, *size)))


def _server_keys(
    declared: Record, told: Record | None, add: Callable[[int], None]
) -> None:
    for number, name in STATED:
        if value := declared.get(name):
            add(pack(number, digits(value)))
    if told and (size := told.get("size")):
        modified = told.get("modified")
        if inode := told.get("inode"):
            add(pack(32, hashed(inode, modified, size)))
        add(pack(51, hashed(modified, size)))


def _source_keys(record: Record) -> Iterator[int]:
    ids, camera = record.get("ids") or {}, record.get("camera") or {}
    if value := ids.get("instance_id"):
        yield pack(30, hashed(value))
    if value := ids.get("image_unique_id"):
        yield pack(31, hashed(value))
    for name in ("document_id", "original_document_id"):
        if value := ids.get(name):
            yield pack(40, hashed(value))
    serial = camera.get("serial_number")
    # "0000", "1" and the like are what cameras without a number write.
    if serial and len(serial) > 3 and len(set(serial)) > 1:
        yield pack(41, hashed(camera.get("make"), camera.get("model"), serial))


def pdq_keys(record: Record) -> Iterator[tuple[int, str]]:
    """Yield grade and hash of each PDQ of *record* that is fit to be compared."""
    prints = record.get("fingerprints") or {}
    whole = prints.get("pdq_source") in ("whole", "progressive", "thumbnail")
    # A thumbnail of something else says nothing of the picture.
    other = prints.get("pdq_source") == "thumbnail" and (
        (record.get("thumbnail") or {}).get("differs") is True
    )
    if (
        whole
        and not other
        and (prints.get("pdq_quality") or 0) >= MIN_QUALITY
        and prints.get("pdq")
    ):
        yield 20, prints["pdq"]
    for name, found in (prints.get("pdq_strips") or {}).items():
        good = name in STRIPS and found and (found.get("quality") or 0) >= MIN_QUALITY
        if good and found.get("pdq"):
            yield NUMBERS[name], found["pdq"]
