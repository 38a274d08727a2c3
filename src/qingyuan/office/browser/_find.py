"""Finding Chromium on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from qingyuan.office.browser.errors import no_browser

#: Environment variable that names the browser.
VARIABLE = "QINGYUAN_CHROMIUM"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: The same engine without windows, menus and the viewer of PDF files; it starts in less than half the time.
_LEAN = ("chromium-headless-shell", "chrome-headless-shell")

#: Programs that launchers of distributions start; without the launcher no local settings are mixed in.
_BEHIND_LAUNCHERS = (
    "/usr/lib/chromium/chromium",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/usr/lib/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
)
_BEHIND_LEAN = ("/usr/lib/chromium/chromium-headless-shell", "/usr/lib64/chromium-browser/headless_shell")


def find_chromium(*, lean: bool = False) -> Path:
    """Return the program file of the browser: ``QINGYUAN_CHROMIUM``, else the first known name on ``PATH``.

    Where the name is that of a launcher script and the program behind it is at a known place, the
    program is returned, so that settings of the machine do not change how it is started.

    Args:
        lean: Prefer ``chromium-headless-shell`` where it is installed.

    Raises:
        BrowserError: ``browser.not-found``.
    """
    named = os.environ.get(VARIABLE)
    if named:
        path = Path(named)
        if not path.is_file() or not os.access(path, os.X_OK):
            raise no_browser(f"{VARIABLE}={named}")
        return path.resolve()
    kinds = ((_LEAN, _BEHIND_LEAN), (_NAMES, _BEHIND_LAUNCHERS))
    for names, behind in kinds if lean else kinds[1:]:
        for name in names:
            found = shutil.which(name)
            if found:
                return _behind_launcher(Path(found).resolve(), behind)
    raise no_browser()


def _behind_launcher(found: Path, behind: tuple[str, ...]) -> Path:
    with found.open("rb") as file:
        if file.read(2) != b"#!":
            return found
    text = found.read_text(encoding="utf-8", errors="replace")
    folder = found.parent
    for candidate in (*behind, str(folder / "chrome")):
        path = Path(candidate)
        if (
            path.is_file()
            and os.access(path, os.X_OK)
            and (path.parent == folder or path.parent.name in text)
        ):
            return path
    return found
