"""What becomes of hostile bytes, a line for each case: the same from every build.

PYTHONHASHSEED=0 python -m tests.support.outcomes CASES [SEED]
"""

import random
import sys
from dataclasses import fields
from hashlib import sha256

from imgprint.content.byte_ranges.exchange import HEAD, Answer, body_limit
from imgprint.content.byte_ranges.transfer import Transfer, tail_span
from imgprint.content.describe import describe
from imgprint.content.fingerprints.fingerprint import (
    fingerprints,
    reference_fingerprints,
)
from imgprint.content.sparse import MissingBytes
from tests.content.test_fuzz import known, mutate, samples

BOUNDARY = "3d6b6a416f9b5"
# Pieces of header fields, good and bad.
FIELDS = {
    "content-range": ["bytes 0-10240/*", "bytes */9", "bytes 9-1/99", "bytes 0-4/5"],
    "content-length": ["0", "11", "-1", "\u0661"],
    "content-encoding": ["gzip", "identity", "br"],
    "content-type": ["image/jpeg", "text/html", "multipart/byteranges"],
    "etag": ['"a"', 'W/"a"', '"0cc175b9c0f1b6a831c399e269772661"', '"5f3:1"'],
    "x-goog-hash": ["md5=DMF1ucDxtqgxw5niaXcmYQ==", "crc32c=AAAAAA==,md5=="],
    "digest": ["sha-256=:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=:", "md5=?"],
    "content-md5": ["DMF1ucDxtqgxw5niaXcmYQ==", "="],
    "accept-ranges": ["none", "bytes"],
    "retry-after": ["1"],
}
STATUS = [206] * 6 + [200, 200, 416, 403, 503, 304]


def outcome(function, *arguments, **options):
    """Return what *function* returns or raises."""
    try:
        return repr(function(*arguments, **options))
    except MissingBytes as missing:
        return repr(missing.span)
    except Exception as error:  # noqa: BLE001 - it is compared
        return type(error).__name__


def facts(image, headers):
    """Return what is said of *image*, and its fingerprints."""
    yield outcome(describe, image)
    yield outcome(describe, image, blocks="exif")
    yield outcome(reference_fingerprints, image)
    description = describe(image, final=True)
    yield repr(description)
    prints = reference_fingerprints(image)
    yield outcome(fingerprints, image, description, prints, headers, 206)


def multipart(rng, parts):
    """Return *parts* as a body of multipart/byteranges, mostly malformed."""
    line_end = rng.choice(["\r\n", "\r\n", "\n"])
    body = b""
    for start, data, size in parts:
        head = ["", f"--{BOUNDARY}", "Content-Type: image/jpeg"]
        head += [f"Content-Range: bytes {start}-{start + len(data) - 1}/{size}", "", ""]
        body += line_end.join(head).encode() + data
    body += f"{line_end}--{BOUNDARY}--".encode()
    return mutate(rng, body) if rng.random() < 0.8 else body


def answer(rng, size, head, tail):
    """Return an answer of a server that is wrong about some things."""
    start = tail_span(size).start
    body = multipart(rng, [(0, head[: HEAD.stop], size), (start, tail, size)])
    headers = {"content-type": f"multipart/byteranges; boundary={BOUNDARY}"}
    if rng.random() < 0.4:
        begin, data = rng.choice([(0, head), (start, tail)])
        body = data[: rng.randrange(len(data) + 1)]
        end = begin + len(data) - 1
        headers = {"content-range": f"bytes {begin}-{end}/{rng.choice([size, '*', 9])}"}
    for name in rng.sample(sorted(FIELDS), rng.randrange(4)):
        headers[name] = rng.choice(FIELDS[name])
    return Answer(rng.choice(STATUS), headers, body, len(body), rng.random() < 0.3)


def exchange(rng, size, head, tail):
    """Return how a transfer goes, and what is known in the end."""
    transfer = Transfer(lists=rng.random() < 0.8, tails=rng.random() < 0.9)
    while ask := transfer.next_ask():
        got = answer(rng, size, head, tail)
        yield f"{ask} {ask.range} {ask.wanted} {ask.from_start}"
        yield outcome(body_limit, ask, got.headers, got.length)
        yield outcome(transfer.receive, got)
        if rng.random() < 0.3:
            at = rng.randrange(size)
            yield outcome(transfer.extend, range(at, at + rng.randrange(90_000)))
    image = transfer.image
    values = [getattr(transfer, f.name) for f in fields(transfer) if f.name != "image"]
    yield repr((values, image.size, image.spans, image.head))
    if image.spans:
        yield from facts(image, got.headers)


def main(cases, seed):
    files = [file for file in samples() if file[0] > 64]
    for case in range(cases):
        rng = random.Random(f"{seed} {case}")
        size, head, tail = files[case % len(files)]
        tail = tail[-1024:]
        mutant = mutate(rng, head)
        if case % 3:
            image = known(size if rng.random() < 0.9 else None, mutant, tail)
            results = facts(image, {"etag": rng.choice(FIELDS["etag"])})
        else:
            results = exchange(rng, size, mutant, tail)
        print(sha256("\n".join(results).encode()).hexdigest()[:16])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "0")
