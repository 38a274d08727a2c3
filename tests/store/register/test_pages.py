"""Lists, open dates and the search give exactly what the scope gives, page by page, on either database."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from qingyuan.store import Database, StoreError
from qingyuan.store.register import (
    NEVER,
    Due,
    Entry,
    Filters,
    Record,
    Scope,
    counts,
    dues,
    find,
    lines,
    prefixes,
    put,
    records,
    rows_of,
)

_OFFICES = (
    "/",
    "/33/",
    "/33/3301/",
    "/33/3301/330110/",
    "/33/3307/",
    "/33/3301/330110/z1/",
    "/44/",
    "/44/4401/",
)
_STAGES = ("filed", "suggested", "closed")


def _record(number: int, chance: random.Random, docket: str) -> Record:
    stage = chance.choice(_STAGES)
    return Record(
        id=f"{docket[0]}{number:04d}",
        kind="matter",
        docket=docket,
        office=chance.choice(_OFFICES),
        title=f"总案{number}",
        field=chance.choice(("express-waybill", "minors")),
        track="",
        stage=stage,
        active=stage != "closed",
        source="",
        handler=chance.choice(("", "P001")),
        shielded=chance.random() < 0.2,
        score=chance.choice((-1, 7, 50, 100)),
        due=NEVER
        if chance.random() < 0.3
        else f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 28):02d}",
        begun=f"2026-01-{chance.randrange(1, 28):02d}",
        first=number * 10,
        changed=number * 10 + chance.randrange(10),
    )


def _due(record: Record, number: int) -> Due:
    return Due(
        target=record.id, key=f"measure m{number:02d}", docket=record.docket, office=record.office, shielded=record.shielded,
        kind=("statutory", "set")[number % 2], zh="到期", en="due", due=f"2026-03-{1 + (record.first + number) % 28:02d}",
        firm=True, stopped=False, lapses=number % 3 == 0, articles=b"[]",
    )  # fmt: skip


@pytest.fixture
def filled(database: Database) -> tuple[Database, list[Record], list[Due]]:
    chance = random.Random(11)
    rows = [_record(number, chance, f"M{number:04d}") for number in range(1, 161)]
    dated = [_due(row, number) for row in rows if row.active for number in range(chance.randrange(4))]
    with database.write() as connection:
        for row in rows:
            own = tuple(due for due in dated if due.target == row.id)
            put(connection, Entry(row.docket, (row,), own, (row.id, row.title, "义乌快递面单")), [row.first])
    return database, rows, dated


def _scopes() -> Iterator[Scope]:
    chance = random.Random(5)
    names = [f"M{number:04d}" for number in range(1, 170)]
    yield Scope()
    yield Scope(offices=())
    yield Scope(offices=("/33/3301/330110/z1/",), shielded=False)
    yield Scope(offices=(), own=("/",))
    for _ in range(40):
        yield Scope(
            own=tuple(chance.sample(_OFFICES, chance.choice((0, 0, 2)))),
            offices=tuple(chance.sample(_OFFICES, chance.randrange(4))),
            records=tuple(chance.sample(names, chance.choice((0, 0, 3, 20)))),
            recused=tuple(chance.sample(names, chance.choice((0, 5)))),
            shielded=chance.random() < 0.5,
        )


def _sees(scope: Scope, row: Record | Due) -> bool:
    return scope.sees(docket=row.docket, office=row.office, shielded=row.shielded)


def test_a_list_walked_page_by_page_is_the_scope_in_order(
    filled: tuple[Database, list[Record], list[Due]],
) -> None:
    database, rows, _ = filled
    choices: Sequence[Filters] = (
        Filters(),
        Filters(active=True),
        Filters(stages=("filed",), fields=("minors",)),
        Filters(handler="P001", begun_from="2026-01-10", begun_to="2026-01-20"),
    )
    with database.read() as connection:
        for number, scope in enumerate(_scopes()):
            filters = choices[number % len(choices)]
            wanted = [
                row
                for row in rows
                if _sees(scope, row)
                and (filters.active is None or row.active == filters.active)
                and (not filters.stages or row.stage in filters.stages)
                and (not filters.fields or row.field in filters.fields)
                and (not filters.handler or row.handler == filters.handler)
                and (not filters.begun_from or filters.begun_from <= row.begun <= filters.begun_to)
            ]
            others = (
                ("changed", True, sorted(wanted, key=lambda r: r.changed)),
                ("due", True, sorted(wanted, key=lambda r: (r.due, r.id), reverse=True)),
                *(("begun", up, sorted(wanted, key=lambda r: (r.begun, r.id), reverse=not up)) for up in (False, True)),
                *(("score", up, sorted(wanted, key=lambda r: (r.score, r.id), reverse=not up)) for up in (False, True)),
            )  # fmt: skip
            for sort, turned, ordered in (
                ("changed", False, sorted(wanted, key=lambda r: -r.changed)),
                ("due", False, sorted(wanted, key=lambda r: (r.due, r.id))),
                others[number % len(others)],
            ):
                walked: list[Record] = []
                after = ""
                while True:
                    page = records(
                        connection, "matter", scope, filters, sort=sort, turned=turned, after=after, limit=7  # type: ignore[arg-type]
                    )  # fmt: skip
                    walked += page.rows
                    after = page.after
                    if not after:
                        break
                assert walked == ordered


def test_open_dates_walked_page_by_page_are_the_scope_in_order(
    filled: tuple[Database, list[Record], list[Due]],
) -> None:
    database, _, dated = filled
    today = "2026-03-15"
    with database.read() as connection:
        for scope in _scopes():
            wanted = sorted(
                (d for d in dated if _sees(scope, d) and not (d.lapses and d.due < today)),
                key=lambda d: (d.due, d.target, d.key),
            )
            walked: list[Due] = []
            after = ""
            while True:
                page = dues(connection, scope, today=today, after=after, limit=9)
                walked += page.rows
                after = page.after
                if not after:
                    break
            assert walked == wanted
            late = dues(connection, scope, today=today, overdue=True, limit=500).rows
            assert list(late) == [d for d in wanted if d.due < today]
            near = dues(
                connection, scope, today=today, overdue=False, until="2026-03-20", statutory=True
            ).rows
            assert list(near) == [
                d for d in wanted if today <= d.due <= "2026-03-20" and d.kind == "statutory"
            ]


def test_counts_count_each_record_once(filled: tuple[Database, list[Record], list[Due]]) -> None:
    database, rows, _ = filled
    with database.read() as connection:
        for scope in _scopes():
            wanted: dict[str, int] = {}
            for row in rows:
                if row.active and _sees(scope, row):
                    wanted[row.stage] = wanted.get(row.stage, 0) + 1
            assert counts(connection, "matter", scope, "stage") == wanted


def test_the_search_finds_within_the_scope_only(filled: tuple[Database, list[Record], list[Due]]) -> None:
    database, rows, _ = filled
    with database.read() as connection:
        for scope in _scopes():
            placed = find(
                connection, "快递", places=scope.offices, shielded=scope.shielded, named=None,
                recused=scope.recused, before=None, limit=500,
            )  # fmt: skip
            named = find(
                connection, "快递", places=(), shielded=scope.shielded, named=scope.records,
                recused=scope.recused, before=None, limit=500,
            )  # fmt: skip
            own = find(
                connection, "快递", places=scope.own, shielded=scope.shielded, named=None,
                recused=scope.recused, before=None, limit=500, own=True,
            )  # fmt: skip
            found = {docket for _, docket in placed + named + own}
            assert found == {row.docket for row in rows if _sees(scope, row)}
            assert [row for row, _ in placed] == sorted((row for row, _ in placed), reverse=True)


def test_a_mark_of_another_list_is_refused(database: Database) -> None:
    with database.read() as connection:
        for after, sort in (("x", "changed"), ("2026", "due"), ("12 M1", "due")):
            with pytest.raises(StoreError, match="next page"):
                records(connection, "lead", Scope(), sort=sort, after=after)  # type: ignore[arg-type]
        with pytest.raises(StoreError, match="next page"):
            dues(connection, Scope(), today="2026-01-01", after="2026-01-01")


def test_a_docket_written_again_leaves_nothing_of_before(database: Database) -> None:
    chance = random.Random(3)
    lead = msgspec.structs.replace(_record(1, chance, "L0001"), kind="lead", id="L0001")
    matter = msgspec.structs.replace(_record(2, chance, "M0002"), id="M0002", shielded=False)
    with database.write() as connection:
        put(connection, Entry("L0001", (lead,), (_due(lead, 1),), ("旧标题",)), [10, 11])
        joined = msgspec.structs.replace(lead, docket="M0002")
        put(connection, Entry("M0002", (matter, joined), (), ("新标题",)), [20])
    with database.read() as connection:
        assert rows_of(connection, "M0002") == ([joined, matter], [])
        assert rows_of(connection, "L0001") == ([], [])
        assert lines(connection, "M0002", before=None, limit=10) == [20, 11, 10]
        assert lines(connection, "M0002", before=20, limit=1) == [11]

        def search(text: str) -> list[tuple[int, str]]:
            return find(
                connection, text, places=("/",), shielded=True, named=None, recused=(), before=None, limit=9
            )

        assert search("旧标题") == []
        assert search("新标") == [(20, "M0002")]


def test_paths_have_three_prefixes() -> None:
    assert prefixes("/") == ("/", "/", "/")
    assert prefixes("/33/") == ("/33/", "/33/", "/33/")
    assert prefixes("/33/3301/330110/z1/") == ("/33/", "/33/3301/", "/33/3301/330110/")


def test_named_dockets_are_looked_up_by_their_own_index(tmp_path: Path) -> None:
    """A planner that walks the list of all dockets in its order, to sort thirty of them, reads a large office whole."""
    with contextlib.closing(Database.at(tmp_path / "q.db")) as database, database.read() as connection:
        asked: list[str] = []
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_trace_callback(asked.append)
        scope = Scope(offices=(), records=tuple(f"M{number:04d}" for number in range(30)))
        records(connection, "matter", scope)
        records(connection, "matter", scope, Filters(active=True), sort="due", after="2026-03-01 M0001")
        dues(
            connection,
            scope,
            today="2026-01-01",
            until="2026-12-31",
            overdue=False,
            after="2026-03-01 M0001 x",
        )
        counts(connection, "matter", scope, "stage")
        raw.set_trace_callback(None)
        plans = [raw.execute(f"EXPLAIN QUERY PLAN {one}").fetchall() for one in asked if "register" in one]
    assert len(plans) == 4
    for plan in plans:
        assert "USING INDEX ix_register_" in plan[0][3]
        assert "_docket (docket=?)" in plan[0][3]


@pytest.mark.parametrize(
    ("place", "index"), [("/", "all_stage"), ("/33/", "o1_changed"), ("/33/3301/330110/z1/", "o3_changed")]
)
def test_a_stage_is_looked_for_among_the_dockets_of_the_place(tmp_path: Path, place: str, index: str) -> None:
    """Those of one stage are many in a country: to find the few of a county among them reads tens of thousands."""
    with contextlib.closing(Database.at(tmp_path / "q.db")) as database, database.read() as connection:
        asked: list[str] = []
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_trace_callback(asked.append)
        records(connection, "matter", Scope(offices=(place,)), Filters(stages=("rectifying",), active=True))
        raw.set_trace_callback(None)
        (plan,) = [raw.execute(f"EXPLAIN QUERY PLAN {one}").fetchall() for one in asked if "register" in one]
    assert len(plan) == 1  # nothing is sorted
    assert f"ix_register_{index} " in plan[0][3]


@pytest.mark.parametrize("few", [0, 2_000])
def test_named_dockets_are_searched_alike_however_many(
    database: Database, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingyuan.store.register.words._FEW", few)
    chance = random.Random(23)
    rows = [_record(number, chance, f"M{number:04d}") for number in range(1, 61)]
    texts = {row.docket: "".join(chance.choice("快递面单公益") for _ in range(8)) for row in rows}
    with database.write() as connection:
        for row in rows:
            put(connection, Entry(row.docket, (row,), (), (texts[row.docket], row.docket)), [])
    names = tuple(row.docket for row in rows[::2])
    with database.read() as connection:
        for query, wanted in (("快递", ("快递",)), ("递", ("递",)), ("面单 公", ("面单", "公")), ("m00", ())):
            found = find(
                connection,
                query,
                places=(),
                shielded=True,
                named=names,
                recused=("M0003",),
                before=500,
                limit=60,
            )
            assert [docket for _, docket in found] == [
                name
                for name in reversed(names)
                if name != "M0003" and int(name[1:]) < 50 and all(one in texts[name] for one in wanted)
            ]
