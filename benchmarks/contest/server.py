"""nginx on several loopback addresses, each of them a site, and what it logged."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.servers.process import SETTLE_SECONDS, ServerProcess, require

if TYPE_CHECKING:
    from benchmarks.contest.gallery import Gallery

_CONFIG = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
{user}
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    types {{ text/html html; image/jpeg jpg; }}
    default_type application/octet-stream;
    log_format tabs "$request_method\\t$request_uri\\t$http_range\\t$status"
        "\\t$body_bytes_sent\\t$bytes_sent\\t$request_length";
    access_log {dir}/access.log tabs;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 75s;
    server {{
        {listen}
        root "{root}";
        location ~ ^/photos/\\d+/(\\d+\\.jpg)$ {{ alias "{root}/pictures/$1"; }}
    }}
}}
"""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Served:
    """What a server sent: requests and bytes, of images and of all."""

    requests: int = 0
    image_requests: int = 0
    sent: int = 0
    image_sent: int = 0


class Server(ServerProcess):
    """Serve *gallery* on its sites' addresses, at one port."""

    def __init__(self, gallery: Gallery):
        self.program = require("nginx", "nginx-light")
        super().__init__()
        self.gallery = gallery
        self._read = 0

    def command(self) -> list[str]:
        config = self.directory / "nginx.conf"
        sites = range(1, self.gallery.sites + 1)
        config.write_text(
            _CONFIG.format(
                dir=self.directory,
                listen="\n".join(f"listen 127.0.0.{n}:{self.port};" for n in sites),
                root=self.gallery.folder.resolve(),
                user="user root;" if os.geteuid() == 0 else "",
            )
        )
        prefix = ["-p", str(self.directory), "-e", str(self.directory / "error.log")]
        return [self.program, *prefix, "-c", str(config)]

    def served(self) -> Served:
        """Return what was served since this was asked last."""
        size = -1
        while size != (size := self._log_size()):
            time.sleep(SETTLE_SECONDS)
        served = Served()
        if size == 0:
            return served
        with self.access_log.open() as log:
            log.seek(self._read)
            for line in log:
                fields = line.split("\t")
                size = int(fields[5])
                served.requests += 1
                served.sent += size
                if fields[1].startswith("/photos/"):
                    served.image_requests += 1
                    served.image_sent += size
            self._read = log.tell()
        return served

    def cpu(self) -> float:
        """Return the seconds of CPU that the server's processes have taken."""
        assert self._process
        return sum(_cpu(pid) for pid in descendants(self._process.pid))


def descendants(pid: int) -> list[int]:
    """Return *pid* and all processes below it that live."""
    found = [pid]
    for each in found:
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:  # it has ended
            continue
    return found


def _cpu(pid: int) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
