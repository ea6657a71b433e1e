"""What is in the nested fields of a record: types that are its documentation.

The JSON Schema and docs/record.md are made of these. What is absent is null,
never "" or 0; a key that may be missing altogether is NotRequired.
"""

# No "from __future__ import annotations": it hides NotRequired from typing.
from typing import Annotated, Literal, NotRequired, TypedDict

Text = str | None


class Gps(TypedDict):
    """``gps``: where the picture was taken."""

    latitude: Annotated[float, "Degrees, south negative"]
    longitude: Annotated[float, "Degrees, west negative"]
    altitude: Annotated[float | None, "Metres above the sea, below it negative"]
    timestamp: Annotated[Text, "When the position was taken, ISO 8601, UTC"]
    direction: Annotated[float | None, "Where the camera looked, degrees clockwise"]
    direction_reference: Annotated[
        Literal["true", "magnetic"] | None, "Which north the direction counts from"
    ]
    horizontal_error: Annotated[float | None, "Error of the position in metres"]
    source: Annotated[
        Literal["exif", "xmp", "iptc"],
        "Block that has the position; iptc: the location of IPTC within XMP",
    ]


class Camera(TypedDict):
    """``camera``: what took the picture."""

    make: Annotated[Text, "Maker, as the file has it"]
    model: Annotated[Text, "Model, as the file has it"]
    serial_number: Annotated[Text, "Serial number of the body"]
    lens: Annotated[Text, "Model of the lens"]
    lens_serial_number: Annotated[Text, "Serial number of the lens"]
    owner: Annotated[Text, "Owner's name, as set in the camera"]


class Dates(TypedDict):
    """``dates``: ISO 8601; with the offset where the file has it, else local time."""

    original: Annotated[Text, "When the picture was taken"]
    digitized: Annotated[Text, "When it was digitized"]
    modified: Annotated[Text, "When the file was changed"]


class Xmp(TypedDict):
    """``xmp``: main fields of the XMP packet."""

    title: Annotated[Text, "dc:title, the first of its languages"]
    description: Annotated[Text, "dc:description, the first of its languages"]
    copyright: Annotated[Text, "dc:rights, the first of its languages"]
    creator_tool: Annotated[Text, "xmp:CreatorTool, the program that made the file"]
    created: Annotated[Text, "xmp:CreateDate, else photoshop:DateCreated"]
    modified: Annotated[Text, "xmp:ModifyDate, as written"]
    rating: Annotated[Text, "xmp:Rating, as written"]
    credit: Annotated[Text, "photoshop:Credit, who is to be named"]
    source: Annotated[Text, "photoshop:Source, the original owner"]
    document_id: Annotated[Text, "xmpMM:DocumentID, the same for all its versions"]
    original_document_id: Annotated[Text, "xmpMM:OriginalDocumentID, of its source"]
    instance_id: Annotated[Text, "xmpMM:InstanceID, of this version"]
    digital_source_type: Annotated[
        Text, "Iptc4xmpExt:DigitalSourceType, a URI such as .../trainedAlgorithmicMedia"
    ]
    ai_system: Annotated[Text, "Iptc4xmpExt:AISystemUsed, what generated the picture"]
    ai_prompt: Annotated[Text, "Iptc4xmpExt:AIPromptInformation, the prompt"]
    usage_terms: Annotated[Text, "xmpRights:UsageTerms, the first of its languages"]
    web_statement: Annotated[Text, "xmpRights:WebStatement, address of the licence"]
    provenance: Annotated[Text, "dcterms:provenance, address of the C2PA manifest"]
    headline: Annotated[Text, "photoshop:Headline"]
    city: Annotated[Text, "photoshop:City"]
    state: Annotated[Text, "photoshop:State"]
    country: Annotated[Text, "photoshop:Country"]
    derived_from_document_id: Annotated[Text, "documentID of xmpMM:DerivedFrom"]
    derived_from_instance_id: Annotated[Text, "instanceID of xmpMM:DerivedFrom"]
    history_count: Annotated[int | None, "Number of events in xmpMM:History"]
    history_software: Annotated[Text, "Program of the last event that names one"]
    history_first: Annotated[Text, "When the first event was, ISO 8601"]
    history_last: Annotated[Text, "When the last event was, ISO 8601"]
    motion_photo: Annotated[bool | None, "true if a video follows the picture"]
    gain_map: Annotated[bool | None, "true if it says that it has an HDR gain map"]
    creator: Annotated[list[str] | None, "dc:creator, all of them"]
    keywords: Annotated[list[str] | None, "dc:subject, all of them"]


