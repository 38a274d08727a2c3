"""The plan of an intake: what lies under the paths, what of it an earlier run has done, and the lead it becomes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import format_time
from qingyuan.office.collect import Found, Limits, Refused, absolute, from_text, root_names, to_text, walk
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.store.intakes import (
    Intake,
    Item,
    ItemState,
    begin_intake,
    find_intake,
    forget_unsealed,
    items,
    plan_items,
    set_intake,
    set_items,
)
from qingyuan.store.registry import next_id

_TITLE_NAMES = 3


class Job(msgspec.Struct, frozen=True):
    """One intake as planned.

    Attributes:
        lead: Identifier of the lead.
        resumed: Whether an earlier run began it.
        already_sealed: Files that an earlier run sealed.
        already_scanned: Files that an earlier run scanned.
        names: The paths, absolute, and the name of each in manifests.
        given: The paths as the user gave them, in the same order.
        title: Title of the lead.
    """

    lead: str
    resumed: bool
    already_sealed: int
    already_scanned: int
    names: dict[Path, str]
    given: tuple[Path, ...]
    title: str

    def covers(self, item: Item) -> bool:
        """Return whether an item lies under the paths of this intake; a lead may hold what was added to it later."""
        path = Path(from_text(item.path))
        return path in self.names or any(parent in self.names for parent in path.parents)

    def where(self, logical: str) -> str:
        """Return the path of an exhibit the way the user wrote it."""
        for given, name in zip(self.given, self.names.values(), strict=True):
            if logical == name:
                return str(given)
            if logical.startswith(f"{name}/"):
                return str(given / logical[len(name) + 1 :])
        return logical


def plan(home: Home, paths: Sequence[Path], *, title: str | None, limits: Limits) -> Job:
    """Find what lies under ``paths`` and write the plan, joining an earlier intake of the same paths.

    What earlier runs could not take is tried again: its cause may be gone.

    Raises:
        OfficeError: No path was given, none of them exists, or the home is among the material.
    """
    given, roots = _roots(home, paths)
    found, refused = _look(roots, limits)
    key = to_text(json.dumps([str(root) for root in roots], ensure_ascii=False))
    with home.database.write() as connection:
        known = find_intake(connection, key)
        if known is None:
            lead = next_id(connection, "L", home.clock.now().year)
            name = title or _title(roots)
            begin_intake(connection, Intake(lead, key, name, "open", format_time(home.clock.now())))
        else:
            lead, name = known.lead, title or known.title
            _forget(connection, lead, roots)
        held = items(connection, lead)
        if _enter(connection, lead, found, refused) and known is not None:
            set_intake(connection, lead, state="open", result=None)
    return Job(
        lead=lead,
        resumed=known is not None,
        already_sealed=len({item.exhibit for item in held}),
        already_scanned=len({item.exhibit for item in held if item.state == ItemState.SCANNED}),
        names=root_names(roots),
        given=tuple(given[root] for root in roots),
        title=name,
    )


def plan_addition(home: Home, scope: str, paths: Sequence[Path], *, title: str, limits: Limits) -> Job:
    """Write the plan of what is added to a record that exists; the same paths again go on with what was planned before.

    Args:
        home: The office.
        scope: The lead or matter.
        paths: Files and folders.
        title: Title of the record.
        limits: How much to take.

    Raises:
        OfficeError: As for :func:`plan`.
    """
    given, roots = _roots(home, paths)
    found, refused = _look(roots, limits)
    names = root_names(roots)
    made = Job(
        lead=scope,
        resumed=False,
        already_sealed=0,
        already_scanned=0,
        names=names,
        given=tuple(given[root] for root in roots),
        title=title,
    )
    with home.database.write() as connection:
        held = [item for item in items(connection, scope) if made.covers(item)]
        _enter(connection, scope, found, refused)
    return msgspec.structs.replace(
        made,
        resumed=bool(held),
        already_sealed=len({item.exhibit for item in held if item.exhibit}),
        already_scanned=len({item.exhibit for item in held if item.state == ItemState.SCANNED}),
    )


def _enter(
    connection: sa.Connection,
    lead: str,
    found: Sequence[tuple[str, int, int]],
    refused: Mapping[str, Refused],
) -> int:
    """Write the files of a plan and say why others are not taken; return how many are new."""
    new = plan_items(connection, lead, [*found, *((path, -1, 0) for path in refused)])
    set_items(
        connection,
        [
            msgspec.structs.replace(
                item, state=ItemState.REFUSED, detail=msgspec.json.encode([refused[item.path]])
            )
            for item in items(connection, lead, ItemState.PLANNED)
            if item.size < 0 and item.path in refused
        ],
    )
    return new


def _forget(connection: sa.Connection, lead: str, roots: Sequence[Path]) -> None:
    """Drop what no run has sealed below ``roots``; what was added to the lead from elsewhere stays."""
    mine = set(roots)
    unsealed = items(connection, lead, ItemState.PLANNED, ItemState.REFUSED)
    others = [
        item
        for item in unsealed
        if not mine.intersection(((path := Path(from_text(item.path))), *path.parents))
    ]
    forget_unsealed(connection, lead, keep=[item.id for item in others])


def _roots(home: Home, paths: Sequence[Path]) -> tuple[dict[Path, Path], list[Path]]:
    """Return the paths as given by where they are, and where they are in order."""
    if not any(path.exists() or path.is_symlink() for path in paths):
        raise OfficeError(
            "office.nothing-to-take",
            zh="没有可收取的材料",
            en="there is nothing to take in",
            where="、".join(str(path) for path in paths) or None,
            remedy_zh="请给出存在的文件或目录",
            remedy_en="give files or folders that exist",
        )
    given = {absolute(path): path for path in reversed(paths)}
    roots = sorted(given)
    _refuse_home(home, roots)
    return given, roots


def _look(roots: Sequence[Path], limits: Limits) -> tuple[list[tuple[str, int, int]], dict[str, Refused]]:
    """Return the files to seal, each once, and what cannot be taken by path."""
    found: dict[str, tuple[str, int, int]] = {}
    refused: dict[str, Refused] = {}
    for one in walk(roots, limits):
        if isinstance(one, Found):
            path = to_text(one.path)
            found[path] = (path, one.size, one.mtime_ns)
        else:
            refused[one.path] = one
    return list(found.values()), refused


def _refuse_home(home: Home, roots: Iterable[Path]) -> None:
    own = absolute(home.path)
    record = [own / name for name in ("blobs", "log", "qingyuan.db", "keyring.json", "office.json")]
    for root in roots:
        if root == own or root in own.parents or any(root == part or part in root.parents for part in record):
            raise OfficeError(
                "office.home-in-material",
                zh="材料目录与工作目录互相包含",
                en="the material and the home folder contain each other",
                where=str(root),
                remedy_zh="请把工作目录放在材料之外",
                remedy_en="keep the home folder outside the material",
            )


def _title(roots: Sequence[Path]) -> str:
    names = "、".join(list(root_names(roots).values())[:_TITLE_NAMES])
    return f"{names}等材料" if len(roots) > _TITLE_NAMES else names
