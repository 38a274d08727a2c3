"""What the reports of a home are made from: the rows that the register keeps of its dockets, written with every act."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from qingyuan.office.home import Home
from qingyuan.office.register import Progress, ready, row_of
from qingyuan.reports import Queries, Row, Span, load_queries
from qingyuan.store.register import report_lines


class Titled(msgspec.Struct, frozen=True):
    """A row and the title of its docket."""

    row: Row
    title: str


class Holdings(msgspec.Struct, frozen=True):
    """What a home's reports are made from.

    Attributes:
        lines: Rows by kind, those of the kinds that were asked for.
        queries: The queries known, the home's own (``home/reports.yaml``) among them.
        events: How many events of the log they are of.
    """

    lines: dict[str, tuple[Titled, ...]]
    queries: Queries
    events: int

    def rows(self, kind: str) -> list[Row]:
        """Return the rows of a kind."""
        return [one.row for one in self.lines.get(kind, ())]


def queries_of(home: Home) -> Queries:
    """Return the packaged queries and those of ``home/reports.yaml``.

    Raises:
        ReportError: The home's own queries are wrong.
    """
    extra = home.path / "reports.yaml"
    return load_queries(extra if extra.exists() else None)


def holdings(
    home: Home,
    kinds: tuple[str, ...] = ("lead", "case", "measure", "payment"),
    span: Span | None = None,
    field: str = "",
    progress: Progress | None = None,
) -> Holdings:
    """Read the rows of ``home``; its register is built first where it is not, or was built by another program.

    Args:
        home: The office.
        kinds: Which kinds of rows are wanted.
        span: Days of the rows wanted; all when ``None``.
        field: Field of casework; every one when blank.
        progress: Told how many of how many dockets are read, while the register is built.

    Raises:
        ReportError: The home's own queries are wrong.
    """
    queries, days = queries_of(home), span or Span()
    ready(home, progress)
    with home.database.read() as connection:
        lines = {
            kind: tuple(
                Titled(row_of(line), line.title)
                for line in report_lines(connection, kind, days.since, days.until, field)
            )
            for kind in kinds
        }
        head = connection.execute(sa.text("SELECT max(idx) FROM event")).scalar()
    return Holdings(lines, queries, 0 if head is None else int(head) + 1)
