import pytest

from imgprint.content.byte_ranges import host_memory as hosts
from imgprint.content.byte_ranges.host_memory import HostMemory
from tests.content.byte_ranges.test_transfer import good, run, whole

KEY = ("http", "example.com")
DATA = bytes(200_000)


def one_image(memory, server, key=KEY, name="example.com"):
    """Let *server* answer for one more image; return what was asked of it."""
    transfer, asked = run(server, memory.transfer(key, name))
    memory.learn(key, transfer)
    return asked


def single_only(ask):
    return (416, {}, b"") if len(ask.parts) > 1 else good(ask)


def test_lists_are_not_asked_again_after_a_refusal():
    memory = HostMemory()
    assert len(one_image(memory, single_only)) == 3
    assert len(one_image(memory, single_only)) == 2
    assert len(one_image(memory, single_only, key=("https", "example.com"))) == 3


def test_a_cold_cache_is_no_refusal():
    memory = HostMemory()

    def cold():
        answers = iter([whole(DATA)])
        return lambda ask: next(answers, None) or good(ask)

    assert len(one_image(memory, cold())) == 2
    assert one_image(memory, good) == ["bytes=0-10240,-1024"]
    one_image(memory, cold())
    assert one_image(memory, good)[0] == "bytes=0-10240"


def test_no_tail_is_asked_of_hosts_that_ignore_ranges():
    memory = HostMemory()
    counts = [len(one_image(memory, lambda ask: whole(DATA))) for _ in range(5)]
    assert counts == [2, 2, 2, 1, 1]


def test_small_files_say_nothing_of_ranges():
    memory = HostMemory()
    for _ in range(5):
        one_image(memory, lambda ask: whole(bytes(9000)))
    assert one_image(memory, good) == ["bytes=0-10240,-1024"]


def test_tried_anew_later(monkeypatch):
    monkeypatch.setattr(hosts, "REPROBE_AFTER", 10)
    memory = HostMemory()
    counts = [len(one_image(memory, single_only)) for _ in range(21)]
    assert counts == [3, *[2] * 9, 3, *[2] * 9, 3]


def test_bounded(monkeypatch):
    monkeypatch.setattr(hosts, "MAX_HOSTS", 100)
    memory = HostMemory()
    one_image(memory, single_only)
    for i in range(99):
        memory.transfer(i, "x.example")
    assert len(one_image(memory, single_only)) == 2
    for i in range(200):
        memory.transfer(i, "x.example")
    assert len(memory._hosts) == 100
    assert len(one_image(memory, single_only)) == 3


@pytest.mark.parametrize(
    "name",
    ["bucket.s3.amazonaws.com", "upload.wikimedia.org", "a.blob.core.windows.net"],
)
def test_known_stores(name):
    assert not HostMemory().transfer(KEY, name).lists


def test_names_that_only_look_like_stores():
    assert HostMemory().transfer(KEY, "notamazonaws.com").lists


@pytest.mark.parametrize(
    "headers",
    [
        {"server": "AmazonS3"},
        {"via": "1.1 varnish"},
        {"x-powered-by": "Express"},
        {"x-served-by": "cache-fra-1"},
        {"x-goog-hash": "md5=x"},
    ],
)
def test_recognised_by_the_page(headers):
    memory = HostMemory()
    memory.recognise(KEY, headers)
    assert not memory.transfer(KEY, "example.com").lists


def test_nginx_is_not():
    memory = HostMemory()
    memory.recognise(KEY, {"server": "nginx"})
    assert memory.transfer(KEY, "example.com").lists
