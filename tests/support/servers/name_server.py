"""A DNS server that knows a few names and notes every question."""

import socket
import struct
from collections.abc import Callable
from threading import Lock, Thread
from types import TracebackType
from typing import Self

HEADER = 12
ADDRESS = 1  # RFC 1035 section 3.2.2, type A
NO_SUCH_NAME = 0x8183
FOUND = 0x8180


class NameServer:
    """Answer questions for *names* while in context, on *port* or any free one.

    Each name has 127.0.0.1, or if *names* is a dict, the addresses that its function
    returns when it is asked. ``asked`` lists the names in question.

    Source: RFC 1035 section 4.
    """

    def __init__(
        self, names: list[str] | dict[str, Callable[[], list[str]]], port: int = 0
    ):
        self.names = names
        self.asked: list[str] = []
        self._lock = Lock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
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
        addresses = self._addresses(name) if known and kind == ADDRESS else []
        head = b"\xc0\x0c\0\x01\0\x01" + struct.pack("!IH", 60, 4)
        records = b"".join(head + socket.inet_aton(address) for address in addresses)
        counts = struct.pack(
            "!5H", FOUND if known else NO_SUCH_NAME, 1, len(addresses), 0, 0
        )
        return question[:2] + counts + question[HEADER : at + 5] + records

    def _addresses(self, name: str) -> list[str]:
        return self.names[name]() if isinstance(self.names, dict) else ["127.0.0.1"]
