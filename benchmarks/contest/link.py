"""Links between contenders and the server: none, or a slow one."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

from benchmarks.contest.contenders.base import PROGRAMS
from tests.support.servers.process import ServerProcess

if TYPE_CHECKING:
    from benchmarks.contest.server import Server

PLAIN, SHAPED = "plain", "shaped"


class Relay(ServerProcess):
    """The relay of programs/relay.py before *server*."""

    def __init__(self, server: Server):
        super().__init__()
        self.server = server

    def command(self) -> list[str]:
        arguments = (self.server.gallery.sites, self.port, self.server.port)
        program = [sys.executable, str(PROGRAMS / "relay.py")]
        return [*program, *map(str, arguments), str(self.directory / "counter")]

    def passed(self) -> int:
        """Return the bytes that have come back through the link so far."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.directory / "counter"))
            return int(client.recv(100))
