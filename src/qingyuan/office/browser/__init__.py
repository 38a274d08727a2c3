"""A real browser, driven over the Chrome DevTools Protocol without any other program in between.

:class:`Browser` starts Chromium with a fresh profile and ends it whole; :class:`Page` is one tab. Only
pipes connect the two processes, so that no port is open to others on the machine.
"""

from qingyuan.office.browser._find import VARIABLE, find_chromium
from qingyuan.office.browser._folders import TemporaryFolder, remove_leftovers
from qingyuan.office.browser._pipe import Json
from qingyuan.office.browser.browser import Browser, BrowserFacts
from qingyuan.office.browser.errors import BrowserError
from qingyuan.office.browser.page import Dialog, Download, Page
from qingyuan.office.browser.standby import Standby

__all__ = [
    "VARIABLE",
    "Browser",
    "BrowserError",
    "BrowserFacts",
    "Dialog",
    "Download",
    "Json",
    "Page",
    "Standby",
    "TemporaryFolder",
    "find_chromium",
    "remove_leftovers",
]
