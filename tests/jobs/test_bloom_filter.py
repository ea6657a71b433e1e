from hypothesis import given
from hypothesis import strategies as st

from imgprint.jobs.bloom_filter import BloomFilter

NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.lists(NUMBERS), st.lists(NUMBERS))
def test_what_was_added_is_in_it(first, second):
    some = BloomFilter()
    assert not any(number in some for number in first)
    some.update(first)
    some.update(second)
    assert all(number in some for number in first + second)


def test_most_others_are_not():
    some = BloomFilter()
    some.update(range(0, 1 << 40, (1 << 40) // 84_000 | 1))
    others = range(1, 1 << 41, (1 << 41) // 10_000 | 1)
    assert sum(number in some for number in others) < len(others) / 50
