import asyncio
from types import SimpleNamespace

import pytest
from scrapy.http import HtmlResponse
from scrapy.utils.test import get_crawler

from imgprint.errors import TorDown
from imgprint.fetch.browser.page_requests import Assets
from imgprint.fetch.tor.socks_replies import socks_error


class Engine:
    def __init__(self, error):
        self.error, self.asked = error, []

    async def download_async(self, request):
        self.asked.append(request)
        raise self.error


class Route:
    aborted = False

    async def abort(self):
        self.aborted = True


@pytest.mark.parametrize(
    "error", [TorDown("127.0.0.1:9050", "refused"), socks_error(0xF0)]
)
def test_parts_go_the_page_s_way_and_say_if_they_were_not_tried(error):
    crawler = get_crawler()
    crawler.engine = Engine(error)
    page = HtmlResponse("http://a.onion/", body=b"<p>", encoding="utf-8")
    assets = Assets(crawler, page, {"imgprint_tor": "a.onion"}, [])
    script = SimpleNamespace(
        url="http://cdn.example/app.js",
        resource_type="script",
        method="GET",
        headers={"accept": "*/*", "cookie": "a=b"},
        post_data_buffer=None,
        is_navigation_request=lambda: False,
    )
    route = Route()
    asyncio.run(assets.answer(route, script))
    assert route.aborted
    (request,) = crawler.engine.asked
    assert request.meta == {"imgprint_tor": "a.onion", "imgprint": "part"}
    assert dict(request.headers) == {b"Accept": [b"*/*"]}
    assert assets.down is (error if isinstance(error, TorDown) else None)
