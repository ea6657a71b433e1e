"""XMP: the main properties of a packet, cut short or not."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import ParseError

from imgprint.content.metadata.moments import read_xmp_date

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
BASIC = "{http://ns.adobe.com/xap/1.0/}"
MM = "{http://ns.adobe.com/xap/1.0/mm/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
EXIF = "{http://ns.adobe.com/exif/1.0/}"
EXIF_EX = "{http://cipa.jp/exif/1.0/}"
TIFF = "{http://ns.adobe.com/tiff/1.0/}"
TERMS = "{http://purl.org/dc/terms/}"
RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
IPTC_EXT = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
EVENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}"
REFERENCE = "{http://ns.adobe.com/xap/1.0/sType/ResourceRef#}"
CAMERA = "{http://ns.google.com/photos/1.0/camera/}"
GAIN_MAP = "{http://ns.adobe.com/hdr-gain-map/1.0/}"
APPLE_GAIN_MAP = "{http://ns.apple.com/HDRGainMap/1.0/}"
XML = "{http://www.w3.org/XML/1998/namespace}"
# Properties whose members are read, too: as "{URI}property {URI}member".
HISTORY, DERIVED = MM + "History", MM + "DerivedFrom"
CREATED_AT = IPTC_EXT + "LocationCreated"
STRUCTURES = {HISTORY, DERIVED, CREATED_AT}

MAX_PACKET = 1 << 17
MAX_DEPTH = 40
MAX_ELEMENTS = 4000

# Names in the record; of several properties the first that is there counts.
TEXTS = {
    "title": (DC + "title",),
    "description": (DC + "description",),
    "copyright": (DC + "rights",),
    "creator_tool": (BASIC + "CreatorTool",),
    "created": (BASIC + "CreateDate", PHOTOSHOP + "DateCreated"),
    "modified": (BASIC + "ModifyDate",),
    "rating": (BASIC + "Rating",),
    "credit": (PHOTOSHOP + "Credit",),
    "source": (PHOTOSHOP + "Source",),
    "document_id": (MM + "DocumentID",),
    "original_document_id": (MM + "OriginalDocumentID",),
    "instance_id": (MM + "InstanceID",),
    "digital_source_type": (IPTC_EXT + "DigitalSourceType",),
    "ai_system": (IPTC_EXT + "AISystemUsed",),
    "ai_prompt": (IPTC_EXT + "AIPromptInformation",),
    "usage_terms": (RIGHTS + "UsageTerms",),
    "web_statement": (RIGHTS + "WebStatement",),
    "provenance": (TERMS + "provenance",),
    "headline": (PHOTOSHOP + "Headline",),
    "city": (PHOTOSHOP + "City",),
    "state": (PHOTOSHOP + "State",),
    "country": (PHOTOSHOP + "Country",),
    "derived_from_document_id": (f"{DERIVED} {REFERENCE}documentID",),
    "derived_from_instance_id": (f"{DERIVED} {REFERENCE}instanceID",),
}
LISTS = {"creator": (DC + "creator",), "keywords": (DC + "subject",)}
# Not in the record's xmp, but in its camera and dates where Exif is silent.
OTHER = {
    "make": (TIFF + "Make",),
    "model": (TIFF + "Model",),
    "serial_number": (AUX + "SerialNumber", EXIF_EX + "BodySerialNumber"),
    "lens": (EXIF_EX + "LensModel", AUX + "Lens"),
    "lens_serial_number": (AUX + "LensSerialNumber", EXIF_EX + "LensSerialNumber"),
    "owner": (AUX + "OwnerName", EXIF_EX + "CameraOwnerName"),
    "original": (EXIF + "DateTimeOriginal", PHOTOSHOP + "DateCreated"),
    "digitized": (EXIF + "DateTimeDigitized", BASIC + "CreateDate"),
    "modified": (BASIC + "ModifyDate", TIFF + "DateTime"),
    "software": (BASIC + "CreatorTool", TIFF + "Software"),
    "image_unique_id": (EXIF + "ImageUniqueID",),
    "document_id": (MM + "DocumentID",),
    "original_document_id": (MM + "OriginalDocumentID",),
    "instance_id": (MM + "InstanceID",),
}

# Exif's names of what XMP says of a position, by the tags of its GPS directory.
POSITION = {
    2: "GPSLatitude",
    4: "GPSLongitude",
    5: "GPSAltitudeRef",
    6: "GPSAltitude",
    9: "GPSStatus",
    16: "GPSImgDirectionRef",
    17: "GPSImgDirection",
    29: "GPSTimeStamp",
    31: "GPSHPositioningError",
}
NUMBERS = (6, 17, 31)
_NUMBER = re.compile(r"([+-]?\d{1,15}(?:\.\d{0,15})?)(?:/(\d{1,15}))?")
_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d):(\d\d(?:\.\d{1,9})?)Z?")
# Characters that XML can't have, and an ampersand that begins no reference.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BARE = re.compile(r"&(?!#?[A-Za-z0-9]{1,32};)")

Properties = dict[str, list[str]]


def read_xmp(data: bytes) -> Properties | None:
    """Return the texts of the top properties of the packet by ``{URI}name``.

    None if there is none. A packet that is cut short or malformed gives what
    comes before that place. Entities end it too. Control characters, bytes that
    are not UTF-8 and bare ampersands cost themselves only.

    Source: ISO 16684-1 section 7 (serialization).
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    start = data.find(b"<")
    if start < 0:
        return None
    target = _Target()
    parser = DefusedXMLParser(target=target, forbid_dtd=False)
    try:
        parser.feed(_mended(data[start : data.rfind(b">") + 1][:MAX_PACKET]))
    except (ParseError, DefusedXmlException, _Enough, ValueError, LookupError):
        # ValueError and LookupError: an encoding that Expat cannot have.
        pass
    return target.found or None


