import gzip
import random

import pytest

from imgprint.content.byte_ranges.exchange import (
    HEAD,
    SMALL,
    Answer,
    Ask,
    Validators,
    body_limit,
)
from imgprint.content.byte_ranges.range_grammar import range_header
from imgprint.content.byte_ranges.transfer import Transfer, tail_span

DATA = random.Random(7).randbytes(200_000)
STRONG = {"etag": '"a"'}


def spans_of(ask, size):
    for part in ask.parts:
        yield range(max(0, size + part), size) if isinstance(part, int) else part[:size]


def single(span, data, **headers):
    content_range = f"bytes {span.start}-{span.stop - 1}/{len(data)}"
    return (
        206,
        {"content-range": content_range, **headers},
        data[span.start : span.stop],
    )


def multipart(ask, data, **headers):
    body = b"".join(
        b"\r\n--B\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%b"
        % (span.start, span.stop - 1, len(data), data[span.start : span.stop])
        for span in spans_of(ask, len(data))
    )
    headers["content-type"] = "multipart/byteranges; boundary=B"
    return 206, headers, body + b"\r\n--B--\r\n"


def whole(data, **headers):
    return 200, {"content-length": str(len(data)), **headers}, data


def good(ask, data=DATA):
    if len(ask.parts) > 1:
        return multipart(ask, data, **STRONG)
    if not ask.parts:
        return whole(data, **STRONG)
    return single(next(spans_of(ask, len(data))), data, **STRONG)


def run(server, transfer=None):
    """Drive *transfer* as the middleware does; return it and the ranges asked."""
    transfer = transfer or Transfer()
    asked = []
    while ask := transfer.next_ask():
        asked.append(ask.range)
        status, headers, body = server(ask)
        limit = body_limit(ask, headers, len(body))
        answer = Answer(
            status, headers, body[:limit], min(limit, len(body)), limit < len(body)
        )
        transfer.receive(answer)
    return transfer, asked


def known(transfer, data=DATA):
    for span in transfer.image.spans:
        assert transfer.image[span.start : span.stop] == data[span.start : span.stop]
    return transfer.image.spans


ENDS = [HEAD, tail_span(len(DATA))]
LIST = "bytes=0-10240,-1024"
FIRST = "bytes=0-10240"
LAST = "bytes=198976-199999"


def test_one_request_where_lists_work():
    transfer, asked = run(good)
    assert asked == [LIST]
    assert known(transfer) == ENDS
    assert (transfer.honoured, transfer.proven, transfer.lists_work) == (
        "multipart",
        True,
        True,
    )
    assert transfer.bytes_received < 11_500


def test_head_then_tail_where_lists_are_known_not_to_work():
    transfer, asked = run(good, Transfer(lists=False))
    assert asked == [FIRST, LAST]
    assert known(transfer) == ENDS
    assert (transfer.honoured, transfer.proven, transfer.lists_work) == (
        "single",
        True,
        None,
    )


@pytest.mark.parametrize("status", [400, 403, 405, 416, 500, 501, 503])
def test_lists_refused(status):
    def server(ask):
        return (status, {}, b"") if len(ask.parts) > 1 else good(ask)

    transfer, asked = run(server)
    assert asked == [LIST, FIRST, LAST]
    assert known(transfer) == ENDS
    assert transfer.lists_work is False


def test_only_the_first_range_is_honoured():
    transfer, asked = run(lambda ask: single(next(spans_of(ask, 200_000)), DATA))
    assert asked == [LIST, LAST]
    assert known(transfer) == ENDS
    assert (transfer.proven, transfer.lists_work) == (False, False)


def test_only_the_last_range_is_honoured():
    transfer, asked = run(lambda ask: single(list(spans_of(ask, 200_000))[-1], DATA))
    assert asked == [LIST, FIRST]
    assert known(transfer) == ENDS


