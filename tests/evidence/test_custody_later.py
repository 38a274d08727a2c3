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
    transferred,
    verified,
)
from qingyuan.evidence.custody import transfer_abandoned, transfer_completed
from tests.evidence.test_custody import DIGESTS, event, full, signed

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
    assert custody.steps[4].zh == "至 某市公安局，接收人：王某；载体：光盘 1 张，封签 F-7；事由：涉嫌犯罪移送"
    assert custody.steps[5].zh == "被告某公司：无异议（庭前会议）"
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


def announced(index: int, package: str) -> LoggedEvent:
    return event(index, "evidence.transferred", transferred(package, "某法院", **DIGESTS))


def completed(index: int, package: str) -> LoggedEvent:
    payload = transfer_completed(package, size=9, sha256="4" * 64)
    return event(index, "evidence.transfer_completed", payload)


def abandoned(index: int, package: str) -> LoggedEvent:
    payload = transfer_abandoned(package, code="x", reason_zh="磁盘已满", reason_en="disk full")
    return event(index, "evidence.transfer_abandoned", payload)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([], "没有制作完成的记录"),
        ([abandoned(12, "E2")], "磁盘已满"),
        ([completed(12, "E2"), abandoned(13, "E2")], "磁盘已满"),
        ([completed(12, "E3")], "没有制作完成的记录"),
    ],
)
def test_a_transfer_without_a_completion_or_with_an_abandonment_is_a_gap_and_no_step(
    signed: SignedManifest, after: list[LoggedEvent], said: str
) -> None:
    custody = chain_of_custody(signed.manifest, [*full(signed), announced(11, "E2"), *after])
    (gap,) = custody.gaps
    assert (gap.code, gap.index) == ("transfer-not-completed", 11)
    assert gap.zh == f"证据包 E2 传输未完成：{said}"
    assert 11 not in {step.index for step in custody.steps}


def test_a_completed_transfer_is_a_step(signed: SignedManifest) -> None:
    custody = chain_of_custody(signed.manifest, [*full(signed), announced(11, "E2"), completed(12, "E2")])
    assert custody.gaps == ()
    assert custody.steps[-1].en == "to 某法院, in package E2"


def test_an_unfinished_transfer_does_not_count_as_leaving_the_office(signed: SignedManifest) -> None:
    unchecked = full(signed)[:2]
    gaps = chain_of_custody(signed.manifest, [*unchecked, announced(11, "E2")]).gaps
    assert [gap.code for gap in gaps] == ["transfer-not-completed"]


def test_after_its_destruction_an_exhibit_is_only_listed(signed: SignedManifest) -> None:
    later = [destruction(11, signed.manifest.id), announced(12, "E2"), completed(13, "E2")]
    custody = chain_of_custody(signed.manifest, [*full(signed), *later])
    assert custody.gaps == ()
    assert [step.en for step in custody.steps if step.stage.value == "传输"] == [
        "to 某法院, in package E1",
        "listed in package E2 to 某法院, content not sent",
    ]
    assert custody.steps[-1].zh == "在发给 某法院 的证据包 E2 中仅列明，内容未随包"
