"""The page in a real browser: how it looks, that it fits, that it can be read.

``REDLINE_GOLDEN=write`` draws the pictures again. They are compared with each text on one line:
so the fonts of a machine move next to nothing, and what is missing or bare still shows.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.change import ChangeId, ForgeName
from bot.report import page
from bot.report.address import path
from bot.report.making import record
from bot.report.page import Running
from bot.report.record import pack
from rules.finding import Location
from tests.bot.given import HEAD, result, review
from tests.bot.report.given import AT, PRIVILEGED, around, full_record
from tests.bot.test_app import Start, start
from tests.browser import Browser, Tab, chromium, difference
from tests.databases import migrated_sqlite

__all__ = ["migrated_sqlite", "start"]

SCREENS = Path(__file__).parent / "screens"
ALIKE = 2.8  # of 255: other fonts make up to 2.2, a part that is missing 3.5 and more
WIDE, NARROW = 1200, 360
_ONE_LINE = """(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("body * { white-space: nowrap !important; text-wrap: nowrap !important }");
  document.adoptedStyleSheets = [sheet];
})()"""
_TOO_WIDE = """[...document.querySelectorAll("body *")].filter((each) => {
  const scrolled = each.closest(".code") && !each.matches(".code");
  if (scrolled || each.matches(".skip, thead, thead *")) return false;
  const box = each.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map((each) => each.className + " " + each.textContent.slice(0, 40))"""
_CONTRASTS = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (each) => {
    for (; each; each = each.parentElement) {
      const back = parse(getComputedStyle(each).backgroundColor);
      if (back.length < 4 || back[3] === 1) return back;
    }
    return [255, 255, 255];
  };
  const own = (each) => [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *")].filter(own).map((each) => {
    const [a, b] = [light(parse(getComputedStyle(each).color)), light(behind(each))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return [ratio, each.className + " " + each.textContent.slice(0, 40)];
  }).filter(([ratio]) => ratio < 4.5);
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Tab:
    return browser.tab()


@dataclass(frozen=True)
class Screen:
    """A window: how wide, which colours, and how much of the page is looked at."""

    width: int
    dark: bool
    height: int

    @property
    def name(self) -> str:
        width = "wide" if self.width == WIDE else "narrow"
        return f"{width}-{'dark' if self.dark else 'light'}"


EVERY = [
    Screen(width, dark, 1800 if width == WIDE else 2400)
    for width in (WIDE, NARROW)
    for dark in (False, True)
]
each_screen = pytest.mark.parametrize("screen", EVERY, ids=lambda screen: screen.name)


def shown(tab: Tab, folder: Path, html: str, screen: Screen, media: str = "screen") -> None:
    file = folder / "page.html"
    file.write_text(html, "utf-8")
    tab.open(file.as_uri(), screen.width, dark=screen.dark, media=media)


def full() -> str:
    return page.review(full_record(), AT, around())


@each_screen
def test_it_looks_as_it_did(tab: Tab, tmp_path: Path, screen: Screen) -> None:
    shown(tab, tmp_path, full(), screen)
    tab.ask(_ONE_LINE)
    have, kept = tab.picture(screen.height), SCREENS / f"{screen.name}.jpg"
    if os.environ.get("REDLINE_GOLDEN") == "write":
        kept.write_bytes(have)
    assert kept.stat().st_size < 60_000
    unlike = difference(tab, kept.read_bytes(), have)
    (tmp_path / kept.name).write_bytes(have)
    assert unlike < ALIKE, f"compare {tmp_path / kept.name} with {kept}"


@each_screen
@pytest.mark.parametrize("part", [".verdict", ".tiles", ".code", ".bar", "style"])
def test_a_missing_part_is_seen(tab: Tab, tmp_path: Path, screen: Screen, part: str) -> None:
    shown(tab, tmp_path, full(), screen)
    tab.ask(_ONE_LINE)
    tab.ask(f"document.querySelectorAll('{part}').forEach((each) => each.remove())")
    kept = SCREENS / f"{screen.name}.jpg"
    assert difference(tab, kept.read_bytes(), tab.picture(screen.height)) > ALIKE


def hostile() -> str:
    """Names that are long, in every field that people can fill."""
    word = "w" * 900
    found = tuple(
        replace(
            PRIVILEGED,
            rule=f"{word}/{n}",
            message=f"`{word}` {word}",
            fix=f"{word} `{word}`",
            location=Location(f"{word}/{word}.yaml", 1),
            new=n > 0,
            detail=str(n),
        )
        for n in range(3)
    )
    stage = replace(
        result(*found), stage=word, project=word, reason=f"`{word}` {word}", notes=(word,)
    )
    given = review(stage)
    change = replace(given.change, repository=word, author=word, base_ref=word)
    made = record(replace(given, change=change), lambda where: [word * 9, ""], "1")
    return page.review(made, AT, around())


PAGES: dict[str, Any] = {
    "full": full,
    "hostile": hostile,
    "file": lambda: page.review(full_record(), AT),
    "waiting": lambda: page.waiting("#7", Running("3/7 tofu plan", HEAD), around().past),
    "plain": lambda: page.plain("There is no review here", "The `" + "w" * 300 + "` is gone."),
}


@pytest.mark.parametrize("width", [320, NARROW, 700, WIDE])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out(tab: Tab, tmp_path: Path, name: str, width: int) -> None:
    shown(tab, tmp_path, PAGES[name](), Screen(width, False, 0))
    tab.ask("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert tab.ask("document.scrollingElement.scrollWidth") <= width
    assert tab.ask(_TOO_WIDE) == []


@each_screen
def test_every_word_stands_out_from_what_is_behind_it(
    tab: Tab, tmp_path: Path, screen: Screen
) -> None:
    running = Running("3/7 tofu plan prod/eu, 41 s", HEAD, "Running for 41 s")
    whole = replace(around(), running=running, newest="/newest", dead="it crashed")
    shown(tab, tmp_path, page.review(full_record(), AT, whole), screen)
    tab.ask("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert tab.ask(_CONTRASTS) == []


def test_what_blocks_is_seen_without_scrolling(tab: Tab, tmp_path: Path) -> None:
    shown(tab, tmp_path, full(), Screen(NARROW, False, 0))
    assert tab.ask("document.querySelector('#blocking .card').getBoundingClientRect().top") < 800


def test_the_line_that_is_meant_is_coloured(tab: Tab, tmp_path: Path) -> None:
    shown(tab, tmp_path, full(), Screen(WIDE, False, 0))
    colours = tab.ask(
        "[...document.querySelectorAll('.code tr')].slice(0, 7)"
        ".map((row) => getComputedStyle(row.cells[1]).backgroundColor)"
    )
    assert len(set(colours)) == 2
    assert [colour for colour in colours if colours.count(colour) == 1] == [colours[3]]


def test_on_paper_everything_is_open(tab: Tab, tmp_path: Path) -> None:
    shown(tab, tmp_path, full(), Screen(700, False, 0), media="print")
    assert tab.ask("document.scrollingElement.scrollWidth") <= 700
    assert tab.ask("document.querySelector('.before').getBoundingClientRect().height") > 50
    assert tab.ask("document.querySelector('.why div').getBoundingClientRect().height") > 10


def test_the_policy_lets_our_own_style_pass_and_nothing_else(
    browser: Browser, start: Start
) -> None:
    key = b"k" * 32
    change = ChangeId(ForgeName.GITHUB, 12, number=7)
    running = start(secret_key=key.decode())
    running.ledger.want(change)
    lease = running.ledger.lease(change, "me", 60)
    assert lease is not None
    lease.done(HEAD, "failed", b"{}", pack(full_record()))
    tab = browser.tab()
    tab.open(f"http://127.0.0.1:{running.port}{path(change, key)}", WIDE)
    assert tab.ask("getComputedStyle(document.querySelector('.verdict')).borderTopWidth") == "4px"
    assert [each for each in tab.complaints if "favicon" not in each] == []
    tab.ask("document.body.insertAdjacentHTML('beforeend', '<i style=\"color:red\" id=x>')")
    assert tab.ask("document.querySelector('#x').style.color") == ""
    assert any("Content Security Policy" in each for each in tab.complaints)


def test_nothing_is_complained_about_in_a_file(browser: Browser, tmp_path: Path) -> None:
    tab = browser.tab()
    shown(tab, tmp_path, page.review(full_record(), AT), Screen(WIDE, False, 0))
    assert tab.complaints == []
