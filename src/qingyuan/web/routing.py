"""The table of pages: each has a method, an address and the permission it needs, and tests read the same table."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.responses import Response

from qingyuan.web.access import Permission

#: Takes an :class:`~qingyuan.web.asking.Ask` and the names of the path.
Handler = Callable[..., Response]


class Page(msgspec.Struct, frozen=True):
    """One page or form.

    Attributes:
        method: ``"GET"`` or ``"POST"``.
        path: Its address, with names in braces.
        need: The permission it needs.
        handler: What answers; it runs in a thread and may block.
    """

    method: str
    path: str
    need: Permission
    handler: Handler


#: Every page, in the order of their modules.
PAGES: list[Page] = []


def page(method: str, path: str, need: Permission) -> Callable[[Handler], Handler]:
    """Enter a handler in the table."""

    def enter(handler: Handler) -> Handler:
        PAGES.append(Page(method, path, need, handler))
        return handler

    return enter
