import numpy as np
import pytest

from imgprint.matching.near import as_hashes, near, near_pairs
from tests.support.records import flipped

SOME = np.random.default_rng(0).integers(0, 2**64, (5000, 4), dtype=np.uint64)


def hexadecimal(row):
    return row.tobytes().hex()


@pytest.mark.parametrize("count", [1, 200])
@pytest.mark.parametrize("distance", [0, 1, 30, 31])
def test_finds_all_within_31(count, distance):
    targets = range(0, count * 7, 7)
    queries = as_hashes(
        flipped(hexadecimal(SOME[target]), distance, seed)
        for seed, target in enumerate(targets)
    )
    found = list(near(SOME, queries))
    assert sorted(found) == [(n, t, distance) for n, t in enumerate(targets)]


@pytest.mark.parametrize("count", [1, 200])
def test_and_none_at_32(count):
    queries = as_hashes(flipped(hexadecimal(SOME[n]), 32, n) for n in range(count))
    assert list(near(SOME, queries)) == []


def test_the_worst_case_of_the_bands():
    """31 differences as even as they can be: two in each band, one in the last."""
    bits = [16 * band + 5 for band in range(16)] + [16 * band + 9 for band in range(15)]
    value = int.from_bytes(SOME[3].tobytes(), "big") ^ sum(1 << b for b in bits)
    queries = as_hashes([f"{value:064x}"] * 50)
    assert {(t, d) for _, t, d in near(SOME, queries)} == {(3, 31)}


def test_more_is_not_searched():
    with pytest.raises(ValueError, match="over 31"):
        list(near(SOME, SOME[:1], 32))


def test_many_equal_hashes():
    same = np.repeat(SOME[:1], 3000, axis=0)
    assert len(list(near(same, np.repeat(SOME[:1], 50, axis=0)))) == 150_000


def test_pairs():
    near_copy = as_hashes([flipped(hexadecimal(SOME[8]), 10)])
    hashes = np.concatenate([SOME, SOME[:3], near_copy])
    pairs = {tuple(pair) for pair in near_pairs(hashes).tolist()}
    assert pairs == {(0, 5000), (1, 5001), (2, 5002), (8, 5003)}
    assert len(near_pairs(SOME)) == 0
