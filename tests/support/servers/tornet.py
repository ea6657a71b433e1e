"""A private Tor network on loopback: authorities, exits, clients, onions.

Nothing of it reaches beyond 127.0.0.1. It is up after some 15 seconds because
it needs one consensus only: the authorities first wait for a vote half an hour
away, and once each of them knows every relay, the vote is moved to now.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tests.support.servers.name_server import NameServer
from tests.support.servers.process import require
from tests.support.servers.tor_node import HOST, Node
from tests.support.servers.torrc import AUTHORITY, CLIENT, COMMON, RELAY, SOCKS

INTERVAL = 1800
DELAY = 2
START_SECONDS = 90
T = TypeVar("T")


class TorNetwork:
    """Run the network while in context.

    *targets* are ports on loopback: each gets an onion address, which takes
    connections to port 80, in ``onions``. Exits resolve *names* to loopback;
    what they asked for is in ``dns.asked``. ``clients`` have SOCKS ports.
    """

    def __init__(self, targets: list[int], names: list[str], clients: int = 1):
        require("tor", "tor")
        require("tor-gencert", "tor")
        self.directory = Path(tempfile.mkdtemp(prefix="imgprint-tor-"))
        self.targets = targets
        self.dns = NameServer(names)
        self._offset = int(time.time() + INTERVAL / 2) % INTERVAL
        self.authorities = [self._node(f"authority{i}") for i in range(3)]
        self.relays = [self._node(f"relay{i}") for i in range(3)]
        self.clients = [self._node(f"client{i}") for i in range(clients)]
        self.host = self._node("host")
        self.onions: list[str] = []
        self._stack = ExitStack()

    def _node(self, name: str) -> Node:
        directory = self.directory / name
        directory.mkdir(mode=0o700)
        return Node(name, directory)

    def _nodes(self) -> Iterator[Node]:
        yield from (*self.clients, self.host, *self.relays, *self.authorities)

    def __enter__(self) -> Self:
        self._stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self._stack.enter_context(self.dns)
        resolver = f"nameserver {HOST}:{self.dns.port}\noptions timeout:1 attempts:1\n"
        (self.directory / "resolv.conf").write_text(resolver)
        for node in self._nodes():
            self._stack.callback(node.kill)
        try:
            self._up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _up(self) -> None:
        self._deadline = time.monotonic() + START_SECONDS
        for node in self.authorities:
            node.make_keys()
        authorities = "".join(
            f"DirAuthority {n.name} orport={n.orport} no-v2 v3ident={n.identity} "
            f"{HOST}:{n.dirport} {n.fingerprint}\n"
            for n in self.authorities
        )
        for node in self.authorities:
            node.start(self._torrc(node, RELAY, AUTHORITY) + authorities)
        for node in self.relays:
            node.start(self._torrc(node, RELAY) + authorities)
        self._vote()
        for node in self.clients:
            node.start(self._torrc(node, CLIENT, SOCKS) + authorities)
        services = "".join(
            f"HiddenServiceDir {self.host.directory}/{i}\n"
            f"HiddenServicePort 80 {HOST}:{port}\n"
            for i, port in enumerate(self.targets)
        )
        self.host.start(
            self._torrc(self.host, CLIENT) + "SocksPort 0\n" + services + authorities
        )
        for node in self.clients:
            self.wait_for(node)
        self._publish()

    def _torrc(self, node: Node, *parts: str) -> str:
        return "".join((COMMON, *parts)).format(
            name=node.name,
            dir=node.directory,
            root=self.directory,
            control=node.control,
            orport=node.orport,
            dirport=node.dirport,
            socks=node.socks,
            interval=INTERVAL,
            delay=DELAY,
            offset=self._offset,
        )

    def _vote(self) -> None:
        """Wait until every authority knows every relay; then make the consensus."""
        relays = (*self.authorities, *self.relays)
        with ExitStack() as stack:
            controls = [
                stack.enter_context(self.until(node.connect)) for node in relays
            ]

            def all_known(turn: list[int] = [0]) -> bool:  # noqa: B006
                if all(self._known(n) == len(relays) for n in self.authorities):
                    return True
                turn[0] += 1
                if turn[0] % 20 == 0:  # sent before the other listened: again
                    for control in controls:
                        control.ask(f'SETCONF ContactInfo="test{turn[0]}@invalid"')
                return False

            self.until(all_known)
            moment = int(time.time()) + 2 * DELAY + 1
            for control in controls[:3]:
                offset = moment % INTERVAL
                control.ask(f"SETCONF TestingV3AuthVotingStartOffset={offset}")
        self.until(
            lambda: all(self._agreed(n) == len(relays) for n in self.authorities)
        )

    def _known(self, node: Node) -> int:
        return self._get(node, "/tor/server/all").count("\nrouter-signature")

    def _agreed(self, node: Node) -> int:
        path = "/tor/status-vote/current/consensus-microdesc"
        return self._get(node, path).count("\nr ")

    def _get(self, node: Node, path: str) -> str:
        with closing(HTTPConnection(HOST, node.dirport, timeout=5)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode("latin-1")

    def wait_for(self, client: Node) -> None:
        """Wait until *client* can make circuits."""
        with self.until(client.connect) as control:
            phase = "GETINFO status/bootstrap-phase"
            self.until(lambda: "PROGRESS=100" in control.ask(phase)[0])

    def _publish(self) -> None:
        """Wait until every client gets through to every onion."""
        names = [
            self.host.directory / str(i) / "hostname" for i in range(len(self.targets))
        ]
        self.until(lambda: all(name.exists() for name in names))
        self.onions = [name.read_text().strip() for name in names]
        with self.until(self.host.connect) as control:
            control.ask("SETEVENTS HS_DESC")

            def published() -> bool:
                heard = "\n".join(control.heard())
                return all(f"UPLOADED {o[:56]}" in heard for o in self.onions)

            with suppress(TimeoutError):
                self.until(published, 25)
        for client in self.clients:
            for onion in self.onions:
                self.until(partial(client.reaches, onion))

    def until(self, ready: Callable[[], T], seconds: float = START_SECONDS) -> T:
        """Return the first true value of *ready*; OSError is "not yet"."""
        deadline = time.monotonic() + seconds
        last: object = None
        while time.monotonic() < deadline:
            try:
                if value := ready():
                    return value
            except OSError as error:
                last = error
            for node in self._nodes():
                if node.process and node.process.poll() not in (None, -9):
                    raise RuntimeError(f"tor ended: {node.told()}")
            time.sleep(0.1)
        raise TimeoutError(f"{last}; {self.host.told()}")
