"""Figures count rows and nothing else; a figure is added by YAML alone."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.cases import choice_lists
from qingyuan.law import load
from qingyuan.reports import (
    Figure,
    ReportError,
    Row,
    Span,
    chart,
    describe,
    figure,
    load_queries,
    needed,
    plan,
)

Value = str | int | date | None
LAW = load()
QUERIES = load_queries()


def lead(number: int, on: date, source: str = "media", opened: str = "no", persons: int | None = None) -> Row:
    values: dict[str, Value] = {
        "on": on,
        "year": on.year,
        "month": f"{on:%Y-%m}",
        "until": None,
        "source": source,
    }
    values |= {"field": "app", "opened": opened, "persons": persons, "items": number, "office": "甲院"}
    return Row("lead", f"L{number}", values, (2 * number, 2 * number + 1))


def measure(number: int, on: date, until: date | None, punctual: str | None = None) -> Row:
    values: dict[str, Value] = {
        "on": on,
        "year": on.year,
        "month": f"{on:%Y-%m}",
        "until": until,
        "status": "accepted",
    }
    values |= {"settled": "yes" if until else "no", "punctual": punctual}
    return Row("measure", f"C1/m{number:02}", values, (number,))


def payment(number: int, on: date, fen: int) -> Row:
    values: dict[str, Value] = {
        "on": on,
        "year": on.year,
        "month": f"{on:%Y-%m}",
        "until": None,
        "what": "compensation",
        "fen": fen,
    }
    return Row("payment", f"C1/a{number:02}", values, (number,))


LEADS = [
    lead(1, date(2025, 3, 1), "media", "yes", 10),
    lead(2, date(2025, 4, 1), "media"),
    lead(3, date(2026, 1, 5), "tip-off", "yes", 5),
    lead(4, date(2026, 2, 5), "media", "yes"),
]


def ask(name: str, rows: list[Row], **options: object) -> Figure:
    return figure(QUERIES, name, rows, law=LAW, **options)  # type: ignore[arg-type]


def values(found: Figure) -> dict[str, str | None]:
    return {"/".join(group.key): group.value for group in found.groups}


def test_leads_are_counted_by_source_most_first() -> None:
    found = ask("leads-by-source", LEADS)
    assert values(found) == {"media": "3", "tip-off": "1"}
    assert found.groups[0].zh == ("媒体舆论",)
    assert found.groups[0].rows == ("L1", "L2", "L4")
    assert found.groups[0].events == (2, 3, 4, 5, 8, 9)
    assert found.total.value == "4"


def test_shares_are_exact_to_two_decimals() -> None:
    found = ask("conversion-by-source", LEADS)
    assert values(found) == {"media": "66.67", "tip-off": "100"}
    assert found.total.value == "75"


def test_a_span_counts_both_its_ends() -> None:
    span = Span(date(2025, 4, 1), date(2026, 1, 5))
    assert values(ask("leads-by-year", LEADS, span=span)) == {"2025": "1", "2026": "1"}


def test_rows_without_a_value_are_left_out_and_said() -> None:
    found = ask("harm-persons", LEADS)
    assert (found.total.value, found.counted, found.unmeasured) == ("15", 4, 2)
    assert found.total.rows == ("L1", "L3")
    assert found.caution_zh


def test_another_grouping_is_asked_for() -> None:
    assert values(ask("leads-by-source", LEADS, by=["year", "source"])) == {
        "2025/media": "2",
        "2026/media": "1",
        "2026/tip-off": "1",
    }


def test_measures_are_open_at_the_end_of_a_month_until_they_are_settled() -> None:
    rows = [
        measure(1, date(2026, 1, 10), date(2026, 2, 28)),
        measure(2, date(2026, 1, 31), date(2026, 3, 1)),
        measure(3, date(2026, 2, 1), None),
    ]
    found = ask("measures-open", rows)
    # January: m1 and m2; February: m2 and m3, for m1 was settled on its last day; March: m3.
    assert values(found) == {"2026-01": "2", "2026-02": "2", "2026-03": "1"}
    assert found.total.value == "1"


def test_money_is_summed_in_fen() -> None:
    rows = [payment(1, date(2026, 1, 1), 1_999), payment(2, date(2026, 1, 2), 3_002)]
    assert ask("compensation", rows).total.value == "50.01"


def test_nothing_to_measure_is_not_a_nought() -> None:
    assert ask("measures-punctual", []).total.value is None
    assert ask("days-to-closing", []).total.value is None
    assert ask("leads-by-source", []).total.value == "0"


@pytest.mark.parametrize("ground", [*choice_lists()["suit-end"], *choice_lists()["closing-civil"]])
def test_every_ground_of_closing_has_a_name(ground: str) -> None:
    closed: dict[str, Value] = {"on": date(2026, 1, 1), "year": 2026, "closed": "yes", "ground": ground}
    (group,) = ask("closing-grounds", [Row("case", "C1", closed, (1,))]).groups
    assert group.en != (ground,)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_groups_add_up_to_the_total(counts: list[int]) -> None:
    rows = [lead(n, date(2020 + n % 6, 1, 1), ["media", "tip-off"][n % 2]) for n in counts]
    for name in ("leads-by-source", "leads-by-year", "harm-items"):
        found = ask(name, rows)
        assert sum(float(group.value or 0) for group in found.groups) == float(found.total.value or 0)
        behind = [row for group in found.groups for row in group.rows]
        assert sorted(behind) == sorted(found.total.rows)


def test_a_figure_is_added_by_yaml_alone(tmp_path: Path) -> None:
    file = tmp_path / "reports.yaml"
    file.write_text(
        "queries:\n  - {id: local-media, zh: 媒体线索, en: Leads from the media, from: lead, by: [year],\n"
        "     where: [{column: source, is: [media]}], unit: {zh: 件, en: leads}}\n",
        encoding="utf-8",
    )
    found = figure(load_queries(file), "local-media", LEADS, law=LAW)
    assert values(found) == {"2025": "2", "2026": "1"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "id: x, zh: 甲, en: a, from: lead, by: [colour], unit: {zh: 件, en: n}", id="unknown column"
        ),
        pytest.param("id: x, zh: 甲, en: a, from: planet, unit: {zh: 件, en: n}", id="unknown rows"),
        pytest.param(
            "id: x, zh: 甲, en: a, from: lead, measure: sum, unit: {zh: 件, en: n}", id="a sum of nothing"
        ),
        pytest.param(
            "id: leads-by-source, zh: 甲, en: a, from: lead, unit: {zh: 件, en: n}", id="a known identifier"
        ),
        pytest.param(
            "id: x, zh: 甲, en: a, from: lead, unit: {zh: 件, en: n}, colour: red", id="an unknown field"
        ),
    ],
)
def test_a_wrong_query_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "reports.yaml"
    file.write_text(f"queries:\n  - {{{text}}}\n", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        load_queries(file)
    assert str(file) in str(caught.value.where)
    assert caught.value.remedy_zh


def test_an_unknown_query_is_refused_with_those_known() -> None:
    with pytest.raises(ReportError) as caught:
        ask("no-such-query", LEADS)
    assert "leads-by-source" in caught.value.remedy_en


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(ReportError):
        ask("leads-by-source", LEADS, by=["colour"])


@pytest.mark.parametrize("kind", ["bars", "line"])
def test_a_picture_is_well_formed_says_its_figure_and_repeats(kind: str) -> None:
    found = ask("leads-by-source", LEADS)
    svg = chart(found, kind=kind)
    assert svg == chart(found, kind=kind)
    root = ET.fromstring(svg)
    assert root.find("{http://www.w3.org/2000/svg}title").text == describe(found)  # type: ignore[union-attr]
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "媒体舆论" in words


@pytest.mark.parametrize("months", [1, 2, 8, 9, 15, 17, 58, 70, 71])
def test_the_months_of_a_line_do_not_stand_on_each_other(months: int) -> None:
    found = ask("leads-by-source", LEADS)
    names = [f"{2020 + at // 12}-{at % 12 + 1:02d}" for at in range(months)]
    groups = tuple(msgspec.structs.replace(found.groups[0], zh=(name,), en=(name,)) for name in names)
    root = ET.fromstring(chart(msgspec.structs.replace(found, groups=groups), kind="line"))
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    at = [float(text.get("x", "0")) for text in texts if text.text in names]
    assert at
    assert all(right - left > 60 for left, right in pairwise(at))


def test_bars_are_as_long_as_their_numbers() -> None:
    root = ET.fromstring(chart(ask("leads-by-source", LEADS), kind="bars"))
    long, short = [float(bar.get("width", "0")) for bar in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert long == pytest.approx(3 * short, abs=0.2)


def test_no_number_is_typed_into_a_paper() -> None:
    for name in ("white-paper", "class-case"):
        for part in plan(name).parts:
            for text in part.texts:
                assert not re.search(r"\d", re.sub(r"\{[^}]*\}", "", text))
        assert set(needed(name)) <= set(QUERIES.by_id)
