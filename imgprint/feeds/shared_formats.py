"""What sites share, as JSON, CSV and GraphML."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from imgprint.feeds.record_formats import NO_XML, cell
from imgprint.masking import json_text_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from imgprint.matching.shared import Pair, Shared

FIELDS = ("images", "share", "relation", "strength", "evidence", "sources")


def as_json(found: Shared) -> str:
    """Return groups and pairs as one JSON object."""
    pairs = [
        {
            "sites": pair.sites,
            "site_images": pair.totals,
            "images": pair.images,
            "share": round(pair.share, 4),
            "relation": pair.relation,
            "strength": pair.strength,
            "evidence": dict(pair.evidence.most_common()),
            "sources": dict(pair.sources.most_common()),
            "examples": pair.examples,
        }
        for pair in found.pairs
    ]
    whole = {"groups": found.groups, "pairs": pairs, "common_images": found.common}
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    return f"{json_text_safe(text)}\n"


def as_csv(found: Shared) -> str:
    """Return a line for each pair; evidence as ``grade=count`` words."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("site_a", "site_b", "images_a", "images_b", *FIELDS))
    for pair in found.pairs:
        row = (*pair.sites, *pair.totals, *_values(pair).values())
        writer.writerow(map(cell, row))
    return text.getvalue()


def as_graphml(found: Shared) -> str:
    """Return a graph: a node for each site, an edge for each pair.

    Source: http://graphml.graphdrawing.org/specification.html
    """
    sites = dict.fromkeys(site for pair in found.pairs for site in pair.sites)
    totals = {s: n for p in found.pairs for s, n in zip(p.sites, p.totals, strict=True)}
    types = {"images": "int", "share": "double"}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        '<key id="site_images" for="node" attr.name="images" attr.type="int"/>',
        *(
            f'<key id="{name}" for="edge" attr.name="{name}"'
            f' attr.type="{types.get(name, "string")}"/>'
            for name in FIELDS
        ),
        '<graph edgedefault="undirected">',
    ]
    lines += (
        f"<node id={quoteattr(site)}>"
        f'<data key="site_images">{totals[site]}</data></node>'
        for site in sites
    )
    for pair in found.pairs:
        a, b = map(quoteattr, pair.sites)
        data = "".join(
            f'<data key="{name}">{escape(str(value))}</data>'
            for name, value in _values(pair).items()
        )
        lines.append(f"<edge source={a} target={b}>{data}</edge>")
    text = "\n".join([*lines, "</graph>", "</graphml>", ""])
    return NO_XML.sub("\ufffd", text)


def _values(pair: Pair) -> dict[str, object]:
    return {
        "images": pair.images,
        "share": round(pair.share, 4),
        "relation": pair.relation,
        "strength": pair.strength,
        "evidence": " ".join(f"{k}={v}" for k, v in pair.evidence.most_common()),
        "sources": " ".join(f"{k}={v}" for k, v in pair.sources.most_common()),
    }


FORMATS: dict[str, Callable[[Shared], str]] = {
    "json": as_json,
    "csv": as_csv,
    "graphml": as_graphml,
}
