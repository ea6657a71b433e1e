"""A private Tor network on loopback: authorities, exits, clients, onions.

Nothing of it reaches beyond 127.0.0.1. It is up after some 15 seconds because
it needs one consensus only: the authorities first wait for a vote half an hour
away, and once each of them knows every relay, the vote is moved to now.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.request import ProxyHandler, build_opener

from tests.servers.name_server import NameServer
from tests.servers.process import free_port, require
from tests.servers.tor_control import TorControl

HOST = "127.0.0.1"
INTERVAL = 1800
DELAY = 2
START_SECONDS = 90
T = TypeVar("T")

COMMON = """\
TestingTorNetwork 1
Nickname {name}
DataDirectory {dir}
ControlPort 127.0.0.1:{control}
CookieAuthentication 1
Log notice file {dir}/notice.log
SafeLogging 0
ShutdownWaitLength 0
AvoidDiskWrites 1
NumCPUs 1
PathsNeededToBuildCircuits 0.67
TestingClientMaxIntervalWithoutRequest 1
TestingDirConnectionMaxStall 15
GeoIPFile /dev/null
GeoIPv6File /dev/null
"""
# Clients choose exits by a summary without private addresses, so the policy is
# broad; OutboundBindAddressExit is what keeps exits on loopback. All peers have
# one address: what defends relays against many of those would hit everyone.
RELAY = """\
Address 127.0.0.1
ORPort 127.0.0.1:{orport} IPv4Only
AssumeReachable 1
SocksPort 0
ContactInfo test@invalid
ExitRelay 1
IPv6Exit 0
ExitPolicyRejectPrivate 0
ExitPolicyRejectLocalInterfaces 0
ExitPolicy accept *:*
OutboundBindAddressExit 127.0.0.1
ServerDNSDetectHijacking 0
ServerDNSAllowBrokenConfig 1
ServerDNSTestAddresses
ServerDNSSearchDomains 0
ServerDNSResolvConfFile {root}/resolv.conf
DoSCircuitCreationEnabled 0
DoSConnectionEnabled 0
DoSStreamCreationEnabled 0
DoSRefuseSingleHopClientRendezvous 0
"""
AUTHORITY = """\
DirPort 127.0.0.1:{dirport} IPv4Only
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
AuthDirMaxServersPerAddr 0
AuthDirTestReachability 0
AuthDirPinKeys 0
V3AuthVotingInterval {interval}
V3AuthVoteDelay {delay}
V3AuthDistDelay {delay}
V3AuthNIntervalsValid 20
TestingV3AuthInitialVotingInterval {interval}
TestingV3AuthInitialVoteDelay {delay}
TestingV3AuthInitialDistDelay {delay}
TestingV3AuthVotingStartOffset {offset}
TestingAuthDirTimeToLearnReachability 0
TestingMinExitFlagThreshold 0
TestingDirAuthVoteExit *
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
MinUptimeHidServDirectoryV2 0
ConsensusParams cc_alg=2 circwindow=1000
"""
CLIENT = """\
DirCache 0
FetchUselessDescriptors 0
ClientRejectInternalAddresses 0
ClientDNSRejectInternalAddresses 0
LearnCircuitBuildTimeout 0
CircuitBuildTimeout 20
NumEntryGuards 2
FetchDirInfoEarly 1
FetchDirInfoExtraEarly 1
"""
SOCKS = """\
SocksPort 127.0.0.1:{socks} ExtendedErrors IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth
ClientOnly 1
"""


@dataclass
class Node:
    """One tor process. Ports that a kind of node has no use for stay unused."""

    name: str
    directory: Path
    control: int = field(default_factory=free_port)
    orport: int = field(default_factory=free_port)
    dirport: int = field(default_factory=free_port)
    socks: int = field(default_factory=free_port)
    fingerprint: str = ""
    identity: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def proxy(self) -> str:
        return f"socks5h://{HOST}:{self.socks}"

    def start(self, torrc: str = "") -> None:
        """Start, or start again with the configuration of the last time."""
        file = self.directory / "torrc"
        if torrc:
            file.write_text(torrc)
        command = [require("tor", "tor"), "-f", str(file), "--hush"]
        with (self.directory / "output.txt").open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--defaults-torrc", "/dev/null"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def connect(self) -> TorControl:
        return TorControl(self.control, self.directory)

    def told(self) -> str:
        """Return the end of what the process said."""
        files = (self.directory / "output.txt", self.directory / "notice.log")
        lines = [f.read_text() for f in files if f.exists()]
        return f"{self.name}: " + "\n".join(lines)[-800:]


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
            self._make_keys(node)
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
            f"HiddenServiceDir {self.host.directory}/{i}\nHiddenServicePort 80 {HOST}:{port}\n"
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

    def _make_keys(self, node: Node) -> None:
        """Make the keys of an authority: the others have to know them at start."""
        keys = node.directory / "keys"
        keys.mkdir(mode=0o700)
        names = ("-i", "identity_key"), ("-s", "signing_key"), ("-c", "certificate")
        files = [x for flag, name in names for x in (flag, keys / f"authority_{name}")]
        subprocess.run(
            [require("tor-gencert", "tor"), "--create-identity-key", "-m", "12"]
            + ["--passphrase-fd", "0", "-a", f"{HOST}:{node.dirport}", *files],
            input=b"test\n",
            capture_output=True,
            check=True,
        )
        shown = subprocess.run(
            [require("tor", "tor"), "--ignore-missing-torrc", "-f", "/dev/null"]
            + ["--defaults-torrc", "/dev/null"]
            + ["--list-fingerprint", "--DataDirectory", node.directory, "--hush"]
            + ["--Nickname", node.name, "--ORPort", str(node.orport)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        node.fingerprint = re.search(r"(?: [0-9A-F]{4}){10}", shown)[0].replace(" ", "")
        certificate = (keys / "authority_certificate").read_text()
        node.identity = re.search(r"^fingerprint (\w{40})$", certificate, re.M)[1]

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
        url = f"http://{HOST}:{node.dirport}{path}"
        with build_opener(ProxyHandler({})).open(url, timeout=5) as response:
            return response.read().decode("latin-1")

    def wait_for(self, client: Node) -> None:
        """Wait until *client* can make circuits."""
        with self.until(client.connect) as control:
            phase = "GETINFO status/bootstrap-phase"
            self.until(lambda: "PROGRESS=100" in control.ask(phase)[0])

    def _publish(self) -> None:
        """Wait until the descriptors of all onions are up."""
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
