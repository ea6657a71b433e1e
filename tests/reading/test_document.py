from collections import Counter

from imgprint.reading.document import Task, read


def links(body, encoding="utf-8"):
    document = read(Task("page", "http://a.example/d//p", body, encoding), Counter())
    return list(document.links)


def test_links_are_those_of_a_browser():
    page = (
        b"<a href=a>1</a></body></html><a href=' ../b#c '>2</a>"
        b"<area href=//c.example/d>"
        b"<a href=a>1</a><a href=mailto:e>3</a><a href=f.pdf>4</a>"
        b"<a href=http://[>5</a>"
    )
    assert links(page) == [
        "http://a.example/d//a",
        "http://a.example/d/b",
        "http://c.example/d",
    ]


def test_frames_are_links():
    assert links(b"<frameset><frame src=a></frameset>") == ["http://a.example/d//a"]
    assert links(b"<iframe src=/a></iframe>") == ["http://a.example/a"]


def test_queries_of_links_are_in_the_encoding_of_the_page():
    page = "<a href='?q=я'>1</a>".encode("cp1251")
    assert links(page, "cp1251") == ["http://a.example/d//p?q=%FF"]
