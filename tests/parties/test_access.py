"""Each sentence of the policies, asked from both sides."""

from __future__ import annotations

from datetime import date

import pytest

from qingyuan.parties import (
    STANDINGS,
    SYNTHETIC,
    Access,
    Body,
    Capacity,
    Decision,
    Item,
    Matter,
    PartiesError,
    Post,
    Record,
    Registry,
    Resource,
    Sent,
    actions,
    matrix,
    roles,
)
from tests.parties._world import DAY, policies

BODIES = {
    body.id: body
    for body in (
        Body("province", "procuratorate", "省院"),
        Body("city", "procuratorate", "市院", parent="province"),
        Body("county", "procuratorate", "县院", parent="city"),
        Body("neighbour", "procuratorate", "邻县院", parent="city"),
        Body("postal", "organ", "邮政管理局"),
        Body("court", "internet-court", "互联网法院"),
        Body("firm", "firm", "公司"),
        Body("assessor", "evaluator", "评估机构"),
        Body("friends", "volunteers", "益心为公"),
        Body("panel", "panel", "名册"),
    )
}
GATE = Access(Registry(BODIES), policies())
MATTER = Matter(
    "M2026-0001",
    "county",
    handlers=frozenset({"P1", "P2", "P3", "P9"}),
    approvers=frozenset({"P5"}),
    recused=frozenset({"P9"}),
    entrusted=frozenset({"neighbour"}),
)
ITEM = Item("suggestion-1", MATTER.id, frozenset({"postal"}), frozenset({"V1"}))
SENT = Sent(ITEM, MATTER)
ADULT, CHILD = Record("R1", MATTER), Record("R2", MATTER, minor=True)
REASON = {"reason": "核对号码是否真实"}


def ask(who: tuple[str, str, str], action: str, resource: Resource, **context: str) -> Decision:
    person, body, role = who
    decision = GATE.authorize(Capacity(person, body, (role,)), action, resource, on=DAY, context=context)
    assert decision.zh
    assert decision.en
    assert decision.rulings
    return decision


PROSECUTOR, ASSISTANT, TECHNICIAN = (
    ("P1", "county", "prosecutor"),
    ("P2", "county", "assistant"),
    ("P3", "county", "technician"),
)
COLLEAGUE, APPROVER = ("P4", "county", "prosecutor"), ("P5", "county", "prosecutor")
CHIEF, HEAD = ("P6", "county", "chief"), ("P7", "county", "department-head")
ABOVE, ABOVE_STAFF, BESIDE = (
    ("P8", "city", "chief"),
    ("P10", "city", "prosecutor"),
    ("P11", "neighbour", "chief"),
)
MANAGER, AUDITOR, ADMIN = (
    ("P12", "county", "case-management"),
    ("P13", "province", "auditor"),
    ("P14", "county", "administrator"),
)
LIAISON, OTHER_LIAISON = ("L1", "postal", "organ-liaison"), ("L2", "firm", "firm-liaison")
VOLUNTEER, OTHER_VOLUNTEER = ("V1", "friends", "volunteer"), ("V2", "friends", "volunteer")


