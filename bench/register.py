"""Lists, open dates, timelines and the search over a hundred thousand matters, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import sqlalchemy as sa

from bench._harness import Context, Row, SkippedError
from bench._matters import events, offices
from qingyuan.documents.pdf import render_pdf
from qingyuan.office.clock import FixedClock
from qingyuan.office.holdings import holdings
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.register import deadlines, leads, matters, office_path, rebuild, search, timeline
from qingyuan.office.reporting import home_figure, home_paper
from qingyuan.reports import ALWAYS
from qingyuan.store.register import Filters, Scope, named

_CHUNK = 2_000
_NOW = datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=8)))
_INSERT = "INSERT INTO event (idx, stream, n, type, at, actor, salt, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_WORDS = (
    "面单",
    "电鱼",
    "快递面单",
    "医疗美容",
    "石桥 农资",
    "人脸识别",
    "88号",
    "儿",
    "白沙直播带货",
    "M2026-0777",
)


def run(context: Context) -> Iterator[Row]:
    """Measure both kinds of database."""
    yield from _measured(context, "SQLite", "")
    try:
        from tests.store.postgres import Cluster  # noqa: PLC0415 - only a checkout has it
    except ImportError as error:
        raise SkippedError(str(error)) from error
    cluster = Cluster()
    try:
        yield from _measured(context, "PostgreSQL", cluster.new_database())
    finally:
        cluster.stop()


def _measured(context: Context, name: str, url: str) -> Iterator[Row]:
    count = context.pick(100_000, 2_000)
    office = OfficeInfo("bench", "某人民检察院", "000000", "nation")
    path = Path(context.folder) / name
    with Home.open(
        path, create=True, office=office, clock=FixedClock(_NOW), seed="bench", database_url=url
    ) as home:
        written = _fill(home, count)
        began = time.process_time()
        done = rebuild(home)
        yield Row(
            f"register, {name}: built from {written:,} events of {count:,} matters, CPU time of the process",
            time.process_time() - began,
            "s",
        )
        if url:
            with home.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("VACUUM ANALYZE"))
        assert done.dockets == count
        yield from _queries(home, name, count, context.pick(400, 60))
        yield from _reports(home, name, count)


def _fill(home: Home, count: int) -> int:
    """Write events as the journal keeps them, without the entries of the log, which no list reads."""
    head = home.head()
    first = head.size if head else 0
    sqlite = home.database.engine.dialect.name == "sqlite"
    statement = _INSERT if sqlite else _INSERT.replace("?", "%s")
    index, rows, links = first, [], []
    with home.database.write() as connection:
        for matter in events(count, first):
            rows += matter
            index += len(matter)
            links += [
                (row[1], row[1].replace("L", "M").replace("C", "M"))
                for row in matter
                if row[1][0] != "M" and row[2] == 0
            ]
            if len(rows) >= _CHUNK:
                connection.exec_driver_sql(statement, rows)
                rows = []
        if rows:
            connection.exec_driver_sql(statement, rows)
        mark = "(?, ?)" if sqlite else "(%s, %s)"
        connection.exec_driver_sql(f"INSERT INTO link (child, parent) VALUES {mark}", links)
    return index - first


def _queries(home: Home, name: str, count: int, rounds: int) -> Iterator[Row]:
    chance = random.Random(5)
    paths = [office_path(each) for each in offices(2_800, random.Random(20))]

    def scope() -> Scope:
        path = chance.choice(paths)
        parts = path.strip("/").split("/")
        depth = chance.choice((0, 1, 2, 3))
        return Scope(offices=("/" + "".join(f"{part}/" for part in parts[:depth]),), recused=("M2026-0009",))

    def floor() -> object:
        with home.database.read() as connection:
            return named(connection, [f"M2026-{chance.randrange(1, count):04}" for _ in range(50)])

    asked: dict[str, Callable[[], object]] = {
        "open dates of an office and those below it": lambda: deadlines(home, scope()),
        "overdue dates": lambda: deadlines(home, scope(), overdue=True),
        "matters of an office and those below it": lambda: matters(
            home, scope(), sort=chance.choice(("changed", "due"))
        ),  # type: ignore[arg-type]
        "leads still to be assessed": lambda: leads(home, scope(), Filters(active=True)),
        "matters of one stage": lambda: matters(home, scope(), Filters(stages=("rectifying",), active=True)),
        "a matter's timeline": lambda: timeline(home, f"M2026-{chance.randrange(1, count):04}"),
        "search of Chinese text": lambda: search(home, chance.choice(_WORDS), scope()),
    }
    for what, ask in asked.items():
        ask()
        taken, base = [], []
        for _ in range(rounds):
            taken.append(_timed(ask))
            base.append(_timed(floor))
        yield Row(
            f"register, {name}: {what}, p95",
            _p95(taken),
            "ms",
            "fifty rows by their keys, p95",
            _p95(base),
            rounds,
            max(taken) / min(taken),
        )


def _reports(home: Home, name: str, count: int) -> Iterator[Row]:
    """Measure rows read for the first time, a figure over all cases, and a white paper; CPU time."""

    def spent(ask: Callable[[], object]) -> float:
        began = time.process_time()
        ask()
        return time.process_time() - began

    yield Row(
        f"register, {name}: rows of all cases of {count:,} matters read, CPU time",
        spent(lambda: holdings(home, ("case",))),
        "s",
    )
    held = holdings(home)
    figure = spent(lambda: home_figure(home, held, "cases-by-field", ALWAYS))
    yield Row(f"register, {name}: one figure over {len(held.rows('case')):,} cases, CPU time", figure, "s")

    def paper() -> object:
        rows = holdings(home)
        document = home_paper(home, rows, "white-paper", ALWAYS, _NOW.date())
        return render_pdf(document)

    yield Row(f"register, {name}: a white paper over {count:,} matters, as PDF, CPU time", spent(paper), "s")


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1e3


def _p95(figures: list[float]) -> float:
    return sorted(figures)[int(len(figures) * 0.95)]
