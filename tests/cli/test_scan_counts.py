"""``qingyuan scan`` says what waybills show and how old people are."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.cli import _counts
from tests.cli.running import run
from tests.pii.generator import WEIGHTS, Maker

M = Maker(91)


def identity(born: str) -> str:
    body = f"330782{born}{M.digits(3)}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS, strict=True)) % 11]


@pytest.fixture
def parcels(tmp_path: Path) -> Path:
    """Ten waybills of two carriers: eight masked, one privacy number, one in clear."""
    rows = ["运单号,快递公司,收件人,收件电话"]
    rows += [f"7700000000{n:02},中通快递,张*,138****{1000 + n}" for n in range(8)]
    rows += ["770000000008,顺丰速运,李*,9501312345678转1234", f"770000000009,顺丰速运,王五,{M.mobile()}"]
    path = tmp_path / "parcels.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def children(tmp_path: Path) -> Path:
    """Three pupils and a grown-up, by their IDs."""
    born = ["20140301", "20130630", "20110101", "19800101"]
    rows = ["姓名,身份证号", *(f"{M.name()},{identity(day)}" for day in born)]
    path = tmp_path / "children.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_waybills_are_shown_by_carrier_in_both_readings(parcels: Path) -> None:
    found = run("scan", parcels, "--json").json()["waybills"]
    assert [r["id"] for r in found["readings"]] == ["telephone", "every-field"]
    by = {(r["reading"], r["dimension"], r["label"]): r for r in found["rates"]}
    every = by["telephone", "", ""]
    assert (every["clear"], every["masked"], every["privacy"], every["none"]) == (1, 8, 1, 0)
    assert (every["share"], every["low"], every["verdict"]) == (0.9, 0.9, "met")
    assert by["telephone", "carrier", "中通"]["verdict"] == "met"
    assert by["telephone", "carrier", "顺丰"]["verdict"] == "not-met"
    assert found["bar"]["verified"] is False
    assert found["confidence"] is None


def test_a_sample_meets_the_bar_by_its_lower_bound_only(parcels: Path) -> None:
    found = run("scan", parcels, "--sampled", "--json").json()["waybills"]
    every = next(r for r in found["rates"] if r["reading"] == "telephone" and not r["dimension"])
    assert every["low"] < 0.9 < every["high"]
    assert every["verdict"] == "cannot-tell"
    assert found["confidence"] == 0.95


@pytest.mark.parametrize(("day", "under"), [("2026-07-01", 2), ("2027-07-01", 1), ("2030-07-01", 0)])
def test_ages_are_those_of_the_day_asked_for(children: Path, day: str, under: int) -> None:
    found = run("scan", children, "--on", day, "--json").json()["ages"]
    assert (found["on"], found["under_14"]["certain"]) == (day, under)
    total = found["unknown"] + sum(sum(found[g].values()) for g in ("under_14", "minors", "adults"))
    assert total == 4


def test_today_is_that_of_the_clock(children: Path) -> None:
    assert run("scan", children, "--json").json()["ages"]["on"] == "2026-07-01"
    assert run("scan", children, "--on", "gestern").code == 2


def test_much_material_is_looked_at_when_asked(parcels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_counts, "CLOSER_BYTES", 10)
    left = run("scan", parcels, "--no-ages", "--json").json()
    assert (left["waybills"], left["ages"]) == (None, None)
    assert [one["what"] for one in left["left_out"]] == ["waybills"]
    assert "--waybills" in run("scan", parcels, "--lang", "en").out
    asked = run("scan", parcels, "--waybills", "--json").json()
    assert asked["waybills"]["rates"]
    assert [one["what"] for one in asked["left_out"]] == ["ages"]


def test_what_was_found_is_printed(parcels: Path, children: Path) -> None:
    said = run("scan", parcels, children, "--lang", "en").out
    assert "not met" in said
    assert "ages as of 2026-07-01: under 14 2 (and 0 estimated)" in said


def test_counts_stand_under_each_law_with_rule_and_places(parcels: Path, children: Path) -> None:
    body = run("scan", parcels, children, "--json").json()
    by = {(c["law"], c["reading"], c["tier"]): c for c in body["counts"]}
    assert {reading for law, reading, _ in by if law == "pi-crime"} == {
        "waybill-important", "waybill-general", "address-important", "position-track",
    }  # fmt: skip
    for row in body["thresholds"]:
        told = [by["pi-crime", row["reading"], tier]["count"] for tier in "ABC"]
        assert told == [row["sensitive"], row["important"], row["general"]]
    parcel = by["pi-crime", "waybill-important", "B"]
    assert (parcel["rule"], parcel["article"], parcel["unit"]) == (
        "pi-crime-tier-b",
        "第五条第一款第四项",
        "条",
    )
    assert parcel["sample"] == [{"file": str(parcels), "member": None, "record": 10, "place": "#10"}]
    # An identity number is sensitive in one reading of the Personal Information Protection Law only.
    assert (by["pipl", "pipl-gbt45574", ""]["count"], by["pipl", "pipl-gbt35273", ""]["count"]) == (0, 4)
    places = by["pipl", "pipl-gbt35273", ""]["sample"]
    assert sorted(place["record"] for place in places) == [1, 2, 3, 4]
    assert {place["file"] for place in places} == {str(children)}