@pytest.mark.parametrize(
    ("who", "action", "resource", "policy"),
    [
        (PROSECUTOR, "write", MATTER, "handler"),
        (ASSISTANT, "write", MATTER, "handler"),
        (TECHNICIAN, "collect", MATTER, "technician"),
        (APPROVER, "decide", MATTER, "approver"),
        (CHIEF, "decide", MATTER, "chief"),
        (HEAD, "assign", MATTER, "department-head"),
        (ABOVE, "direct", MATTER, "superior-office"),
        (BESIDE, "decide", MATTER, "entrusted-chief"),
        (MANAGER, "assign", MATTER, "case-management"),
        (AUDITOR, "audit", MATTER, "auditor"),
        (ADMIN, "administer", BODIES["county"], "administrator"),
        (CHIEF, "appoint", BODIES["county"], "chief-appoints"),
        (ABOVE, "count", BODIES["county"], "statistics"),
        (PROSECUTOR, "view-record", CHILD, "handler-records"),
        (CHIEF, "view-record", ADULT, "approver-records"),
        (LIAISON, "answer", SENT, "recipient-body"),
        (VOLUNTEER, "open", SENT, "recipient-person"),
        (PROSECUTOR, "open", SENT, "handler-items"),
        (HEAD, "open", SENT, "approver-items"),
    ],
)  # fmt: skip
def test_what_is_permitted_names_its_policy(
    who: tuple[str, str, str], action: str, resource: Resource, policy: str
) -> None:
    decision = ask(who, action, resource)
    assert decision.allowed
    assert policy in {ruling.policy for ruling in decision.rulings}
    assert policy in decision.zh
    assert policy in decision.en


@pytest.mark.parametrize(
    ("who", "action", "resource", "policy"),
    [
        (COLLEAGUE, "read", MATTER, "default-deny"),
        (COLLEAGUE, "list", MATTER, "default-deny"),
        (ASSISTANT, "decide", MATTER, "default-deny"),
        (TECHNICIAN, "write", MATTER, "default-deny"),
        (HEAD, "decide", MATTER, "default-deny"),
        (CHIEF, "write", MATTER, "default-deny"),
        (ABOVE, "decide", MATTER, "default-deny"),
        (ABOVE_STAFF, "read", MATTER, "default-deny"),
        (BESIDE, "read", Matter("M2", "county"), "default-deny"),
        (MANAGER, "read", MATTER, "default-deny"),
        (("P15", "county", "auditor"), "audit", Matter("M3", "city"), "default-deny"),
        (AUDITOR, "read", MATTER, "audit-no-values"),
        (AUDITOR, "view-record", ADULT, "audit-no-values"),
        (AUDITOR, "open", SENT, "audit-no-values"),
        (ADMIN, "read", MATTER, "administrator-no-content"),
        (ADMIN, "list", MATTER, "administrator-no-content"),
        (ADMIN, "administer", BODIES["city"], "default-deny"),
        (CHIEF, "view-record", CHILD, "minor-shield"),
        (APPROVER, "view-record", CHILD, "minor-shield"),
        (TECHNICIAN, "unmask", ADULT, "reason"),
        (LIAISON, "read", MATTER, "outsider"),
        (LIAISON, "view-record", ADULT, "outsider"),
        (LIAISON, "count", BODIES["postal"], "outsider"),
        (OTHER_LIAISON, "open", SENT, "default-deny"),
        (OTHER_VOLUNTEER, "open", SENT, "default-deny"),
        (("J1", "court", "judge"), "open", SENT, "default-deny"),
        (("E1", "panel", "expert"), "open", SENT, "default-deny"),
    ],
)  # fmt: skip
def test_what_is_denied_names_its_policy(
    who: tuple[str, str, str], action: str, resource: Resource, policy: str
) -> None:
    decision = ask(who, action, resource)
    assert not decision.allowed
    assert policy in {ruling.policy for ruling in decision.rulings}
    assert policy in decision.zh
    assert decision.owed is None


def test_a_recused_person_is_denied_everything_on_the_docket_with_the_article() -> None:
    for role in roles().values():
        body = next((each for each in BODIES.values() if each.kind in role.kinds), BODIES["county"])
        for action in actions().values():
            if action.resource == "Body":
                continue
            resource: Resource = MATTER if action.resource == "Matter" else SENT
            if action.resource == "Record":
                resource = CHILD
            decision = ask(("P9", body.id, role.id), action.id, resource, reason="核对")
            assert not decision.allowed
            assert "recusal" in {ruling.policy for ruling in decision.rulings}
            assert "第十九条" in decision.zh or "第二十三条" in decision.zh


