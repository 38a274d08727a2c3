"""Rows say what the events say, and name the events."""

from __future__ import annotations

from datetime import date

import pytest

from qingyuan.reports import COLUMNS, Event, Row, rows_of
from qingyuan.reports.card import card
from tests.cases._world import World, told

CASE = "C2026-0001"


def events_of(world: World) -> list[Event]:
    found = []
    for index, event in enumerate(world.events):
        measure = getattr(event.payload, "measure", "")
        found.append(Event(index, event.stream, event.type, measure, event.at.date()))
    return found


def told_rows() -> tuple[Row, ...]:
    world = told("rectifying")
    for number, due in enumerate((date(2026, 5, 10), date(2026, 4, 20)), start=1):
        measure = {
            "case": CASE,
            "text": f"整改{number}",
            "owner": "县邮政管理局",
            "due": due,
            "test": "现场抽查",
            "duty": "postal-waybill" if number == 1 else "",
            "before": ["X00000000000000a1"],
        }
        world.act("add-measure", measure, date(2026, 4, 8))
    proof = {"case": CASE, "measure": "m02", "after": ["X00000000000000b1"], "submitter": "P031"}
    world.act("prove-measure", proof, date(2026, 5, 8))
    return rows_of([(world.docket, events_of(world))], office="某县人民检察院")


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.id: row for row in told_rows()}


def test_there_is_a_row_for_every_lead_case_and_measure(rows: dict[str, Row]) -> None:
    assert set(rows) == {"L2026-0001", CASE, f"{CASE}/m01", f"{CASE}/m02"}


def test_every_row_has_exactly_the_columns_of_its_kind(rows: dict[str, Row]) -> None:
    for row in rows.values():
        assert set(row.values) == set(COLUMNS[row.kind])


def test_a_lead_says_its_source_its_counts_and_that_it_became_a_matter(rows: dict[str, Row]) -> None:
    lead = rows["L2026-0001"].values
    assert (lead["source"], lead["field"], lead["items"], lead["persons"]) == (
        "casework",
        "express-waybill",
        1200,
        860,
    )
    assert (lead["opened"], lead["stage"], lead["office"]) == ("yes", "opened", "某县人民检察院")


def test_a_case_says_its_days(rows: dict[str, Row]) -> None:
    case = rows[CASE].values
    assert case["on"] == date(2026, 3, 5)
    assert (case["suggested"], case["sued"], case["closed"], case["outcome"]) == ("yes", "no", "no", "open")
    assert case["days_to_closing"] is None


def test_a_measure_is_dated_by_its_entry_and_settled_only_when_verified(rows: dict[str, Row]) -> None:
    late = rows[f"{CASE}/m02"].values
    assert late["on"] == date(2026, 4, 8)
    assert (late["status"], late["settled"], late["punctual"], late["until"]) == (
        "submitted",
        "no",
        None,
        None,
    )


def test_the_events_behind_a_row_are_its_own(rows: dict[str, Row]) -> None:
    assert len(rows["L2026-0001"].events) == 2
    assert len(rows[f"{CASE}/m01"].events) == 1
    assert len(rows[f"{CASE}/m02"].events) == 2
    assert not set(rows[f"{CASE}/m01"].events) & set(rows[f"{CASE}/m02"].events)


def test_the_card_names_the_event_that_states_each_day() -> None:
    world = told("rectifying")
    events = events_of(world)
    shown = card(world.docket, events, office="某县人民检察院")
    assert (shown.id, shown.field) == ("M2026-0001", "express-waybill")
    types = {event.index: event.type for event in events}
    stated = {line.en: [types[index] for index in line.events] for line in shown.lines if line.id == CASE}
    assert stated["filed"] == ["case.filed"]
    assert stated["suggestion served"] == ["case.suggestion_served"]
    assert all(line.events for line in shown.lines)


def test_the_card_says_what_relatives_answered_who_were_asked_directly() -> None:
    world = told("relatives-asked")
    shown = card(world.docket, events_of(world), office="某县人民检察院")
    (line,) = [one for one in shown.lines if one.zh == "直接征询近亲属意见"]
    assert line.value.startswith("2026-04-08 ")
    assert line.value_en != line.value
    (index,) = line.events
    assert world.events[index].type == "case.acted"
