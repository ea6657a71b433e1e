"""The report's one HTML file, put together piece by piece."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from imgprint.report.double_numbers import finite
from imgprint.report.figures import (
    camera_of,
    encoder_of,
    integer,
    part,
    place_of,
    taken,
    text,
)
from imgprint.report.first_screen import answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCRIPTS = (
    "vendor/d3.min.js",
    "vendor/plot.min.js",
    "base.js",
    "charts.js",
    "filters.js",
    "sharing.js",
    "records.js",
    "export.js",
    "main.js",
)
CHUNK = 500
"""Records that are unpacked together when one of them is looked at."""
COLUMNS = (
    *("url", "site", "page", "format", "width", "height", "size", "camera"),
    *("serials", "software", "taken", "place", "encoder", "range"),
    *("owner", "server", "seen", "group"),
)
# Samples that say nothing to a reader; the feed has them.
LEFT_OUT = {"random_128_bytes_sample_start", "random_128_bytes_sample_end"}


def embed(value: Any) -> str:
    r"""Return *value* as JSON that can't end or open anything in a script element.

    >>> embed(["</script><!--", "\u2028&"])
    '["\\u003c/script\\u003e\\u003c!--","\\u2028\\u0026"]'
    """
    out = _dumps(value)
    for character in "<>&":
        out = out.replace(character, f"\\u{ord(character):04x}")
    return out


def pack(value: Any) -> str:
    """Return *value* as JSON in gzip in Base64: nothing in it can be markup."""
    data = _dumps(value).encode()
    return base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii")


def _dumps(value: Any) -> str:
    """Return *value* as JSON in ASCII; browsers read no Infinity and no NaN."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(finite(value), separators=(",", ":"))


def row(record: Mapping[str, Any], group: int | None = None) -> list[Any]:
    """Return what the table of records shows, sorts and filters: see COLUMNS."""
    camera, place = part(record, "camera"), place_of(record)
    serials = (text(camera.get(n)) for n in ("serial_number", "lens_serial_number"))
    return [
        record["url"],
        text(record.get("site")) or "(no site)",
        text(record.get("page_url")),
        text(record.get("format")) or "unknown",
        *(integer(record.get(name)) or None for name in ("width", "height")),
        record["image_size"] if isinstance(record.get("image_size"), int) else None,
        camera_of(record),
        [serial for serial in serials if serial],
        text(record.get("software")),
        taken(record),
        f"{place[0]:.2f}, {place[1]:.2f}" if place else None,
        encoder_of(record),
        text(part(record, "transfer").get("range")),
        text(camera.get("owner")),
        text(record.get("server")),
        text(record.get("timestamp")),
        group,
    ]


def pieces(
    figures: Mapping[str, Any],
    records: Iterable[Mapping[str, Any]],
    seen: Mapping[str, list[dict[str, Any]]],
    made: str,
) -> Iterator[str]:
    """Yield the text of the report; *made* says when and from what it was made.

    The figures come first, so that there is something to see while a browser
    still reads the records.
    """
    assets = files("imgprint.report") / "assets"
    # A line end of the checkout's would be another script to the policy.
    scripts = [
        (assets / name).read_text(encoding="utf-8").replace("\r\n", "\n")
        for name in SCRIPTS
    ]
    world = json.loads((assets / "vendor/world.json").read_text(encoding="utf-8"))
    style = (assets / "report.css").read_text(encoding="utf-8")
    page = (assets / "report.html").read_text(encoding="utf-8")
    top, bottom = page.split("<!-- data -->")
    yield top.replace("POLICY", policy(scripts)).replace("/* style */", style)
    group_of = figures["group_of"]
    kept = {name: value for name, value in figures.items() if name != "group_of"}
    data = {
        "title": None,
        "asked": [],
        "seeds": None,
        "answer": answer(figures),
        **kept,
    }
    data |= {"made": made, "columns": COLUMNS, "chunk": CHUNK}
    yield f'<script type="application/json" id="figures">{embed(data)}</script>\n'
    yield f'<script type="application/json" id="world">{embed(world)}</script>\n'
    for script in scripts:
        yield f"<script>{script}</script>\n"
    yield from _chunks(records, seen, group_of)
    yield bottom


def _chunks(
    records: Iterable[Mapping[str, Any]],
    seen: Mapping[str, list[dict[str, Any]]],
    group_of: Mapping[int, int],
) -> Iterator[str]:
    rows, details = [], []
    for number, record in enumerate(records):
        rows.append(row(record, group_of.get(number)))
        kept = {name: v for name, v in record.items() if name not in LEFT_OUT}
        details.append({**kept, "seen": seen.get(record["url"])})
        if len(rows) == CHUNK:
            yield _chunk(rows, details)
            rows, details = [], []
    if rows:
        yield _chunk(rows, details)


def _chunk(rows: list[list[Any]], details: list[dict[str, Any]]) -> str:
    return (
        f'<script type="text/plain" class="rows">{pack(rows)}</script>\n'
        f'<script type="text/plain" class="details">{pack(details)}</script>\n'
    )


def policy(scripts: Iterable[str]) -> str:
    """Return the Content-Security-Policy: these scripts, and no request at all."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
