import json

import pytest

from imgprint.discovery.documents.manifest import manifest_places


def images(manifest):
    return [
        (next(iter(place.sources)).url, *place[1:])
        for place in manifest_places(json.dumps(manifest))
    ]


def test_images():
    assert images(
        {
            "icons": [{"src": "a.png", "sizes": "180x180"}, {"sizes": "any"}, "x"],
            "screenshots": [{"src": "b.jpg", "label": "Home", "sizes": "1x1 2x2"}],
            "shortcuts": [{"name": "c", "icons": [{"src": "c.png"}]}],
        }
    ) == [
        ("a.png", None, 180, 180),
        ("b.jpg", "Home", None, None),
        ("c.png", None, None, None),
    ]


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "{",
        "[]",
        "null",
        '{"icons":{"src":"a"}}',
        '{"icons":[{"src":1}]}',
        "[" * 9999,
    ],
)
def test_junk(junk):
    assert list(manifest_places(junk)) == []
