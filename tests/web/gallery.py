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

from qingyuan.office.browser import Browser, BrowserError, Page
from qingyuan.office.home import Home
from tests.web.browsing import Nothing, addresses, sign_in
from tests.web.making import PASSWORD, desk_of, handle_all
from tests.web.serving import served

#: Name, width and height of a screen, and whether it is a telephone.
SCREENS = (("1366", 1366, 768, False), ("390", 390, 844, True))


def _screen(page: Page, width: int, height: int, *, phone: bool) -> None:
    page.call(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone},
        into=Nothing,
    )


def draw(folder: Path, target: Path, *, only: str, themes: tuple[str, ...]) -> int:
    """Write the pictures of the home ``folder`` to ``target``; return how many."""
    target.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(folder, Path(scratch) / "home"))
        with Home.open(copy) as home, served(home) as (url, app), Browser.launch() as browser:
            li = desk_of(app).people.add("li", "李检察官", ["prosecutor", "chief"], PASSWORD)
            handle_all(desk_of(app), li.person)
            page = browser.page()
            sign_in(page, url)
            for path in [one for one in addresses(home) if only in one]:
                for lang in ("zh", "en"):
                    try:
                        page.navigate(f"{url}{path}{'&' if '?' in path else '?'}lang={lang}")
                    except BrowserError as error:  # a download shows nothing
                        sys.stderr.write(f"{path}: {error.text('en')}\n")
                        continue
                    for theme in themes:
                        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'; 0")
                        for name, width, height, phone in SCREENS:
                            _screen(page, width, height, phone=phone)
                            plain = re.sub(r"[^\w\u4e00-\u9fff]+", "-", path).strip("-") or "home"
                            file = target / f"{plain}.{lang}.{theme}.{name}.png"
                            file.write_bytes(page.screenshot())
                            count += 1
    return count


def main() -> None:
    """Draw the gallery of a home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="part of an address")
    parser.add_argument("--themes", default="light,dark")
    given = parser.parse_args()
    count = draw(given.home, given.out, only=given.only, themes=tuple(given.themes.split(",")))
    sys.stdout.write(f"{count} pictures in {given.out}\n")


if __name__ == "__main__":
    main()
