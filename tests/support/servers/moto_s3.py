"""An S3 endpoint: moto's server with one bucket."""

import re
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from tests.support.servers.process import LogLine, ServerProcess

_LINE = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3})')

# moto wants an owner's name, not a valid signature.
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


class MotoS3(ServerProcess):
    """Serve an empty *bucket*; objects stored by ``put`` are public.

    The log knows no Range and no sizes.
    """

    def __init__(self, bucket: str = "images"):
        super().__init__()
        self.bucket = bucket

    def __enter__(self):
        super().__enter__()
        self._request("PUT", "")
        return self

    def command(self) -> list[str]:
        where = ["-H", "127.0.0.1", "-p", str(self.port)]
        return [sys.executable, "-m", "moto.server", *where]

    @property
    def access_log(self) -> Path:
        return self.directory / "output.txt"

    def parse_log(self, line: str) -> LogLine | None:
        match = _LINE.search(re.sub(r"\x1b\[[\d;]*m", "", line))
        if match is None:
            return None
        status = int(match["status"])
        return LogLine(match["method"], match["path"], None, status, None, None, None)

    @property
    def settings(self) -> dict[str, str]:
        """Return the Scrapy settings for feeds in this bucket."""
        return {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION_NAME": "us-east-1",
        }

    def object_url(self, key: str) -> str:
        return f"{self.url}/{self.bucket}/{quote(key)}"

    def put(self, key: str, body: bytes, media_type: str = "image/jpeg") -> str:
        """Store an object and return its URL."""
        headers = {"Content-Type": media_type, "x-amz-acl": "public-read"}
        self._request("PUT", key, body, headers)
        return self.object_url(key)

    def get(self, key: str) -> bytes:
        return self._request("GET", key)

    def keys(self) -> list[str]:
        listing = self._request("GET", "?list-type=2").decode()
        return re.findall(r"<Key>(.*?)</Key>", listing)

    def _request(
        self,
        method: str,
        key: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            path = f"/{self.bucket}/{quote(key, safe='/?=&-')}"
            signed = {"Authorization": _AUTHORIZATION, **(headers or {})}
            connection.request(method, path, body, signed)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise RuntimeError(f"S3 answered {response.status} to {method} {path}")
        return content
