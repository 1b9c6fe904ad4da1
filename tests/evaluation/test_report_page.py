"""The page is one whole, safe file with everything in it; a browser finds nothing wrong with it."""

from __future__ import annotations

import dataclasses
import html
import html.parser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from duck_and_cover.evaluation.report.contents import Flag, Report
from duck_and_cover.evaluation.report.page import write_report
from tests.evaluation.made_up import GENRES, made_up_report, make_pictures

HOSTILE = """<script>alert("1")</script> & $x$ 'onload="x" 日本 url(#a) id="b"""
VOID = {"meta", "link", "img", "br", "input", "hr"}
ADDRESSES = ("src", "href", "xlink:href", "action", "data", "poster", "srcset")


class Page(html.parser.HTMLParser):
    """Tags in balance, and what the attributes and the text hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [attrs[name] for _, attrs in self.seen if name in attrs]

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def report() -> Report:
    return made_up_report(("progan-64", HOSTILE))


@pytest.fixture(scope="module")
def folder(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    make_pictures(report, folder)
    assert write_report(report, folder) == folder / "index.html"
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_everything_is_on_the_page(page: Page, report: Report) -> None:
    for figure in report.models[0].figures:
        assert f" {figure.name} " in page.text, figure.name
    for told in (
        *GENRES,
        report.command,
        "0.0121 ± 0.0009",
        "64.1\u202f%",
        "8d9c0f1e55aa",
        "2.11.0",
    ):
        assert told in page.text, told
    for flag in report.models[1].flags:
        assert flag.text in page.text
    assert "Not a measure of quality" in page.text
    assert HOSTILE in page.text  # as a name, not as what it would like to be


def test_every_plot_is_on_the_page_and_beside_it(page: Page, folder: Path) -> None:
    names = {path.stem for path in (folder / "plots").iterdir()}
    assert names == {
        "curve-1", "curve-2", "precision-recall",
        *(f"model-{i}-{what}" for i in (1, 2)
          for what in ("genres", "confusion", "confusion-real", "years")),
    }  # fmt: skip
    assert names <= set(page.values("id"))
    assert sum(tag == "svg" for tag, _ in page.seen) == len(names)
    for path in (folder / "plots").iterdir():
        with Image.open(path) as picture:
            assert picture.format == "PNG" and picture.width == 700


def test_nothing_comes_from_outside(page: Page, folder: Path) -> None:
    for name in ADDRESSES:
        for value in page.values(name):
            assert value.startswith(("data:", "#")), value[:80]
    text = (folder / "index.html").read_text(encoding="utf-8")
    styles = re.findall(r"<style>.*?</style>", text, re.DOTALL)
    assert styles and not any("url(" in style or "@import" in style for style in styles)
    assert "default-src 'none'" in next(
        attrs["content"] for _, attrs in page.seen if attrs.get("http-equiv")
    )


def test_names_cannot_write_tags(page: Page) -> None:
    assert sum(tag == "script" for tag, _ in page.seen) == 1
    assert not [attrs for _, attrs in page.seen if any(name.startswith("on") for name in attrs)]


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    links = [value[1:] for value in page.values("href") if value.startswith("#")]
    clips = [value[5:-1] for value in page.values("clip-path")]
    assert len(links) > 20 and clips
    assert {*links, *clips} <= set(ids)


def test_pictures_have_words_and_tables_have_heads(page: Page) -> None:
    pictures = [attrs for tag, attrs in page.seen if tag == "img"]
    assert len(pictures) == 4  # two sheets, two pictures of nearest covers
    assert all(
        len(attrs["alt"]) > 20 and attrs["src"].startswith("data:image/png") for attrs in pictures
    )
    described = [attrs["aria-label"] for _, attrs in page.seen if attrs.get("role") == "img"]
    assert len(described) > 20 and all(described)
    tables = sum(tag == "table" for tag, _ in page.seen)
    assert tables == sum(tag == "caption" for tag, _ in page.seen) == 6


def test_plots_take_their_colours_from_the_page(page: Page, folder: Path) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    used = set(re.findall(r"var\(--([\w-]+)\)", drawings))
    assert {"ink", "muted", "real", "series-0", "series-1"} <= used
    assert all(f"--{role}:" in text for role in used)
    assert not re.findall(r"(?:fill|stroke): #", drawings)


def luminance(colour: str) -> float:
    """Relative, of #rrggbb (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_can_be_read_by_day_and_by_night(folder: Path) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    day = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text.split("@media", 1)[0]))
    night_rules = text.split("prefers-color-scheme: dark", 1)[1].split("}", 1)[0]
    night = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", night_rules))
    for colours in (day, night):
        for ground in ("paper", "wash", "warn-paper"):
            for role in ("ink", "muted", "link", "warn"):
                pair = sorted((luminance(colours[role]), luminance(colours[ground])))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (role, ground)
    assert {name for name in day if name.startswith("series")} <= set(night)


