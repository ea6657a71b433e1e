"""Commands that read feeds say what is wrong with one, and use the other lines."""

import argparse
import gc
import json
import shutil

import pytest
from scrapy.utils.project import get_project_settings

from imgprint.commands import blind, export, index, match, report, shared, verify
from imgprint.feeds.record_formats import WRITERS
from tests.support.crawling import scrapy
from tests.support.hostile_feeds import bad_lines
from tests.support.records import record

BAD = bad_lines()
GOOD = [record(1), record(2)]
TEXTS = [*WRITERS, "misp", "stix"]
LOG = ["log.jsonl"]
COMMANDS = {
    "report": (report, ["-o", "out.html"]),
    "index": (index, ["--db", "new.db"]),
    "match": (match, ["--db", "i.db"]),
    "verify": (verify, []),
    **{f"export {kind}": (export, ["--to", kind, "-o", "out"]) for kind in TEXTS},
    "export parquet": (export, ["--to", "parquet", "-o", "out"]),
}


def lines(*items):
    return b"".join(
        (item if isinstance(item, bytes) else json.dumps(item).encode()) + b"\n"
        for item in items
    )


@pytest.fixture(scope="module")
def settings():
    settings = get_project_settings()
    settings.set("IMGPRINT_DECODE", "0", priority="cmdline")
    return settings


