"""The table of pages: each has a method, an address and the permission it needs, and tests read the same table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

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
        slow: Whether it may take longer than pages do: it is not waited for by those that are quick.
    """

    method: str
    path: str
    need: Permission
    handler: Handler
    slow: bool = False


#: Every page, in the order of their modules.
PAGES: list[Page] = []


def page(method: str, path: str, need: Permission, *, slow: bool = False) -> Callable[[Handler], Handler]:
    """Enter a handler in the table."""

    def enter(handler: Handler) -> Handler:
        PAGES.append(Page(method, path, need, handler, slow))
        return handler

    return enter


class Table(BaseRoute):
    """Routes found by the first part of their address, instead of by trying a hundred patterns one after the other.

    Args:
        routes: Routes whose addresses begin with a part that holds no name; the first that fits answers.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        """Sort the routes by the first part of their address."""
        self._routes: dict[str, list[Route]] = {}
        for route in routes:
            self._routes.setdefault(_first(route.path), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a route fits the address and the method, or the address alone."""
        partial: tuple[Match, Scope] = (Match.NONE, {})
        if scope["type"] != "http":
            return partial
        for route in self._routes.get(_first(scope["path"]), ()):
            match, found = route.matches(scope)
            if match == Match.FULL:
                return match, {**found, _CHOSEN: route}
            if match == Match.PARTIAL and partial[0] == Match.NONE:
                partial = match, {**found, _CHOSEN: route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that fits answer."""
        route: Route = scope[_CHOSEN]
        await route.handle(scope, receive, send)


_CHOSEN = "qingyuan.chosen"


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""
