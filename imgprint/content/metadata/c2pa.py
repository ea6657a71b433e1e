"""C2PA manifests: that there is one, and which software claims it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from imgprint.content.sparse import MissingBytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imgprint.content.sparse import SparseBytes

MAX_BOXES = 200
MAX_CLAIM = 65_536
MAX_ITEMS = 2000
MAX_DEPTH = 16
LABEL = 128


def read_c2pa(part: SparseBytes) -> tuple[dict[str, Any] | None, list[range]]:
    """Return what the manifest store in *part* says, and what it still lacks.

    The active manifest is the last one; its label names it. None if *part* is
    no manifest store. Integers are big-endian.

    Raise MissingBytes if not even the start is known.

    Source: C2PA specification 2.1 sections 10 and 11; ISO/IEC 19566-5 annex A.
    """
    size = part.size or 0
    store = next(_boxes(part, range(size)), None)
    if store is None or store[0] != b"jumb":
        return None, []
    label, content = _describe(part, store[1])
    if label != "c2pa":
        return None, []
    fields: dict[str, Any] = dict.fromkeys(
        ("manifest", "claim_generator", "title", "instance_id", "digital_source_type")
    )
    missing = _read_manifests(part, content, fields)
    return fields, missing


def _read_manifests(
    part: SparseBytes, store: range, fields: dict[str, Any]
) -> list[range]:
    """Fill *fields* from the last manifest of *store* whose bytes are known."""
    try:
        last = None
        for name, span in _boxes(part, store):
            last = span if name == b"jumb" else last
        if last is None:
            return []
        fields["manifest"], content = _describe(part, last)
        for name, span in _boxes(part, content):
            if name != b"jumb":
                continue
            label, inner = _describe(part, span)
            if label == "c2pa.assertions":
                with suppress(MissingBytes, ValueError):  # not worth a request
                    fields["digital_source_type"] = _read_source_type(part, inner)
            if label.startswith("c2pa.claim"):
                for kind, data in _boxes(part, inner):
                    if kind == b"cbor" and len(data) <= MAX_CLAIM:
                        _read_claim(part[data.start : data.stop], fields)
                return []
    except MissingBytes as missing:
        return [missing.span]
    return []


def _read_source_type(part: SparseBytes, assertions: range) -> str | None:
    """Return the digitalSourceType of the first action that has one.

    Source: C2PA specification 2.1 section 18.15 (actions).
    """
    for name, span in _boxes(part, assertions):
        if name != b"jumb":
            continue
        label, inner = _describe(part, span)
        if not label.startswith("c2pa.actions"):
            continue
        for kind, data in _boxes(part, inner):
            if kind == b"cbor" and len(data) <= MAX_CLAIM:
                said = _Cbor(part[data.start : data.stop]).value()
                actions = said.get("actions") if isinstance(said, dict) else None
                for action in actions if isinstance(actions, list) else ():
                    if isinstance(action, dict):
                        found = action.get("digitalSourceType")
                        if isinstance(found, str) and found:
                            return found
    return None


def _read_claim(data: bytes, fields: dict[str, Any]) -> None:
    try:
        claim = _Cbor(data).value()
    except ValueError:
        return
    if not isinstance(claim, dict):
        return
    info = claim.get("claim_generator_info")
    info = info[0] if isinstance(info, list) and info else info
    name = claim.get("claim_generator")
    if not isinstance(name, str) and isinstance(info, dict):
        name = " ".join(str(info[k]) for k in ("name", "version") if k in info)
    for key, value in (
        ("claim_generator", name),
        ("title", claim.get("dc:title")),
        ("instance_id", claim.get("instanceID")),
    ):
        fields[key] = value if isinstance(value, str) and value else None


def _boxes(part: SparseBytes, span: range) -> Iterator[tuple[bytes, range]]:
    """Yield type and data span of the JUMBF boxes in *span*."""
    offset = span.start
    for _ in range(MAX_BOXES):
        if offset + 8 > span.stop:
            return
        head = part[offset : offset + 8]
        length = int.from_bytes(head[:4], "big") or span.stop - offset
        if length < 8:
            raise ValueError(f"Invalid JUMBF box at byte {offset}")
        yield head[4:8], range(offset + 8, min(offset + length, span.stop))
        offset += length


def _describe(part: SparseBytes, span: range) -> tuple[str, range]:
    """Return the label of the superbox with data at *span*, and what follows it.

    Source: ISO/IEC 19566-5 section A.3 (description box).
    """
    length = int.from_bytes(part[span.start : span.start + 4], "big")
    stop = min(span.start + min(length, 25 + LABEL), span.stop)
    head = part[span.start : stop]
    if head[4:8] != b"jumd" or length < 25:
        raise ValueError(f"No JUMBF description at byte {span.start}")
    label = head[25:length].partition(b"\0")[0].decode("utf-8", errors="ignore")
    return label, range(min(span.start + length, span.stop), span.stop)


class _Cbor:
    """Just enough of RFC 8949 section 3 to read a claim."""

    def __init__(self, data: bytes):
        self.data = data
        self.offset = 0
        self.items = 0

    def _take(self, size: int) -> bytes:
        chunk = self.data[self.offset : self.offset + size]
        if len(chunk) < size:
            raise ValueError("CBOR ends within an item")
        self.offset += size
        return chunk

    def value(self, depth: int = 0) -> Any:
        """Return the next item: None for what is neither text nor structure."""
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise ValueError("CBOR too deep or too long")
        first = self._take(1)[0]
        major, minor = first >> 5, first & 31
        count = self._count(minor)
        if major in (2, 3):
            text = self._take(count) if count >= 0 else b""
            if count < 0:
                list(self._several(depth, count))
            return text.decode("utf-8", errors="ignore") if major == 3 else None
        if major == 4:
            return list(self._several(depth, count))
        if major == 5:
            keys = self._several(depth, count)
            return {
                k if isinstance(k, str) else None: self.value(depth + 1) for k in keys
            }
        if major == 6:
            return self.value(depth + 1)
        return count if major == 0 else None

    def _count(self, minor: int) -> int:
        """Return the argument of an item, -1 if a break ends it."""
        if minor < 24:
            return minor
        if minor == 31:
            return -1
        if minor > 27:
            raise ValueError("Reserved CBOR argument")
        return int.from_bytes(self._take(1 << minor - 24), "big")

    def _several(self, depth: int, count: int) -> Iterator[Any]:
        """Yield *count* items, or with -1 those before the break."""
        while count:
            if count < 0 and self.data[self.offset : self.offset + 1] == b"\xff":
                self.offset += 1
                return
            yield self.value(depth + 1)
            count -= 1
