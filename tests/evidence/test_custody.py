"""Events of an exhibit become its chain of custody, and every gap has a name."""

from __future__ import annotations

import json

import msgspec
import pytest

from qingyuan.evidence import (
    STAGES,
    CustodyError,
    Digests,
    Keyring,
    LoggedEvent,
    Manifest,
    Payload,
    Sealed,
    SignedManifest,
    Stage,
    canonical,
    chain_of_custody,
    exhibit_id,
    extracted,
    generated,
    sign_manifest,
    stored,
    transferred,
    verified,
)
from qingyuan.evidence.custody import transfer_completed
from tests.evidence.making import collected, manifest_of

SEALED = Sealed(3, "a" * 64, "b" * 64, 120, "c" * 64)
DIGESTS = {"manifest_sha256": "1" * 64, "manifest_sm3": "2" * 64, "exhibits_sha256": "3" * 64}


@pytest.fixture
def signed(keyring: Keyring) -> SignedManifest:
    return sign_manifest(manifest_of(b"abc"), keyring.new_signer("officer", actor="P001"))


def event(index: int, kind: str, payload: Payload, *, minute: int | None = None) -> LoggedEvent:
    at = f"2026-03-02T10:{index if minute is None else minute:02}:00+08:00"
    return LoggedEvent(index, kind, at, "P001", payload)


def full(signed: SignedManifest) -> list[LoggedEvent]:
    manifest = signed.manifest
    return [
        event(3, "evidence.extracted", extracted(signed)),
        event(4, "evidence.stored", stored(manifest.id, SEALED)),
        event(7, "evidence.verified", verified(manifest, manifest.digests())),
        event(9, "evidence.transferred", transferred("E1", "某法院", **DIGESTS)),
        event(10, "evidence.transfer_completed", transfer_completed("E1", size=9, sha256="4" * 64)),
    ]


def codes(manifest: Manifest, events: list[LoggedEvent]) -> set[str]:
    return {gap.code for gap in chain_of_custody(manifest, events).gaps}


def test_payloads_have_exactly_the_members_of_the_format(signed: SignedManifest, keyring: Keyring) -> None:
    origin = {"exhibit", "manifest_sha256", "path", "size", "sha256", "sm3", "key", "sig"}
    derived = sign_manifest(manifest_of(b"d", parents=(signed.manifest.id,)), keyring.new_signer("device"))
    assert set(extracted(signed)) == origin
    assert set(generated(derived, engine="pii/0.1.0")) == origin | {"parents", "engine"}
    assert generated(derived, engine="pii/0.1.0")["parents"] == [signed.manifest.id]
    assert stored("X1", SEALED) == {
        "exhibit": "X1",
        "sealed": {"alg": "qyseal-1/AES-256-GCM", "chunk": 1 << 20, "size": 120, "sha256": "c" * 64},
    }
    assert set(verified(signed.manifest, signed.manifest.digests())) == {"exhibit", "sha256", "sm3", "ok"}
    assert set(transferred("E1", "某法院", **DIGESTS)) == {"package", "to", *DIGESTS}
    for payload in (extracted(signed), stored("X1", SEALED)):
        assert json.loads(canonical(payload)) == payload


def test_an_exhibit_is_logged_by_the_event_of_its_origin(signed: SignedManifest, keyring: Keyring) -> None:
    derived = sign_manifest(manifest_of(b"d", parents=(signed.manifest.id,)), keyring.new_signer("device"))
    with pytest.raises(CustodyError):
        generated(signed, engine="pii/0.1.0")
    with pytest.raises(CustodyError):
        extracted(derived)


def test_verifying_says_whether_the_content_is_still_the_same(signed: SignedManifest) -> None:
    manifest = signed.manifest
    assert verified(manifest, manifest.digests())["ok"] is True
    assert verified(manifest, Digests(manifest.size + 1, manifest.sha256, manifest.sm3))["ok"] is False


def test_a_whole_chain_has_no_gap_and_reads_in_both_languages(signed: SignedManifest) -> None:
    custody = chain_of_custody(signed.manifest, reversed(full(signed)))
    assert custody.gaps == ()
    assert [step.stage.value for step in custody.steps] == ["提取", "存储", "验证", "传输"]
    chinese, english = custody.lines("zh"), custody.lines("en")
    assert len(chinese) == len(english) == 6
    assert chinese[1].startswith("2026-03-02T10:03:00+08:00  提取  P001")
    assert "收集结束 1975 秒后记入日志" in chinese[1]
    assert "某法院" in chinese[4]
    assert english[-1] == "no gap found"
    assert english[0] == f"Chain of custody of exhibit {signed.manifest.id}"


