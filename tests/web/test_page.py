"""The page in a real browser: a person makes covers, looks at one, takes it along."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image

from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.api import create_app
from duck_and_cover.web.settings import Settings
from tests.web.tiny import Writer, tiny_generator

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
expect = sync_api.expect


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A tab, with all that it asks for and complains of."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.address = address
        self.context = browser.new_context(accept_downloads=True, **context)
        self.tab = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self) -> Any:
        """The page, ready to be used."""
        self.tab.goto(self.address)
        expect(self.tab.get_by_role("slider", name="Year")).to_be_visible()
        self.tab.wait_for_load_state("networkidle")
        return self.tab

    def check(self) -> None:
        """Nothing outside was asked, and nothing complained of."""
        own = (self.address, "data:", "blob:")
        assert [url for url in self.asked if not url.startswith(own)] == []
        assert self.complaints == []


Opened = Callable[..., Watched]


@pytest.fixture
def studio(generator: CoverGenerator) -> FastAPI:
    return create_app({"tiny": generator}, Settings(), Writer())


@pytest.fixture
def opened(
    browser: Any, studio: FastAPI, running: Callable[[FastAPI], str]
) -> Iterator[Callable[..., Watched]]:
    """Opens the page in a tab of its own; what was not allowed to happen is checked afterwards."""
    tabs: list[Watched] = []
    address = running(studio)

    def open_tab(**context: Any) -> Watched:
        tabs.append(Watched(browser, address, **{"viewport": DESKTOP, **context}))
        return tabs[-1]

    yield open_tab
    for tab in tabs:
        tab.context.close()
    for tab in tabs:
        tab.check()


def make(page: Any, count: int = 4) -> None:
    """Ask for covers and wait for them."""
    page.get_by_role("radio", name=str(count), exact=True).check()
    page.get_by_role("button", name="Make covers").click()
    expect(page.locator("#gallery img")).to_have_count(count)
    expect(page.locator("#status")).to_contain_text("Choose one")


def width(page: Any, selector: str) -> int:
    """Of a picture's file."""
    return int(page.locator(selector).first.evaluate("image => image.naturalWidth"))


def test_from_words_to_a_cover_with_its_tracks(opened: Opened) -> None:
    page = opened().open()
    page.get_by_label("Title", exact=True).fill("Blau")
    page.get_by_label("Artist", exact=True).fill("Ana & the 'Others'")
    genre = page.get_by_role("combobox", name="Genres")
    genre.fill("ja")
    expect(page.get_by_role("option")).to_have_text(["jazz", "acid jazz"])
    genre.press("Enter")
    genre.fill("amb")
    genre.press("ArrowDown")
    genre.press("Enter")
    page.get_by_role("button", name="jazz, weight 1; change the weight").click()
    page.get_by_role("slider", name="Year").fill("1959")
    make(page)
    assert width(page, "#gallery img") == 420
    page.get_by_role("button", name="Cover 2: jazz ×2, ambient · 1959, seed 2").click()
    sheet = page.get_by_role("dialog", name="Blau")
    expect(sheet.get_by_text("Ana & the 'Others'", exact=True)).to_be_visible()
    tracks = sheet.get_by_role("region", name="Tracks").get_by_role("listitem")
    expect(tracks).to_have_count(9)
    expect(tracks.first).to_have_text("jazz+ambient no. 1 of 2")
    expect(page.locator("#large")).to_have_js_property("naturalWidth", 1000)
    expect(sheet.locator("#command")).to_have_text(
        "duck-and-cover generate tiny --genre jazz=2 --genre ambient=1 --year 1959"
        " --artist 'Ana & the '\"'\"'Others'\"'\"'' --album Blau --seed 2 --n 1"
        " --typeset --size 3000"
    )
    before = tracks.first.inner_text()
    sheet.get_by_role("button", name="Other titles").click()
    expect(tracks.first).not_to_have_text(before)


