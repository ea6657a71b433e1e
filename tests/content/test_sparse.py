import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.content.sparse import MissingBytes, SparseBytes

DATA = bytes(range(100))


def test_reading_a_gap_names_it():
    image = SparseBytes(100)
    image.add(0, DATA[:10])
    image.add(90, DATA[90:])
    with pytest.raises(MissingBytes) as excinfo:
        image[5:95]
    assert excinfo.value.span == range(10, 90)


def test_unknown_size_has_no_end():
    image = SparseBytes()
    image.add(0, b"abc")
    assert image[0:3] == b"abc"
    assert not image.complete
    with pytest.raises(MissingBytes):
        image[0:4]


def test_known_bytes_are_never_changed():
    image = SparseBytes(6)
    image.add(2, b"cd")
    image.add(0, b"ABCDEF")
    assert image[:] == b"ABcdEF"
    assert image.complete


def test_add_beyond_the_size():
    with pytest.raises(ValueError, match="end after 3"):
        SparseBytes(3).add(2, b"cd")


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 40)), max_size=12),
    st.integers(0, 110),
    st.integers(0, 110),
)
def test_agrees_with_bytes(spans, start, stop):
    image = SparseBytes(100)
    known = set()
    for offset, length in spans:
        image.add(offset, DATA[offset : offset + length])
        known.update(range(offset, min(offset + length, 100)))
    assert {i for span in image.spans for i in span} == known
    wanted = set(range(start, min(stop, 100)))
    if wanted <= known:
        assert image[start:stop] == DATA[start:stop]
    else:
        with pytest.raises(MissingBytes) as excinfo:
            image[start:stop]
        assert not known & set(excinfo.value.span)


def test_head_ends_at_the_first_gap():
    image = SparseBytes(12)
    assert image.empty
    image.add(4, b"ef")
    assert (image.head, image.empty) == (b"", False)
    image.add(0, b"ab")
    assert image.head == b"ab"
    image.add(2, b"cd")
    assert image.head == b"abcdef"
    image.add(8, b"ij")
    assert image.head == b"abcdef"
