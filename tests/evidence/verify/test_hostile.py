"""Whatever bytes it is given, the verifier ends with a verdict and a named reason."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import Report, verify_evp
from tests.evidence.verify.checking import TRUST, check, small
from tests.evidence.verify.maker import Maker, policy
from tests.evidence.verify.stamped import ROOT, stamped, trusting
from tests.evidence.verify.zipping import zip_bytes, zip_raw

WHOLE = stamped().build()
MEMBERS = stamped().members()
TRUSTED = trusting(ROOT)
NAMES = sorted(MEMBERS)
KNOWN = (
    verify_evp.FAIL_CODES
    | verify_evp.UNDETERMINED_CODES
    | set(verify_evp.OK_CODES)
    | {"quorum", "scope-before", "time", "untrusted-time"}
)


def sound(report: Report) -> None:
    """What must hold of every report."""
    found = {r.code for r in report.reasons}
    assert found <= KNOWN
    assert not [r for r in report.reasons if "could not finish" in r.text_en], report.reasons
    assert all(r.text_zh and r.text_en for r in report.reasons)
    assert (report.verdict == "fail") == bool(found & verify_evp.FAIL_CODES)
    assert (report.verdict == "pass") <= found.issuperset(verify_evp.OK_CODES)
    verify_evp.render(report, "x.evp", "zh")
    json.dumps(report.as_dict(), ensure_ascii=False).encode("utf-8")


@given(data=st.binary(max_size=400))
def test_random_bytes_fail(data: bytes) -> None:
    report = check(data)
    sound(report)
    # What begins like an age file is said to be encrypted.
    encrypted = data.startswith(b"age-encryption.org/v1\n")
    assert report.verdict == ("undetermined" if encrypted else "fail")


@settings(max_examples=80, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(1, 255)),
        min_size=1,
        max_size=8,
        unique_by=lambda c: c[0],
    )
)
def test_random_changes_fail(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for position, value in changes:
        data[position] ^= value
    report = check(bytes(data), None)
    sound(report)
    assert report.verdict == "fail"


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_cut_moved_or_repeated_stretch_fails(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(WHOLE) - 1))
    end = data.draw(st.integers(start + 1, len(WHOLE)))
    place = data.draw(st.integers(0, len(WHOLE)))
    changed = data.draw(
        st.sampled_from([WHOLE[:start] + WHOLE[end:], WHOLE[:place] + WHOLE[start:end] + WHOLE[place:]])
    )
    report = check(changed, None)
    sound(report)
    assert report.verdict == "fail"


@settings(max_examples=80, deadline=None)
@given(name=st.sampled_from(NAMES), content=st.binary(max_size=300))
def test_any_content_in_any_member_is_judged(name: str, content: bytes) -> None:
    report = check(zip_bytes({**MEMBERS, name: content}))
    sound(report)
    assert (report.verdict == "pass") == (content == MEMBERS[name])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def bend(draw: Any, value: Any) -> Any:
    """Replace or remove something somewhere inside ``value``."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 5)) == 0:
            return {n: v for n, v in value.items() if n != name}
        return {**value, name: bend(draw, value[name])}
    if isinstance(value, list) and value and draw(st.booleans()):
        position = draw(st.integers(0, len(value) - 1))
        return [*value[:position], bend(draw, value[position]), *value[position + 1 :]]
    return draw(JSON)


def text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from([n for n in NAMES if n.startswith("evidence/")]), data=st.data())
def test_json_of_any_other_shape_is_judged(name: str, data: st.DataObject) -> None:
    lines = [json.loads(line) for line in MEMBERS[name].splitlines()]
    position = data.draw(st.integers(0, len(lines) - 1))
    lines[position] = bend(data.draw, lines[position])
    content = b"".join(text(line) + b"\n" for line in lines)
    report = check(stamped(tags=lambda m: {**m, name: content}).build(), TRUSTED)
    sound(report)
    assert report.verdict != "pass" or content == MEMBERS[name] or name == "evidence/package.json"


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_trust_file_of_any_shape_never_ends_the_verifier(data: st.DataObject) -> None:
    sound(check(WHOLE, text(bend(data.draw, json.loads(TRUST)))))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_policy_of_any_shape_never_ends_the_verifier(data: st.DataObject) -> None:
    lines = policy().split(b"\n")
    position = data.draw(st.integers(0, len(lines) - 1))
    words = [
        b"log",
        b"witness",
        b"group",
        b"quorum",
        b"none",
        b"all",
        b"0",
        b"9" * 30,
        b"W2",
        b"both",
        b"\xff",
        b"#",
        b"\0",
    ]
    lines[position] = b" ".join(data.draw(st.lists(st.sampled_from(words), max_size=6)))
    sound(check(WHOLE, policy_bytes=b"\n".join(lines)))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_notes_and_proofs_of_any_shape_never_end_the_verifier(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["signature.note", "proofs/3.tlog-proof"]))
    lines = MEMBERS[name].split(b"\n")
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(lines) - 1))
        other = st.sampled_from(
            [b"", b" ", "— a b".encode(), "— a AAAAAAA=".encode(), b"index -1", b"extra =", b"=" * 44]
        )
        lines[position] = data.draw(other | st.binary(max_size=20))
    report = check(Maker(members=lambda m: {**m, name: b"\n".join(lines)}).build())
    sound(report)
    assert report.verdict != "pass" or b"\n".join(lines) == MEMBERS[name]


@settings(max_examples=60, deadline=None)
@given(entries=st.lists(st.tuples(st.binary(max_size=30), st.binary(max_size=30)), max_size=6))
def test_a_container_of_any_members_fails(entries: list[tuple[bytes, bytes]]) -> None:
    report = check(zip_raw(entries))
    sound(report)
    assert report.verdict == "fail"


def test_random_headers_are_judged() -> None:
    chance = random.Random(7)
    base = small().build()
    for _ in range(300):
        data = bytearray(base)
        place = chance.choice([base.index(b"PK\x01\x02"), base.index(b"PK\x05\x06"), 0, len(base) - 22])
        for _ in range(chance.randint(1, 12)):
            data[min(place + chance.randrange(60), len(data) - 1)] = chance.randrange(256)
        sound(check(bytes(data), None))


@pytest.mark.parametrize(
    "inside", [b"[" * 900_000, b'{"a":' * 200_000, b'"' + b"a" * 1_000_000, b"1" * 1_000_000]
)
def test_deep_and_long_json_is_refused_quickly(inside: bytes) -> None:
    report = check(Maker(tags=lambda m: {**m, "evidence/package.json": inside + b"\n"}).build())
    sound(report)
    assert report.verdict == "fail"


def test_what_a_package_makes_the_verifier_remember_is_bounded() -> None:
    def long_name(drafts: list[Any]) -> None:
        drafts[2][2]["exhibit"] = "X" * 10_000

    def many_parents(manifests: list[dict[str, Any]]) -> None:
        manifests[0]["parents"] = [f"Y{i}" for i in range(verify_evp.MAX_MEMBERS + 1)]

    for maker in (Maker(drafts=long_name), Maker(manifests_json=many_parents)):
        report = check(maker.build())
        sound(report)
        assert report.verdict == "undetermined"
        assert "unsupported" in {r.code for r in report.reasons}


def test_a_fault_no_one_foresaw_reads_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(verify_evp._Run, "_proofs", broken)
    report = check(WHOLE)
    assert report.verdict == "undetermined"
    assert "ZeroDivisionError" in next(r.text_zh for r in report.reasons if r.code == "unsupported")
