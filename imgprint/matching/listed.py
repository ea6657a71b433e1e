"""A hash list in memory, to hold each image of a crawl against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imgprint.matching.grades import GRADES, MAX_DISTANCE, NUMBERS, RANK, pdq_keys
from imgprint.matching.hashlists import BLIND_KINDS, blinded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imgprint.matching.hashlists import Entry

DECLARED = (
    ("sha256", "sha256", NUMBERS["declared_sha256"]),
    ("sha1", "sha1", NUMBERS["declared_sha1"]),
    ("md5", "md5", NUMBERS["declared_md5"]),
    ("unproven_md5", "md5", NUMBERS["unproven_md5"]),
)


class Listed(NamedTuple):
    """An image that is on the list: by which grade, as which entry.

    *value* is the entry as it stands in the list.
    """

    number: int
    value: str
    label: str
    distance: int | None = None

    def __str__(self) -> str:
        grade = GRADES[self.number]
        near = "" if self.distance is None else f": {self.distance}"
        label = f" ({self.label})" if self.label else ""
        return f"{grade.why}{near}, {grade.strength}{label}"


class HashList:
    """Hashes of *entries*; *key* is that of blinded ones."""

    def __init__(self, entries: Iterable[Entry], key: bytes | None = None):
        self.key = key
        self._values: dict[str, str] = {}
        self._pdq: list[tuple[str, str]] = []
        for kind, value, label in entries:
            if kind == "pdq":
                self._pdq.append((value, label))
            else:
                self._values[f"{kind}:{value}"] = label
        self._blind = any(value.startswith("hmac-") for value in self._values)
        self._hashes = None
        if self._pdq:
            from imgprint.matching.near import as_hashes

            self._hashes = as_hashes(value for value, _ in self._pdq)

    def __len__(self) -> int:
        return len(self._values) + len(self._pdq)

    @property
    def needs_key(self) -> bool:
        """Whether some entries are blinded and there is no key."""
        return self._blind and self.key is None

    def find(self, record: Mapping[str, Any]) -> list[Listed]:
        """Return the entries that *record* is, the strongest grade first."""
        found = [
            Listed(number, name, self._values[name])
            for number, kind, value in _values(record)
            for name in self._names(kind, value)
            if name in self._values
        ]
        if self._hashes is not None:
            found += self._near(record)
        return sorted(found, key=lambda listed: RANK[listed.number])

    def _names(self, kind: str, value: str) -> Iterator[str]:
        yield f"{kind}:{value}"
        if self._blind and self.key and kind in BLIND_KINDS:
            yield f"hmac-{kind}:{blinded(kind, bytes.fromhex(value), self.key)}"

    def _near(self, record: Mapping[str, Any]) -> Iterator[Listed]:
        from imgprint.matching.near import as_hashes, near

        assert self._hashes is not None
        for number, value in pdq_keys(record):
            if number != NUMBERS["pdq"]:  # lists are of whole pictures
                continue
            for _, at, distance in near(self._hashes, as_hashes([value]), MAX_DISTANCE):
                listed, label = self._pdq[at]
                yield Listed(number, f"pdq:{listed}", label, distance)


def _values(record: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield grade, kind and value of what lists may hold of *record*."""
    prints = record.get("fingerprints") or {}
    for kind in BLIND_KINDS:
        if value := prints.get(kind):
            yield NUMBERS[kind], kind, value
    declared = prints.get("declared") or {}
    for name, kind, number in DECLARED:
        if value := declared.get(name):
            yield number, kind, value
    if (value := prints.get("file_key")) and value.startswith("f1:"):
        yield NUMBERS["file_key"], "file_key", value[3:]
    marks = prints.get("marks") or ()
    if (value := prints.get("data_sha256")) and "data_sha256" not in marks:
        yield NUMBERS["data"], "data", value[3:]
