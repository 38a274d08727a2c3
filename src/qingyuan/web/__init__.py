"""The web: the workbench of an office and the portal of everybody else, served by one process.

Thin: it parses what a browser sends, calls the rooms below, and renders what they answer. Nothing about a case is
decided here. Pages are made on the server and work without JavaScript.
"""

from qingyuan.web.app import create_app
from qingyuan.web.errors import WebError
from qingyuan.web.settings import ServeSettings

__all__ = ["ServeSettings", "WebError", "create_app"]
