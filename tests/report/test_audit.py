"""Each leak is found, what is no leak is not, and SARIF is valid."""

import json

import pytest

from imgprint.report.audit import (
    RULES,
    as_json,
    as_text,
    findings,
    printable,
    reaches,
)
from imgprint.report.sarif import as_sarif
from tests.support import sarif
from tests.support.report_feeds import HOSTILE, hostile_record

LEAKS = {
    "gps-position": {"gps": {"latitude": -10.5, "longitude": 0.0}},
    "owner-name": {"camera": {"owner": "Ann Example"}},
    "thumbnail-differs": {"thumbnail": {"width": 160, "height": 106, "differs": True}},
    "serial-number": {"camera": {"lens_serial_number": "0042"}},
    "ai-prompt": {"text": {"parameters": "a castle\nSteps: 20, Sampler: Euler a"}},
    "edit-history": {"ids": {"document_id": "xmp.did:1"}},
    "author-name": {"xmp": {"creator": ["Ann Example"]}},
    "software": {"software": "GIMP 2.10"},
}
CLEAN = {
    "url": "https://example.com/a.jpg",
    "gps": None,
    "camera": {"make": "Canon", "model": "EOS", "owner": None, "serial_number": None},
    "thumbnail": {"width": 160, "height": 106, "differs": False},
    "text": {"Comment": "Steps to the castle"},
    "exif": {"Make": "Canon", "Artist": " "},
    "ids": None,
    "xmp": {"creator": None},
    "software": None,
}


@pytest.mark.parametrize(("rule", "fields"), LEAKS.items())
def test_each_leak(rule, fields):
    (finding,) = findings({**CLEAN, **fields})
    assert finding.rule.id == rule
    assert finding.value


def test_every_rule_is_tested():
    assert {rule.id for rule in RULES} == set(LEAKS)


def test_clean():
    assert list(findings(CLEAN)) == []


def test_prompts_in_exif_and_workflows():
    comment = {"UserComment": "masterpiece\nSteps: 30, CFG scale: 7, Seed: 1"}
    (finding,) = findings({**CLEAN, "exif": comment})
    assert finding.rule.id == "ai-prompt"
    (finding,) = findings({**CLEAN, "text": {"workflow": "{}"}})
    assert finding.value == "workflow: {}"


def test_levels():
    (finding,) = findings({**CLEAN, **LEAKS["serial-number"]})
    assert [reaches(finding, s) for s in ("low", "medium", "high", "never")] == [
        True,
        True,
        False,
        False,
    ]


def all_findings(record):
    found = list(findings(record))
    for finding in found:
        finding.pages = ["https://example.com/ü page", HOSTILE]
    return found


@pytest.mark.parametrize("record", [CLEAN, hostile_record()], ids=["clean", "hostile"])
def test_sarif_is_valid(record):
    record = {**record, **LEAKS["gps-position"], **LEAKS["thumbnail-differs"]}
    log = as_sarif(all_findings(record), 1, ["http://a/: HTTP 500"])
    sarif.validate(log)
    (run,) = log["runs"]
    for result in run["results"]:
        assert (
            run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
            == (result["ruleId"])
        )
    json.dumps(log).encode("ascii")


def test_what_is_no_sarif_is_refused():
    good = as_sarif(findings({**CLEAN, **LEAKS["gps-position"]}), 1, [])
    (run,) = good["runs"]
    (result,) = run["results"]
    for bad in (
        {**good, "version": "2.0.0"},
        {**good, "more": 1},
        {**good, "runs": [{**run, "results": [{**result, "level": "high"}]}]},
        {**good, "runs": [{**run, "results": [{**result, "locations": [1]}]}]},
        {
            **good,
            "runs": [
                {
                    **run,
                    "results": [
                        {**result, "relatedLocations": 2 * result["locations"]}
                    ],
                }
            ],
        },
    ):
        with pytest.raises(ValueError, match=r"validation error|twice"):
            sarif.validate(bad)
    sarif.validate(good)


def test_text_has_nothing_that_a_terminal_obeys():
    record = {**hostile_record(), "url": "http://a/\x1b[2J\u202e"}
    text = as_text(all_findings(record), 1, ["http://a/\x1b]0;x\x07"])
    assert all(c.isprintable() or c == "\n" for c in text)
    assert printable("x" * 200)[-1] == "…"


def test_the_order_does_not_depend_on_the_crawl():
    records = [{**CLEAN, "url": f"http://a/{n}", **LEAKS["software"]} for n in range(9)]
    records[4] |= LEAKS["gps-position"]
    found = [finding for record in records for finding in findings(record)]
    assert as_json(found, 9, []) == as_json(found[::-1], 9, [])
    assert as_text(found, 9, []).startswith("HIGH  Position")
