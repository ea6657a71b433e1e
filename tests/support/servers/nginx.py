"""nginx as in Debian, serving a directory."""

import os
from pathlib import Path

from tests.support.servers.process import MEDIA_TYPES, ServerProcess, require

CONFIG = """\
daemon off;
worker_processes 1;
{user}
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    types {{ {types} }}
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
    server {{
        listen 127.0.0.1:{port};
        root "{root}";
        {max_ranges}
        {extra}
    }}
}}
"""


class Nginx(ServerProcess):
    """Serve *root*; *extra* goes into the server block.

    ``max_ranges`` is nginx's own: 0 ignores Range, 1 answers lists with 200.
    """

    def __init__(self, root: Path, extra: str = "", max_ranges: int | None = None):
        self.program = require("nginx", "nginx-light")
        super().__init__()
        self.root = root
        self.extra = extra
        self.max_ranges = max_ranges

    def command(self) -> list[str]:
        config = self.directory / "nginx.conf"
        limit = f"max_ranges {self.max_ranges};" if self.max_ranges is not None else ""
        config.write_text(
            CONFIG.format(
                dir=self.directory,
                port=self.port,
                root=self.root.resolve(),
                types=" ".join(f"{kind} {ext};" for ext, kind in MEDIA_TYPES.items()),
                # Directories of tests are closed to nginx's usual user.
                user="user root;" if os.geteuid() == 0 else "",
                max_ranges=limit,
                extra=self.extra,
            )
        )
        prefix = ["-p", str(self.directory), "-e", str(self.directory / "error.log")]
        return [self.program, *prefix, "-c", str(config)]