class Iptc(TypedDict):
    """``iptc``: main fields of record 2 of IPTC-IIM."""

    title: Annotated[Text, "2:05, name of the object"]
    instructions: Annotated[Text, "2:40, special instructions"]
    created: Annotated[Text, "2:55, date of creation, as written"]
    time_created: Annotated[Text, "2:60, time of creation, as written"]
    digitized: Annotated[Text, "2:62, date of digitization, as written"]
    time_digitized: Annotated[Text, "2:63, time of digitization, as written"]
    creator: Annotated[list[str] | None, "2:80, all bylines"]
    city: Annotated[Text, "2:90, city"]
    sublocation: Annotated[Text, "2:92, place within the city"]
    province: Annotated[Text, "2:95, province or state"]
    country: Annotated[Text, "2:101, country"]
    headline: Annotated[Text, "2:105, headline"]
    transmission_reference: Annotated[Text, "2:103, number of the job"]
    credit: Annotated[Text, "2:110, who provided the picture"]
    source: Annotated[Text, "2:115, the original owner"]
    copyright: Annotated[Text, "2:116, notice of copyright"]
    description: Annotated[Text, "2:120, caption"]
    keywords: Annotated[list[str] | None, "2:25, all keywords"]


class Icc(TypedDict):
    """``icc``: the colour profile."""

    name: Annotated[Text, "Description of the profile, English if it has that"]
    id: Annotated[Text, "MD5 that the profile states of itself, hexadecimal"]
    version: Annotated[str, "Version of the profile's form, such as 4.3"]
    device_class: Annotated[Text, "Class of the device, four letters"]
    color_space: Annotated[Text, "Colour space, such as RGB, CMYK or GRAY"]
    copyright: Annotated[Text, "Notice of copyright"]


class C2pa(TypedDict):
    """``c2pa``: the active manifest; its signature is not checked."""

    manifest: Annotated[Text, "Label of the active manifest"]
    claim_generator: Annotated[Text, "Program that made the claim"]
    title: Annotated[Text, "dc:title of the claim"]
    instance_id: Annotated[Text, "instanceID of the claim"]
    digital_source_type: Annotated[
        Text, "digitalSourceType of the first action that has one, as far as known"
    ]


class Ids(TypedDict):
    """``ids``: what links copies and versions of one picture."""

    image_unique_id: Annotated[Text, "ImageUniqueID of Exif"]
    document_id: Annotated[Text, "xmpMM:DocumentID, the same for all its versions"]
    original_document_id: Annotated[Text, "xmpMM:OriginalDocumentID, of its source"]
    instance_id: Annotated[Text, "xmpMM:InstanceID, of this version"]


class Thumbnail(TypedDict):
    """``thumbnail``: facts of the JPEG thumbnail in Exif."""

    width: Annotated[int | None, "Width in pixels"]
    height: Annotated[int | None, "Height in pixels"]
    bytes: Annotated[int, "Size in bytes"]
    sha256: Annotated[str, "SHA-256, hexadecimal"]
    differs: NotRequired[
        Annotated[
            bool | None,
            "Whether it shows something else than the picture; null: can't be told. "
            "With IMGPRINT_DECODE only",
        ]
    ]


class Declared(TypedDict, total=False):
    """``fingerprints.declared``: hashes of the whole file as its server states them.

    They are unverified; what a file that was seen whole contradicts is left out.
    """

    md5: Annotated[str, "MD5, hexadecimal"]
    sha1: Annotated[str, "SHA-1, hexadecimal"]
    sha256: Annotated[str, "SHA-256, hexadecimal"]
    sha512: Annotated[str, "SHA-512, hexadecimal"]
    crc32c: Annotated[str, "CRC-32C, hexadecimal"]
    crc64: Annotated[str, "CRC-64 of Alibaba OSS, decimal"]
    unproven_md5: Annotated[str, "An ETag that looks like an MD5, hexadecimal"]
    sources: Annotated[dict[str, str], "The field that each of them stands in"]


