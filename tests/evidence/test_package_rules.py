"""What the format forbids is never built: the rules that a verifier would otherwise have to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from qingyuan.evidence import (
    EvidenceError,
    PackageSource,
    build_package,
    check_distinct,
    check_member_name,
    sign_manifest,
    transfer_digests,
    transferred,
    verified,
)
from qingyuan.evidence._bounds import check_bounds
from qingyuan.ledger import sign_note
from tests.evidence.packing import SmallOffice, new_office, small_office
from tests.evidence.repacking import judge, trust_of


def refused(source: PackageSource, folder: Path) -> EvidenceError:
    with pytest.raises(EvidenceError) as caught:
        build_package(source, folder / "p.evp")
    assert not list(folder.iterdir())
    return caught.value


def test_a_package_without_an_exhibit_is_refused(tmp_path: Path) -> None:
    office = new_office()
    digests = msgspec.structs.asdict(transfer_digests(()))
    office.log("M2026-0001", "evidence.transferred", transferred("E2026-0001", "某法院", **digests))
    assert refused(office.source(), tmp_path).en == "there is no exhibit"


def test_after_a_failed_build_a_new_identifier_and_a_new_transfer_do(tmp_path: Path) -> None:
    office = small_office()
    late = office.take(b"late", "late.txt")
    assert "new package id" in refused(office.source(), tmp_path).en
    office.log("L2026-0001", "evidence.verified", verified(late, late.digests()))
    office.transfer("E2026-0002")
    build_package(office.source("E2026-0002"), tmp_path / "p.evp")
    assert judge((tmp_path / "p.evp").read_bytes(), trust_of(office)).verdict == "pass"


def test_a_key_whose_identifier_does_not_follow_from_it_is_refused(tmp_path: Path) -> None:
    source = small_office().source()
    first, *rest = source.keys
    for other in (msgspec.structs.replace(first, id="0123456789abcdef"), rest[0]):
        error = refused(replace(source, keys=[other, *rest]), tmp_path)
        assert error.where == f"key {other.id}"


def test_an_exhibit_signed_by_a_key_of_another_role_is_refused(tmp_path: Path) -> None:
    office = new_office()
    office.take(b"a,b\n", signer=office.package_key)
    office.transfer()
    assert "neither an officer's nor a device's" in refused(office.source(), tmp_path).en


def returning(note: bytes) -> Callable[[str], bytes]:
    return lambda _: note


def test_signatures_by_keys_that_are_not_given_are_refused(tmp_path: Path) -> None:
    source = small_office().source()
    other = new_office("other")
    for role, where in (("log", "log"), ("package", "signature.note")):
        absent = replace(source, keys=[key for key in source.keys if key.role != role])
        assert refused(absent, tmp_path).where == where
    misnamed = sign_note("x\n", (other.package_key.note_signer(),))
    for signed in (misnamed, b"", small_office().note_signer()("another text\n")):
        assert refused(replace(source, sign_note=returning(signed)), tmp_path).where == "signature.note"


LONG = "P" * 129
Change = Callable[[PackageSource], PackageSource]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: replace(s, made_by=LONG),
        lambda s: replace(s, matter=LONG),
        lambda s: replace(s, made_by=""),
        lambda s: replace(s, title="长" * 30_000),
        lambda s: replace(s, sign_note=lambda text: s.sign_note(text) + s.sign_note(text) * 500),
    ],
    ids=["maker too long", "matter too long", "no maker", "bag-info too long", "note too long"],
)  # fmt: skip
def test_what_no_verifier_would_read_is_refused(change: Change, tmp_path: Path) -> None:
    refused(change(small_office().source()), tmp_path)


def test_a_collector_with_too_long_an_identifier_is_refused(tmp_path: Path) -> None:
    office = new_office()
    office.log(LONG, "matter.opened", {"title": "t"})
    office.take(b"a,b\n")
    office.transfer()
    assert refused(office.source(), tmp_path).where == "event 0"


def test_the_bounds_are_those_of_the_format() -> None:
    check_bounds(
        {"evidence/events.jsonl": b"x" * (2 << 20), "proofs/0.tlog-proof": bytes(256 << 10)}, 100_000
    )
    for tags, members in (
        ({"evidence/events.jsonl": b"x" * (2 << 20) + b"\n"}, 1),
        ({"trust/keys.jsonl": b"\n" + b"x" * (2 << 20) + b"\n"}, 1),
        ({"proofs/0.tlog-proof": bytes((256 << 10) + 1)}, 1),
        ({"signature.note": bytes((64 << 10) + 1)}, 1),
        ({}, 100_001),
    ):
        with pytest.raises(EvidenceError, match="beyond"):
            check_bounds(tags, members)


def test_a_percent_sign_is_no_part_of_a_member_name() -> None:
    with pytest.raises(EvidenceError, match="percent"):
        check_member_name("data/X01/100%")


@pytest.mark.parametrize(("one", "two"), [("\u1e9e", "ss"), ("\u0345\u03b1", "\u03b9\u03b1"), ("ſ", "S")])
def test_names_that_fold_to_the_same_clash(one: str, two: str) -> None:
    with pytest.raises(EvidenceError, match="fall together"):
        check_distinct([one, two])


def test_a_later_check_that_fits_mends_an_earlier_one_that_did_not(tmp_path: Path) -> None:
    office: SmallOffice = new_office()
    manifest = office.take(b"a,b\n")
    signed = sign_manifest(manifest, office.officer)
    assert signed == office.exhibits[0].signed
    damaged = {**verified(manifest, manifest.digests()), "sha256": "0" * 64, "ok": False}
    office.log("L2026-0001", "evidence.verified", damaged)
    office.log("L2026-0001", "evidence.verified", verified(manifest, manifest.digests()))
    office.transfer()
    build_package(office.source(), tmp_path / "p.evp")
    assert judge((tmp_path / "p.evp").read_bytes(), trust_of(office)).verdict == "pass"