@pytest.fixture(scope="module")
def made(tmp_path_factory, settings):
    """A folder with an index and an evidence log of the good records."""
    from imgprint.report.chain import Chain, record_hash

    folder = tmp_path_factory.mktemp("made")
    (folder / "good.jsonl").write_bytes(lines(*GOOD))
    chain = Chain()
    hashes = [{"record_sha256": record_hash(item)} for item in GOOD]
    entries = [("begin", {}), *(("record", facts) for facts in hashes), ("end", {})]
    text = "".join(chain.entry(kind, "t", facts) for kind, facts in entries)
    (folder / "log.jsonl").write_text(text)
    run(settings, index, [folder / "good.jsonl"], ["--db", folder / "i.db"])
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    for name in ("i.db", "log.jsonl"):
        shutil.copy(made / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    gc.enable()
    gc.unfreeze()


def run(settings, module, arguments, options=()):
    """Run a command as Scrapy does; return its exit code."""
    command = module.Command()
    command.settings = settings
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    given = parser.parse_args([*map(str, options)])
    command.run([*map(str, arguments)], given)
    return command.exitcode


def test_there_are_enough_of_them():
    assert len(BAD) > 131


@pytest.mark.parametrize("name", COMMANDS)
def test_the_other_lines_are_used(name, folder, settings, capsys):
    module, options = COMMANDS[name]
    before = LOG if module is verify else []
    for number, (kind, line) in enumerate(BAD.items()):
        feed = folder / f"{number}.jsonl"
        feed.write_bytes(lines(GOOD[0], line, GOOD[1]))
        assert run(settings, module, [*before, feed], options) == 2, kind
        out, err = capsys.readouterr()
        assert err.startswith(f"imgprint: feed '{feed}' line 2: "), kind
        assert err.endswith("; it is left out\n"), kind
        assert err.count("\n") == 1, kind
        assert len(err) < 300, kind
        if module is index:
            assert f"{feed}: 2 records, " in out, kind
        elif module is report:
            assert out == "out.html: 2 records\n", kind
        elif module is match:
            assert out.count("certain  ") == 2, kind
        elif module is verify:
            assert "log.jsonl: whole, 4 entries" in out
        feed.unlink()
    if name == "export jsonl":
        assert (folder / "out").read_bytes() == lines(*GOOD)


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_but_bad_lines(name, folder, settings, capsys):
    module, options = COMMANDS[name]
    before = LOG if module is verify else []
    for number, (kind, line) in enumerate(BAD.items()):
        if kind == "JPEG" and module is match:
            continue  # it is a picture
        feed = folder / f"{number}.jsonl"
        feed.write_bytes(line + b"\n")
        assert run(settings, module, [*before, feed], options) == 2, kind
        err = capsys.readouterr().err
        assert err.count("imgprint: ") == err.count("\n") == 1, kind
        assert f"'{feed}'" in err, kind
        assert not (folder / "out").exists(), kind
        assert not (folder / "out.html").exists(), kind
        feed.unlink()


@pytest.mark.parametrize("name", COMMANDS)
def test_arrays(name, folder, settings, capsys):
    module, options = COMMANDS[name]
    before = LOG if module is verify else []
    feed = folder / "array.json"
    for kind, line in BAD.items():
        if kind in ("comma", "two on a line"):
            continue  # in an array these are two items, and one
        items = b",\n".join([json.dumps(GOOD[0]).encode(), line, lines(GOOD[1])])
        feed.write_bytes(b"[" + items + b"]\n")
        code = run(settings, module, [*before, feed], options)
        out, err = capsys.readouterr()
        assert code in (0, 2), kind
        assert err.count("imgprint: ") == err.count("\n") == bool(code), kind
        if code:
            assert err.startswith(f"imgprint: feed '{feed}' item 2: "), kind
        if module is report:
            assert out in ("out.html: 1 records\n", "out.html: 2 records\n"), kind


TOLERATED = {
    "byte order mark": b"\xef\xbb\xbf" + lines(*GOOD),
    "NaN": lines(GOOD[0], b'{"url": "http://a.example/", "gps": {"latitude": NaN}}'),
    "Infinity": lines(GOOD[0], b'{"url": "a", "gps": {"altitude": -Infinity}}'),
    "half a pair": lines(GOOD[0], b'{"url": "http://a.example/\\ud800", "site": "b"}'),
    "huge integer that is unknown": b'{"url": "a", "new": 1%s}\n' % (b"0" * 400),
    "missing fields": lines(b'{"url": "http://a.example/"}', b'{"image_url": null}'),
    "fields that are null": lines(dict.fromkeys(GOOD[0]) | {"url": "a"}),
    "empty blocks": lines(
        {"url": "a", "gps": {}, "camera": {}, "ids": {}, "etag_decoded": {}}
        | {"fingerprints": {"declared": {}, "encoder": {}, "pdq_strips": {"x": {}}}}
    ),
    "a strip of a newer version": lines(
        {"url": "a", "fingerprints": {"pdq_strips": {"new": {"quality": 99}}}}
    ),
    "odd URLs": lines(
        *({"url": url} for url in ("", "http://[", "http://\0", "data:x"))
    ),
    "empty": b"",
    "white space": b" \n\n\t\n",
    "carriage returns": lines(*GOOD).replace(b"\n", b"\r\n"),
    "a cut last line": lines(*GOOD)[:-100],
    "cut within a character": lines(GOOD[0]) + '{"url": "é'.encode()[:-1],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_can_be_read_all_the_same(name, folder, settings, capsys):
    module, options = COMMANDS[name]
    if module is verify:
        return  # they are not in the log
    feed = folder / "feed.jsonl"
    for kind, text in TOLERATED.items():
        feed.write_bytes(text)
        assert run(settings, module, [feed], options) == 0, kind
        assert "feed '" not in capsys.readouterr().err, kind
        for path in folder.glob("out*"):
            if name in ("export json", "export geojson", "export stix", "export misp"):
                json.loads(path.read_text(), parse_constant=pytest.fail)


def test_logs_and_lists(folder, settings, capsys):
    """As evidence logs and hash lists all of it is refused, in a sentence."""
    (folder / "key").write_bytes(bytes(32))
    path = folder / "bad"
    for kind, line in BAD.items():
        for text in (line, b"[" + line, lines(line, line)):
            path.write_bytes(text)
            assert run(settings, verify, [path]) == 1, kind
            assert "is broken: entry 1: " in capsys.readouterr().err, kind
            code = run(settings, blind, [path], ["--key", "key", "-o", "b.txt"])
            err = capsys.readouterr().err
            assert (code, err.count("\n")) in ((0, 0), (0, 1), (2, 1)), kind


def test_entries_of_logs_with_right_hashes(folder, settings, capsys):
    from imgprint.report.chain import Chain

    for facts in (
        *({"bytes_received": value} for value in ("x", [], 1.5, -1, 10**400, True)),
        *({"record_sha256": value} for value in (5, None, [], {})),
    ):
        chain = Chain()
        kind = "record" if "record_sha256" in facts else "exchange"
        text = chain.entry("begin", "t", {}) + chain.entry(kind, "t", facts)
        (folder / "log").write_text(text + chain.entry("end", "t", {}))
        assert run(settings, verify, ["log"]) == 1
        assert "is broken: entry 2: " in capsys.readouterr().err


def test_several_feeds(folder, settings, capsys):
    """Those that hold nothing are named, too, and the others are used."""
    (folder / "bad.jsonl").write_bytes(lines(b"5", b"6", b"7"))
    (folder / "half.jsonl").write_bytes(lines(GOOD[0], b"5", b"6"))
    arguments = ["bad.jsonl", "half.jsonl"]
    assert run(settings, export, arguments, ["--to", "jsonl", "-o", "out"]) == 2
    assert capsys.readouterr().err == (
        "imgprint: feed 'bad.jsonl' line 1: not a record; "
        "it and 2 more lines are left out\n"
        "imgprint: feed 'half.jsonl' line 2: not a record; "
        "it and 1 more line are left out\n"
    )
    assert (folder / "out").read_bytes() == lines(GOOD[0])


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/full"])
def test_devices(device, folder, settings, capsys):
    (folder / "key").write_bytes(bytes(32))
    for name, (module, options) in COMMANDS.items():
        assert run(settings, module, [device], options) == 2, name
    assert run(settings, blind, [device], ["--key", "key"]) == 2
    assert run(settings, blind, [device], ["--key", device]) == 2
    err = capsys.readouterr().err
    assert err.count(f"'{device}' can't be read: it is a device\n") == err.count("\n")


def test_a_line_without_end(folder, settings, capsys, monkeypatch):
    monkeypatch.setattr("imgprint.feeds.input_files.MAX_LINE", 10_000)
    long = b'{"url": "' + b"a" * 3_000_000 + b'"}'
    (folder / "feed.jsonl").write_bytes(lines(GOOD[0], long, GOOD[1], long)[:-1])
    assert run(settings, index, ["feed.jsonl"], ["--db", "new.db"]) == 2
    out, err = capsys.readouterr()
    assert "feed.jsonl: 2 records" in out
    assert err.startswith("imgprint: feed 'feed.jsonl' line 2: over 32 MiB long; ")
    (folder / "feed.json").write_bytes(b"[" + lines(GOOD[0]) + b"," + long + b"]")
    assert run(settings, index, ["feed.json"], ["--db", "i.db"]) == 2
    assert "feed 'feed.json' item 2: not JSON, or over" in capsys.readouterr().err


def test_shared_of_what_was_left(folder, settings, capsys):
    """The lines of an index that hostile feeds went into are good ones."""
    text = lines(*BAD.values(), *GOOD, {**GOOD[0], "site": "b.example", "url": "b"})
    (folder / "feed.jsonl").write_bytes(text)
    assert run(settings, index, ["feed.jsonl"], ["--db", "new.db"]) == 2
    capsys.readouterr()
    assert run(settings, shared, [], ["--db", "new.db"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["groups"] == [["b.example", "site1.example"]]


@pytest.mark.parametrize(
    "command",
    [
        ("report", "feed.jsonl"),
        ("index", "feed.jsonl", "--db", "i.db"),
        ("export", "feed.jsonl", "--to", "geojson"),
        ("match", "feed.jsonl", "--db", "good.db"),
    ],
)
def test_as_a_user_runs_them(command, folder, settings):
    (folder / "i.db").rename(folder / "good.db")
    (folder / "feed.jsonl").write_bytes(lines(GOOD[0], *BAD.values()))
    done = scrapy(*command, cwd=folder)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    (sentence,) = [line for line in done.stderr.splitlines() if "feed '" in line]
    assert sentence.startswith("imgprint: feed 'feed.jsonl' line 2: ")
    assert sentence.endswith(f"it and {len(BAD) - 1} more lines are left out")
