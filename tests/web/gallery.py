"""Pictures of every page of a home, at two widths, in both languages and both themes: ``make gallery``.

Not a test: it shows what people see. The home is copied first, so nothing that is looked at changes.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from qingyuan.office.browser import Browser, BrowserError, Page
from qingyuan.office.home import Home
from tests.web.browsing import Nothing, addresses, arrive, speak
from tests.web.making import PASSWORD, desk_of, handle_all
from tests.web.scenes import Scene, busy_office, empty_office, new_office, stopped_office
from tests.web.serving import served

#: Name, width and height of a screen, and whether it is a telephone.
SCREENS = (("1366", 1366, 768, False), ("390", 390, 844, True))
#: A sheet of A4 at 96 dots an inch.
PAPER = (794, 1123)


def _screen(page: Page, width: int, height: int, *, phone: bool) -> None:
    page.call(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone},
        into=Nothing,
    )


class _Wanted(NamedTuple):
    """What is to be drawn: pages by a part of their name, languages, themes and widths."""

    only: str
    langs: tuple[str, ...]
    themes: tuple[str, ...]
    widths: tuple[str, ...]


class _Studio:
    """Draws pages of one browser, at both widths, in both languages and the themes asked for."""

    def __init__(self, page: Page, target: Path, wanted: _Wanted) -> None:
        """Begin with nobody signed in."""
        self.page, self.target, self.wanted = page, target, wanted
        self.count, self._who = 0, ""

    def enter(self, url: str, who: str) -> None:
        """Let somebody else look."""
        if who == self._who:
            return
        self.page.call("Network.clearBrowserCookies", {}, into=Nothing)
        if who:
            self.page.navigate(f"{url}/sign-in?lang=zh")
            self.page.evaluate(
                f"document.querySelector('#f-name').value = '{who}';"
                f"document.querySelector('#f-password').value = '{PASSWORD}'; 0"
            )
            self.page.click("main form .button")
            arrive(self.page, "location.pathname !== '/sign-in'")
        self._who = who

    def shoot(self, url: str, scene: Scene) -> None:
        """Draw one page."""
        if self.wanted.only not in scene.name:
            return
        self.enter(url, scene.who)
        for lang in self.wanted.langs:
            speak(self.page, url, lang)
            try:
                self.page.navigate(f"{url}{scene.path}{'&' if '?' in scene.path else '?'}lang={lang}")
            except BrowserError as error:  # a download shows nothing
                sys.stderr.write(f"{scene.path}: {error.text('en')}\n")
                continue
            if scene.then is not None:
                scene.then(self.page)
            for theme in self.wanted.themes:
                self.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'; 0")
                for name, width, height, phone in SCREENS:
                    if name not in self.wanted.widths:
                        continue
                    _screen(self.page, width, height, phone=phone)
                    self._write(f"{scene.name}.{lang}.{theme}.{name}")
            if scene.printed:
                _screen(self.page, *PAPER, phone=False)
                self.page.call("Emulation.setEmulatedMedia", {"media": "print"}, into=Nothing)
                self._write(f"{scene.name}.{lang}.print")
                self.page.call("Emulation.setEmulatedMedia", {"media": ""}, into=Nothing)
            _screen(self.page, 1366, 768, phone=False)

    def _write(self, name: str) -> None:
        (self.target / f"{name}.png").write_bytes(self.page.screenshot())
        self.count += 1


def draw(folder: Path, target: Path, wanted: _Wanted) -> int:
    """Write the pictures of the home ``folder``, and of the offices of :mod:`tests.web.scenes`, to ``target``; return how many."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Browser.launch() as browser:
        studio = _Studio(browser.page(), target, wanted)
        copy = Path(shutil.copytree(folder, Path(scratch) / "home"))
        with Home.open(copy) as home, served(home) as (url, app):
            li = desk_of(app).people.add("li", "李检察官", ["prosecutor", "chief"], PASSWORD)
            handle_all(desk_of(app), li.person)
            for path in addresses(home).values():
                studio.shoot(url, Scene(re.sub(r"[^\w\u4e00-\u9fff]+", "-", path).strip("-") or "home", path))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_DATA_HOME", str(Path(scratch) / "data"))
            for begin in (busy_office, empty_office, new_office, stopped_office):
                studio.enter("", "")
                with begin(Path(scratch) / begin.__name__) as (url, scenes):
                    for scene in scenes:
                        studio.shoot(url, scene)
    return studio.count


def main() -> None:
    """Draw the gallery of a home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="part of the name of a picture")
    parser.add_argument("--langs", default="zh,en")
    parser.add_argument("--themes", default="light,dark")
    parser.add_argument("--widths", default=",".join(name for name, *_ in SCREENS))
    given = parser.parse_args()
    wanted = _Wanted(
        given.only, *(tuple(one.split(",")) for one in (given.langs, given.themes, given.widths))
    )
    count = draw(given.home, given.out, wanted)
    sys.stdout.write(f"{count} pictures in {given.out}\n")


if __name__ == "__main__":
    main()
