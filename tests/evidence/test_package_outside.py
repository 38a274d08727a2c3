"""The twin, tokens, role files and pages of a package: each in its place, and none that contradicts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qingyuan.evidence import (
    EvidenceError,
    PackageSource,
    PackageTimestamp,
    StampedCheckpoint,
    StampedExhibit,
    StampedTimestamp,
    build_package,
)
from qingyuan.evidence._bounds import check_bounds
from qingyuan.evidence.timestamp import judge_timestamp
from qingyuan.ledger import SM3, VerifierKey, parse_proof
from tests.evidence.packing import (
    ORIGIN,
    TWIN,
    SmallOffice,
    new_office,
    roles_note,
    small_office,
    stamped_source,
)
from tests.evidence.stamping import stamper

Change = Callable[[SmallOffice, PackageSource], PackageSource]


@pytest.fixture(scope="module")
def office() -> SmallOffice:
    return small_office()


@pytest.fixture(scope="module")
def members(office: SmallOffice, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("package") / "p.evp"
    build_package(stamped_source(office), path)
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_event_has_a_proof_in_both_logs(office: SmallOffice, members: dict[str, bytes]) -> None:
    described = json.loads(members["evidence/package.json"])
    assert described["twin"]["origin"] == described["log"]["origin"] + "/sm3" == TWIN
    assert described["twin"]["size"] == described["log"]["size"] == len(office.events)
    key = VerifierKey.parse(office.twin_key.public.vkey())
    for index, line in enumerate(members["evidence/events.jsonl"].splitlines()):
        leaf = json.dumps(json.loads(line)["leaf"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        proof = parse_proof(members[f"proofs-sm3/{index}.tlog-proof"])
        head = proof.verify(SM3.leaf_hash(leaf.encode()), [key], suite=SM3)
        assert head.checkpoint.origin == TWIN
    assert sum(name.startswith("proofs-sm3/") for name in members) == len(office.events)
    roles = {
        json.loads(line).get("vkey", "").split("+")[0] for line in members["trust/keys.jsonl"].splitlines()
    }
    assert {ORIGIN, TWIN} <= roles


def test_each_token_is_over_what_its_line_says(office: SmallOffice, members: dict[str, bytes]) -> None:
    lines = [json.loads(line) for line in members["evidence/timestamps.jsonl"].splitlines()]
    assert [line["n"] for line in lines] == [0, 1, 2, 3, 4]
    assert [line["over"] for line in lines] == ["checkpoint"] * 3 + ["exhibit", "timestamp"]
    assert lines[1]["path"] == []
    assert json.loads(members["evidence/package.json"])["timestamps"] == 5
    for line in lines:
        if line["over"] == "checkpoint":
            message = f"{line['log']}\n{line['size']}\n{line['root']}\n".encode()
        elif line["over"] == "exhibit":
            message = office.exhibits[0].signed.manifest.canonical()
        else:
            message = members[f"timestamps/{line['timestamp']}.tsr"]
        found = judge_timestamp(members[f"timestamps/{line['n']}.tsr"], message, anchors=())
        assert found.error is None


def test_what_is_given_for_people_and_the_role_files_stand_in_their_places(members: dict[str, bytes]) -> None:
    assert {"说明.pdf", "证据清单.csv", "证据清单.pdf", "trust/policy.txt"} <= set(members)
    assert members["trust/roles/2.note"].startswith(b"qingyuan-roles/1\n")
    page = members["说明.md"].decode()
    for words in ("国密孪生日志", "可信时间戳 5 个", "见证策略", "verify_evp.py", "verify.html", "twin log"):
        assert words in page


def test_a_package_without_any_of_them_says_so_and_has_no_such_member(tmp_path: Path) -> None:
    office = new_office("plain", twin=False)
    office.take(b"a,b\n")
    office.transfer()
    build_package(office.source(), tmp_path / "p.evp")
    with zipfile.ZipFile(tmp_path / "p.evp") as archive:
        described = json.loads(archive.read("evidence/package.json"))
        assert (described["twin"], described["timestamps"]) == (None, 0)
        assert archive.read("evidence/timestamps.jsonl") == b""
        assert not any(
            n.startswith(("proofs-sm3/", "timestamps/", "trust/roles/")) for n in archive.namelist()
        )
        assert "没有国密孪生日志" in archive.read("说明.md").decode()


def _token(source: PackageSource, at: int, /, **changes: object) -> PackageSource:
    stamps = list(source.timestamps)
    subject = stamps[at].subject
    stamps[at] = PackageTimestamp(replace(subject, **changes), stamps[at].token)  # type: ignore[arg-type]
    return replace(source, timestamps=stamps)


def _bytes(source: PackageSource, token: bytes) -> PackageSource:
    return replace(source, timestamps=[replace(source.timestamps[0], token=token), *source.timestamps[1:]])


def _other_twin(office: SmallOffice, source: PackageSource) -> PackageSource:
    del office
    events = [replace(each, twin_proof=source.events[0].twin_proof) for each in source.events]
    return replace(source, events=events)


CONTRADICTIONS: list[tuple[Change, str]] = [
    (_other_twin, "event 1"),
    (lambda _, s: replace(s, events=[replace(s.events[0], twin_proof=None), *s.events[1:]]), "event 0"),
    (lambda _, s: replace(s, twin=None), "twin"),
    (lambda _, s: replace(s, twin=replace(s.twin, origin="other/sm3")), "twin"),  # type: ignore[type-var]
    (lambda _, s: replace(s, twin=replace(s.twin, size=s.log.size - 1)), "twin"),  # type: ignore[type-var]
    (lambda _, s: replace(s, keys=[key for key in s.keys if key.name != TWIN]), "twin"),
    (lambda _, s: replace(s, events=[replace(e, twin_proof=e.proof) for e in s.events]), "event 0"),
    (lambda _, s: _token(s, 0, size=s.log.size), "timestamps/0.tsr"),
    (lambda _, s: _token(s, 0, size=s.log.size + 1), "timestamps/0.tsr"),
    (lambda _, s: _token(s, 0, size=0), "timestamps/0.tsr"),
    (lambda _, s: _token(s, 0, path=()), "timestamps/0.tsr"),
    (lambda _, s: _token(s, 0, root=bytes(32)), "timestamps/0.tsr"),
    (lambda _, s: _token(s, 0, log="other.example"), "timestamps/0.tsr"),
    (lambda _, s: _token(s, 3, exhibit="X0"), "timestamps/3.tsr"),
    (lambda o, s: _token(s, 3, exhibit=o.exhibits[1].signed.manifest.id), "timestamps/3.tsr"),
    (lambda _, s: _token(s, 4, number=4), "timestamps/4.tsr"),
    (lambda _, s: _token(s, 4, number=1), "timestamps/4.tsr"),
    (lambda _, s: _bytes(s, b""), "timestamps/0.tsr"),
    (lambda _, s: _bytes(s, s.timestamps[0].token + b"\0"), "timestamps/0.tsr"),
    (lambda _, s: _bytes(s, stamper("one").stamp(b"another message")), "timestamps/0.tsr"),
    (lambda o, s: replace(s, roles={3: roles_note(o, 2)}), "trust/roles/3.note"),
    (lambda _, s: replace(s, roles={1: b"qingyuan-roles/1\n{}\n"}), "trust/roles/1.note"),
    (lambda o, s: replace(s, roles={1: roles_note(o).replace(b'"logs"', b' "logs"')}), "trust/roles/1.note"),
    (lambda _, s: replace(s, pages={"data/x/y": b""}), "data/x/y"),
]


@pytest.mark.parametrize(("change", "where"), CONTRADICTIONS)
def test_what_contradicts_is_refused_and_nothing_is_left(
    office: SmallOffice, tmp_path: Path, change: Change, where: str
) -> None:
    source = change(office, stamped_source(office))
    with pytest.raises(EvidenceError) as caught:
        build_package(source, tmp_path / "p.evp")
    assert caught.value.where == where
    assert not list(tmp_path.iterdir())


def test_the_bounds_of_tokens_and_role_files_are_those_of_the_format() -> None:
    check_bounds({"timestamps/0.tsr": bytes(64 << 10), "trust/roles/1.note": bytes(4 << 20)}, 2)
    for tags in (
        {"timestamps/0.tsr": bytes((64 << 10) + 1)},
        {"trust/roles/1.note": bytes((4 << 20) + 1)},
        {"trust/policy.txt": bytes((256 << 10) + 1)},
        {"proofs-sm3/0.tlog-proof": bytes((256 << 10) + 1)},
        {f"timestamps/{n}.tsr": b"" for n in range(10_001)},
        {f"trust/roles/{n}.note": b"" for n in range(1_001)},
        {"signature.note": b"\n" + "\n".join(["\u2014 a b"] * 102).encode()},
    ):
        with pytest.raises(EvidenceError, match="beyond"):
            check_bounds(tags, len(tags))


def test_an_exhibit_or_an_earlier_token_is_what_a_line_may_name() -> None:
    assert {StampedCheckpoint, StampedExhibit, StampedTimestamp} == {
        type(stamp.subject) for stamp in stamped_source(small_office()).timestamps
    }