def test_a_small_report_has_no_empty_sections(report: Report, tmp_path: Path) -> None:
    model = dataclasses.replace(
        report.models[0],
        kind="pictures", kimg=None, genres=[], confusion=None, years=None, pr_curve=None,
        memorisation=[], conditioning=None, discriminator=None, curves=[],
        flags=[Flag("few-covers", "Only 12 covers.")], pictures={"samples": "gone.png"},
    )  # fmt: skip
    small = dataclasses.replace(report, models=[model], settings={})
    page = Page(write_report(small, tmp_path).read_text(encoding="utf-8"))
    headings = [attrs["id"] for tag, attrs in page.seen if tag == "section"]
    assert headings == ["figures", "made"]
    assert "folder of pictures" in page.text and "Only 12 covers." in page.text
    assert not list((tmp_path / "plots").iterdir())


def test_pictures_outside_the_folder_stay_outside(report: Report, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "private.png")
    model = dataclasses.replace(
        report.models[0],
        genres=[], confusion=None, years=None, pr_curve=None, curves=[],
        pictures={"samples": "../private.png", "nearest": str(tmp_path / "private.png")},
    )  # fmt: skip
    path = write_report(dataclasses.replace(report, models=[model]), tmp_path / "out")
    assert "data:image" not in path.read_text(encoding="utf-8")


def test_a_second_report_takes_the_place_of_the_first(report: Report, tmp_path: Path) -> None:
    model = dataclasses.replace(
        report.models[0], genres=[], confusion=None, years=None, pr_curve=None, curves=[]
    )
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    for name in ("first", "second"):
        write_report(
            dataclasses.replace(report, models=[dataclasses.replace(model, name=name)]), tmp_path
        )
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<h1>second</h1>" in text and "first</h1>" not in text
    assert Report.read(tmp_path).models[0].name == "second"
    assert {path.name for path in tmp_path.iterdir()} == {
        "index.html", "report.json", "plots", "mine.txt",
    }  # fmt: skip


PROBE = """<!DOCTYPE html><title></title>
<iframe src="PAGE" style="width:WIDTHpx;height:844px;border:0" onload="look(this)"></iframe>
<script>
function look(frame) {
  const inside = frame.contentDocument, root = inside.documentElement;
  const heads = inside.querySelectorAll("table.sortable thead button");
  const first = () => inside.querySelector("table.sortable tbody th")?.textContent;
  const found = [frame.contentWindow.innerWidth, root.scrollWidth - root.clientWidth, first()];
  for (let press = 0; heads.length && press < 2; press++) {
    heads[3].click();
    found.push(first());
  }
  document.title = JSON.stringify(found);
}
</script>"""
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def opened(page: Path, width: int, scratch: Path) -> tuple[list[object], str]:
    """The page in a frame of that width: what the probe finds there, what the console says."""
    probe = scratch / "probe.html"
    probe.write_text(PROBE.replace("PAGE", page.as_uri()).replace("WIDTH", str(width)), "utf-8")
    assert BROWSER
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
            "--allow-file-access-from-files", f"--user-data-dir={scratch / 'profile'}",
            "--dump-dom", probe.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    title = re.search(r"<title>(.+?)</title>", done.stdout)
    assert title, done.stderr
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    found: list[object] = json.loads(html.unescape(title[1]))
    return found, "\n".join(console)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_phone_shows_it_whole_and_the_console_is_silent(
    report: Report, folder: Path, tmp_path: Path
) -> None:
    (width, beyond, *order), console = opened(folder / "index.html", 390, tmp_path)
    assert console == ""
    assert (width, beyond) == (390, 0)
    rows = sorted(report.models[0].genres, key=lambda row: row.real_accuracy)
    assert order == [GENRES[0], rows[0].name, rows[-1].name]  # sorted up, then down


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_the_browser_would_tell(tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!DOCTYPE html><title></title><meta name=viewport content='width=device-width'>"
        "<body><p style='width:900px'>wide</p><script>missing()</script></body>",
        encoding="utf-8",
    )
    (width, beyond, *_), console = opened(bad, 390, tmp_path)
    assert (width, beyond) == (390, 8 + 900 - 390)
    assert "missing is not defined" in console
