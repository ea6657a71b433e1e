import imgprint
from imgprint.discovery.candidate import Candidate

PAGE = "http://a.example/dir/page"


def test_find_images():
    (found,) = imgprint.find_images(b"<img src=b.jpg alt=c>", PAGE, "text/html")
    assert found == Candidate("http://a.example/dir/b.jpg", "img", "c")


def test_meta_that_says_utf_16_means_utf_8():
    page = "<meta charset=utf-16><img src=é.jpg>".encode()
    (found,) = imgprint.find_images(page, PAGE, "text/html")
    assert found.url == "http://a.example/dir/%C3%A9.jpg"


def test_queries_are_in_the_encoding_of_the_page():
    page = "<img src='画.jpg?f=画像'>".encode("shift_jis")
    (found,) = imgprint.find_images(page, PAGE, "text/html; charset=Shift_JIS")
    assert found.url == "http://a.example/dir/%E7%94%BB.jpg?f=%89%E6%91%9C"


def test_base_of_a_template_is_not_the_documents():
    page = b"<template><base href=/t/></template><svg><base href=/s/></svg><img src=a>"
    urls = [found.url for found in imgprint.find_images(page, PAGE, "text/html")]
    assert urls == ["http://a.example/dir/a"]
