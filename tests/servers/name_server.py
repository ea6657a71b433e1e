"""A DNS server that knows a few names and notes every question."""

import socket
import struct
from threading import Lock, Thread
from types import TracebackType
from typing import Self

HEADER = 12
ADDRESS = 1  # RFC 1035 section 3.2.2, type A
NO_SUCH_NAME = 0x8183
FOUND = 0x8180


class NameServer:
    """Answer questions for *names* with 127.0.0.1 while in context.

    ``asked`` lists the names in question. Source: RFC 1035 section 4.
    """

    def __init__(self, names: list[str]):
        self.names = names
        self.asked: list[str] = []
        self._lock = Lock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while True:
            question, peer = self._socket.recvfrom(1500)
            if not question:
                return
            self._socket.sendto(self._answer(question), peer)

    def _answer(self, question: bytes) -> bytes:
        labels, at = [], HEADER
        while size := question[at]:
            labels.append(question[at + 1 : at + 1 + size].decode("latin-1"))
            at += 1 + size
        name = ".".join(labels).lower()
        with self._lock:
            self.asked.append(name)
        kind = int.from_bytes(question[at + 1 : at + 3], "big")
        known = name in self.names
        record = b""
        if known and kind == ADDRESS:
            record = b"\xc0\x0c\0\x01\0\x01" + struct.pack("!IH4B", 60, 4, 127, 0, 0, 1)
        counts = struct.pack(
            "!5H", FOUND if known else NO_SUCH_NAME, 1, bool(record), 0, 0
        )
        return question[:2] + counts + question[HEADER : at + 5] + record
