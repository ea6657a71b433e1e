"""Scrapy's own pipelines for files and images, and EXIF of what they stored.

    python pipelines.py files|images PAGES.txt ITEMS.jsonl

Scrapy's default settings, but for LOG_LEVEL, which is imgprint's.
"""

import sys
from pathlib import Path

import scrapy
from PIL import Image
from PIL.ExifTags import IFD, TAGS
from scrapy.crawler import CrawlerProcess

KINDS = {
    "files": ("scrapy.pipelines.files.FilesPipeline", "file_urls"),
    "images": ("scrapy.pipelines.images.ImagesPipeline", "image_urls"),
}


class ExifPipeline:
    """Read the EXIF of each file that an item has."""

    def process_item(self, item):
        for file in item.get("files") or item.get("images") or ():
            with Image.open(Path("stored", file["path"])) as image:
                found = image.getexif()
            tags = dict(found) | found.get_ifd(IFD.Exif)
            file["exif"] = {str(TAGS.get(t, t)): str(v) for t, v in tags.items()}
        return item


class PagesSpider(scrapy.Spider):
    name = "pages"
    field = "file_urls"
    pages = ()

    async def start(self):
        for url in self.pages:
            yield scrapy.Request(url)

    def parse(self, response):
        sources = response.css("img::attr(src)").getall()
        yield {self.field: [response.urljoin(source) for source in sources]}


def main(kind, pages, items):
    pipeline, field = KINDS[kind]
    settings = {
        "ITEM_PIPELINES": {pipeline: 1, ExifPipeline: 2},
        "FILES_STORE": "stored",
        "IMAGES_STORE": "stored",
        "FEEDS": {items: {"format": "jsonl"}},
        "LOG_LEVEL": "INFO",
        "TELNETCONSOLE_ENABLED": False,
    }
    process = CrawlerProcess(settings)
    urls = Path(pages).read_text().split()
    process.crawl(PagesSpider, pages=urls, field=field)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