class Encoder(TypedDict):
    """``fingerprints.encoder``: what the coding tables of a JPEG say."""

    signature: Annotated[str, "e1: and a hash of tables and sampling"]
    jpeg_digest: Annotated[Text, "JPEGDigest as exiftool has it"]
    quality: Annotated[int | None, "libjpeg's quality, 1 to 100"]
    sampling: Annotated[str, "Sampling of colours, such as 4:2:0"]
    huffman: Annotated[Literal["typical", "own"], "Whether its Huffman tables are own"]
    progressive: Annotated[bool, "Whether it is coded progressively"]


Mark = Literal["plain", "metadata"]


class Marks(TypedDict, total=False):
    """``fingerprints.marks``: those that never match: plain, or before the picture."""

    random_128_bytes_sample_start: Annotated[Mark, "Why this sample tells nothing"]
    random_128_bytes_sample_end: Annotated[Mark, "Why this sample tells nothing"]
    sha256_first_10240_bytes: Annotated[Mark, "Why this hash tells nothing"]
    data_sha256: Annotated[Mark, "Why this hash tells nothing"]


class Strip(TypedDict):
    """A PDQ hash of a strip of the picture."""

    pdq: Annotated[str, "PDQ hash, 64 hexadecimal digits"]
    quality: Annotated[int, "PDQ's quality, 0 to 100; under 50 is too plain to compare"]


class Strips(TypedDict, total=False):
    """``fingerprints.pdq_strips``: strips compare with those of the same name."""

    strip_1_2: Annotated[Strip, "Of the top half"]
    strip_1_4: Annotated[Strip, "Of the top quarter"]
    strip_1_8: Annotated[Strip, "Of the top eighth"]
    strip_1_16: Annotated[Strip, "Of the top sixteenth"]


Source = Literal[
    "whole", "progressive", "thumbnail",
    "strip_1_2", "strip_1_4", "strip_1_8", "strip_1_16",
]  # fmt: skip


class Fingerprints(TypedDict):
    """``fingerprints``: what the same image is known by elsewhere."""

    file_key: Annotated[Text, "f1: of size, head and tail; h1: of the head alone"]
    sha256: Annotated[Text, "SHA-256 of a file that was seen whole"]
    md5: Annotated[Text, "MD5 of a file that was seen whole"]
    sha1: Annotated[Text, "SHA-1 of a file that was seen whole"]
    data_sha256: Annotated[Text, "d1: of picture data, whatever the metadata"]
    declared: Annotated[Declared | None, "Hashes that the server states, unverified"]
    encoder: Annotated[Encoder | None, "Coding tables of a JPEG"]
    png_adler32: Annotated[Text, "Checksum of all pixels of a PNG, hexadecimal"]
    marks: Annotated[Marks | None, "Fingerprints that never match, and why"]
    pdq: Annotated[Text, "PDQ hash, with IMGPRINT_DECODE: 64 hexadecimal digits"]
    pdq_quality: Annotated[int | None, "PDQ's quality, 0 to 100"]
    pdq_source: Annotated[Source | None, "What of the picture the PDQ hash is of"]
    pdq_strips: Annotated[Strips | None, "PDQ hashes of strips from the top"]


class Transfer(TypedDict):
    """``transfer``: what was asked for and received."""

    requests: Annotated[int, "Number of requests"]
    bytes_received: Annotated[int, "Bytes of bodies that were received"]
    range: Annotated[
        Literal["multipart", "single", "ignored", "local"] | None,
        "What the server made of Range; local: no server was asked",
    ]
    proven: Annotated[bool, "Whether head and tail are proven to be of one version"]
    complete: Annotated[bool, "Whether the file was seen whole"]


class EtagDecoded(TypedDict):
    """``etag_decoded``: what an ETag tells of the file on its server."""

    modified: Annotated[str, "When the file was changed there, ISO 8601, UTC"]
    size: Annotated[int | None, "Size of the file in bytes"]
    inode: Annotated[int | None, "Number of the file in its file system"]
    server: Annotated[
        Literal["nginx", "apache", "node", "iis"], "Kind of server that makes such"
    ]
