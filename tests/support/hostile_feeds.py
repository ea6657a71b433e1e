"""Lines of feeds that somebody made to do harm, or by mistake."""

import gzip
import json
from itertools import cycle

from imgprint.feeds.schema import documented, members
from imgprint.items import ImageRecord, Sighting
from tests.support.records import record
from tests.support.report_feeds import HASHES

HUGE = "1" + "0" * 400
# JSON of values that are of no type of a field with such a type.
WRONG = {
    str: cycle(["5", "true", "[]", '{"a":1}', "1.5", '[["a"]]']),
    int: cycle(['"5"', "1.5", "true", "[1]", HUGE, "1e999", "-" + HUGE, "{}"]),
    float: cycle(['"1"', "[1]", HUGE, "1e999", "true", "{}"]),
    bool: cycle(["1", '"true"', "[]", "0.0"]),
    list: cycle(["5", '"a"', "{}", "[5]", "[[]]", "[null, {}]"]),
    dict: cycle(["5", '"a"', "[]", "[[1]]", "true"]),
}
HASH = cycle(['"zz"', '"abc"', '"' + "ab " * 21 + 'a"', '"' + "é" * 64 + '"'])


def wrong_fields(item, path=()):
    """Yield the path of each field, those within others too, and wrong JSON for it."""
    for field in documented(item):
        kind = members(field.kind)[0]
        here = (*path, field.name)
        if hasattr(kind, "__required_keys__"):
            yield here, next(WRONG[dict])
            yield from wrong_fields(kind, here)
        elif field.name in HASHES and path[-1:] not in (("thumbnail",), ("marks",)):
            yield here, next(HASH)
            yield here, next(WRONG[str])
        else:
            kind = getattr(kind, "__origin__", kind)
            yield here, next(WRONG.get(kind, WRONG[str]))


def with_field(start, path, value):
    """The JSON of *start* with *value*, which is JSON, at *path*."""
    item = json.loads(json.dumps(start))
    place = item
    for name in path[:-1]:
        if not isinstance(place.get(name), dict):
            place[name] = {}
        place = place[name]
    place[path[-1]] = "VALUE"
    return json.dumps(item).replace('"VALUE"', value).encode()


def bad_lines():
    """Return lines that are no items, by a name."""
    good = record(1)
    found = {
        f"record {'.'.join(path)} {value[:20]}": with_field(good, path, value)
        for path, value in wrong_fields(ImageRecord)
    }
    seen = {"image_url": "http://a.example/1.jpg", "site": "a.example"}
    found |= {
        f"sighting {'.'.join(path)} {value[:20]}": with_field(seen, path, value)
        for path, value in wrong_fields(Sighting)
    }
    for name, brackets in (("lists", "[]"), ("objects", '{"a":}')):
        start, end = brackets[:-1], brackets[-1]
        for depth in (200, 900, 100_000):
            inner = start * depth + "1" + end * depth
            line = f'{{"url":"http://a.example/","new":{inner}}}'
            found[f"deep {name} {depth}"] = line.encode()
            found[f"only {name} {depth}"] = inner.encode()
    whole = json.dumps(good).encode()
    return found | {
        "number": b"5",
        "huge number": HUGE.encode(),
        "5,000 digits": b'{"url": "a", "new": 1' + b"0" * 5000 + b"}",
        "1e999 in an unknown field": b'{"url": "a", "new": 1e999}',
        "text": b'"http://a.example/"',
        "null": b"null",
        "list of lists": b"[[[]]]",
        "empty object": b"{}",
        "another object": b'{"some": "thing"}',
        "no URL": b'{"url": null}',
        "no URL but image_url": b'{"url": 5, "image_url": "a"}',
        "cut": whole[:100],
        "two on a line": whole + whole,
        "comma": whole + b",",
        "not UTF-8": whole.replace(b"site1", b"\xff\xfe\x80"),
        "UTF-16": whole.decode().encode("utf-16").replace(b"\n", b""),
        "NUL": b"\0" * 5000,
        "control character": whole.replace(b"site1", b"a\x01b"),
        "gzip": gzip.compress(whole, mtime=0).replace(b"\n", b""),
        "JPEG": b"\xff\xd8\xff\xe0" + bytes(range(11, 256)),
        "quotes": b"'" * 100_000,
        "HTML": b"<!doctype html><p>",
        "half a pair in an escape": b'{"url": "\\ud83',
    }