def test_covers_can_be_taken_along(opened: Opened, tmp_path: Path) -> None:
    page = opened().open()
    make(page, 1)
    page.get_by_role("button", name="Cover 1").click()
    for size, kind, ending in ((300, "PNG", "png"), (3000, "JPEG", "jpg")):
        page.get_by_role("radio", name=kind).check()
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(rf"Download {size}\spx")).click()
        assert download.value.suggested_filename == f"any-1985-0001-{size}.{ending}"
        download.value.save_as(tmp_path / "cover")
        with Image.open(tmp_path / "cover") as picture:
            assert (picture.size, picture.format) == ((size, size), kind)


def test_variations_and_walks(opened: Opened) -> None:
    page = opened(reduced_motion="reduce").open()
    make(page)
    page.get_by_role("button", name="Cover 1").click()
    page.get_by_role("button", name="Draw eight").click()
    expect(page.locator("#near img")).to_have_count(8)
    page.get_by_role("button", name="Walk to cover 3").click()
    way = page.get_by_role("slider", name="Place on the walk")
    expect(way).to_be_visible()
    first = page.locator("#frame").get_attribute("src")
    way.fill("23")
    assert page.locator("#frame").get_attribute("src") != first
    page.get_by_role("button", name="Variation 3").click()
    expect(page.locator("#place")).to_have_text("Cover 1 of 4, variation 3")
    expect(page.locator("#command")).to_contain_text("duck-and-cover variations tiny")
    expect(page.locator("#large")).to_have_js_property("naturalWidth", 1000)


def test_the_keyboard_is_enough(opened: Opened) -> None:
    page = opened().open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the covers")).to_be_focused()
    page.get_by_label("Title", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#gallery img")).to_have_count(8)
    page.get_by_role("button", name="Cover 8").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#place")).to_have_text("Cover 8 of 8")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#place")).to_have_text("Cover 1 of 8")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#place")).to_have_text("Cover 8 of 8")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Cover 8")).to_be_focused()
    genre = page.get_by_role("combobox", name="Genres")
    genre.focus()
    page.keyboard.press("ArrowDown")
    expect(genre).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(genre).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("techno")
    expect(page.get_by_text("This model knows no such genre")).to_be_visible()


def test_every_control_has_a_name(opened: Opened) -> None:
    page = opened().open()
    make(page, 1)
    page.get_by_role("button", name="Cover 1").click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select")]
        .filter((e) => !(e.labels?.length || e.ariaLabel || e.textContent.trim()
          || e.querySelector("img[alt]")))
        .map((e) => e.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_in_either_tone(
    opened: Opened, viewport: dict[str, int], scheme: str
) -> None:
    page = opened(viewport=viewport, color_scheme=scheme).open()
    red = page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1]
    assert (int(red.split(",")[0]) > 128) is (scheme == "light")
    make(page)
    page.get_by_role("button", name="Cover 1").click()
    for selector in ("document.scrollingElement", "document.getElementById('sheet')"):
        spare = page.evaluate(f"{selector}.clientWidth - {selector}.scrollWidth")
        assert spare >= 0, selector
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    other = page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1]
    assert (int(other.split(",")[0]) > 128) is (scheme == "dark")


def test_what_the_server_refuses_is_shown(opened: Opened, studio: FastAPI) -> None:
    tab = opened()
    page = tab.open()
    studio.state.studio.stop()
    page.get_by_role("button", name="Make covers").click()
    expect(page.get_by_role("alert")).to_have_text(
        "the server is stopping; ask another one, or later"
    )
    # The browser itself reports every answer that is not good.
    assert all("503" in complaint for complaint in tab.complaints)
    tab.complaints.clear()


def test_a_token_is_asked_for(browser: Any, running: Callable[[FastAPI], str]) -> None:
    app = create_app({"tiny": tiny_generator()}, Settings(token="open sesame"), Writer())
    tab = Watched(browser, running(app), viewport=DESKTOP)
    tab.tab.goto(tab.address)
    tab.tab.get_by_label("Token").fill("open sesame")
    tab.tab.get_by_role("button", name="Enter").click()
    expect(tab.tab.get_by_role("slider", name="Year")).to_be_visible()
    assert tab.tab.url == f"{tab.address}/"
    make(tab.tab, 1)
    tab.context.close()
