import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint.discovery.documents.news_feeds import feed_contents

RSS = b"""<?xml version="1.0"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>T</title><link>http://a.example/</link>
<image><url>logo.png</url><link>http://a.example/</link></image>
<itunes:image href="cover.jpg"/>
<item><link>http://a.example/1</link>
 <itunes:image href="episode"/>
 <media:content url="1.jpg" type="image/jpeg" width="600" height="400"/>
 <media:content url="2" medium="image"><media:thumbnail url="2t"/></media:content>
 <media:content url="film.mp4" medium="video"/>
 <media:thumbnail url="3" width="75"/>
 <enclosure url="4.jpg" type="image/jpeg" length="1"/>
 <enclosure url="sound.jpg.mp3" type="audio/mpeg"/>
 <description>no markup</description>
 <content:encoded><![CDATA[<img src="5.jpg">]]></content:encoded></item>
<item><media:group><media:content url="s.jpg" width="100"/>
 <media:content url="l.jpg" width="900"/><media:thumbnail url="t.jpg"/></media:group>
</item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><logo>logo.png</logo><icon>i.ico</icon>
<link rel="self" href="http://a.example/feed"/>
<entry><link href="http://a.example/1"/><link rel="edit" href="http://a.example/e"/>
<link rel="enclosure" type="image/png" href="a.png"/>
<link rel="enclosure" type="audio/mpeg" href="a.mp3"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><img src="b.jpg"/></div>
</content></entry></feed>"""


def urls(body):
    return [
        [source.url for source in found.place.sources]
        for found in feed_contents(body)
        if found.place
    ]


def pages(body):
    return [found.page for found in feed_contents(body) if found.page]


def html(body):
    return [found.html for found in feed_contents(body) if found.html]


def test_rss():
    assert urls(RSS) == [
        ["logo.png"],
        ["cover.jpg"],
        ["episode"],
        ["1.jpg"],
        ["2"],
        ["2t"],
        ["3"],
        ["4.jpg"],
        ["t.jpg"],
        ["s.jpg", "l.jpg"],
    ]
    assert pages(RSS) == ["http://a.example/1"]
    assert html(RSS) == ['<img src="5.jpg">']


def test_declared_sizes():
    places = [f.place for f in feed_contents(RSS) if f.place]
    assert places[3][2:] == (600, 400)
    assert [source.width for source in places[-1].sources] == [100, 900]


def test_atom():
    assert urls(ATOM) == [["logo.png"], ["i.ico"], ["a.png"]]
    assert pages(ATOM) == ["http://a.example/1"]
    assert 'src="b.jpg"' in html(ATOM)[0]


@pytest.mark.parametrize("size", range(0, len(RSS), 7))
def test_truncated(size):
    list(feed_contents(RSS[:size]))


@given(st.binary(max_size=64))
def test_junk(junk):
    list(feed_contents(junk))
    list(feed_contents(b"<rss><item>" + junk))
