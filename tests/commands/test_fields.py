import ast
import re

import pytest

from imgprint.commands._reference import modules, stats
from tests.conftest import ROOT
from tests.support.crawling import scrapy

ANEW = "make docs makes it anew"


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


def constants():
    for _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_stats_are_documented():
    known = " ".join(stats())
    names = {c for c in constants() if re.fullmatch("imgprint/[a-z_/]+", c)}
    for name in names:
        last = name.rstrip("/").rpartition("/")[2]
        assert last in known, f"{name}: in the docstring of the class that counts it"
