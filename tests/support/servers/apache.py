"""Apache httpd as in Debian, serving a directory."""

import os
import shutil
from pathlib import Path

from tests.support.servers.process import MEDIA_TYPES, ServerProcess, require

CONFIG = """\
ServerRoot "{dir}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile "{dir}/apache.pid"
DefaultRuntimeDir "{dir}"
Mutex file:{dir}
ErrorLog "{dir}/error.log"
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule dir_module {modules}/mod_dir.so
{user}
TypesConfig /dev/null
{types}
DocumentRoot "{root}"
<Directory "{root}">
    Require all granted
</Directory>
LogFormat "%m\\t%U%q\\t%{{Range}}i\\t%>s\\t%B\\t%O\\t%I" tabs
CustomLog "{dir}/access.log" tabs
StartServers 1
{extra}
"""
MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules")


class Apache(ServerProcess):
    """Serve *root*; *extra* goes to the end of the configuration.

    Apache does not serve as root: then it is the user ``nobody`` and serves a
    copy of *root*, made at the start.
    """

    def __init__(self, root: Path, extra: str = ""):
        self.program = require("apache2", "apache2-bin")
        super().__init__()
        self.root = root
        self.extra = extra

    def command(self) -> list[str]:
        root, user = self.root.resolve(), ""
        if os.geteuid() == 0:
            root = self.directory / "root"
            shutil.copytree(self.root, root, dirs_exist_ok=True)
            root.chmod(0o755)
            user = "User nobody\nGroup nogroup"
        types = "\n".join(f"AddType {kind} .{ext}" for ext, kind in MEDIA_TYPES.items())
        config = self.directory / "apache.conf"
        config.write_text(
            CONFIG.format(
                dir=self.directory,
                port=self.port,
                modules=next(filter(os.path.isdir, MODULES), MODULES[0]),
                root=root,
                user=user,
                types=types,
                extra=self.extra,
            )
        )
        return [self.program, "-DFOREGROUND", "-f", str(config)]
