from imgprint.discovery.limits import MAX_ATTRIBUTES, MAX_TAGS, within_limits


def test_real_pages_stay_as_they_are():
    srcset = ", ".join(f"/{i}.jpg {i + 1}w" for i in range(100_000))
    script = "a < b; " * 100_000
    page = f"<img srcset='{srcset}'><script>{script}</script>".encode()
    assert within_limits(page) is page


def test_tags():
    page = b"<img src=a>" * (MAX_TAGS + 5)
    assert within_limits(page) == b"<img src=a>" * MAX_TAGS


def test_what_is_no_tag_does_not_count():
    page = b"<p>" + b"1 < 2 " * (MAX_TAGS + 5)
    assert within_limits(page) is page


def test_attributes():
    crowd = " ".join(f"attribute{i}=1" for i in range(MAX_ATTRIBUTES + 1))
    page = f"<b>a</b><img {crowd}><i>b</i>".encode()
    assert within_limits(page) == b"<b>a</b><p><i>b</i>"[:8] + b"<p><i>b</i>"
