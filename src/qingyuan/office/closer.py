"""A closer look at what was scanned: what the waybills show, and how old the people are.

Both need what the scan does not keep (the cells that name carrier, day and site, dates of birth, ages, grades), so every file is
read again, once for each of the two. A file that cannot be read again counts as unread: no bar is met then.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from qingyuan.errors import QingyuanError
from qingyuan.evidence.sources import open_source
from qingyuan.office.collect import Found, Limits, walk
from qingyuan.office.scanning import failure_words

if TYPE_CHECKING:
    from qingyuan.office.home import Home
    from qingyuan.pii.ages import Ages
    from qingyuan.pii.rates import Shown
    from qingyuan.store.registry import ExhibitRow


@dataclass(frozen=True, slots=True)
class Closer:
    """What a closer look found.

    Attributes:
        shown: What the waybills show, ``None`` when it was not asked for; without counts when no table holds parcels.
        ages: The people by age, ``None`` when it was not asked for.
        failed: ``(file, code, zh, en)`` of those that could not be looked at again.
    """

    shown: Shown | None
    ages: Ages | None
    failed: tuple[tuple[str, str, str, str], ...]


def extent(paths: Sequence[Path], limits: Limits) -> tuple[int, int]:
    """Return the number and the size of the files below the paths that can be taken."""
    sizes = [one.size for one in walk(paths, limits) if isinstance(one, Found)]
    return len(sizes), sum(sizes)


#: Name of a file and what opens its content, ``None`` where it could not be taken.
_Content: TypeAlias = tuple[str, "Callable[[], AbstractContextManager[BinaryIO]] | None"]


def look_closer(
    paths: Sequence[Path], limits: Limits, key: bytes, day: date, *, waybills: bool, ages: bool
) -> Closer:
    """Read the files again and say what their waybills show and how old the people are.

    Args:
        paths: Files and folders.
        limits: How much to take.
        key: Token key.
        day: The day the ages are asked for.
        waybills: Whether to look at waybills.
        ages: Whether to look at ages.

    Raises:
        PiiError: The key is too short.
    """
    files = (
        (one.path, functools.partial(_opened, one.path)) if isinstance(one, Found) else ("", None)
        for one in walk(paths, limits)
    )
    return _look(files, key, day, waybills=waybills, ages=ages)


def look_at_exhibits(home: Home, rows: Iterable[ExhibitRow], day: date) -> Closer:
    """Say what the waybills of sealed exhibits show and how old the people in them are.

    Args:
        home: The office.
        rows: The exhibits.
        day: The day the ages are asked for.
    """
    from qingyuan.office.sealing import open_exhibit  # noqa: PLC0415 - loads the store, which a scan has no use for

    files = ((row.path, functools.partial(open_exhibit, home, row)) for row in rows)
    return _look(files, home.scope_key("tokens").key, day, waybills=True, ages=True)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Yield the content of a file, as exhibits give theirs."""
    with open_source(Path(path)) as source:
        yield source.stream


def _look(files: Iterable[_Content], key: bytes, day: date, *, waybills: bool, ages: bool) -> Closer:
    """Read every file once for each of the two and add them up."""
    from qingyuan.pii import ages as people  # noqa: PLC0415 - heavy
    from qingyuan.pii import agescan, readers  # noqa: PLC0415 - heavy
    from qingyuan.pii.rates import Shown  # noqa: PLC0415 - heavy
    from qingyuan.pii.waybills import waybills as read_waybills  # noqa: PLC0415 - heavy

    shown = Shown()
    found = [agescan.scan_ages([], key, day)]
    failed: list[tuple[str, str, str, str]] = []
    for name, opened in files:
        if opened is None:
            shown += Shown(unread=True)
            continue
        try:
            if waybills:
                with opened() as stream:
                    shown += read_waybills(readers.read(stream, name, readers.Limits()), key, name)
            if ages:
                with opened() as stream:
                    found.append(
                        agescan.scan_ages(readers.read(stream, name, readers.Limits()), key, day, name)
                    )
        except (QingyuanError, ArithmeticError, LookupError, TypeError, ValueError, OSError) as error:
            code, zh, en, _, _ = failure_words(error, sealed=False)
            failed.append((name, code, zh, en))
            shown += Shown(unread=True)
    together = agescan.merge(found)
    return Closer(
        shown if waybills else None,
        people.count(together.ages, together.people, together.pieces) if ages else None,
        tuple(failed),
    )
