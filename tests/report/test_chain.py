import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.report.chain import BrokenError, Chain, verify

COUNT = 9


def log(count=COUNT):
    chain = Chain()
    lines = [chain.entry("begin", "t0", {"spider": "images"})]
    for n in range(2, count):
        facts = {"url": f"http://a/{n}", "bytes_received": n}
        lines.append(chain.entry("exchange", f"t{n}", facts))
    return [*lines, chain.entry("end", "t9", {})]


def broken(lines):
    with pytest.raises(BrokenError) as caught:
        verify(lines)
    return caught.value.number


def test_whole():
    found = verify(log())
    assert (found.entries, found.requests, found.bytes_received) == (COUNT, 7, 35)
    assert found.last == json.loads(log()[-1])["hash"]


@pytest.mark.parametrize("at", range(COUNT))
@pytest.mark.parametrize("name", ["number", "time", "kind", "previous", "hash"])
def test_a_change_is_found_where_it_is(at, name):
    lines = log()
    entry = json.loads(lines[at])
    entry[name] = 77 if name == "number" else "x" + str(entry[name])[1:]
    lines[at] = json.dumps(entry)
    assert broken(lines) == at + 1


@pytest.mark.parametrize("at", range(COUNT))
def test_removed_doubled_or_moved(at):
    lines = log()
    assert broken(lines[:at] + lines[at + 1 :]) == at + 1
    assert broken(lines[: at + 1] + lines[at:]) == at + 2
    if at:
        lines[at - 1], lines[at] = lines[at], lines[at - 1]
        assert broken(lines) == at


@pytest.mark.parametrize("count", range(COUNT))
def test_cut_short(count):
    assert broken(log()[:count]) == count + 1
    assert broken([*log()[:count], log()[count][:30]]) == count + 1


def test_an_entry_made_anew_breaks_the_next():
    lines, chain = log(), Chain()
    for number, line in enumerate(lines[:4]):
        entry = json.loads(line)
        facts = {k: entry[k] for k in entry if k in ("spider", "url", "bytes_received")}
        facts |= {"bytes_received": 0} if number == 3 else {}
        new = chain.entry(entry["kind"], entry["time"], facts)
    lines[3] = new
    assert broken(lines) == 5


@given(st.lists(st.binary(max_size=60) | st.sampled_from(log()), max_size=6))
def test_junk(lines):
    broken(lines)
