import ast
import json
import re

import pytest
from jsonschema import Draft202012Validator, ValidationError

from imgprint.commands.fields import documented, markdown, schema
from imgprint.items import ImageRecord, Sighting
from imgprint.reference import modules, reference, settings, stats
from tests.conftest import ROOT
from tests.crawling import jsonl, scrapy

ANEW = "make docs makes it anew"
# Not settings: an environment variable of the tests, the name of another's.
NOT_SETTINGS = {"IMGPRINT_NO_SKIP"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("record.md", []),
        ("record.schema.json", ["--schema"]),
        ("settings.md", ["--settings"]),
    ],
)
def test_the_documents_are_what_the_code_says(name, options, tmp_path):
    done = scrapy("fields", *options, cwd=tmp_path)
    assert (ROOT / "docs" / name).read_text() == done.stdout, ANEW


def test_every_field_is_documented():
    for item in (ImageRecord, Sighting):
        for name, kind, text in documented(item):
            assert kind, name
            assert len(text) > 10, name
            assert f"| `{name}` |" in markdown()


def test_the_schema_takes_what_the_demo_yields_and_nothing_else(tmp_path):
    Draft202012Validator.check_schema(schema())
    check = Draft202012Validator(schema())
    assert scrapy("demo", cwd=tmp_path).returncode == 0
    items = [
        item
        for name in ("records", "sightings")
        for item in jsonl((tmp_path / f"data/demo/{name}.jsonl").read_text())
    ]
    assert len(items) > 40
    for item in items:
        check.validate(item)
    record = items[0]
    for wrong in (
        {**record, "new": 1},
        {**record, "width": "800"},
        {**record, "schema_version": 2},
        {k: v for k, v in record.items() if k != "gps"},
        {},
    ):
        with pytest.raises(ValidationError):
            check.validate(wrong)
    assert json.loads(json.dumps(schema()))["$defs"]["record"]["properties"]["gps"]


def constants():
    for _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_setting_is_documented():
    used = {c for c in constants() if c.startswith("IMGPRINT_") and c.isupper()}
    used = {c for c in used if c.replace("_", "").isalnum()} - NOT_SETTINGS
    assert used <= set(settings()), "each in the docstring of the class that reads it"
    assert set(settings()) <= used
    assert all(f"## {name}\n" in reference() for name in used)


def test_stats_are_documented():
    known = " ".join(stats())
    names = {c for c in constants() if re.fullmatch("imgprint/[a-z_/]+", c)}
    for name in names:
        last = name.rstrip("/").rpartition("/")[2]
        assert last in known, f"{name}: in the docstring of the class that counts it"
