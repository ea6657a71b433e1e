"""Findings in SARIF 2.1.0, which code hosts and CI systems show.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from imgprint.report.audit import RULES, ordered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imgprint.report.audit import Finding, Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"low": "note", "medium": "warning", "high": "error"}
# By these numbers GitHub sorts: over 7.0 is high, over 4.0 medium.
SCORES = {"low": "2.0", "medium": "5.0", "high": "8.0"}


def as_sarif(
    found: Iterable[Finding], images: int, failed: Iterable[str]
) -> dict[str, Any]:
    """Return one run: a rule per kind of leak, a result per leak of an image."""
    notes = [{"level": "error", "message": {"text": reason}} for reason in failed]
    driver = {"name": "imgprint", "rules": [_rule(rule) for rule in RULES]}
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
        ],
        "results": [_result(finding) for finding in ordered(found)],
        "properties": {"images": images},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.advice},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"security-severity": SCORES[rule.severity], "tags": ["privacy"]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    key = sha256(f"{finding.rule.id}\n{finding.url}".encode("utf-8", "replace"))
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": RULES.index(finding.rule),
        "level": LEVELS[finding.rule.severity],
        "message": {"text": f"{finding.rule.title}: {finding.value}"},
        "locations": [{"physicalLocation": {"artifactLocation": _place(finding.url)}}],
        "relatedLocations": [
            {"physicalLocation": {"artifactLocation": _place(page)}}
            for page in dict.fromkeys(finding.pages)
        ],
        "partialFingerprints": {"imageAndRule/v1": key.hexdigest()},
    }


def _place(url: str) -> dict[str, str]:
    return {"uri": quote(url, safe=":/?#[]@!$&'()*+,;=%~", errors="replace")}
