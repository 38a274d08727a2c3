"""Finding files of a docket: what engines found in its exhibits.

A finding file is a sealed exhibit called ``findings.jsonl`` (:mod:`qingyuan.findings`): the one that an intake seals, and that of any other
engine, sealed into the lead or matter like any file. Each finding in it names the exhibit it was made in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.sealing import open_exhibit
from qingyuan.store.registry import ExhibitRow, exhibits

if TYPE_CHECKING:
    from qingyuan.findings import Finding

#: How the path of a finding file ends.
NAME = "findings.jsonl"
#: Largest finding file that is read, in bytes.
_MOST = 64 << 20


class Found(msgspec.Struct, frozen=True):
    """A finding in the evidence of a case.

    Attributes:
        finding: What an engine found, where, and on which provisions it matters.
        sealed: Exhibit that holds the finding.
        cited: Whether a fact names it; else it is there because it was made in an exhibit of the fact.
    """

    finding: Finding
    sealed: str
    cited: bool


def check_findings(
    home: Home, connection: sa.Connection, streams: Sequence[str], named: Sequence[str]
) -> None:
    """Refuse findings that no finding file of the docket holds.

    Args:
        home: The office.
        connection: The transaction of the act.
        streams: The docket.
        named: Identifiers of findings.

    Raises:
        OfficeError: ``office.no-such-finding``.
    """
    known = {each.finding.id for each in findings_of(home, connection, streams)[0]}
    if missing := [name for name in named if name not in known]:
        raise OfficeError(
            "office.no-such-finding",
            zh="案卷的发现清单中没有该项发现",
            en="no finding file of the docket holds this finding",
            where=missing[0],
            remedy_zh="用 qingyuan case evidence 查看；其他引擎的发现清单（findings.jsonl）先封存到线索或者总案",
            remedy_en="see qingyuan case evidence; seal the findings.jsonl of another engine into the lead or matter first",
        )


def findings_of(
    home: Home, connection: sa.Connection, streams: Sequence[str]
) -> tuple[list[Found], tuple[str, ...]]:
    """Return the findings of the newest finding file of each scope and path, and what could not be read."""
    from qingyuan.findings import FindingsError  # noqa: PLC0415 - heavy

    newest: dict[tuple[str, str], ExhibitRow] = {}
    for row in exhibits(connection, streams):
        if row.path.rsplit("/", 1)[-1] == NAME:
            newest[row.scope, row.path] = row
    found: dict[str, Found] = {}
    unread = []
    for row in newest.values():
        try:
            for finding in _read(home, row):
                found.setdefault(finding.id, Found(finding, row.id, cited=False))
        except FindingsError:
            unread.append(row.id)
    return list(found.values()), tuple(unread)


def _read(home: Home, row: ExhibitRow) -> list[Finding]:
    from qingyuan.findings import FindingsError, from_jsonl  # noqa: PLC0415 - heavy

    if row.size > _MOST:
        raise FindingsError(
            "findings.too-large", zh="发现清单过大", en="the finding file is too large", where=row.id
        )
    with open_exhibit(home, row) as content:
        return list(from_jsonl(content.read(), where=row.id))
