"""lighttpd as in Debian, serving a directory."""

import os
import signal
import time
from pathlib import Path

from tests.support.servers.process import MEDIA_TYPES, LogLine, ServerProcess, require

CONFIG = """\
server.modules = ( "mod_accesslog" )
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.pid-file = "{dir}/lighttpd.pid"
server.errorlog = "{dir}/error.log"
server.upload-dirs = ( "{dir}" )
index-file.names = ( "index.html" )
mimetype.assign = ( {types} )
accesslog.filename = "{dir}/access.log"
accesslog.format = "%m\\t%U%q\\t%{{Range}}i\\t%s\\t%b\\t%O\\t%I"
{extra}
"""


class Lighttpd(ServerProcess):
    """Serve *root*; *extra* goes to the end of the configuration."""

    def __init__(self, root: Path, extra: str = ""):
        self.program = require("lighttpd", "lighttpd")
        super().__init__()
        self.root = root
        self.extra = extra

    def command(self) -> list[str]:
        config = self.directory / "lighttpd.conf"
        pairs = (f'".{ext}" => "{kind}"' for ext, kind in MEDIA_TYPES.items())
        config.write_text(
            CONFIG.format(
                dir=self.directory,
                port=self.port,
                root=self.root.resolve(),
                types=", ".join(pairs),
                extra=self.extra,
            )
        )
        return [self.program, "-D", "-f", str(config)]

    def log(self) -> list[LogLine]:
        # It keeps lines back for seconds; SIGHUP has it write them all.
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGHUP)
            deadline = time.monotonic() + 10
            while not self._log_size() and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(0.2)
        return super().log()
