"""XMP: the main properties of a packet, cut short or not."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import ParseError

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
BASIC = "{http://ns.adobe.com/xap/1.0/}"
MM = "{http://ns.adobe.com/xap/1.0/mm/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
EXIF = "{http://ns.adobe.com/exif/1.0/}"
EXIF_EX = "{http://cipa.jp/exif/1.0/}"
TIFF = "{http://ns.adobe.com/tiff/1.0/}"

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

Properties = dict[str, list[str]]


def read_xmp(data: bytes) -> Properties | None:
    """Return the texts of the top properties of the packet by ``{URI}name``.

    None if there is none. A packet that is cut short or malformed gives what
    comes before that place. Entities and DTDs end it too.

    Source: ISO 16684-1 section 7 (serialization).
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    start = data.find(b"<")
    if start < 0:
        return None
    target = _Target()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        parser.feed(data[start : data.rfind(b">") + 1][:MAX_PACKET])
    except (ParseError, DefusedXmlException, _Enough, ValueError, LookupError):
        # ValueError and LookupError: an encoding that Expat cannot have.
        pass
    return target.found or None


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
        elif self.rdf and level == 4 and tag == RDF + "li":
            self.text = []
        else:
            self.text = None

    def end(self, tag: str) -> None:
        level = self.depth - self.rdf
        if self.rdf and self.text is not None and level in (2, 4):
            self._add(self.name, "".join(self.text))
        if self.rdf and level == 0:
            self.rdf = 0
        self.text = None
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
    return fields if any(fields.values()) else None


def fallbacks(properties: Properties) -> dict[str, str]:
    """Return what stands in where Exif is silent, by the names in the record."""
    found = {name: first(properties, names) for name, names in OTHER.items()}
    return {name: text for name, text in found.items() if text}
