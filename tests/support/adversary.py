"""Text that makes a regular expression work: made from the expression itself.

Most of it is what a repeat takes, taken thousands of times, behind what leads to
the repeat and before what makes the match fail.
"""

from __future__ import annotations

import re
import signal
from contextlib import contextmanager
from itertools import product
from random import Random
from re import _parser  # type: ignore[attr-defined]  # no public way to the parsed form
from time import thread_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHARACTERS = " \n\t\0!\"#$%&'()*+,-./019:;<=>?@AFZ[\\]^_`afgxz{|}~\x7f\u00e9"
UNBOUNDED = 20
"""A repeat of more than this counts as one without end."""
SMALL, LARGE = 4_096, 65_536
MOST = 600
"""Texts of one expression."""
LONGEST = 5
"""How many of the texts that take longest at SMALL are tried at LARGE."""
DEADLINE = 0.5
"""Seconds of CPU after which a match is given up: ten times what it may take."""

REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
ONE = ("LITERAL", "NOT_LITERAL", "IN", "ANY")


class Slow(Exception):
    """A match was given up."""


@contextmanager
def deadline(seconds: float = DEADLINE) -> Iterator[None]:
    """Raise Slow in what takes more CPU than *seconds*: sre looks for signals."""

    def give_up(*_: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def seconds(
    call: Callable[[], object],
    runs: int = 1,
    enough: float = 0.0,
    most: float = DEADLINE,
) -> float:
    """Return the least CPU time of *call*, *most* if it was given up.

    One run that takes less than *enough* is the only one.
    """
    least = most
    for _ in range(runs):
        start = thread_time()
        try:
            with deadline(most):
                call()
        except Slow:
            return most
        least = min(least, thread_time() - start)
        if least < enough:
            break
    return least


METHODS: dict[str, Callable[[re.Pattern[Any], Any], object]] = {
    "search": lambda pattern, text: pattern.search(text),
    "match": lambda pattern, text: pattern.match(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    # findall, sub and split go through a text in the same way.
    "finditer": lambda pattern, text: sum(1 for _ in pattern.finditer(text)),
}


def slowest(pattern: re.Pattern[Any], method: str) -> tuple[float, Any]:
    """Return the CPU time of *method* on the worst text of LARGE, and its start."""
    call = METHODS[method]
    timed = []
    for make in texts(pattern):
        text = make(SMALL)
        timed.append((seconds(lambda text=text: call(pattern, text)), len(timed), make))
        if timed[-1][0] >= DEADLINE:
            return DEADLINE, text[:80]
    worst: tuple[float, Any] = (0.0, "")
    for _, _, make in sorted(timed, reverse=True)[:LONGEST]:
        text = make(LARGE)
        took = seconds(lambda text=text: call(pattern, text), 5, 0.02)
        worst = max(worst, (took, text[:80]), key=lambda pair: pair[0])
    return worst


def texts(pattern: re.Pattern[Any]) -> list[Callable[[int], Any]]:
    """Return functions that make one text each, of about as many characters."""
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    kinds = Kinds(tree)
    parts = list(dict.fromkeys([*_aimed(tree, kinds), *_general(tree, kinds)]))
    if len(parts) > MOST:
        parts = Random(1).sample(parts, MOST)
    binary = isinstance(pattern.pattern, bytes)
    return [lambda size, part=part: _text(part, size, binary) for part in parts]


Part = tuple[str, tuple[str, ...], str]


def _text(part: Part, size: int, binary: bool) -> str | bytes:
    head, pumps, tail = part
    room = max(size - len(head) - len(tail), 1) // len(pumps)
    text = head + "".join(p * (room // len(p)) for p in pumps) + tail
    return text.encode("latin-1", "replace") if binary else text


class Kinds:
    """One character of each kind that the classes of an expression tell apart."""

    def __init__(self, tree: Any):
        self.random = Random(1)
        nodes = list(_walk(tree))
        classes = [node for node in nodes if str(node[0]) in ONE]
        found = [chr(av) for op, av in nodes if str(op) == "LITERAL"]
        by_kind: dict[tuple[bool, ...], str] = {}
        for c in [*CHARACTERS, *found]:
            by_kind.setdefault(tuple(accepts(node, c) for node in classes), c)
        self.all = list(by_kind.values())

    def of(self, node: Any) -> list[str]:
        if str(node[0]) == "LITERAL":
            return [chr(node[1])]
        return [c for c in self.all if accepts(node, c)] or ["\u0416"]

    def others(self, seq: Any) -> list[str]:
        """Return what can't begin *seq*, as far as is easily said."""
        first = [node for node in _walk(seq) if str(node[0]) in ONE][:1]
        return [c for c in self.all if not any(accepts(n, c) for n in first)]

    def sample(self, seq: Any) -> str:
        """Return a text that *seq* takes, by chance one of the shortest."""
        out = ""
        for node in seq:
            op, av = str(node[0]), node[1]
            if op in ONE:
                out += self.random.choice(self.of(node))
            elif op == "BRANCH":
                out += self.sample(self.random.choice(av[1]))
            elif op == "SUBPATTERN":
                out += self.sample(av[3])
            elif op == "ATOMIC_GROUP":
                out += self.sample(av)
            elif op in REPEATS:
                least, most, body = av
                times = least + (self.random.random() < 0.3 and most > least)
                out += "".join(self.sample(body) for _ in range(times))
        return out

    def samples(self, seq: Any, most: int) -> list[str]:
        return list(dict.fromkeys(self.sample(seq) for _ in range(3 * most)))[:most]


def accepts(node: Any, c: str) -> bool:
    """Return whether a class or literal takes *c*; case counts."""
    op, av = str(node[0]), node[1]
    if op == "ANY":
        return c != "\n"
    if op in ("LITERAL", "NOT_LITERAL"):
        return (ord(c) == av) == (op == "LITERAL")
    negated = bool(av) and str(av[0][0]) == "NEGATE"
    return any(_in(str(kind), value, c) for kind, value in av) != negated


def _in(kind: str, value: Any, c: str) -> bool:
    if kind == "LITERAL":
        return ord(c) == value
    if kind == "RANGE":
        return bool(value[0] <= ord(c) <= value[1])
    if kind == "CATEGORY":
        name = str(value)
        is_of = {
            "DIGIT": c.isdigit(),
            "SPACE": c.isspace(),
            "WORD": c.isalnum() or c == "_",
        }[name.rpartition("_")[2]]
        return is_of != ("_NOT_" in name)
    return False


def _children(node: Any) -> list[Any]:
    op, av = str(node[0]), node[1]
    if op == "BRANCH":
        return list(av[1])
    if op == "SUBPATTERN":
        return [av[3]]
    if op == "ATOMIC_GROUP":
        return [av]
    if op in ("ASSERT", "ASSERT_NOT"):
        return [av[1]]
    return [av[2]] if op in REPEATS else []


def _walk(seq: Any) -> Iterator[Any]:
    for node in seq:
        yield node
        for child in _children(node):
            yield from _walk(child)


def _repeats(seq: Any, before: list[Any], after: list[Any]) -> Iterator[Any]:
    """Yield each repeat without end: what leads to it, its body, what follows."""
    for index, node in enumerate(seq):
        lead, rest = before + list(seq[:index]), list(seq[index + 1 :]) + after
        if str(node[0]) in REPEATS and node[1][1] > UNBOUNDED:
            yield lead, node[1][2], rest
        for child in _children(node):
            yield from _repeats(child, lead, rest)


def _aimed(tree: Any, kinds: Kinds) -> Iterator[Part]:
    """Yield texts that pump each repeat, and two of them in a row."""
    found = list(_repeats(list(tree), [], []))
    bodies = [kinds.samples(body, 4) for _, body, _ in found]
    literals = _literals(tree)[:20]
    for index, (before, body, after) in enumerate(found):
        heads = ["", *kinds.samples(before, 3)]
        bad = kinds.others(body)[:3]
        ends = kinds.samples(after, 2)
        tails = ["", *bad, *(end + b for end in ends for b in [*bad[:1], "\0", "z"])]
        pumps = [(p,) for p in kinds.samples(body, 8) if p]
        pumps += [(p,) for p in literals]
        # The repeat with what follows, as where it is one of many beginnings.
        for stop in range(1, min(len(after), 8) + 1):
            unit = kinds.sample([*body, *after[:stop]])
            pumps += [(unit,), (kinds.sample(before[-stop:]) + unit,)]
        pumps += [(p + q,) for p, q in product(bodies[index], repeat=2) if p + q]
        following = bodies[index + 1] if index + 1 < len(found) else []
        pumps += [(p, q) for p in bodies[index] for q in following if p and q]
        yield from product(heads, pumps, tails)


def _general(tree: Any, kinds: Kinds) -> Iterator[Part]:
    """Yield runs of each kind of character, of pairs, of literals, of matches."""
    runs = list(kinds.all)
    literals = _literals(tree)
    matches = [m for m in kinds.samples(tree, 10) if m]
    tails = ["", "\0", "z!"]
    for pump in [*runs, *literals, *matches, *(m[:-1] for m in matches if m[1:])]:
        yield from (("", (pump,), tail) for tail in tails)
    for first, second in product([*runs, *literals[:20]], repeat=2):
        if first != second:
            yield "", (first + second,), ""


def _literals(tree: Any) -> list[str]:
    """Return the runs of literals of two and more characters."""
    found: dict[str, None] = {}
    for seq in [tree, *(child for node in _walk(tree) for child in _children(node))]:
        run = ""
        for node in [*seq, (None, None)]:
            if str(node[0]) == "LITERAL":
                run += chr(node[1])
            else:
                if len(run) > 1:
                    found[run] = None
                run = ""
    return list(found)
