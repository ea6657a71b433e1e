"""Settings of the imgprint project. Beside each: what Scrapy has without it."""

from scrapy.settings import default_settings

BOT_NAME = "imgprint"  # scrapybot
SPIDER_MODULES = ["imgprint.spiders"]
NEWSPIDER_MODULE = "imgprint.spiders"
COMMANDS_MODULE = "imgprint.commands"
ADDONS = {"imgprint.addon.Addon": 500}

USER_AGENT = "imgprint/0.1"  # Scrapy/VERSION (+https://scrapy.org)
ROBOTSTXT_OBEY = True  # False

# Many sites at once, each of them as a browser would.
CONCURRENT_REQUESTS = 64  # 16
CONCURRENT_REQUESTS_PER_DOMAIN = 8  # 8
DOWNLOAD_DELAY = 0  # 0; AutoThrottle waits where a site is slow
REDIRECT_MAX_TIMES = 10  # 20

# A site gets a request every quarter of the time that it takes to answer one:
# four at a time where it is quick, fewer a second as it slows down. Sites do
# not wait for each other. The first answers say how quick a site is, so there
# is no need to begin with five seconds between requests.
AUTOTHROTTLE_ENABLED = True  # False
AUTOTHROTTLE_TARGET_CONCURRENCY = 4  # 1
# It counts until a site's first answer, that for robots.txt, for which its first page
# waits anyway. With more, sites that answer sooner stand idle when a crawl begins.
AUTOTHROTTLE_START_DELAY = 0.02  # 5
AUTOTHROTTLE_MAX_DELAY = 10  # 60
DOWNLOAD_TIMEOUT = 60  # 180
COOKIES_ENABLED = False  # True

# No page is that large; images never come near it.
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024  # 1 GiB
DOWNLOAD_WARNSIZE = 0  # 32 MiB

# With the aiohttp handler it takes a tenth off the CPU time per image.
ASYNCIO_EVENT_LOOP = "uvloop.Loop"  # None: asyncio's own

LOG_LEVEL = "INFO"  # DEBUG: a line per image

# Left out, not None in EXTENSIONS: what has a priority, None or not, is imported.
_unwanted = (
    # Both open a port that runs code, and their imports take a twentieth of the start.
    "scrapy.extensions.remote_control.RemoteControl",
    "scrapy.extensions.telnet.TelnetConsole",
    # A job keeps its state itself; this would write to a full disk.
    "scrapy.extensions.spiderstate.SpiderState",
)
EXTENSIONS_BASE = {
    name: order
    for name, order in default_settings.EXTENSIONS_BASE.items()
    if name not in _unwanted
}

# JSON Lines are complete up to the last image whatever happens; the JSON array
# is what the reference publishes, complete when the crawl is.
FEED_EXPORT_ENCODING = "utf-8"
# So that -O knows them, which asks before the add-on is there.
FEED_EXPORTERS = {
    "geojson": "imgprint.feeds.table_exporters.GeoJsonExporter",
    "parquet": "imgprint.feeds.table_exporters.ParquetExporter",
}
FEEDS = {
    "data/%(name)s-%(time)s.jsonl": {"format": "jsonl"},
    "data/%(name)s-%(time)s.json": {"format": "json", "indent": 4},
}
IMGPRINT_PROGRESS = True
IMGPRINT_SIGHTINGS = "data/sightings/%(name)s-%(time)s.jsonl"
