"""The report in a real browser: what is there, what it does, what it never does."""

import csv
import json
import os
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from imgprint.report.report_page import LEFT_OUT
from tests.support import report_feeds as feeds
from tests.support.crawling import scrapy
from tests.support.servers.process import require

SECTIONS = {
    "overview": "What was found",
    "sites": "Sites and the images they share",
    "places": "Places",
    "dates": "When pictures were taken",
    "cameras": "Cameras and serial numbers",
    "software": "Software and encoders",
    "formats": "Formats and sizes",
    "skipped": "What was skipped, and why",
    "records": "Records",
}
MANY = 50_000
DARK = {"color_scheme": "dark"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


@pytest.fixture(scope="module")
def browser():
    chromium = require("chromium", "chromium")
    # Chromium refuses its sandbox to root; the pages are our own.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def gallery(folder):
    assert scrapy("demo", cwd=folder).returncode == 0
    feeds = [f"data/demo/{name}.jsonl" for name in ("records", "sightings")]
    return report(folder, "gallery.html", *feeds)


@pytest.fixture(scope="module")
def many(folder):
    records = (feeds.record(n) for n in range(MANY))
    path = feeds.write(folder / "many.jsonl", records)
    seen = (feeds.sighting(n) for n in range(500))
    others = feeds.write(folder / "sightings.jsonl", seen)
    return report(folder, "many.html", path, others)


@pytest.fixture(scope="module")
def hostile(folder):
    path = feeds.write(folder / "hostile.jsonl", feeds.hostile_feed())
    return report(folder, "hostile.html", path)


@pytest.fixture(scope="module")
def copies(folder):
    """One picture on four sites: two files, one without its metadata, one address."""
    same = {"data_sha256": f"d1:{feeds.digest(5)}"}
    items = [
        feeds.record(
            n,
            url=f"https://{site}.example/{name}.jpg",
            site=f"{site}.example",
            camera={"make": "Canon", "model": "R6", "owner": "=HYPERLINK(1)"},
            fingerprints={"file_key": f"f1:{feeds.digest(n, 32)}", **prints},
        )
        for n, (site, name, prints) in enumerate(
            [
                ("one", "a", same),
                ("two", "b", same),
                ("three", "c", same),
                ("x", "d", {}),
            ]
        )
    ]
    url = items[0]["url"]
    items.append(feeds.sighting(1, image_url=url, site="page.example", error=None))
    return report(folder, "copies.html", feeds.write(folder / "copies.jsonl", items))


def report(folder, name, *feeds):
    done = scrapy("report", *feeds, "-o", name, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder / name


class Tab:
    """A report that is open; *trouble* is all that it must not do."""

    def __init__(self, browser, path, **options):
        self.trouble = []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        add = self.trouble.append
        self.page.on("console", lambda m: add(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: add(f"error: {e}"))
        self.page.on("dialog", lambda d: (add(f"dialog: {d.message}"), d.dismiss()))
        self.page.on(
            "request",
            lambda r: r.url in (path.as_uri(), "data:,") or add(f"request: {r.url}"),
        )
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready=all][data-drawn]", timeout=60_000)

    def shown(self):
        return self.page.locator("#shown").inner_text()

    def open_all(self):
        """Look at everything that a click shows."""
        while more := self.page.query_selector("button.more"):
            more.click()
        for summary in self.page.query_selector_all("summary"):
            summary.click()
        for button in self.page.query_selector_all(".records .url")[:5]:
            button.click()
        self.page.wait_for_function("document.querySelector('.record dl')")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.mark.parametrize("name", ["gallery", "many", "hostile"])
def test_every_section_is_there(name, browser, request):
    with Tab(browser, request.getfixturevalue(name)) as tab:
        for id, title in SECTIONS.items():
            section = tab.page.get_by_role("region", name=title, exact=True)
            assert section.get_attribute("id") == id
            assert len(section.inner_text()) > len(title) + 10
            link = tab.page.locator(f"nav a[href='#{id}']")
            assert link.count() == 1
        tab.open_all()
        assert tab.trouble == []


def test_it_says_what_the_gallery_holds(gallery, browser):
    with Tab(browser, gallery) as tab:
        cards = tab.page.locator(".card").all_inner_texts()
        assert cards[0].split("\n")[0] == "21"
        assert "images on several sites" in cards[5]
        assert cards[5].startswith("3")
        expect(tab.page.locator(".map circle")).to_have_count(6)
        expect(tab.page.locator(".graph circle")).to_have_count(2)
        expect(tab.page.locator("#timeline svg rect").first).to_be_attached()
        assert tab.page.locator("#timeline svg rect").count() >= 4
        assert "HTTP 404" in tab.page.locator("#skipped").inner_text()
        cameras = tab.page.locator("#cameras").inner_text()
        for words in ("Canon EOS R6", "018021004711", "A. Example"):
            assert words in cameras
        assert "GIMP 2.10.36" in tab.page.locator("#software").inner_text()


def test_filter_sort_and_details(gallery, browser):
    with Tab(browser, gallery) as tab:
        page = tab.page
        assert tab.shown() == "21 of 21 records, page 1 of 1"
        page.locator("#filter").fill("canon eos")
        expect(page.locator("#shown")).to_have_text("4 of 21 records, page 1 of 1")
        page.locator("#filter").fill("")
        page.get_by_role("combobox", name="Format").select_option("png")
        expect(page.locator("#shown")).to_have_text("2 of 21 records, page 1 of 1")
        page.get_by_role("combobox", name="Format").select_option("")
        page.get_by_role("combobox", name="With").select_option("position")
        expect(page.locator("#shown")).to_have_text("10 of 21 records, page 1 of 1")
        page.get_by_role("combobox", name="With").select_option("")
        page.locator("#camera-rank button").filter(has_text="iPhone 13").click()
        expect(page.locator("#shown")).to_have_text("4 of 21 records, page 1 of 1")
        page.get_by_role("button", name="Remove the filter camera").click()
        for way in ("ascending", "descending"):
            page.locator(".records thead button").filter(has_text="size").click()
            cell = page.locator(".records thead th[data-column=size]")
            assert cell.get_attribute("aria-sort") == way
        largest = page.locator(".records tbody tr").first
        assert "MB" in largest.inner_text()
        largest.locator(".url").click()
        expect(page.locator(".record")).to_contain_text("Where it comes from")
        expect(page.locator(".record")).to_contain_text("multipart")
        assert tab.trouble == []


def test_fifty_thousand_records(many, browser):
    with Tab(browser, many) as tab:
        page = tab.page
        assert tab.shown() == "50,000 of 50,000 records, page 1 of 1,000"
        assert page.locator(".records tbody tr").count() == 50
        assert page.locator("*").count() < 12_000, "not all is in the page"
        page.locator("#filter").fill("SN000007 site7.")
        expect(page.locator("#shown")).to_contain_text("of 50,000 records")
        expect(page.locator("#shown")).not_to_have_text(
            "50,000 of 50,000 records, page 1 of 1,000"
        )
        assert "000007.jpg" in page.locator(".records tbody").inner_text()
        page.locator("#filter").fill("")
        expect(page.locator("#shown")).to_contain_text("50,000 of 50,000")
        page.get_by_role("button", name="Next").click()
        assert tab.shown() == "50,000 of 50,000 records, page 2 of 1,000"
        page.locator("#filter").fill("/photos/049999.jpg")
        expect(page.locator("#shown")).to_have_text("1 of 50,000 records, page 1 of 1")
        page.locator(".records .url").click()
        # The record itself is in another part of the file than the table.
        expect(page.locator(".record")).to_contain_text(feeds.digest(49_999))
        assert tab.trouble == []


def test_there_is_something_to_see_before_the_records_are_read(many, browser, folder):
    """benchmarks/report.py measures how soon; here, what it does not wait for."""
    text = many.read_text(encoding="utf-8")
    assert text.index("drawCards();") < text.index('class="rows"') < 1_200_000
    cut = folder / "cut.html"
    cut.write_text(text[: text.index('<script type="text/plain" class="rows"')])
    with Tab(browser, cut) as tab:
        assert tab.page.locator(".card .value").first.inner_text() == "50,000"
        expect(tab.page.locator(".map circle").first).to_be_attached()
        assert tab.trouble == []


def test_what_is_hostile_appears_as_text(hostile, browser):
    with Tab(browser, hostile) as tab:
        page = tab.page
        tab.open_all()
        for button in page.query_selector_all("#map .buttons button"):
            button.click()
        page.locator("#filter").fill("window.hacked")
        expect(page.locator("#shown")).to_have_text("1 of 2 records, page 1 of 1")
        page.locator(".records .url").first.click()
        expect(page.locator(".record")).to_contain_text("Where it comes from")
        text = page.locator("body").text_content()
        record = feeds.hostile_record(typed=True)
        sighting = feeds.hostile_sighting(typed=True)
        kept = {name: v for name, v in record.items() if name not in LEFT_OUT}
        names = {*feeds.paths(kept), *feeds.paths(sighting)}
        assert {"gps.timestamp", "alt", "exif.name", "robots.1"} < names
        assert len(names) > 90
        assert [name for name in names if f"]]>{name}" not in text] == []
        assert "<img src=http://203.0.113.1/x.png onerror" in text
        assert "\u202e" not in text, "shown by number: it turns the text after it"
        assert r"\u202e?" in text
        assert page.evaluate("window.hacked") is None
        assert page.locator("img, iframe, object, embed, form, base").count() == 0
        assert page.locator("a[href]:not([href^='#'])").count() == 0
        assert tab.trouble == []


@pytest.mark.parametrize(
    ("name", "options"),
    [("gallery", {}), ("gallery", DARK), ("hostile", PHONE), ("many", {})],
    ids=["light", "dark", "phone", "many"],
)
def test_no_serious_fault_of_access(name, options, browser, request):
    with Tab(browser, request.getfixturevalue(name), **options) as tab:
        tab.open_all()
        # axe can't load over a policy that allows nothing, but runs in the page.
        found = Axe().run(tab.page).response["violations"]
        faults = [
            (fault["id"], fault["impact"], fault["nodes"][0]["html"][:200])
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
        assert faults == []
        width = tab.page.evaluate("document.documentElement.scrollWidth")
        assert width <= tab.page.viewport_size["width"], "nothing is cut off"


def test_filters_add_up_and_stand_in_the_address(gallery, browser):
    with Tab(browser, gallery) as tab:
        page = tab.page
        page.locator("#site-rank button").first.click()
        expect(page.locator("#shown")).to_contain_text("17 of 21 records")
        page.locator("#camera-rank button").first.click()
        expect(page.locator(".chip")).to_have_count(2)
        site, both = page.url, int(page.locator("#shown").inner_text().split()[0])
        assert 0 < both < 17
        counted = page.locator("#site-rank td.number").all_inner_texts()
        assert counted == [str(both)], "the rankings follow the filter"
        assert "site=" in site
        assert "camera=" in site
        shown = tab.shown()
        page.reload()
        page.wait_for_selector("html[data-ready=all][data-drawn]")
        expect(page.locator("#shown")).to_have_text(shown)
        expect(page.locator(".chip")).to_have_count(2)
        page.get_by_role("button", name="Remove the filter camera").click()
        expect(page.locator("#shown")).to_contain_text("17 of 21 records")
        expect(page.locator(".chip")).to_be_focused()


def test_a_strangers_address_is_text_and_only_known_columns(gallery, browser):
    with Tab(browser, gallery) as tab:
        tab.page.evaluate("location.hash = '#x=1&site=<b>&constructor=2&with=toString'")
        expect(tab.page.locator("#shown")).to_contain_text("0 of 21 records")
        chips = tab.page.locator(".chip").all_inner_texts()
        assert [chip[:9] for chip in chips] == ["site: <b>"]
        assert tab.trouble == []


def test_the_graph_shows_the_neighbours_of_a_chosen_site(many, browser):
    with Tab(browser, many) as tab:
        page = tab.page
        choice = page.get_by_role("combobox", name="Neighbours of")
        first = choice.input_value()
        names = page.locator(".graph text")
        assert 0 < names.count() <= 20
        tops = [box["y"] for box in (n.bounding_box() for n in names.all())]
        gaps = [b - a for a, b in pairwise(tops)]
        assert all(gap > 14 for gap in gaps), "no name overlaps another"
        page.locator(".graph g circle").first.click()
        expect(choice).not_to_have_value(first)
        assert tab.trouble == []


def test_all_copies_of_a_shared_image_are_seen_together(copies, browser):
    with Tab(browser, copies) as tab:
        page = tab.page
        pairs = page.get_by_role("table", name="Pairs of sites").inner_text()
        assert "same picture data 1" in pairs
        grades = page.get_by_role("table", name="Evidence by which sites share")
        expect(grades).to_contain_text("strong")
        expect(grades).to_contain_text("measured")
        page.get_by_role("table", name="Images on several sites").get_by_role(
            "button"
        ).first.click()
        expect(page.locator("#shown")).to_contain_text("3 of 4 records")
        page.locator(".records .url").first.click()
        detail = page.locator(".record")
        expect(detail).to_contain_text("The same image on several sites")
        for site in ("one.example", "two.example", "three.example", "page.example"):
            expect(detail).to_contain_text(site)
        expect(detail).to_contain_text("shows the same address")
        assert tab.trouble == []


def test_the_shown_records_are_saved_without_a_request(copies, browser):
    with Tab(browser, copies) as tab:
        page = tab.page
        page.locator("#filter").fill("three.example")
        expect(page.locator("#shown")).to_contain_text("1 of 4 records")
        saved = {}
        for kind in ("CSV", "JSON"):
            with page.expect_download() as download:
                name = f"Save the shown records as {kind}"
                page.get_by_role("button", name=name).click()
            saved[kind] = Path(download.value.path()).read_text(encoding="utf-8")
        [line] = csv.DictReader(saved["CSV"].splitlines())
        assert line["url"] == "https://three.example/c.jpg"
        assert line["owner"] == "'=HYPERLINK(1)", "not a formula to a spreadsheet"
        [item] = json.loads(saved["JSON"])
        assert item["camera"]["owner"] == "=HYPERLINK(1)"
        assert [t for t in tab.trouble if "blob:" not in t] == []


def test_the_first_screen_has_title_answer_question_and_list(folder, browser):
    where = folder / "crawl"
    where.mkdir()
    feeds.write(where / "records.jsonl", [feeds.record(1)])
    asked = {"urls": "sites.txt", "arguments": {"depth": "1"}, "odd": "<b>x</b>"}
    (where / "crawl.json").write_text(json.dumps(asked))
    (where / "seeds.csv").write_text("line,as written,outcome\n1,a.example,no images\n")
    title = ("--title", "Harbour <i>case</i>")
    with Tab(browser, report(where, "first.html", "records.jsonl", *title)) as tab:
        role = tab.page.get_by_role
        expect(role("heading", name="Harbour <i>case</i>")).to_have_count(1)
        overview = tab.page.locator("#overview")
        for words in ("1 image was identified on 1 site", "sites.txt", "<b>x</b>"):
            expect(overview).to_contain_text(words)
        table = role("table", name="What became of your list")
        expect(table).to_contain_text("a.example")
        assert tab.trouble == []


def test_print_is_light_and_has_no_controls(gallery, browser):
    with Tab(browser, gallery, **DARK) as tab:
        page = tab.page
        page.emulate_media(media="print")
        style = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(style) == "rgb(255, 255, 255)"
        for gone in (".tools[role=search]", ".export", "#next", "header"):
            expect(page.locator(gone)).to_be_hidden()


def test_a_screen_reader_has_a_name_for_everything(gallery, browser):
    with Tab(browser, gallery) as tab:
        role = tab.page.get_by_role
        for kind, name in (
            ("navigation", "Sections"),
            ("searchbox", "Filter by words in address"),
            ("combobox", "Format"),
            ("combobox", "With"),
            ("button", "Zoom in"),
            ("button", "Fit the map to the places"),
            ("table", "Records"),
            ("table", "Serial numbers"),
            ("img", "World map with 6 places; listed below"),
            ("img", "Sites that share images: 2; listed below"),
            ("img", "Images by month taken, 2022 to 2024"),
            ("img", "File sizes: to 50 kB 0"),
        ):
            expect(role(kind, name=name)).to_have_count(1)
        expect(role("status")).to_have_text("21 of 21 records, page 1 of 1")


def test_everything_by_keyboard(gallery, browser):
    with Tab(browser, gallery) as tab:
        press, page = tab.page.keyboard.press, tab.page
        focused = "document.activeElement.textContent"
        press("Tab")
        assert page.evaluate(focused) == "Skip to the report"
        press("Enter")
        expect(page.locator("#overview")).to_be_focused()
        press("Tab")
        assert page.evaluate(focused) == "127.0.0.1", "the first site"
        press("Enter")
        expect(page.locator("#shown")).to_contain_text("17 of 21 records")
        expect(page.locator(".chip")).to_be_focused()
        press("Space")
        expect(page.locator("#shown")).to_contain_text("21 of 21 records")
        page.keyboard.type("summit")  # the filter has the focus now
        found = "1 of 21 records, page 1 of 1"
        expect(page.locator("#shown")).to_have_text(found)
        size = page.locator(".records thead th[data-column=size]")
        size.locator("button").focus()
        press("Enter")
        assert size.get_attribute("aria-sort") == "ascending"
        page.locator(".records .url").first.focus()
        press("Enter")
        expect(page.locator(".record")).to_contain_text("Where it comes from")
        press("Enter")
        expect(page.locator(".record")).to_be_hidden()
        assert tab.trouble == []


def test_bad_input(folder):
    (folder / "bad.jsonl").write_text(json.dumps({"some": "thing"}) + "\n")
    good = feeds.write(folder / "good.jsonl", [feeds.record(1)])
    for arguments, words in (
        ([], "nothing to report: give feeds"),
        (["none.jsonl"], "can't be read: No such file or directory"),
        (["bad.jsonl"], "not a record"),
        ([good, "-o", "no/such/report.html"], "can't be written: No such file"),
    ):
        done = scrapy("report", *arguments, cwd=folder)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stderr.startswith("imgprint: ")
        assert done.stderr.count("\n") == 1
