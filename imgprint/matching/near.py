"""PDQ hashes within a Hamming distance of each other, among a million."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]  # a row of four for each hash
    Indices = NDArray[np.int64]

BANDS = 16  # of 16 bits: 31 differences leave one band with at most one
MAX_DISTANCE = 2 * BANDS - 1
# Pairs compared at a time: 32 MB.
STEP = 1_000_000
FEW = 40


def as_hashes(values: Iterable[str]) -> Hashes:
    """Return hexadecimal PDQ hashes as rows of four integers."""
    return from_bytes(bytes.fromhex("".join(values)))


def from_bytes(data: bytes) -> Hashes:
    return np.frombuffer(data, dtype=np.uint64).reshape(-1, 4)


def near(
    hashes: Hashes, queries: Hashes, distance: int = MAX_DISTANCE
) -> Iterator[tuple[int, int, int]]:
    """Yield (query, hash, distance) of all pairs within *distance*, at most 31.

    Two hashes within 31 differ in at most one bit of one of their 16 bands of
    16 bits (31 < 2 * 16), so only hashes with such a band are compared. For a
    few queries all are.
    """
    if distance > MAX_DISTANCE:
        raise ValueError(f"distances over {MAX_DISTANCE} are not searched")
    if len(queries) <= FEW:
        for query, one in enumerate(queries):
            apart = _apart(hashes, one)
            for found in np.flatnonzero(apart <= distance).tolist():
                yield query, found, int(apart[found])
        return
    seen: set[tuple[int, int]] = set()
    for left, right in _candidates(hashes, queries):
        apart = _apart(queries[left], hashes[right])
        for at in np.flatnonzero(apart <= distance).tolist():
            pair = int(left[at]), int(right[at])
            if pair not in seen:
                seen.add(pair)
                yield *pair, int(apart[at])


def _apart(a: Hashes, b: Hashes) -> NDArray[np.int64]:
    bits = np.bitwise_count(a ^ b)
    apart: NDArray[np.int64] = bits.sum(axis=1, dtype=np.int64)
    return apart


def _candidates(hashes: Hashes, queries: Hashes) -> Iterator[tuple[Indices, Indices]]:
    """Yield indices of queries and hashes that have a band in common, or nearly."""
    flips = np.array([0, *(1 << bit for bit in range(16))], dtype=np.uint16)
    mine, theirs = (h.view(np.uint16).reshape(-1, BANDS) for h in (queries, hashes))
    owner = np.repeat(np.arange(len(queries)), len(flips))
    for band in range(BANDS):
        column = np.ascontiguousarray(theirs[:, band])
        order = np.argsort(column, kind="stable")
        starts = np.r_[0, np.cumsum(np.bincount(column, minlength=1 << 16))]
        probes = (mine[:, band, None] ^ flips).ravel().astype(np.int64)
        for left, right in _expand(starts[probes], starts[probes + 1]):
            yield owner[left], order[right]


def _expand(starts: Indices, stops: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Yield the index of each range and the numbers in it, STEP or so at a time."""
    sizes = stops - starts
    ends = np.cumsum(sizes)
    begin = 0
    while begin < len(sizes):
        before = int(ends[begin - 1]) if begin else 0
        stop = max(int(np.searchsorted(ends, before + STEP, "right")), begin + 1)
        part = sizes[begin:stop]
        which = np.repeat(np.arange(begin, stop), part)
        within = np.arange(len(which)) - np.repeat(np.cumsum(part) - part, part)
        yield which, starts[which] + within
        begin = stop


def near_pairs(hashes: Hashes, distance: int = MAX_DISTANCE) -> Indices:
    """Return pairs within *distance* as rows of two indices; not all there are.

    Only hashes that agree in one of eight bands of 32 bits are compared, each
    to the first of its kind: all within 7, of random ones two thirds of those 16
    apart and an eighth of those 31 apart, in time that grows with the number of
    hashes alone.
    """
    found = [np.empty((0, 2), dtype=np.int64)]
    columns = hashes.view(np.uint32).reshape(-1, 8)
    for band in range(8):
        column = np.ascontiguousarray(columns[:, band])
        order = np.argsort(column, kind="stable")
        sorted_column = column[order]
        fresh = np.r_[True, sorted_column[1:] != sorted_column[:-1]]
        first = order[np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))]
        for left, right in ((first, order), (order[:-1], order[1:])):
            same = column[left] == column[right]
            left, right = left[same], right[same]
            close = (left != right) & (_apart(hashes[left], hashes[right]) <= distance)
            found.append(np.stack([left[close], right[close]], axis=1))
    return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
