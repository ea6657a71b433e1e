"""One tor process of a private Tor network."""

import re
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers.process import free_port, require
from tests.support.servers.tor_control import TorControl

HOST = "127.0.0.1"


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

    def make_keys(self) -> None:
        """Make the keys of an authority: the others have to know them at start."""
        keys = self.directory / "keys"
        keys.mkdir(mode=0o700)
        command = [require("tor-gencert", "tor"), "--create-identity-key", "-m", "12"]
        command += ["--passphrase-fd", "0", "-a", f"{HOST}:{self.dirport}"]
        names = ("-i", "identity_key"), ("-s", "signing_key"), ("-c", "certificate")
        for flag, name in names:
            command += [flag, str(keys / f"authority_{name}")]
        subprocess.run(command, input=b"test\n", capture_output=True, check=True)
        command = [require("tor", "tor"), "--ignore-missing-torrc", "-f", "/dev/null"]
        command += ["--defaults-torrc", "/dev/null", "--hush", "--list-fingerprint"]
        command += ["--DataDirectory", str(self.directory), "--Nickname", self.name]
        command += ["--ORPort", str(self.orport)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
        groups = re.search(r"(?: [0-9A-F]{4}){10}", shown.stdout)[0]
        self.fingerprint = groups.replace(" ", "")
        certificate = (keys / "authority_certificate").read_text()
        self.identity = re.search(r"\nfingerprint (\w{40})\n", certificate)[1]

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

    def reaches(self, onion: str) -> bool:
        """Return whether a client gets through to port 80 of *onion*."""
        name = bytes([len(onion)]) + onion.encode()
        with socket.create_connection((HOST, self.socks), 30) as client:
            client.sendall(b"\x05\x01\x02")
            client.recv(2)
            client.sendall(b"\x01\x05tests\x05ready")
            client.recv(2)
            client.sendall(b"\x05\x01\x00\x03" + name + b"\x00\x50")
            return client.recv(4)[1:2] == b"\x00"

    def connect(self) -> TorControl:
        return TorControl(self.control, self.directory)

    def told(self) -> str:
        """Return the end of what the process said."""
        files = (self.directory / "output.txt", self.directory / "notice.log")
        lines = [f.read_text() for f in files if f.exists()]
        return f"{self.name}: " + "\n".join(lines)[-800:]