def _mended(packet: bytes) -> bytes:
    """Return a packet of UTF-8 without what would end it for a parser of XML."""
    declared = packet[:100].lower()
    if b"\0" in packet[:4] or (b"encoding" in declared and b"utf-8" not in declared):
        return packet
    text = packet.decode("utf-8", errors="replace")
    return _BARE.sub("&amp;", _NOT_XML.sub("", text)).encode()


class _Enough(Exception):
    """Raised to leave a packet that nests or lists without end."""


class _Target:
    """Collect the children and attributes of the top descriptions."""

    def __init__(self) -> None:
        self.found: Properties = {}
        self.depth = 0
        self.elements = 0
        self.rdf = 0
        self.name = ""
        self.text: list[str] | None = None
        self.member = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH or self.elements > MAX_ELEMENTS:
            raise _Enough
        level = self.depth - self.rdf
        if tag == RDF + "RDF" and not self.rdf:
            self.rdf = self.depth
        elif self.rdf and level == 1:
            for name, value in attributes.items():
                self._add(name, value)
        elif self.rdf and level == 2:
            self.name = tag
            self.text = []
            if attributes.get(RDF + "resource"):
                self._add(tag, attributes[RDF + "resource"])
            self._add_members(attributes)
        elif self.rdf and level == 4 and tag == RDF + "li":
            self.text = []
            self._add_members(attributes)
        else:
            self._start_member(tag, attributes, level)

    def _start_member(self, tag: str, attributes: dict[str, str], level: int) -> None:
        """Collect the text of a member of one of STRUCTURES, not that of others."""
        self.text = None
        if self.rdf and level > 2 and self.name in STRUCTURES:
            self._add_members(attributes)
            if not tag.startswith(RDF):
                self.member, self.text = f"{self.name} {tag}", []

    def _add_members(self, attributes: dict[str, str]) -> None:
        if self.name in STRUCTURES:
            for name, value in attributes.items():
                if not name.startswith((RDF, XML)):
                    self._add(f"{self.name} {name}", value)

    def end(self, tag: str) -> None:
        level = self.depth - self.rdf
        if self.rdf and self.text is not None and self.member:
            self._add(self.member, "".join(self.text))
        elif self.rdf and self.text is not None and level in (2, 4):
            self._add(self.name, "".join(self.text))
        if self.rdf and level == 0:
            self.rdf = 0
        self.text = None
        self.member = ""
        self.depth -= 1

    def data(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)

    def close(self) -> None:
        pass

    def _add(self, name: str, value: str) -> None:
        value = value.strip()
        if value:
            self.found.setdefault(name, []).append(value)


def first(properties: Properties, names: tuple[str, ...]) -> str | None:
    """Return the first text of the first of *names* that has one."""
    for name in names:
        if name in properties:
            return properties[name][0]
    return None


def main_fields(properties: Properties) -> dict[str, Any] | None:
    """Return the record's main fields, None if the packet has none of them."""
    fields: dict[str, Any] = {k: first(properties, names) for k, names in TEXTS.items()}
    for key, names in LISTS.items():
        fields[key] = properties.get(names[0])
    fields |= _history(properties)
    pieces = (CAMERA + "MotionPhoto", CAMERA + "MicroVideo")
    fields["motion_photo"] = any(first(properties, (p,)) == "1" for p in pieces) or None
    maps = (GAIN_MAP + "Version", APPLE_GAIN_MAP + "HDRGainMapVersion")
    fields["gain_map"] = any(name in properties for name in maps) or None
    return fields if any(fields.values()) else None


def fallbacks(properties: Properties) -> dict[str, str]:
    """Return what stands in where Exif is silent, by the names in the record."""
    found = {name: first(properties, names) for name, names in OTHER.items()}
    return {name: text for name, text in found.items() if text}


def _history(properties: Properties) -> dict[str, Any]:
    """Return how often, when and with which program the file was saved.

    Source: XMP Specification Part 2 section 1.2.7.3 (ResourceEvent).
    """
    members = {
        name: properties.get(f"{HISTORY} {EVENT}{name}", [])
        for name in ("action", "when", "softwareAgent")
    }
    agents = members["softwareAgent"]
    whens = [when for when in map(read_xmp_date, members["when"]) if when]
    return {
        "history_count": max(map(len, members.values())) or None,
        "history_software": agents[-1] if agents else None,
        "history_first": whens[0] if whens else None,
        "history_last": whens[-1] if whens else None,
    }


def positions(properties: Properties) -> list[tuple[str, dict[int, Any]]]:
    """Return the positions of a packet as Exif has them, by the block they are of.

    Exif's within XMP, then the location of IPTC where the picture was taken.

    Source: ISO 16684-1; CIPA DC-010-2020 (GPSCoordinate: "47,30.0N").
    """
    found = []
    for source, prefix in (("xmp", EXIF), ("iptc", f"{CREATED_AT} {EXIF}")):
        values: dict[int, Any] = {
            tag: first(properties, (prefix + name,)) for tag, name in POSITION.items()
        }
        for tag in NUMBERS:
            values[tag] = _number(values[tag])
        clock = _CLOCK.fullmatch(values[29] or "")
        values[29] = clock[1] if clock else None
        values[7] = tuple(map(float, clock.groups()[1:])) if clock else None
        if values[2] and values[4]:
            found.append((source, values))
    return found


def _number(text: str | None) -> float | None:
    match = _NUMBER.fullmatch(text or "")
    if not match or (match[2] and not int(match[2])):
        return None
    return float(match[1]) / int(match[2] or 1)
