"""One URL of each known form, and what it is a size of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.urls.variants import Variant, variant_of

# URL, rule, key, whether the original can be asked for, width.
FORMS = [
    (
        "https://a.example/wp-content/uploads/2024/b-300x200.jpg",
        "wordpress",
        "a.example/wp-content/uploads/2024/b.jpg",
        True,
        300,
    ),
    (
        "https://a.example/wp-content/uploads/2024/b-scaled.jpg",
        "wordpress",
        "a.example/wp-content/uploads/2024/b.jpg",
        True,
        None,
    ),
    *(
        (
            f"https://a.example/wp-content/uploads/b-{suffix}.jpg",
            "wordpress",
            "a.example/wp-content/uploads/b.jpg",
            True,
            300,
        )
        for suffix in ("300x200-scaled", "300x200-e1612345678", "300x200-300x200")
    ),
    (
        "https://a.example/wp-content/uploads/2024/b.jpg",
        None,
        "a.example/wp-content/uploads/2024/b.jpg",
        False,
        None,
    ),
    (
        "https://a.example/wp-content/uploads/2024/b-e1612345678-300x200.jpg",
        "wordpress",
        "a.example/wp-content/uploads/2024/b.jpg",
        True,
        300,
    ),
    (
        "https://i0.wp.com/a.example/wp-content/uploads/2024/b.jpg?resize=300%2C200&ssl=1&w=300",
        "jetpack",
        "a.example/wp-content/uploads/2024/b.jpg",
        False,
        300,
    ),
    (
        "https://a.example/_next/image?url=%2Fwp-content%2Fuploads%2F2024%2Fb-300x200.jpg&w=640&q=75",
        "next",
        "a.example/wp-content/uploads/2024/b.jpg",
        True,
        640,
    ),
    (
        "https://a.example/_next/image?url=https%3A%2F%2Fcdn.example%2Fb.jpg&w=640&q=75",
        "next",
        "cdn.example/b.jpg",
        False,
        640,
    ),
    (
        "https://a.example/_ipx/w_640,q_80/img/b.jpg",
        "nuxt",
        "a.example/img/b.jpg",
        True,
        640,
    ),
    (
        "https://a.example/.netlify/images?url=/img/b.jpg&w=100",
        "netlify",
        "a.example/img/b.jpg",
        True,
        100,
    ),
    (
        "https://a.example/cdn-cgi/image/width=80,quality=75/img/b.jpg",
        "cloudflare",
        "a.example/img/b.jpg",
        True,
        80,
    ),
    (
        "https://res.cloudinary.com/demo/image/upload/w_300,c_fill/v123/x/b.jpg",
        "cloudinary",
        "res.cloudinary.com/demo/image/upload/x/b.jpg",
        True,
        300,
    ),
    (
        "https://res.cloudinary.com/demo/image/upload/v123/x/b.jpg",
        "cloudinary",
        "res.cloudinary.com/demo/image/upload/x/b.jpg",
        True,
        None,
    ),
    (
        "https://res.cloudinary.com/demo/image/upload/x/b.jpg",
        None,
        "res.cloudinary.com/demo/image/upload/x/b.jpg",
        False,
        None,
    ),
    (
        "https://x.imgix.net/b.jpg?w=300&h=200&auto=format",
        "query",
        "x.imgix.net/b.jpg",
        True,
        300,
    ),
    (
        "https://images.unsplash.com/photo-1234-abc?w=300&ixlib=x",
        "query",
        "images.unsplash.com/photo-1234-abc",
        True,
        300,
    ),
    (
        "https://t.example/unsafe/300x200/smart/filters:quality(80)/a.example/b.jpg",
        "thumbor",
        "a.example/b.jpg",
        False,
        300,
    ),
    (
        "https://images.weserv.nl/?url=a.example/b.jpg&w=300",
        "weserv",
        "a.example/b.jpg",
        False,
        300,
    ),
    (
        "https://a.example/cdn/shop/files/b_300x300@2x.jpg?v=12",
        "shopify",
        "a.example/cdn/shop/files/b.jpg",
        True,
        300,
    ),
    (
        "https://a.example/cdn/shop/files/b.jpg?v=12&width=500",
        "shopify",
        "a.example/cdn/shop/files/b.jpg",
        True,
        500,
    ),
    (
        "https://a.example/cdn/shop/files/b.jpg",
        None,
        "a.example/cdn/shop/files/b.jpg",
        False,
        None,
    ),
    (
        "https://images.squarespace-cdn.com/content/v1/x/b.jpg?format=300w",
        "squarespace",
        "images.squarespace-cdn.com/content/v1/x/b.jpg",
        True,
        300,
    ),
    (
        "https://static.wixstatic.com/media/abc~mv2.jpg/v1/fill/w_300,h_200,al_c/abc~mv2.jpg",
        "wix",
        "static.wixstatic.com/media/abc~mv2.jpg",
        True,
        300,
    ),
    (
        "https://a.example/content/images/size/w600/2024/01/b.jpg",
        "ghost",
        "a.example/content/images/2024/01/b.jpg",
        True,
        600,
    ),
    (
        "https://a.example/sites/default/files/styles/large/public/2024/b.jpg?itok=abc",
        "drupal",
        "a.example/sites/default/files/2024/b.jpg",
        True,
        None,
    ),
    (
        "https://upload.wikimedia.org/wikipedia/commons/thumb/a/ab/N.jpg/300px-N.jpg",
        "mediawiki",
        "upload.wikimedia.org/wikipedia/commons/a/ab/N.jpg",
        True,
        300,
    ),
    (
        "https://upload.wikimedia.org/wikipedia/commons/a/ab/N.jpg",
        None,
        "upload.wikimedia.org/wikipedia/commons/a/ab/N.jpg",
        False,
        None,
    ),
    (
        "https://a.example/media/catalog/product/cache/0123456789abcdef0123456789abcdef/b/x/bx.jpg",
        "magento",
        "a.example/media/catalog/product/b/x/bx.jpg",
        True,
        None,
    ),
    (
        "https://a.example/fileadmin/_processed_/1/2/csm_photo_0123456789.jpg",
        "typo3",
        "a.example/fileadmin/_processed_/photo.jpg",
        False,
        None,
    ),
    (
        "https://1.bp.blogspot.com/-x/y/s320/b.jpg",
        "blogger",
        "1.bp.blogspot.com/-x/y/s0/b.jpg",
        True,
        320,
    ),
    (
        "https://lh3.googleusercontent.com/abc=w300-h200",
        "google",
        "lh3.googleusercontent.com/abc=s0",
        True,
        300,
    ),
    (
        "https://pbs.twimg.com/media/AbC.jpg:large",
        "twitter",
        "pbs.twimg.com/media/AbC?format=jpg&name=orig",
        True,
        None,
    ),
    (
        "https://pbs.twimg.com/media/AbC?format=jpg&name=small",
        "twitter",
        "pbs.twimg.com/media/AbC?format=jpg&name=orig",
        True,
        None,
    ),
    (
        "https://64.media.tumblr.com/x/tumblr_abc_500.jpg",
        "tumblr",
        "64.media.tumblr.com/x/tumblr_abc_0.jpg",
        False,
        500,
    ),
    (
        "https://i.pinimg.com/236x/a/b/c.jpg",
        "pinterest",
        "i.pinimg.com/originals/a/b/c.jpg",
        True,
        236,
    ),
    (
        "https://live.staticflickr.com/1/123_0123456789_b.jpg",
        "flickr",
        "live.staticflickr.com/1/123_0123456789.jpg",
        False,
        None,
    ),
    (
        "https://i.imgur.com/AbCdEfGs.jpg",
        "imgur",
        "i.imgur.com/AbCdEfG.jpg",
        True,
        None,
    ),
    (
        "https://a.example/uploads/default/optimized/2X/a/abc_2_690x388.jpeg",
        "discourse",
        "a.example/uploads/default/original/2X/a/abc.jpeg",
        True,
        690,
    ),
    (
        "https://th.bing.com/th?id=OIP.abc&w=200&h=100&c=7",
        "bing",
        "th.bing.com/th?id=OIP.abc",
        True,
        200,
    ),
    (
        "https://a-example.cdn.ampproject.org/i/s/a.example/b.jpg",
        None,
        "a-example.cdn.ampproject.org/i/s/a.example/b.jpg",
        False,
        None,
    ),
    (
        "https://p.example/sig/rs:fit:300:200/plain/aHR0cHM6Ly9hLmV4YW1wbGUvYi5qcGc.jpg",
        None,
        "p.example/sig/rs:fit:300:200/plain/aHR0cHM6Ly9hLmV4YW1wbGUvYi5qcGc.jpg",
        False,
        None,
    ),
    (
        "https://p.example/sig/rs:fit:300:200/aHR0cHM6Ly9hLmV4YW1wbGUvYi5qcGc.jpg",
        "imgproxy",
        "a.example/b.jpg",
        False,
        300,
    ),
    (
        "https://static.wikia.nocookie.net/x/images/a/ab/N.jpg/revision/latest/scale-to-width-down/300?cb=2",
        "fandom",
        "static.wikia.nocookie.net/x/images/a/ab/N.jpg/revision/latest",
        True,
        None,
    ),
]


@pytest.mark.parametrize(("url", "rule", "key", "known", "width"), FORMS)
def test_forms(url, rule, key, known, width):
    found = variant_of(url)
    assert (found.rule, found.key, found.width) == (rule, key, width)
    assert (found.original is not None) == known
    if known:
        assert found.original.split("/")[2] == url.split("/")[2]


@pytest.mark.parametrize(
    "urls",
    [
        "https://a.example/wp-content/uploads/b{}.jpg -300x200 -scaled -1024x768 ,",
        "https://upload.wikimedia.org/w/{} a/ab/N.jpg thumb/a/ab/N.jpg/9px-N.jpg",
        "https://a.example/cdn/shop/b{} _300x.jpg?v=1 .jpg?v=1&width=20 .jpg",
        "https://x.imgix.net/b.jpg{} ?w=1 ?w=2&h=3 ,",
        "https://lh3.googleusercontent.com/abc={} w300 s0 s120-c",
        "https://pbs.twimg.com/media/A{} .jpg:large ?format=jpg&name=small .jpg",
    ],
)
def test_one_key(urls):
    form, *parts = urls.split()
    keys = {variant_of(form.format(part.strip(","))).key for part in parts}
    assert len(keys) == 1


def test_other_queries_count():
    assert variant_of("https://a.example/i?id=1").key == "a.example/i?id=1"
    assert variant_of("https://a.example/b.jpg?v=1&w=2").key == "a.example/b.jpg?v=1"


def test_no_picture_on_the_web():
    assert variant_of("data:image/png;sha256=00,") is None
    assert variant_of("file:///tmp/a.jpg") is None


def test_long_urls_are_left_alone():
    url = "https://A.example/wp-content/" + "-300x200" * 1000 + ".jpg"
    assert variant_of(url) == Variant(url[8:].replace("A", "a", 1))


@given(st.text(max_size=64))
def test_junk(junk):
    for start in (
        "",
        "_next/image?url=",
        "cdn-cgi/image/w=1/",
        "unsafe/",
        "image/upload/",
    ):
        assert variant_of(f"https://a.example/{start}{junk}").key
