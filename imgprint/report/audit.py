"""What images give away of those who made them: findings of an audit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imgprint.report.figures import part, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SEVERITIES = ("low", "medium", "high")
AI_KEYS = {"parameters", "prompt", "workflow", "negative prompt", "dream"}
AI_KEYS |= {"sd-metadata", "invokeai_metadata", "invokeai_graph", "generation_data"}
# What Stable Diffusion's programs write into any field of text.
AI_TEXT = re.compile(r"(?>.*?\bSteps: \d).*?\b(?:Sampler|CFG scale|Seed)\b", re.DOTALL)
AUTHORS = [("xmp", "creator"), ("iptc", "creator")]
AUTHORS += [("exif", "Artist"), ("exif", "XPAuthor")]
MOST = 120


@dataclass(frozen=True)
class Rule:
    """One kind of leak. *find* returns what is leaked, None if nothing is."""

    id: str
    severity: str
    title: str
    advice: str
    find: Callable[[Mapping[str, Any]], str | None]


@dataclass
class Finding:
    """One leak of one image; *pages* are where it was seen."""

    rule: Rule
    url: str
    value: str
    pages: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "severity": self.rule.severity,
            "title": self.rule.title,
            "url": self.url,
            "value": self.value,
            "pages": self.pages,
            "advice": self.rule.advice,
        }


def printable(value: Any, most: int = MOST) -> str:
    r"""Return a stranger's text on one line, without what a terminal would obey.

    >>> printable("a\x1b[2Jb\nc\u202e")
    'a?[2Jb?c?'
    """
    shown = "".join(c if c.isprintable() else "?" for c in str(value))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _position(record: Mapping[str, Any]) -> str | None:
    gps = part(record, "gps")
    if gps.get("latitude") is None or gps.get("longitude") is None:
        return None
    return f"{gps['latitude']}, {gps['longitude']}"


def _camera(*names: str) -> Callable[[Mapping[str, Any]], str | None]:
    def find(record: Mapping[str, Any]) -> str | None:
        values = (text(part(record, "camera").get(name)) for name in names)
        return ", ".join(filter(None, values)) or None

    return find


def _thumbnail(record: Mapping[str, Any]) -> str | None:
    thumbnail = part(record, "thumbnail")
    if thumbnail.get("differs") is not True:
        return None
    return f"{thumbnail.get('width')} x {thumbnail.get('height')} pixels"


def _prompt(record: Mapping[str, Any]) -> str | None:
    for name in ("text", "exif"):
        for key, value in part(record, name).items():
            if str(key).lower() in AI_KEYS or AI_TEXT.match(str(value)):
                return f"{key}: {value}"
    return None


def _history(record: Mapping[str, Any]) -> str | None:
    """Return the ids by which an editor links a file to its earlier versions."""
    ids = part(record, "ids")
    names = ("original_document_id", "document_id", "instance_id")
    values = (text(ids.get(name)) for name in names)
    return ", ".join(dict.fromkeys(filter(None, values))) or None


def _author(record: Mapping[str, Any]) -> str | None:
    found: list[str] = []
    for block, name in AUTHORS:
        value = part(record, block).get(name)
        found += map(
            str, value if isinstance(value, list) else [value] if value else []
        )
    return ", ".join(dict.fromkeys(filter(str.strip, found))) or None


def _software(record: Mapping[str, Any]) -> str | None:
    return text(record.get("software"))


STRIP = "Remove metadata when images are published, e.g. with exiftool -all= FILE."
RULES = (
    Rule(
        "gps-position", "high", "Position where the picture was taken", STRIP, _position
    ),
    Rule("owner-name", "high", "Name of the camera's owner", STRIP, _camera("owner")),
    Rule(
        "thumbnail-differs",
        "high",
        "Embedded thumbnail shows something else than the picture",
        "The thumbnail may be of the picture before it was cropped or blurred: "
        "remove it, e.g. with exiftool -ThumbnailImage= FILE.",
        _thumbnail,
    ),
    Rule(
        "serial-number",
        "medium",
        "Serial number of camera or lens",
        "It links all pictures of one camera, wherever they are. " + STRIP,
        _camera("serial_number", "lens_serial_number"),
    ),
    Rule(
        "ai-prompt",
        "medium",
        "Prompt or settings of an image generator",
        STRIP,
        _prompt,
    ),
    Rule(
        "edit-history",
        "low",
        "Ids that link the file to its earlier versions",
        "Export without XMP media management. " + STRIP,
        _history,
    ),
    Rule(
        "author-name",
        "low",
        "Name of the author",
        "Keep it where it is meant as credit. " + STRIP,
        _author,
    ),
    Rule("software", "low", "Program that wrote the file", STRIP, _software),
)


def findings(record: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what an image record gives away, the gravest first."""
    for rule in RULES:
        if value := rule.find(record):
            yield Finding(rule, str(record["url"]), printable(value))


def reaches(finding: Finding, level: str) -> bool:
    """Return whether *finding* is as grave as *level*; "never": nothing is."""
    if level == "never":
        return False
    return SEVERITIES.index(finding.rule.severity) >= SEVERITIES.index(level)


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """Return findings by severity, rule and URL: the same for the same site."""
    order = {rule.id: number for number, rule in enumerate(RULES)}
    return sorted(found, key=lambda f: (order[f.rule.id], f.url))


def as_text(found: Iterable[Finding], images: int, failed: Iterable[str]) -> str:
    """Return the findings as lines of text, and what could not be looked at."""
    lines: list[str] = []
    found = ordered(found)
    for rule in RULES:
        own = [finding for finding in found if finding.rule is rule]
        if own:
            lines += [f"{rule.severity.upper()}  {rule.title} ({len(own)})"]
            for finding in own:
                lines += [f"    {printable(finding.url, 500)}: {finding.value}"]
                lines += [f"        on {printable(p, 500)}" for p in finding.pages[:3]]
            lines += [f"    {rule.advice}", ""]
    lines += [f"not audited: {printable(reason, 500)}" for reason in failed]
    counts = [sum(f.rule.severity == s for f in found) for s in SEVERITIES]
    told = ", ".join(
        f"{n} {name}" for n, name in zip(counts[::-1], SEVERITIES[::-1], strict=True)
    )
    return "\n".join([*lines, f"{images} images, {len(found)} findings: {told}"])


def as_json(
    found: Iterable[Finding], images: int, failed: Iterable[str]
) -> dict[str, Any]:
    return {
        "images": images,
        "findings": [finding.as_json() for finding in ordered(found)],
        "not_audited": list(failed),
    }