def test_range_ignored():
    transfer, asked = run(lambda ask: whole(DATA))
    assert asked == [LIST, LAST]
    assert known(transfer) == [HEAD]
    assert (transfer.honoured, transfer.image.size) == ("ignored", 200_000)
    assert transfer.bytes_received == len(HEAD)


def test_a_server_that_says_it_takes_no_ranges_is_asked_once():
    transfer, asked = run(lambda ask: whole(DATA, **{"accept-ranges": "none"}))
    assert asked == [LIST]
    assert known(transfer) == [HEAD]


def test_cold_cache_is_no_refusal():
    answers = iter([whole(DATA)])
    transfer, asked = run(lambda ask: next(answers, None) or good(ask))
    assert asked == [LIST, LAST]
    assert known(transfer) == ENDS
    assert transfer.honoured == "single"


def test_the_whole_file_as_206():
    transfer, _ = run(lambda ask: single(range(200_000), DATA))
    assert known(transfer) == [HEAD]
    assert transfer.bytes_received < 3 * 11_300


@pytest.mark.parametrize("size", [1, 500, 10_241, 11_264, 11_265, SMALL])
@pytest.mark.parametrize("server", [good, lambda ask, data: whole(data)])
def test_small_files_are_known_whole(server, size):
    data = DATA[:size]
    transfer, _ = run(lambda ask: server(ask, data))
    if server is not good or size <= 11_265:
        assert transfer.image.complete
        assert transfer.image[:] == data
    assert tail_span(size)[-1] == size - 1
    assert transfer.image.has(tail_span(size))


def test_unknown_size_and_suffix():
    def server(ask):
        status, headers, body = good(ask) if len(ask.parts) == 1 else (416, {}, b"")
        if ask.parts == (HEAD,):
            headers["content-range"] = "bytes 0-10240/*"
        return status, headers, body

    transfer, asked = run(server)
    assert asked == [LIST, FIRST, "bytes=-1024"]
    assert known(transfer) == ENDS


def test_suffix_read_as_the_start():
    def server(ask):
        if len(ask.parts) > 1:
            return 501, {}, b""
        span = ask.parts[0] if not isinstance(ask.parts[0], int) else range(1025)
        return (
            206,
            {"content-range": f"bytes {span.start}-{span.stop - 1}/*"},
            DATA[span.start : span.stop],
        )

    transfer, _ = run(server)
    assert known(transfer) == [HEAD]
    assert transfer.image.size is None


def test_wrong_start_is_not_taken_for_the_head():
    transfer, asked = run(lambda ask: single(range(5, 10_246), DATA))
    assert not transfer.image.has(HEAD)
    assert known(transfer) == [range(5, 10_241)]
    assert len(asked) <= 4


def test_416_of_a_small_file_is_asked_whole():
    data = DATA[:300]

    def server(ask):
        return (
            whole(data)
            if not ask.parts
            else (416, {"content-range": "bytes */300"}, b"")
        )

    transfer, asked = run(server)
    assert asked == [LIST, None]
    assert transfer.image[:] == data


@pytest.mark.parametrize(
    "answer", [whole(b""), (416, {"content-range": "bytes */0"}, b"")]
)
def test_empty_file(answer):
    transfer, asked = run(lambda ask: answer)
    assert transfer.failure == "empty file"
    assert len(asked) == 1


@pytest.mark.parametrize("status", [204, 404, 410, 429])
def test_other_answers_are_final(status):
    transfer, asked = run(lambda ask: (status, {}, b""))
    assert transfer.failure == f"HTTP {status}"
    assert asked == [LIST]


def test_busy_is_not_a_refusal_of_lists():
    transfer, asked = run(lambda ask: (503, {"retry-after": "3"}, b""))
    assert (asked, transfer.lists_work) == ([LIST], None)


def test_206_that_does_not_say_where():
    transfer, asked = run(lambda ask: (206, {}, DATA[:11_265]))
    assert asked == [LIST, FIRST, None]
    assert transfer.failure == "206 without a usable Content-Range"
    assert not transfer.image.spans


