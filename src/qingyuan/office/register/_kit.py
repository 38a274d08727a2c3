"""What the register is computed with, once a home: the law with its answers remembered, and the paths of offices."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from datetime import date

from qingyuan.law import Deadline, Law
from qingyuan.office.home import Home
from qingyuan.office.register._places import Places, places

#: Most answers remembered; they are forgotten all at once.
_MOST = 20_000


class RememberingLaw(Law):
    """The same law; a period that was counted from the same day before is not counted again."""

    def __init__(self, law: Law) -> None:
        """Share everything with ``law``."""
        self.__dict__.update(vars(law))
        self._known: dict[object, Deadline] = {}

    def deadline(
        self,
        period: str,
        start: date,
        *,
        extend: int = 0,
        suspend: Sequence[tuple[date, date]] = (),
        analogous: bool = False,
    ) -> Deadline:
        """Return when a period ends; see :meth:`qingyuan.law.Law.deadline`."""
        key = (period, start.isoformat(), extend, tuple(map(tuple, suspend)), analogous)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[key] = super().deadline(
                period, start, extend=extend, suspend=suspend, analogous=analogous
            )
        return found


_KITS: weakref.WeakKeyDictionary[Home, tuple[Law, Places]] = weakref.WeakKeyDictionary()


def kit(home: Home) -> tuple[Law, Places]:
    """Return the law of a home and its offices."""
    if home not in _KITS:
        _KITS[home] = (RememberingLaw(home.law), places(home.law, home.settings.office))
    return _KITS[home]


def forget_office(home: Home) -> None:
    """Forget what was made of the office that a home had before; its division may be another one."""
    _KITS.pop(home, None)


def places_of(home: Home) -> Places:
    """Return how names of offices become paths in a home."""
    return kit(home)[1]
