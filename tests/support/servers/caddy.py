"""Caddy as in Debian, serving a directory."""

import json
from pathlib import Path

from tests.support.servers.process import LogLine, ServerProcess, require

CONFIG = """\
{{
    admin off
    auto_https off
    storage file_system "{dir}/storage"
}}
http://127.0.0.1:{port} {{
    bind 127.0.0.1
    root * "{root}"
    file_server
    log {{
        output file "{dir}/access.log"
        format json
    }}
    {extra}
}}
"""


class Caddy(ServerProcess):
    """Serve *root*; *extra* goes into the site's block."""

    def __init__(self, root: Path, extra: str = ""):
        self.program = require("caddy", "caddy")
        super().__init__()
        self.root = root
        self.extra = extra

    def command(self) -> list[str]:
        config = self.directory / "Caddyfile"
        config.write_text(
            CONFIG.format(
                dir=self.directory,
                port=self.port,
                root=self.root.resolve(),
                extra=self.extra,
            )
        )
        return [
            self.program,
            "run",
            "--config",
            str(config),
            "--adapter",
            "caddyfile",
        ]

    def environment(self) -> dict[str, str]:
        home = {
            "XDG_DATA_HOME": str(self.directory),
            "XDG_CONFIG_HOME": str(self.directory),
        }
        return super().environment() | home

    def parse_log(self, line: str) -> LogLine | None:
        entry = json.loads(line)
        request = entry.get("request")
        if request is None:
            return None
        asked = request["headers"].get("Range", [None])[0]
        return LogLine(
            request["method"],
            request["uri"],
            asked,
            entry["status"],
            entry["size"],
            None,
            None,
        )
