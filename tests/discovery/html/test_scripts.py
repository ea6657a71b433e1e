import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.html.scripts import MAX_JSON, Found, json_images, script_images

VALUES = [
    ({"image": "https://a.example/b"}, ["https://a.example/b"]),
    ({"image": ["/b", {"url": "/c"}]}, ["/b", "/c"]),
    ({"logo": {"@type": "ImageObject", "contentUrl": "/b"}}, ["/b"]),
    ({"thumbnailUrl": "b.jpg"}, ["b.jpg"]),
    ({"photo": "//a.example/b"}, ["//a.example/b"]),
    ({"primaryImageOfPage": {"@id": "https://a.example/#x"}}, []),
    ({"@type": "VideoObject", "contentUrl": "/b", "thumbnailUrl": "/c"}, ["/c"]),
    ({"image": {"@type": "VideoObject", "url": "/b"}}, []),
    ({"image": "/film.mp4"}, []),
    ({"image": "none"}, []),
    ({"image": 5, "logo": None, "photo": True}, []),
    ({"anything": "/b.jpg"}, ["/b.jpg"]),
    ({"anything": "b.jpg"}, []),
    ({"src": "b.jpg"}, ["b.jpg"]),
    ({"caption": "/b.jpg", "title": "https://a.example/b.jpg"}, []),
    ({"html": "<img src='/b.jpg'> <img src=\"c/d.jpg\">"}, ["/b.jpg", "c/d.jpg"]),
    ({"json": '{"a": "\\/b.jpg"}'}, ["/b.jpg"]),
    ({"text": "A file called b.jpg, or /b.jpg"}, []),
    (
        ["/a.jpg", ["/b.jpg", {"c": "/d.jpg"}], "/e.jpg"],
        ["/a.jpg", "/b.jpg", "/d.jpg", "/e.jpg"],
    ),
    ("/a.jpg", ["/a.jpg"]),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_json_images(value, expected):
    assert [image.url for image in json_images(json.dumps(value))] == expected


def test_what_an_image_object_says():
    text = json.dumps(
        {
            "@type": "ImageObject",
            "url": "/a",
            "caption": "A cat",
            "width": "640",
            "height": {"@type": "QuantitativeValue", "value": 480},
        }
    )
    assert list(json_images(text)) == [Found("/a", "A cat", 640, 480)]


def test_broken_json_is_read_as_code():
    assert [i.url for i in json_images('{"a": "/b.jpg",}')] == ["/b.jpg"]
    assert [i.url for i in json_images("[" * 100_000 + '"/b.jpg"')] == ["/b.jpg"]
    assert [i.url for i in json_images("[" + "1" * 5000 + ',"/b.jpg"]')] == ["/b.jpg"]
    long = '["' + "x" * MAX_JSON + '", "/b.jpg"]'
    assert [i.url for i in json_images(long)] == ["/b.jpg"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a = 'https://a.example/b.jpg';", ["https://a.example/b.jpg"]),
        ('a("//a.example/b.jpg?c=1&d=2#e")', ["//a.example/b.jpg?c=1&d=2"]),
        ("a = `/b.jpg`", ["/b.jpg"]),
        ("['x/a.jpg','x/b.jpg']", ["x/a.jpg", "x/b.jpg"]),
        (
            r'"https:\/\/a.example\/b.jpg?c=1\u0026d=2"',
            ["https://a.example/b.jpg?c=1&d=2"],
        ),
        (r'"\u002Fb\u002Fc.jpg"', ["/b/c.jpg"]),
        (r'"<img src=\"/b.jpg\">"', ["/b.jpg"]),
        (r'"{\"a\":\"https:\\/\\/a.example\\/b.jpg\"}"', ["https://a.example/b.jpg"]),
        ("&quot;/b.jpg&quot;", ["/b.jpg"]),
        ("background:url(/b.jpg)", ["/b.jpg"]),
        ("'/a.jpg 1x, /b.jpg 2x'", ["/a.jpg"]),
        ("'b.jpg'", []),
        ("'/b.jpg.html'", []),
        ("'/b.jpgx'", []),
        ("x = '/a/' + y + '/b.jpg'", []),
        ("x = '/a/b.jpg' + y", []),
        ("x = `${y}/b.jpg`", []),
        ("// https://a.example/b.jpg", []),
        ("if (a.png) b.gif()", []),
        ("/\\/[a-z]+.jpg/.test(x)", []),
    ],
)
def test_script_images(code, expected):
    assert [image.url for image in script_images(code)] == expected


@pytest.mark.parametrize("piece", [".jpg", "a.jpg?", "/", "'/.jpg", "\\u002f.jpg?\\"])
def test_time_is_linear(piece):
    start = time.perf_counter()
    list(script_images(piece * 50_000))
    assert time.perf_counter() - start < 5


@given(st.text(alphabet="a/.jpg'\"\\u0026?{}[]:,=+ ", max_size=60) | st.text())
def test_junk(text):
    for image in [*json_images(text), *json_images(json.dumps({"image": text}))]:
        assert image.url
