"""What to ask a server about one image, and what its answers prove.

Nothing here does I/O: ``Transfer.next_ask`` says what to request next,
``Transfer.receive`` takes the answer, until there is nothing more to ask.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imgprint.content.byte_ranges.exchange import (
    HEAD,
    SMALL,
    TAIL_SIZE,
    Answer,
    Ask,
    Validators,
    decode_head,
)
from imgprint.content.byte_ranges.range_grammar import parse_content_range
from imgprint.content.sparse import SparseBytes

if TYPE_CHECKING:
    from imgprint.content.byte_ranges.range_grammar import Part

MAX_REQUESTS = 4
MAX_EXTRAS = 3
MAX_EXTRA = 65_536
MAX_EXTRA_TOTAL = 131_072
MERGE_GAP = 1024

# After these a list of ranges is asked for again as a single range, and after
# some of them a single range as the whole file, to be cut off at the head.
_LIST_REFUSALS = {304, 400, 403, 405, 412, 416, 500, 501, 502, 503}
_RANGE_REFUSALS = {304, 400, 412, 416}

_LIST, _SINGLE, _PLAIN = Ask((HEAD, -TAIL_SIZE)), Ask((HEAD,)), Ask(())
_TAIL = Ask((-TAIL_SIZE,))


def tail_span(size: int) -> range:
    """Return where the last TAIL_SIZE bytes of *size* bytes are.

    >>> tail_span(32764), tail_span(500)
    (range(31740, 32764), range(0, 500))
    """
    return range(max(0, size - TAIL_SIZE), size)


@dataclass
class Transfer:
    """The head and the tail of one image, request by request.

    *lists* says whether to ask for both at once at first; *tails* whether to
    ask for the tail of a server that ignored Range before.
    """

    lists: bool = True
    tails: bool = True
    image: SparseBytes = field(default_factory=SparseBytes)
    validators: Validators | None = None
    media_type: str | None = None
    requests: int = 0
    bytes_received: int = 0
    honoured: str | None = None
    """How Range was honoured: "multipart", "single", "ignored"; "local" for a file."""
    proven: bool = True
    """Whether all joined bytes are proven to be of one representation."""
    lists_work: bool | None = None
    """What the server showed of lists of ranges; None if nothing was learnt."""
    list_ignored: bool = False
    """Whether a list got the whole file, as a cold cache also answers."""
    failure: str | None = None
    """Why nothing is known of the image."""

    def __post_init__(self) -> None:
        self._firsts = [_LIST, _SINGLE, _PLAIN][0 if self.lists else 1 :]
        self._asked: list[Ask] = []
        self._extras: list[Ask] = []
        self._extra: Ask | None = None
        self._restarted = False

    def next_ask(self) -> Ask | None:
        """Return what to request next, None when all that can be had is there."""
        ask = self._extra or self._candidate()
        self._extra = None
        if ask:
            self._asked.append(ask)
        return ask

    def _candidate(self) -> Ask | None:
        if self.requests >= MAX_REQUESTS:
            return None
        if self.image.empty:
            return self._firsts[0] if self._firsts else None
        for ask in self._gaps() if self.tails else ():
            if ask not in self._asked:
                return ask
        return None

    def _gaps(self) -> list[Ask]:
        size = self.image.size
        if size is None:
            return [*[Ask((gap,)) for gap in self.image.missing(HEAD)], _TAIL]
        gaps = self.image.missing(HEAD[:size]) + self.image.missing(tail_span(size))
        return [Ask((gap,)) for gap in gaps]

    def extend(self, span: range) -> bool:
        """Make *span* the next ask, if the budget and the server allow it.

        At most MAX_EXTRAS reads of up to MAX_EXTRA bytes, MAX_EXTRA_TOTAL in
        all. Holes closer than MERGE_GAP are read as one.
        """
        size = self.image.size
        gaps = self.image.missing(
            span if size is None else range(size)[span.start : span.stop]
        )
        if not gaps or self.honoured in (None, "ignored"):
            return False
        stop = gaps[0].stop
        for gap in gaps[1:]:
            if gap.start - stop <= MERGE_GAP:
                stop = gap.stop
        ask = Ask((range(gaps[0].start, stop)[:MAX_EXTRA],))
        spent = sum(extra.wanted for extra in self._extras)
        if (
            ask in self._asked
            or len(self._extras) >= MAX_EXTRAS
            or spent + ask.wanted > MAX_EXTRA_TOTAL
        ):
            return False
        self._extras.append(ask)
        self._extra = ask
        return True

    def receive(self, answer: Answer) -> None:
        """Take the answer to the last ask."""
        self.requests += 1
        self.bytes_received += answer.received
        ask = self._asked[-1]
        if answer.status == 206 and not answer.coding:
            self._partial(ask, answer)
        elif answer.status == 200:
            self._whole(ask, answer)
        elif self.image.empty:
            self._refused(ask, answer)

    def lose(self, reason: str) -> None:
        """Take it that the last ask got no answer, for *reason*."""
        self.requests += 1
        if self.image.empty:
            self._fail(reason)

    @property
    def begun(self) -> bool:
        """Whether the first bytes are known: without them nothing can be said."""
        return bool(self.image.head)

    @property
    def used(self) -> int:
        """How many of the bytes received are kept."""
        return sum(map(len, self.image.spans))

    def may_be_image(self, known_format: str | None) -> bool:
        """Return whether the bytes, or else the server, say that this is an image.

        Error pages come as image/jpeg, too: what begins like markup is none.
        """
        if known_format:
            return True
        first = self.image[: min(64, self.image.spans[0].stop)].lstrip()[:1]
        named = (self.media_type or "").lower().startswith("image/")
        return named and first not in (b"<", b"{", b"[")

    # 206

    def _partial(self, ask: Ask, answer: Answer) -> None:
        parts = answer.parts()
        if not parts:
            if self.image.empty:
                self._next_first(f"{answer.status} without a usable Content-Range")
            return
        if not self._accept(ask, answer, parts[0]):
            return
        self._add(ask, parts)
        self.media_type = parts[0].media_type
        if ask is _LIST:
            self.lists_work = not self._gaps()
        if self.honoured != "multipart":
            self.honoured = "multipart" if answer.multipart else "single"

    def _accept(self, ask: Ask, answer: Answer, part: Part) -> bool:
        """Return whether the parts of *answer*, first *part*, belong to what is known.

        Once, an image that changed in between is begun again with *answer*. If
        it goes on to change, its head is all that is asked for.
        """
        size = part.size
        if size is None and ask == _TAIL and len(part.data) == TAIL_SIZE and part.start:
            size = part.start + TAIL_SIZE  # nothing but this tells where the end is
        new = answer.validators(size, part.media_type)
        if self.validators is not None:
            joined = self.validators.join(new)
            if joined is None and self._restarted:
                self.tails = False
                if not ask.from_start:
                    return False
            if joined is None:
                self._restarted = True
                self.image, self.validators, self.proven = SparseBytes(), None, True
                self._asked = self._asked[-1:]
            elif not joined:
                self.proven = False
        if self.validators is None:
            self.validators = new
        if self.image.size is None and size is not None:
            spans = self.image.spans
            if not spans or spans[-1].stop <= size:
                self.image.size = size
        return True

    def _add(self, ask: Ask, parts: list[Part]) -> None:
        """Keep what was asked for of *parts*; all of them where the file is small."""
        size = self.image.size
        spans = [HEAD]
        spans += [p for p in ask.parts if isinstance(p, range) and p != HEAD]
        if size is not None:
            spans.append(range(size) if size <= SMALL else tail_span(size))
        for begin, part, stated, _ in parts:
            if stated is not None and stated != size:
                continue
            end = begin + len(part)
            for span in spans:
                start, stop = max(span.start, begin), min(span.stop, end)
                if start < stop and (size is None or stop <= size):
                    self.image.add(start, part[start - begin : stop - begin])

    # 200

    def _whole(self, ask: Ask, answer: Answer) -> None:
        if not self.image.empty:  # Range is ignored this time: nothing was read
            self.tails = False
            return
        body = answer.body
        length = answer.length
        if coding := answer.coding:
            decoded = decode_head(coding, body)
            if decoded is None:
                self._fail(f"answer coded as {coding}")
                return
            body, length = decoded
        if not answer.cut and not coding:
            length = len(body)
        if length == 0:
            self._fail("empty file")
            return
        self.honoured = "ignored"
        self.list_ignored = ask is _LIST
        self.tails &= answer.headers.get("accept-ranges", "").lower() != "none"
        self.media_type = answer.headers.get("content-type")
        self.validators = answer.validators(length, self.media_type)
        whole = length is not None and length == len(body)
        self.image = SparseBytes(length)
        self.image.add(0, body if whole else body[: len(HEAD)])

    # Anything else

    def _refused(self, ask: Ask, answer: Answer) -> None:
        reason = f"HTTP {answer.status}"
        if answer.status == 416:
            try:
                _, size = parse_content_range(answer.headers.get("content-range", ""))
            except ValueError:
                size = None
            if size == 0:
                self._fail("empty file")
                return
            if size is not None and size <= len(HEAD) + TAIL_SIZE:
                self._firsts = [ask, _PLAIN]
        retry_later = answer.status in (429, 503) and "retry-after" in answer.headers
        refusals = _LIST_REFUSALS if ask is _LIST else _RANGE_REFUSALS
        if answer.status in refusals and not retry_later:
            self._next_first(reason)
        elif answer.status == 206:
            self._firsts = [ask, _PLAIN]
            self._next_first(f"answer coded as {answer.coding}")
        else:
            self._fail(reason)

    def _next_first(self, reason: str) -> None:
        """Fall back to the next way to ask; fail for *reason* if none is left."""
        if self._firsts[0] is _LIST:
            self.lists_work = False
        del self._firsts[0]
        if not self._firsts:
            self._fail(reason)

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self._firsts = []
