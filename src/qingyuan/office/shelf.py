"""Dockets kept folded for a program that serves many requests: each as long as nobody has written to it.

What is kept is named by the events it was folded from, which never change; before it is handed out the newest number of each
of its streams is compared, so that no docket is ever older than the log, whoever wrote to it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from qingyuan.office.casework import Loaded, load
from qingyuan.office.home import Home
from qingyuan.store import glance

T = TypeVar("T")

#: Dockets that are kept, of at most so many events each.
_MOST, _MOST_EVENTS = 400, 500
#: What is remembered of one docket, before all of it is forgotten.
_MOST_VIEWS = 32
#: The streams of the docket of a record, with the newest number of each.
_VERSION = """
WITH top AS (SELECT coalesce((SELECT parent FROM link WHERE child = ?), ?) AS stream)
SELECT stream, (SELECT max(n) FROM event WHERE event.stream = members.stream)
FROM (SELECT stream FROM top UNION SELECT child FROM link JOIN top ON link.parent = top.stream) AS members
"""

_Version = frozenset[tuple[str, int]]


class Held:
    """A docket in one state, and what was made of it.

    Attributes:
        loaded: The docket with its events; not to be changed.
    """

    def __init__(self, loaded: Loaded) -> None:
        """Hold a docket."""
        self.loaded = loaded
        self._views: dict[Hashable, object] = {}

    def view(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what follows from this state of the docket and from the key alone; made when it is not known."""
        if key not in self._views:
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            self._views[key] = made = make()
            return made
        return cast("T", self._views[key])


class Shelf:
    """The dockets of a home; one for a process, used by many threads.

    Args:
        home: The office.
    """

    def __init__(self, home: Home) -> None:
        """Begin with none."""
        self._home = home
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Version, Held] = OrderedDict()

    def docket(self, identifier: str) -> Held:
        """Return the docket of a lead, matter or case as the log has it now.

        Raises:
            OfficeError: There is no such record.
        """
        rows = glance(self._home.database.engine, _VERSION, identifier, identifier)
        version = frozenset((str(stream), -1 if n is None else int(str(n))) for stream, n in rows)
        with self._lock:
            if (held := self._kept.get(version)) is not None:
                self._kept.move_to_end(version)
                return held
        loaded = load(self._home, identifier)
        held = Held(loaded)
        newest: dict[str, int] = {}
        for event in loaded.events:
            newest[event.stream] = event.n
        if len(loaded.events) <= _MOST_EVENTS and set(newest) == {*loaded.streams}:
            with self._lock:
                self._kept[frozenset(newest.items())] = held
                while len(self._kept) > _MOST:
                    self._kept.popitem(last=False)
        return held
