"""What follows collection: handing over, examination in court, destruction."""

from __future__ import annotations

import pytest

from qingyuan.evidence import (
    CustodyError,
    LoggedEvent,
    Payload,
    SignedManifest,
    chain_of_custody,
    destroyed,
    examined,
    handed_over,
    verified,
)
from tests.evidence.test_custody import event, full, signed

__all__ = ["signed"]

RECEIPT = {
    "to": "某市公安局",
    "received_by": "王某",
    "reason": "涉嫌犯罪移送",
    "medium": "光盘 1 张，封签 F-7",
}


def handing(index: int, *exhibits: str, **changes: str) -> LoggedEvent:
    return event(index, "evidence.handed_over", handed_over(exhibits, **{**RECEIPT, **changes}))


def examination(index: int, exhibit: str, position: str, grounds: str = "真实性存疑") -> LoggedEvent:
    payload = examined(exhibit, party="被告某公司", position=position, grounds=grounds, occasion="庭前会议")  # type: ignore[arg-type]
    return event(index, "evidence.examined", payload)


def destruction(index: int, *exhibits: str) -> LoggedEvent:
    payload = destroyed("L2026-0001", key="K1", exhibits=exhibits, basis="超过保存期限", approved_by="P009")
    return event(index, "evidence.destroyed", payload)


def codes(signed: SignedManifest, *events: LoggedEvent) -> dict[str, int | None]:
    return {gap.code: gap.index for gap in chain_of_custody(signed.manifest, [*full(signed), *events]).gaps}


def test_the_payloads_have_exactly_the_members_of_the_format() -> None:
    assert handed_over(["X1", "X2"], **RECEIPT) == {"exhibits": ["X1", "X2"], **RECEIPT}
    assert examination(1, "X1", "disputed").payload == {
        "exhibit": "X1",
        "party": "被告某公司",
        "position": "disputed",
        "grounds": "真实性存疑",
        "occasion": "庭前会议",
    }
    assert destruction(1, "X1").payload == {
        "scope": "L2026-0001",
        "key": "K1",
        "exhibits": ["X1"],
        "basis": "超过保存期限",
        "approved_by": "P009",
    }
    assert destruction(1).payload["exhibits"] == []


@pytest.mark.parametrize(
    "build",
    [
        lambda: handed_over([], **RECEIPT),
        lambda: handed_over(["X1", "X1"], **RECEIPT),
        lambda: handed_over(["X1", ""], **RECEIPT),
        lambda: handed_over(["X1"], **{**RECEIPT, "to": " "}),
        lambda: examination(1, "X1", "maybe"),
        lambda: examination(1, "X1", "disputed", grounds=""),
        lambda: examination(1, "", "accepted"),
        lambda: destroyed("L1", key="K1", exhibits=["X1", "X1"], basis="b", approved_by="P1"),
        lambda: destroyed("L1", key="K1", exhibits=[], basis="", approved_by="P1"),
        lambda: destroyed("L1", key="K1", exhibits=[], basis="b", approved_by=""),
    ],
)
def test_an_event_that_would_say_too_little_is_not_made(build: object) -> None:
    with pytest.raises(CustodyError):
        build()  # type: ignore[operator]


def test_all_eight_stages_read_as_one_chain(signed: SignedManifest) -> None:
    own = signed.manifest.id
    later = [
        handing(11, "X0", own),
        examination(12, own, "accepted", ""),
        destruction(13, own),
    ]
    custody = chain_of_custody(signed.manifest, [*full(signed), *later])
    assert custody.gaps == ()
    assert [step.stage.value for step in custody.steps] == [
        "提取", "存储", "验证", "传输", "移送", "质证", "销毁",
    ]  # fmt: skip
    assert (
        custody.steps[4].zh == "移送 某市公安局，接收人：王某；载体：光盘 1 张，封签 F-7；事由：涉嫌犯罪移送"
    )
    assert custody.steps[5].zh == "被告某公司质证：无异议（庭前会议）"
    assert custody.steps[6].en.endswith("approved by: P009")


def test_events_that_name_other_exhibits_are_passed_over(signed: SignedManifest) -> None:
    others = [handing(11, "X0"), examination(12, "X0", "disputed"), destruction(13, "X0")]
    custody = chain_of_custody(signed.manifest, [*full(signed), *others])
    assert len(custody.steps) == 4


def test_a_handing_over_without_a_receipt_or_a_check_before_it_is_a_gap(signed: SignedManifest) -> None:
    own = signed.manifest.id
    assert codes(signed, handing(11, own, received_by="")) == {"no-receipt": 11}
    unchecked = [e for e in full(signed) if e.type not in {"evidence.verified", "evidence.transferred"}]
    found = chain_of_custody(signed.manifest, [*unchecked, handing(11, own)]).gaps
    assert [(gap.code, gap.index) for gap in found] == [("not-verified", 11)]


def test_a_dispute_stays_a_gap_until_the_content_is_verified_again(signed: SignedManifest) -> None:
    own = signed.manifest.id
    again: Payload = verified(signed.manifest, signed.manifest.digests())
    assert codes(signed, examination(11, own, "disputed")) == {"disputed": 11}
    assert codes(signed, examination(11, own, "accepted-in-part")) == {"disputed": 11}
    assert codes(signed, examination(11, own, "disputed"), event(12, "evidence.verified", again)) == {}


def test_what_follows_a_destruction_is_a_gap_unless_it_only_names_the_material(
    signed: SignedManifest,
) -> None:
    own = signed.manifest.id
    again = event(12, "evidence.verified", verified(signed.manifest, signed.manifest.digests()))
    assert codes(signed, destruction(11, own), again) == {"after-destruction": 12}
    assert codes(signed, destruction(11, own), examination(12, own, "accepted")) == {}
    bare = event(11, "evidence.destroyed", {**destruction(11, own).payload, "approved_by": ""})
    assert codes(signed, bare) == {"not-approved": 11}
