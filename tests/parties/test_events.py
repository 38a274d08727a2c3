"""The register and the standing of people follow from events."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import pytest

from qingyuan.law import LawError, Level, load
from qingyuan.parties import (
    Body,
    Matter,
    Owed,
    PartiesError,
    Registry,
    appoint,
    assign,
    dismiss,
    end,
    entrust,
    fold_matter,
    fold_registry,
    recuse,
    register,
    seed,
    send,
    unassign,
)

DAY = date(2026, 3, 2)

LAW = load()


class Event(NamedTuple):
    type: str
    payload: dict[str, Any]


def folded(*owed: Owed) -> Registry:
    return fold_registry(seed(LAW), owed)


def started() -> Registry:
    return folded(appoint(folded(), "P1", "procuratorate-330782", "prosecutor", DAY))


def docket(*owed: Owed | Event) -> Matter:
    return fold_matter("M1", "procuratorate-330782", owed)


def test_offices_of_the_law_data_make_a_tree() -> None:
    registry = folded()
    line = registry.line("procuratorate-330782")
    assert line[:3] == ("procuratorate-330782", "procuratorate-330700", "procuratorate-330000")
    assert line[-1] == "spp"
    assert {"procuratorate-330110", "procuratorate-330100"} <= registry.subtree("procuratorate-330000")
    assert "court-330782" not in registry.subtree("spp")


def test_a_body_is_registered_corrected_and_ended() -> None:
    organ = Body("postal-330782", "organ", "义乌市邮政管理局", level=Level.COUNTY, division="330782")
    first = register(folded(), organ, law=LAW)
    registry = folded(first)
    assert registry.body("postal-330782").name == "义乌市邮政管理局"
    renamed = register(registry, Body("postal-330782", "organ", "义乌邮政管理局"), law=LAW)
    assert folded(first, renamed).body("postal-330782").name == "义乌邮政管理局"
    ended = folded(first, end(registry, "postal-330782", date(2026, 12, 31)))
    assert ended.body("postal-330782").until == date(2026, 12, 31)


def test_a_post_in_a_body_that_ended_counts_no_more() -> None:
    registry = started()
    assert registry.capacities("P1", DAY)
    last = end(registry, "procuratorate-330782", date(2026, 6, 30))
    later = folded(appoint(folded(), "P1", "procuratorate-330782", "prosecutor", DAY), last)
    assert later.capacities("P1", date(2026, 6, 30))
    assert not later.capacities("P1", date(2026, 7, 1))


def test_a_post_is_held_from_the_first_to_the_last_day() -> None:
    first = appoint(folded(), "P1", "procuratorate-330782", "prosecutor", DAY)
    second = appoint(folded(first), "P1", "procuratorate-330782", "chief", date(2026, 5, 1))
    last = dismiss(folded(first, second), "P1", "procuratorate-330782", "prosecutor", date(2026, 5, 31))
    registry = folded(first, second, last)
    assert [each.roles for each in registry.capacities("P1", DAY)] == [("prosecutor",)]
    assert [each.roles for each in registry.capacities("P1", date(2026, 5, 31))] == [("chief", "prosecutor")]
    assert [each.roles for each in registry.capacities("P1", date(2026, 6, 1))] == [("chief",)]
    again = appoint(registry, "P1", "procuratorate-330782", "prosecutor", date(2026, 9, 1))
    assert folded(first, second, last, again).people() == ("P1",)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (Body("x", "club", "俱乐部"), "parties.unknown-kind"),
        (Body("x", "firm", " "), "parties.nameless"),
        (Body("x", "firm", "公司", parent="y"), "parties.bad-tree"),
        (Body("x", "firm", "公司", parent="x"), "parties.bad-tree"),
    ],
)
def test_a_body_that_cannot_be_is_refused(body: Body, code: str) -> None:
    with pytest.raises(PartiesError) as caught:
        register(folded(), body, law=LAW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("division", "code"), [("339999", "law.unknown-division"), ("3307", "law.bad-division")]
)
def test_a_body_in_a_division_that_never_was_is_refused_with_its_place(division: str, code: str) -> None:
    with pytest.raises(LawError) as caught:
        register(folded(), Body("new-office", "procuratorate", "新区人民检察院", division=division), law=LAW)
    assert (caught.value.code, caught.value.where) == (code, f"new-office {division}")
    assert caught.value.remedy_en


def test_an_appointment_that_cannot_be_is_refused() -> None:
    registry = started()
    for person, body, role, code in (
        ("P1", "procuratorate-330782", "prosecutor", "parties.held"),
        ("P1", "procuratorate-330782", "judge", "parties.role-misfit"),
        ("P1", "procuratorate-330782", "king", "parties.unknown-role"),
        ("P1", "nowhere", "prosecutor", "parties.unknown-body"),
    ):
        with pytest.raises(PartiesError) as caught:
            appoint(registry, person, body, role, DAY)
        assert caught.value.code == code
    with pytest.raises(PartiesError) as caught:
        dismiss(registry, "P2", "procuratorate-330782", "prosecutor", DAY)
    assert caught.value.code == "parties.not-held"


def test_people_are_assigned_and_released() -> None:
    registry = started()
    first = assign(registry, docket(), "P1", duty="handler", on=DAY)
    approver = assign(registry, docket(first), "P1", duty="approver", on=DAY)
    assert docket(first).handlers == docket(first, approver).approvers == {"P1"}
    assert not docket(first, unassign(docket(first), "P1", duty="handler")).handlers
    with pytest.raises(PartiesError, match="not assigned"):
        unassign(docket(), "P1", duty="handler")
    with pytest.raises(PartiesError, match="holds no post"):
        assign(registry, docket(), "P2", duty="handler", on=DAY)


def test_a_recused_person_is_not_assigned() -> None:
    gone = recuse(docket(), "P1", on=DAY, by="P9", ground="与本案有利害关系")
    assert docket(gone).recused == {"P1"}
    with pytest.raises(PartiesError) as caught:
        assign(started(), docket(gone), "P1", duty="handler", on=DAY)
    assert caught.value.code == "parties.recused"
    with pytest.raises(PartiesError, match="ground"):
        recuse(docket(), "P1", on=DAY, by="P9", ground=" ")
    with pytest.raises(PartiesError, match="already"):
        recuse(docket(gone), "P1", on=DAY, by="P9", ground="x")


def decided(act: str, **fields: str) -> Event:
    return Event("case.acted", {"act": act, "on": "2026-03-02", "fields": fields})


def test_a_request_alone_recuses_nobody_a_decision_does() -> None:
    request = decided("recusal-request", of="P1", reason="…")
    granted = decided("recusal-decision", of="P1", outcome="granted")
    refused = decided("recusal-decision", of="P1", outcome="refused")
    assert not docket(request).recused
    assert docket(request, granted).recused == {"P1"}
    assert not docket(request, refused).recused
    assert docket(request, refused, decided("recusal-review", outcome="granted")).recused == {"P1"}
    assert not docket(decided("judgment", outcome="granted")).recused


def test_offices_take_part_and_items_are_addressed() -> None:
    registry = started()
    other = entrust(registry, docket(), "procuratorate-330110", how="designated", on=DAY)
    assert docket(other).entrusted == {"procuratorate-330110"}
    with pytest.raises(PartiesError, match="no procuratorate"):
        entrust(registry, docket(), "court-330782", how="designated", on=DAY)
    sent = send(registry, docket(), "suit-1", bodies=["court-330782"])
    more = send(registry, docket(sent), "suit-1", people=["P1"])
    item = docket(sent, more).items["suit-1"]
    assert item.bodies == {"court-330782"}
    assert item.people == {"P1"}
    for wrong in ({"people": ["V9"]}, {"bodies": ["nowhere"]}, {}):
        with pytest.raises(PartiesError):
            send(registry, docket(), "suit-1", **wrong)


def test_an_event_of_a_later_version_is_named_and_a_malformed_one_refused() -> None:
    assert docket(Event("access.sealed", {})).unread == ("access.sealed",)
    assert fold_registry([], [Event("party.merged", {})]).unread == ("party.merged",)
    with pytest.raises(PartiesError, match="does not fit"):
        docket(Event("access.assigned", {"who": "P1"}))


def test_what_was_withdrawn_keeps_its_addressees() -> None:
    sent = Event("access.sent", {"item": "paper-1", "bodies": ["court-330782"], "people": ["P1"]})
    after = docket(sent, Event("access.withdrawn", {"item": "paper-1"}))
    assert after == docket(sent)
    assert after.unread == ()