def test_seeing_clear_values_needs_a_reason_and_owes_an_event() -> None:
    assert {each.policy for each in ask(PROSECUTOR, "unmask", CHILD).rulings} == {"reason"}
    for nothing in (" 　", "\u200b\u2060", "……"):
        assert {each.policy for each in ask(PROSECUTOR, "unmask", CHILD, reason=nothing).rulings} == {
            "reason"
        }
    decision = ask(PROSECUTOR, "unmask", CHILD, **REASON)
    assert decision.allowed
    assert decision.owed is not None
    assert (decision.owed.stream, decision.owed.type) == (MATTER.id, "access.unmasked")
    assert decision.owed.payload == {
        "record": "R2",
        "by": "P1",
        "body": "county",
        "reason": REASON["reason"],
        "minor": True,
    }


def test_a_denial_by_default_says_what_is_missing() -> None:
    decision = ask(COLLEAGUE, "read", MATTER)
    assert "handler" in {ruling.policy for ruling in decision.would}
    assert "承办" in decision.zh
    assert "assigned" in decision.en


def test_every_ruling_but_the_synthetic_ones_has_a_place_and_articles() -> None:
    for ruling in policies().all():
        assert ruling.place
        assert ruling.articles
        assert ruling.policy not in SYNTHETIC
        assert all(citation.law for citation in ruling.articles)


def test_a_docket_with_an_event_of_a_later_version_is_closed() -> None:
    later = Matter("M9", "county", handlers=frozenset({"P1"}), unread=("access.sealed",))
    assert {each.policy for each in ask(PROSECUTOR, "read", later).rulings} == {"not-evaluated"}


def test_posts_are_dated() -> None:
    posts = (Post("P1", "county", "prosecutor", date(2026, 1, 1), date(2026, 6, 30)),)
    gate = Access(Registry(BODIES, posts), policies())
    assert gate.authorize("P1", "read", MATTER, on=date(2026, 6, 30)).allowed
    for day in (date(2025, 12, 31), date(2026, 7, 1)):
        decision = gate.authorize("P1", "read", MATTER, on=day)
        assert [ruling.policy for ruling in decision.rulings] == ["no-capacity"]


def test_a_person_in_two_bodies_is_judged_in_each_but_recusal_holds_in_both() -> None:
    posts = (
        Post("P1", "neighbour", "case-management", date(2026, 1, 1)),
        Post("P1", "county", "prosecutor", date(2026, 1, 1)),
        Post("P9", "neighbour", "chief", date(2026, 1, 1)),
        Post("P9", "county", "chief", date(2026, 1, 1)),
    )
    gate = Access(Registry(BODIES, posts), policies())
    assert gate.authorize("P1", "read", MATTER, on=DAY).body == "county"
    assert not gate.authorize("P9", "read", MATTER, on=DAY).allowed


def test_a_wrong_question_is_refused() -> None:
    with pytest.raises(PartiesError) as caught:
        ask(PROSECUTOR, "peek", MATTER)
    assert caught.value.code == "parties.unknown-action"
    with pytest.raises(PartiesError) as caught:
        ask(PROSECUTOR, "open", MATTER)
    assert caught.value.code == "parties.wrong-resource"


def test_the_matrix_has_a_cell_for_every_role_and_action() -> None:
    cells = {(cell.role, cell.action): cell.standings for cell in matrix(policies(), DAY)}
    assert set(cells) == {(role, action) for role in roles() for action in actions()}
    assert cells["prosecutor", "read"] == ("assigned", "approver")
    assert cells["chief", "view-record"] == ("assigned", "approver", "own")
    assert cells["prosecutor", "unmask"] == ("assigned", "minor")
    assert cells["auditor", "read"] == ()
    assert cells["organ-liaison", "open"] == ("addressed",)
    assert all("recused" not in standings for standings in cells.values())
    assert {standing for standings in cells.values() for standing in standings} <= {
        each.id for each in STANDINGS
    }