def test_the_events_of_other_exhibits_and_types_are_passed_over(signed: SignedManifest) -> None:
    others = [
        event(1, "lead.opened", {"exhibit": signed.manifest.id}),
        event(2, "evidence.stored", stored("Xffffffffffffffff", SEALED)),
        event(8, "evidence.transferred", transferred("E0", "别处", **DIGESTS)),
    ]
    custody = chain_of_custody(signed.manifest, full(signed) + others, packages={"E1": [signed.manifest.id]})
    assert [step.index for step in custody.steps] == [3, 4, 7, 9]


def test_each_missing_stage_is_a_gap(signed: SignedManifest) -> None:
    events = full(signed)
    assert codes(signed.manifest, events[1:]) == {"no-origin"}
    assert codes(signed.manifest, [events[0], *events[2:]]) == {"not-stored"}
    assert codes(signed.manifest, [*events[:2], *events[3:]]) == {"not-verified"}
    assert codes(signed.manifest, []) == {"no-origin", "not-stored"}


def test_a_missing_second_collector_is_a_gap(keyring: Keyring) -> None:
    alone = msgspec.structs.replace(manifest_of(b"abc"), collected=collected(second=None))
    alone = msgspec.structs.replace(alone, id=exhibit_id(alone))
    signed = sign_manifest(alone, keyring.new_signer("officer", actor="P001"))
    custody = chain_of_custody(alone, full(signed))
    assert [gap.code for gap in custody.gaps] == ["no-second-collector"]
    assert custody.lines("zh")[-1] == "缺口：没有第二名收集人员的记录"


def test_contradictions_are_gaps_with_their_place(signed: SignedManifest) -> None:
    manifest = signed.manifest
    events = full(signed)
    changed = event(8, "evidence.verified", verified(manifest, Digests(3, "0" * 64, manifest.sm3)))
    (gap,) = chain_of_custody(manifest, [*events, changed]).gaps
    assert (gap.code, gap.index) == ("digest-differs", 8)
    lying = event(8, "evidence.verified", {**changed.payload, "ok": True})
    assert codes(manifest, [*events, lying]) == {"digest-differs"}
    other = event(3, "evidence.extracted", {**extracted(signed), "manifest_sha256": "0" * 64})
    assert codes(manifest, [other, *events[1:]]) == {"manifest-differs"}
    assert codes(manifest, [*events, event(1, "evidence.stored", stored(manifest.id, SEALED))]) == {
        "late-origin"
    }


def test_a_claimed_time_before_that_of_the_event_before_is_a_gap(signed: SignedManifest) -> None:
    events = full(signed)
    late = event(10, "evidence.verified", verified(signed.manifest, signed.manifest.digests()), minute=0)
    (gap,) = chain_of_custody(signed.manifest, [*events, late]).gaps
    assert (gap.code, gap.index) == ("clock-back", 10)


def test_an_event_before_the_end_of_the_collection_is_a_gap(signed: SignedManifest) -> None:
    early = LoggedEvent(3, "evidence.extracted", "2026-03-02T09:30:04+08:00", "P001", extracted(signed))
    assert codes(signed.manifest, [early, *full(signed)[1:]]) == {"logged-too-early"}


def test_an_event_without_a_member_it_must_have_is_named(signed: SignedManifest) -> None:
    broken = event(5, "evidence.stored", {"exhibit": signed.manifest.id})
    with pytest.raises(CustodyError) as caught:
        chain_of_custody(signed.manifest, [broken])
    assert caught.value.where == "log index 5"


def test_every_event_type_of_evidence_has_its_stage() -> None:
    assert {kind: stage.value for kind, stage in STAGES.items()} == {
        "evidence.generated": "生成",
        "evidence.extracted": "提取",
        "evidence.stored": "存储",
        "evidence.transferred": "传输",
        "evidence.verified": "验证",
        "evidence.handed_over": "移送",
        "evidence.examined": "质证",
        "evidence.destroyed": "销毁",
    }
    assert [stage.en for stage in Stage] == [
        "generated", "extracted", "stored", "transferred", "verified", "handed over", "examined", "destroyed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "收集结束即记入日志", "logged as the collection ended"),
        (90, "收集结束 90 秒后记入日志", "logged 90 s after the collection ended"),
        (-7, "记入日志的时间比所称收集结束早 7 秒", "logged 7 s before the stated end of the collection"),
    ],
)
def test_when_an_exhibit_was_logged_is_said_as_people_say_it(
    signed: SignedManifest, monkeypatch: pytest.MonkeyPatch, seconds: int, zh: str, en: str
) -> None:
    monkeypatch.setattr("qingyuan.evidence._custody_words.delay", lambda *_: seconds)
    custody = chain_of_custody(signed.manifest, full(signed))
    assert zh in custody.lines("zh")[1]
    assert en in custody.lines("en")[1]
