import tracemalloc

from imgprint.discovery.documents.xml import local, records, text_of


def test_outermost_elements_only():
    body = b"<a><item>1<item>2</item></item><x/><item>3</item></a>"
    assert [text_of(node) for node in records(body, "item")] == ["12", "3"]


def test_namespaces_and_comments():
    body = b"<a xmlns:b='urn:b'><b:Item><!-- c -->1</b:Item></a>"
    ((name, text),) = [(local(n), text_of(n)) for n in records(body, "Item")]
    assert (name, text) == ("item", "1")


def test_memory_is_flat():
    body = b"<a>" + b"<item><loc>http://a.example/</loc></item>" * 100_000 + b"</a>"
    tracemalloc.start()
    assert sum(1 for _ in records(body, "item")) == 100_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
