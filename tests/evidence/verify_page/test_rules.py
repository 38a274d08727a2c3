"""What the page says of packages that break one rule each, everything else made to fit again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.evidence.verify_page.making import Matter, small_matter
from tests.evidence.verify_page.node import CHECKS, Node, findings, passed
from tests.evidence.verify_page.sealing import Members, bag_info, jsonl, payload_manifest, sealed, zipped
from tests.evidence.verify_page.trees import Json, b64, canonical
from tests.evidence.verify_page.trusting import (
    LOG,
    OFFICER,
    ORIGIN,
    Key,
    trust_of,
)

EVENTS, EXHIBITS, ABOUT = "evidence/events.jsonl", "evidence/exhibits.jsonl", "evidence/package.json"


FIRST, FIRST_TWIN = "proofs/0.tlog-proof", "proofs-sm3/0.tlog-proof"


def members() -> Members:
    return sealed(small_matter().members(), "E2026-0001")


def resealed(changed: Members, package: str = "E2026-0001") -> bytes:
    return zipped(sealed(changed, package))


def edited(name: str, change: Callable[[bytes], bytes]) -> bytes:
    found = members()
    return resealed({**found, name: change(found[name])})


def about(**changes: Any) -> bytes:
    return edited(ABOUT, lambda old: canonical({**json.loads(old), **changes}) + b"\n")


def line(name: str, number: int, change: Callable[[Json], Json]) -> bytes:
    def bend(old: bytes) -> bytes:
        lines = [json.loads(each) for each in old.splitlines()]
        return jsonl([*lines[:number], change(lines[number]), *lines[number + 1 :]])

    return edited(name, bend)


def content() -> list[str]:
    return sorted(name for name in members() if name.startswith("data/"))


def with_members(**changes: bytes | None) -> bytes:
    found: dict[str, bytes | None] = {**members(), **changes}
    return resealed({n: d for n, d in found.items() if d is not None})


def judged(
    node: Node, package: bytes, trust: Json | bytes | None = None
) -> tuple[str, set[tuple[str, str | None]]]:
    result = node.judge(package, trust_of() if trust is None else trust)
    return result["verdict"], findings(result)


def test_a_whole_package_passes_with_all_eight_checks(node: Node) -> None:
    result = node.judge(resealed(members()), trust_of())
    assert (result["verdict"], result["verdict_zh"], findings(result), passed(result)) == (
        "pass",
        "通过",
        set(),
        CHECKS,
    )
    assert result["package"] == "E2026-0001"
    assert {r["article"] for r in result["reasons"]} == {"第十六条", "第十七条", "第十八条"}
    assert all(r["text_zh"] and r["text_en"] for r in result["reasons"])


def test_a_package_without_a_twin_passes_when_no_twin_is_trusted(node: Node) -> None:
    logs = [{"origin": ORIGIN, "vkey": LOG.vkey}]
    assert judged(node, small_matter(twin=False).package(), trust_of(logs=logs)) == ("pass", set())
    assert judged(node, small_matter(twin=False).package()) == ("undetermined", {("no-twin", ABOUT)})


ABOUT_FAULTS: list[tuple[Json, tuple[str, str | None]]] = [
    ({"v": 3}, ("unsupported", ABOUT)),
    ({"format": "qingyuan-evp/3"}, ("unsupported", ABOUT)),
    ({"events": 99}, ("event", EVENTS)),
    ({"exhibits": 99}, ("exhibit", EXHIBITS)),
    ({"timestamps": 1}, ("timestamp", "evidence/timestamps.jsonl")),
    ({"made_at": "2026-02-30T00:00:00+08:00"}, ("json", ABOUT)),
    ({"office": {"id": "1"}}, ("json", ABOUT)),
    ({"matter": ""}, ("json", ABOUT)),
    ({"title": 5}, ("json", ABOUT)),
    ({"log": {"origin": ORIGIN, "size": 7, "root": b64(bytes(32)), "x": 1}}, ("json", ABOUT)),
    ({"withheld": [{"exhibit": "Xnone", "reason_zh": "", "reason_en": ""}]}, ("withheld", EXHIBITS)),
]


@pytest.mark.parametrize(("changes", "wanted"), ABOUT_FAULTS, ids=lambda value: str(value)[:40])
def test_each_wrong_word_of_the_package_about_itself_is_named(
    node: Node, changes: Json, wanted: tuple[str, str]
) -> None:
    verdict, found = judged(node, about(**changes))
    assert found == {wanted}
    assert verdict == ("undetermined" if wanted[0] in ("unsupported", "withheld") else "fail")


def test_unknown_members_of_the_description_are_tolerated(node: Node) -> None:
    assert judged(node, about(more={"a": [1]})) == ("pass", set())


LINE_FAULTS: list[tuple[str, str, int, Callable[[Json], Json], set[tuple[str, str | None]]]] = [
    ("salt", EVENTS, 0, lambda e: {**e, "salt": b64(bytes(16))}, {("event", EVENTS)}),
    ("short salt", EVENTS, 0, lambda e: {**e, "salt": b64(bytes(15))}, {("json", EVENTS)}),
    ("payload", EVENTS, 0, lambda e: {**e, "payload": {"title": "别的"}}, {("event", EVENTS)}),
    ("more in the line", EVENTS, 0, lambda e: {**e, "more": 1}, {("json", EVENTS)}),
    ("more in the leaf", EVENTS, 0, lambda e: {**e, "leaf": {**e["leaf"], "more": 1}}, {("json", EVENTS)}),
    (
        "another version",
        EVENTS,
        5,
        lambda e: {**e, "leaf": {**e["leaf"], "v": 2}},
        {("unsupported", EVENTS), ("proof", "proofs/5.tlog-proof")},
    ),
    (
        "claimed time",
        EVENTS,
        5,
        lambda e: {**e, "leaf": {**e["leaf"], "at": "2026-03-02T10:00:01+08:00"}},
        {("proof", "proofs/5.tlog-proof")},
    ),
    (
        "number",
        EVENTS,
        5,
        lambda e: {**e, "leaf": {**e["leaf"], "n": 1}},
        {("event", EVENTS), ("proof", "proofs/5.tlog-proof")},
    ),
    (
        "index",
        EVENTS,
        6,
        lambda e: {**e, "index": 7},
        {("event", EVENTS), ("proof", "proofs/7.tlog-proof"), ("proof", "proofs/6.tlog-proof")},
    ),
]


@pytest.mark.parametrize(
    ("name", "member", "number", "change", "wanted"), LINE_FAULTS, ids=[case[0] for case in LINE_FAULTS]
)
def test_each_fault_of_an_event_is_named(
    node: Node,
    name: str,
    member: str,
    number: int,
    change: Callable[[Json], Json],
    wanted: set[tuple[str, str | None]],
) -> None:
    verdict, found = judged(node, line(member, number, change))
    twins = {
        (code, path.replace("proofs/", "proofs-sm3/"))
        for code, path in wanted
        if path and path.startswith("proofs/")
    }
    assert verdict == "fail"
    assert wanted | twins <= found
    assert {code for code, _ in found} <= {"event", "proof", "json", "unsupported", "exhibit", "withheld"}


def test_an_exhibit_whose_manifest_changed_no_longer_fits_its_event(node: Node) -> None:
    changed = line(EXHIBITS, 0, lambda e: {**e, "manifest": {**e["manifest"], "device": "D2"}})
    verdict, found = judged(node, changed)
    path = next(name for name in content() if name.split("/")[1] == min(content()).split("/")[1])
    assert verdict == "fail"
    assert found == {("exhibit", path), ("transfer", EXHIBITS)}


def test_changed_content_is_named_even_when_all_manifests_fit_it(node: Node) -> None:
    name = content()[0]
    changed = {**members(), name: b"x,y\n"}
    for each in ("sha256", "sm3"):
        changed[f"manifest-{each}.txt"] = payload_manifest(changed, each)
    changed["bag-info.txt"] = bag_info(changed)
    verdict, found = judged(node, resealed(changed))
    assert verdict == "fail"
    assert found == {("exhibit", name), ("transfer", "manifest-sha256.txt"), ("transfer", "manifest-sm3.txt")}


def test_content_of_no_exhibit_and_missing_content_are_named(node: Node) -> None:
    matter = small_matter()
    matter.contents["data/Xnobody/a.txt"] = b"?"
    assert ("exhibit", "data/Xnobody/a.txt") in judged(node, matter.package())[1]
    matter = small_matter()
    matter.contents.pop(next(iter(matter.contents)))
    assert ("exhibit", EXHIBITS) in judged(node, matter.package())[1]


def test_withheld_content_leaves_the_verdict_open_and_says_what_was_whole(node: Node) -> None:
    matter = Matter()
    matter.take(b"a\n", "a.csv")
    secret = matter.take(b"b\n", "b.csv")
    matter.withhold(secret)
    matter.transfer()
    result = node.judge(matter.package(), trust_of())
    assert (result["verdict"], findings(result)) == ("undetermined", {("withheld", EXHIBITS)})
    assert passed(result) == CHECKS - {"exhibits"}


def test_the_last_check_of_an_exhibit_decides(node: Node) -> None:
    for order, verdict in (((False, True), "pass"), ((True, False), "fail")):
        matter = Matter()
        exhibit = matter.take(b"a\n")
        for ok in order:
            matter.check(exhibit, ok=ok)
        matter.transfer()
        assert judged(node, matter.package())[0] == verdict


def test_a_revocation_in_the_log_lowers_the_range_of_a_key(node: Node) -> None:
    matter = Matter()
    matter.log("office.key_revoked", {"key": OFFICER.id, "last_trusted_size": 1}, "office")
    matter.take(b"a\n", "a.csv")
    matter.transfer()
    name = next(iter(matter.contents))
    assert judged(node, matter.package()) == ("undetermined", {("revoked-key", name)})


def test_another_signer_of_the_log_is_unknown_and_a_forged_line_is_a_contradiction(node: Node) -> None:
    matter = small_matter()
    matter.log_signers = [Key("other.example").signer]
    assert judged(node, matter.package()) == ("undetermined", {("unknown-key", FIRST)})
    found = members()
    line_of = next(each for each in found[FIRST].splitlines() if each.startswith(f"— {ORIGIN} ".encode()))
    forged = line_of[:-8] + (b"AAAAAA==" if not line_of.endswith(b"AAAAAA==") else b"BBBBBA==")
    changed = {name: data.replace(line_of, forged) for name, data in found.items()}
    assert judged(node, resealed(changed)) == ("fail", {("proof", FIRST)})


def test_the_transfer_event_is_this_packages_own_and_only_one(node: Node) -> None:
    matter = small_matter()
    matter.transfer()
    assert judged(node, matter.package()) == ("fail", {("transfer", EVENTS)})
    matter = small_matter()
    matter.events.pop()
    assert ("transfer", EVENTS) in judged(node, matter.package())[1]


def test_a_note_over_something_else_is_no_signature_of_this_package(node: Node) -> None:
    changed = zipped(sealed(members(), "E2026-0002"))
    assert judged(node, changed) == ("fail", {("signature", "signature.note")})
    other = zipped(sealed(members(), "E2026-0001", Key(f"{ORIGIN}/package2", "package")))
    assert judged(node, other) == ("undetermined", {("unknown-key", "signature.note")})