def test_changed_in_between_is_begun_again_once():
    tags = iter(['"a"', '"b"', '"b"', '"b"'])

    def server(ask):
        return single(next(spans_of(ask, 200_000)), DATA, etag=next(tags))

    transfer, asked = run(server, Transfer(lists=False))
    assert asked == [FIRST, LAST, FIRST]
    assert known(transfer) == ENDS
    assert transfer.validators.etag == '"b"'
    assert transfer.proven


def test_changing_all_the_time_ends():
    tags = iter("abcdefgh")

    def server(ask):
        return single(next(spans_of(ask, 200_000)), DATA, etag=next(tags))

    transfer, asked = run(server, Transfer(lists=False))
    assert len(asked) <= 4
    assert len(known(transfer)) == 1


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (Validators('"a"', None, 5), Validators('"a"', None, 5), True),
        (Validators('"a"', None, 5), Validators('"b"', None, 5), None),
        (Validators('W/"a"', None, 5), Validators('W/"a"', None, 5), False),
        (Validators(None, "Mon", 5), Validators(None, "Mon", 5), False),
        (Validators(None, "Mon", 5), Validators(None, "Tue", 5), None),
        (Validators(None, None, 5), Validators(None, None, 6), None),
        (Validators(None, None, 5), Validators(None, None, None), False),
    ],
)
def test_join(mine, theirs, expected):
    assert mine.join(theirs) is expected


def test_gzip_answer_gives_the_head_only():
    body = gzip.compress(DATA)

    def server(ask):
        return 200, {"content-encoding": "gzip", "content-length": str(len(body))}, body

    transfer, _ = run(server)
    assert transfer.image.size is None
    (span,) = known(transfer)
    assert span.start == 0
    assert span.stop <= len(HEAD)


def test_gzip_bomb_is_bounded():
    body = gzip.compress(bytes(50_000_000))[:SMALL]
    headers = {"content-encoding": "gzip"}
    transfer, _ = run(lambda ask: (200, headers, body))
    assert known(transfer, bytes(20_000)) == [HEAD]


def test_coded_206_is_no_image():
    def server(ask):
        if ask.parts:
            status, headers, body = good(ask)
            return status, {**headers, "content-encoding": "br"}, body
        return whole(DATA)

    transfer, asked = run(server)
    assert asked[:2] == [LIST, None]
    assert transfer.image.has(HEAD)


def test_extra_reads_keep_the_budget():
    transfer, _ = run(good)
    assert transfer.extend(range(20_000, 120_000))
    ask = transfer.next_ask()
    assert ask == Ask((range(20_000, 85_536),))
    transfer.receive(Answer(*good(ask), received=65_536, cut=False))
    assert transfer.image.has(range(20_000, 85_536))
    assert transfer.extend(range(120_000, 160_000))
    transfer.receive(Answer(*good(transfer.next_ask()), received=40_000, cut=False))
    assert not transfer.extend(range(86_000, 120_000)), "128 KiB in all"
    assert transfer.extend(range(198_970, 199_999)), "6 bytes"
    assert transfer.next_ask().range == range_header(range(198_970, 198_976))
    assert not transfer.extend(range(170_000, 170_001)), "3 reads"
    assert not transfer.extend(range(20_000, 20_100)), "known"


def test_no_extra_reads_where_range_is_ignored():
    transfer, _ = run(lambda ask: whole(DATA))
    assert not transfer.extend(range(20_000, 20_100))


def test_body_limit():
    ask = Ask((HEAD, -1024))
    assert body_limit(ask, {}, 500) == 500
    assert body_limit(ask, {}, 3_000_000) == 10_241
    assert body_limit(ask, {}, None) == SMALL
    assert body_limit(Ask((range(31740, 32764),)), {}, 3_000_000) == 0
    assert body_limit(ask, {"content-range": "bytes 0-10240/99999"}, None) == 10_241
    assert body_limit(ask, {"content-range": "bytes 0-99998/99999"}, 99_999) == 11_265
    assert body_limit(ask, {"content-range": "bytes */99999"}, 99_999) == 0
