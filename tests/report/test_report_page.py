import base64
import gzip
import hashlib
import json
import math
import re
from importlib.resources import files

from imgprint.report.figures import Figures
from imgprint.report.report_page import CHUNK, COLUMNS, embed, pack, pieces, row
from tests.support.report_feeds import HOSTILE, hostile_record, record


def page(records):
    figures = Figures()
    for item in records:
        figures.add_record(item)
    return "".join(pieces(figures.result(), records, figures.seen, "now"))


def test_no_value_can_be_markup():
    plain, hostile = page([record(1)]), page([hostile_record()])
    assert HOSTILE[:20] not in hostile
    for mark in ("<script", "</script", "<!--", "\u2028"):
        assert hostile.count(mark) == plain.count(mark)
    assert hostile.isascii() == plain.isascii()


def test_every_record_is_there():
    records = [record(n) for n in range(CHUNK + 1)]
    parts = re.findall(r'class="(rows|details)">([^<]*)<', page(records))
    assert [kind for kind, _ in parts] == ["rows", "details"] * 2
    unpacked = [json.loads(gzip.decompress(base64.b64decode(p))) for _, p in parts]
    figures = Figures()
    for item in records:
        figures.add_record(item)
    group_of = figures.result()["group_of"]
    assert group_of[0] == group_of[1], "the first two are one file"
    rows = [row(item, group_of.get(n)) for n, item in enumerate(records)]
    assert unpacked[0] + unpacked[2] == rows
    details = unpacked[1] + unpacked[3]
    assert [item["url"] for item in details] == [item["url"] for item in records]
    assert len(row(records[0])) == len(COLUMNS)


def test_the_policy_names_each_script():
    text = page([])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 9
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_the_same_feed_gives_the_same_file():
    assert page([record(1)]) == page([record(1)])


def test_what_is_bundled_has_its_licence():
    vendor = files("imgprint.report") / "assets" / "vendor"
    licences = (vendor / "LICENSES.txt").read_text(encoding="utf-8")
    for file in vendor.iterdir():
        assert file.name == "LICENSES.txt" or file.name in licences


def test_browsers_can_read_all_numbers():
    for big in (math.inf, -math.inf, math.nan):
        assert embed({"a": [big, 1.5]}) == '{"a":[null,1.5]}'
        assert gzip.decompress(base64.b64decode(pack([big]))) == b"[null]"
