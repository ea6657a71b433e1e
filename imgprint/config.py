"""Every IMGPRINT_* setting: name, group, type, default, meaning and when to change it.

``MIN_SIZE.read(settings)`` returns the value of IMGPRINT_MIN_SIZE. A value comes from
``-s NAME=VALUE``, else from the environment variable NAME, else from a spider or the
project's settings.py, else it is the default of this table.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from imgprint.setting_types import (
    Choice,
    Choices,
    Database,
    HttpUrl,
    NetworkList,
    OptionalSwitch,
    Path,
    ProxyList,
    Seconds,
    Setting,
    Switch,
    SwitchOrPath,
    Text,
    WholeNumber,
)

PREFIX = "IMGPRINT_"

Variants: TypeAlias = Literal["group", "largest", "original", "all"]

_IMAGES = "Which images and what of them"
_TIME = "Time and waiting"
_PLACES = "Where requests may go"
_TOR = "Tor and I2P"
_BROWSER = "Browser"
_LISTS = "Hash lists"
_OUTPUT = "What is written"
_QUEUE = "Queue of the workers"
_RESOURCES = "Memory and CPU"

MIN_SIZE = Setting(
    "IMGPRINT_MIN_SIZE",
    _IMAGES,
    WholeNumber(0, "bytes"),
    20_480,
    "Smaller images get no record. An image whose size is unknown is not small.",
    "Lower it for icons and thumbnails, raise it for photographs only. `scrapy audit` "
    "and `scrapy match` look at small images whatever it says.",
)
METADATA = Setting(
    "IMGPRINT_METADATA",
    _IMAGES,
    Choice(("all", "exif")),
    "all",
    "Metadata may lie beyond the head and the tail of a file. `all` reads on for each "
    "kind of metadata, `exif` for EXIF only. Images that `IMGPRINT_MIN_SIZE` drops are "
    "never read on.",
    "`exif` saves requests where XMP, IPTC and C2PA don't matter.",
)
VARIANTS: Setting[Variants] = Setting(
    "IMGPRINT_VARIANTS",
    _IMAGES,
    Choice(("group", "largest", "original", "all")),
    "group",
    "A page may have several sizes of a picture. `group` fetches all of them, "
    "`largest` one, `original` the original if the largest is a size of it on "
    "the same host and it can be had, `all` all of them and the original.",
    "`largest` saves requests; `original` finds metadata that resized copies lost.",
)
CANDIDATES = Setting(
    "IMGPRINT_CANDIDATES",
    _IMAGES,
    Choice(("largest", "all")),
    "largest",
    "A `srcset` or `picture` element names several URLs of an image. `largest` fetches "
    "one of them, `all` fetches all. All are recorded as sightings in any case.",
    "`all` if each resized copy needs a record of its own.",
)
LINKED = Setting(
    "IMGPRINT_LINKED",
    _IMAGES,
    Choices(("stylesheet", "manifest", "favicon")),
    frozenset({"stylesheet", "manifest"}),
    "These files are fetched for the images that they name, each URL once: style "
    "sheets with their imports, web app manifests, and `/favicon.ico` of each host.",
    "Empty if only the images of the pages themselves count.",
    "stylesheet,manifest",
)
OBEY_ROBOTS_TAGS = Setting(
    "IMGPRINT_OBEY_ROBOTS_TAGS",
    _IMAGES,
    Switch(),
    False,
    "`1` leaves out the images of pages that say noimageindex, noai or noimageai, and "
    "images whose X-Robots-Tag says so, or noindex.",
    "`1` if you publish what you find, or the sites' owners ask for it.",
)
REVISIT = Setting(
    "IMGPRINT_REVISIT",
    _IMAGES,
    Text("the path of a feed of a previous crawl"),
    None,
    "Images of that feed are asked for only if they changed. The records of unchanged "
    "images are carried forward.",
    "Set it when you crawl the same sites again.",
)
DECODE = Setting(
    "IMGPRINT_DECODE",
    _IMAGES,
    OptionalSwitch(),
    None,
    "`1` makes pixels of the known bytes, in memory, for perceptual hashes (`pdq`) and "
    "`thumbnail.differs`. `0` never decodes anything. Without a value, the images of a "
    "crawl are not decoded, but pictures given to `scrapy match` are.",
    "`1` to find resized copies. It takes several times the CPU time of all the rest, "
    "in a thread beside the crawl.",
    "none",
)
TIMEOUT = Setting(
    "IMGPRINT_TIMEOUT",
    _TIME,
    Seconds(),
    30.0,
    "All requests for an image may take this long together, including redirects, "
    "retries and follow-up ranges, but not the time spent queued.",
    "Raise it for slow servers.",
)
STALL_TIMEOUT = Setting(
    "IMGPRINT_STALL_TIMEOUT",
    _TIME,
    Seconds(),
    10.0,
    "An image is given up after this time without a byte.",
    "Raise it for servers that take long to answer.",
)
READ_TIMEOUT = Setting(
    "IMGPRINT_READ_TIMEOUT",
    _TIME,
    Seconds(),
    20.0,
    "The parsing of a document may take this long. Images found until then count.",
    "Raise it if the stat `imgprint/page/given_up` counts pages that you need.",
)
MAX_RETRY_AFTER = Setting(
    "IMGPRINT_MAX_RETRY_AFTER",
    _TIME,
    Seconds(0),
    60.0,
    "The longest wait that a server's Retry-After header can ask for.",
    "Raise it if a site answers 429 or 503 for longer than that.",
)
ALLOWED_NETWORKS = Setting(
    "IMGPRINT_ALLOWED_NETWORKS",
    _PLACES,
    NetworkList(),
    (),
    "Addresses in these networks count as public: pages may lead there.",
    "Set it to crawl an intranet, for example to `10.0.0.0/8`. What you list "
    "yourself as a start URL needs no permission.",
    "none",
)
BLOCKLIST = Setting(
    "IMGPRINT_BLOCKLIST",
    _PLACES,
    Text("the path of a file with a SHA-256 per line"),
    None,
    "Hosts on this list are asked for nothing. Each line is the SHA-256, in "
    "hexadecimal, of a host name (lower case, Punycode, without port or a dot at the "
    "end), or of an IP address in its usual notation without brackets. Subdomains of "
    "a name are refused as well, and so is a host in any other notation. Text after a "
    "hash and lines that begin with `#` are ignored.",
    "Set it where some sites must not be visited and the list must not name them.",
)
TOR = Setting(
    "IMGPRINT_TOR",
    _TOR,
    Choice(("onion", "all", "off")),
    "onion",
    "`onion` sends requests for onion sites, and all that their pages lead to, through "
    "Tor. `all` sends every request through Tor, each site by a login of its own. "
    "`off` refuses onion sites.",
    "`all` if the sites must not see your address.",
)
TOR_PROXIES = Setting(
    "IMGPRINT_TOR_PROXIES",
    _TOR,
    ProxyList(),
    ("socks5h://127.0.0.1:9050",),
    "The Tors to use. Each site keeps to one of them.",
    "Set it if Tor runs elsewhere, or if one Tor is too slow for many sites.",
    "socks5h://127.0.0.1:9050",
)
TOR_TIMEOUT = Setting(
    "IMGPRINT_TOR_TIMEOUT",
    _TOR,
    Seconds(),
    90.0,
    "Through Tor a page, or all requests for an image, may take this long: two thirds "
    "of it for the connection, one third for each silence.",
    "Raise it if onion sites that are up are not reached.",
)
I2P_PROXY = Setting(
    "IMGPRINT_I2P_PROXY",
    _TOR,
    HttpUrl("URL of an HTTP proxy", ("http", "https", "socks5h")),
    None,
    "The proxy for .i2p hosts, and for what their pages lead to. Without it they are "
    "refused.",
    "Set it to crawl I2P, for example to `http://127.0.0.1:4444`.",
)
BROWSER = Setting(
    "IMGPRINT_BROWSER",
    _BROWSER,
    Text("the name or path of a program"),
    None,
    "The browser that renders pages (`-a render=1` or `auto`).",
    "Set it if the browser is not where Playwright or the system has it.",
    "Playwright's own browser, or else the system's Chromium",
)
RENDER_TIMEOUT = Setting(
    "IMGPRINT_RENDER_TIMEOUT",
    _BROWSER,
    Seconds(),
    45.0,
    "The browser may take this long for a page. Images found until then count. "
    "scrapy-playwright's `PLAYWRIGHT_MAX_PAGES_PER_CONTEXT` (here 4) says how many "
    "pages are open at a time, and `PLAYWRIGHT_LAUNCH_OPTIONS` is passed on.",
    "Raise it for slow pages.",
)
HASHLIST = Setting(
    "IMGPRINT_HASHLIST",
    _LISTS,
    Text("the path of a hash list"),
    None,
    "Each image on the list is a warning in the log, and counted. The list is text, "
    "CSV or JSON (also Project VIC's) of md5, sha1, sha256 or PDQ hashes, file keys or "
    "data hashes. PDQ hashes match only with `IMGPRINT_DECODE=1`.",
    "Set it to look for known images.",
)
HASHLIST_KEY = Setting(
    "IMGPRINT_HASHLIST_KEY",
    _LISTS,
    Text("the path of a key file"),
    None,
    "The key of a blinded hash list (see `scrapy blind`).",
    "Set it with a blinded list.",
)
WEBHOOK = Setting(
    "IMGPRINT_WEBHOOK",
    _LISTS,
    HttpUrl("`http` or `https` URL"),
    None,
    "Gets a POST of JSON for each image on the hash list, wherever its host is. Pages "
    "may not lead there because of it. The crawl goes on if the POST fails.",
    "Set it if somebody has to know at once.",
)
SIGHTINGS = Setting(
    "IMGPRINT_SIGHTINGS",
    _OUTPUT,
    Text("a path or URL as in FEEDS, with the same placeholders"),
    None,
    "The feed of sightings, in JSON Lines: where each image was seen, and why one has "
    "no record.",
    "Set it to keep sightings elsewhere; empty for none.",
    "none; `data/sightings/%(name)s-%(time)s.jsonl` in imgprint's own project",
)
SPOOL = Setting(
    "IMGPRINT_SPOOL",
    _OUTPUT,
    Path("the path of a folder"),
    "data/spool",
    "Feeds to S3 are written here first, and stay if they can't be uploaded. The next "
    "crawl with a feed to S3 uploads them, and so does `scrapy spool`.",
    "Set it if the disk of `data/` is too small.",
)
PRIVACY = Setting(
    "IMGPRINT_PRIVACY",
    _OUTPUT,
    SwitchOrPath("`1`, `0` or the path of a key file"),
    False,
    "Rounds positions and replaces names and serial numbers by hashes, before anything "
    "is stored. A key file holds 16 bytes or more, and the same key gives the same "
    "hashes in every crawl. `1` makes a key for this crawl and forgets it. URLs, dates "
    "and fingerprints of the file stay.",
    "Set it for data that you share.",
)
EVIDENCE = Setting(
    "IMGPRINT_EVIDENCE",
    _OUTPUT,
    Switch(),
    False,
    "`1` writes `data/evidence/SPIDER-TIME.jsonl`: for every exchange the time (UTC), "
    "the header fields and the number of bytes received, for every record its SHA-256. "
    "`scrapy verify` checks it. Cookies and credentials are left out.",
    "`1` if you have to prove later what a server answered.",
)
PROGRESS = Setting(
    "IMGPRINT_PROGRESS",
    _OUTPUT,
    Switch(),
    False,
    "`1` shows pages, images, bytes, rate and current sites while the crawl runs: as a "
    "panel on a terminal, else as a log line every `LOGSTATS_INTERVAL` seconds.",
    "`0` for a log without them.",
    "0; 1 in imgprint's own project",
)
MAX_SIGHTING_BYTES_PER_PAGE = Setting(
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_PAGE",
    _OUTPUT,
    WholeNumber(1, "bytes"),
    2_000_000,
    "Bounds the sightings of one page. They may have so many bytes and ten times those "
    "of the page, but at most 16 times this number. Sightings of images that a later "
    "run is to try are always written.",
    "Raise it if the stat `imgprint/sighting/dropped` counts sightings that you need.",
)
MAX_SIGHTING_BYTES_PER_SITE = Setting(
    "IMGPRINT_MAX_SIGHTING_BYTES_PER_SITE",
    _OUTPUT,
    WholeNumber(1, "bytes"),
    1_000_000_000,
    "Bounds the sightings of all pages of a site in one run.",
    "Lower it if your disk is small.",
)
QUEUE = Setting(
    "IMGPRINT_QUEUE",
    _QUEUE,
    Database(),
    None,
    "The database of the queue that `scrapy enqueue` fills and `scrapy worker` crawls.",
    "Set it in the environment, where other users don't see a password.",
    "what libpq's variables `PGHOST`, `PGUSER`, `PGPASSWORD` and `PGDATABASE` say",
)
QUEUE_BUCKETS = Setting(
    "IMGPRINT_QUEUE_BUCKETS",
    _QUEUE,
    WholeNumber(1, "buckets"),
    64,
    "Sites are put into so many buckets. So many crawls can run at a time on all "
    "machines together, and a long list starts at least so many. It has to be the same "
    "for all that use a queue.",
    "Raise it if you have more CPU cores than that.",
)
QUEUE_TIMEOUT = Setting(
    "IMGPRINT_QUEUE_TIMEOUT",
    _QUEUE,
    Seconds(6),
    60.0,
    "A worker without a sign of life for so long counts as dead, and its shards go to "
    "others. Its own crawls end after half of that time, before anybody else begins. "
    "It has to be the same for all workers.",
    "Raise it if the network to the database is often away for longer.",
)
REQUESTS_IN_MEMORY = Setting(
    "IMGPRINT_REQUESTS_IN_MEMORY",
    _RESOURCES,
    WholeNumber(0, "requests"),
    10_000,
    "More requests than that wait in a temporary file, unless they hold more than "
    "plain values. All of them wait in memory if the file can't be written.",
    "Lower it on a small machine.",
)
GC_THRESHOLD = Setting(
    "IMGPRINT_GC_THRESHOLD",
    _RESOURCES,
    WholeNumber(0, "objects"),
    50_000,
    "Python looks for cyclic garbage after so many new objects. `0` leaves the process "
    "as it is.",
    "`0` if your project tunes the garbage collector itself.",
)
LEAN = Setting(
    "IMGPRINT_LEAN",
    _RESOURCES,
    Switch(),
    True,
    "`0` leaves signals, downloader, order of pages, stats and item processor as "
    "Scrapy has them, which takes more CPU time.",
    "`0` if your project replaces one of them.",
)

SETTINGS: dict[str, Setting[Any]] = {
    value.name: value for value in list(vars().values()) if isinstance(value, Setting)
}
