"""A package is built reproducibly, or not at all."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import bagit
import msgspec
import pytest

from qingyuan.evidence import (
    EvidenceError,
    Keyring,
    ManifestError,
    PackageError,
    PackageExhibit,
    PackageSource,
    SealedReader,
    Withheld,
    build_package,
    digest_bytes,
    seal,
    transfer_digests,
)
from qingyuan.ledger import VerifierKey, open_note
from tests.evidence.making import pattern
from tests.evidence.packing import SmallOffice


@pytest.fixture
def office(keyring: Keyring) -> SmallOffice:
    small = SmallOffice(keyring)
    first = small.take("姓名,电话\n张,138\n".encode())
    small.take(b"", "空 100%.txt")
    small.take(pattern(3 << 20), "../../etc/pass\u202ewd.zip")
    small.take(b"{}\n", "结果.json", parents=(first.id,))
    small.transfer()
    return small


def built(source: PackageSource, path: Path) -> bytes:
    build_package(source, path)
    return path.read_bytes()


def test_the_same_source_gives_the_same_bytes(office: SmallOffice, tmp_path: Path) -> None:
    one = built(office.source(), tmp_path / "one.evp")
    source = office.source()
    shuffled = replace(
        source, exhibits=source.exhibits[::-1], events=source.events[::-1], keys=tuple(source.keys)[::-1]
    )
    assert built(shuffled, tmp_path / "two.evp") == one
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.evp", "two.evp"]


def test_zipfile_reads_it_and_the_members_are_those_of_the_format(
    office: SmallOffice, tmp_path: Path
) -> None:
    outcome = build_package(office.source(), tmp_path / "p.evp")
    with zipfile.ZipFile(tmp_path / "p.evp") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == sorted(names, key=str.encode)
        assert len(names) == outcome.members
        outside = {n for n in names if not n.startswith(("data/", "proofs/", "proofs-sm3/"))}
        assert outside == {
            "bag-info.txt", "bagit.txt", "evidence/events.jsonl", "evidence/exhibits.jsonl",
            "evidence/package.json", "evidence/timestamps.jsonl", "manifest-sha256.txt", "manifest-sm3.txt", "signature.note",
            "tagmanifest-sha256.txt", "tagmanifest-sm3.txt", "trust/keys.jsonl", "说明.md",
        }  # fmt: skip
        assert [n for n in names if n.startswith("proofs/")] == [f"proofs/{i}.tlog-proof" for i in range(5)]
        assert [n for n in names if n.startswith("proofs-sm3/")] == [
            f"proofs-sm3/{i}.tlog-proof" for i in range(5)
        ]
        assert sum(n.startswith("data/X") for n in names) == 4
        assert not any(".." in n.split("/") or "\u202e" in n for n in names)
    assert outcome.size == (tmp_path / "p.evp").stat().st_size


def test_it_is_a_valid_bag(office: SmallOffice, tmp_path: Path) -> None:
    build_package(office.source(), tmp_path / "p.evp")
    with zipfile.ZipFile(tmp_path / "p.evp") as archive:
        archive.extractall(tmp_path / "bag")
    bag = bagit.Bag(str(tmp_path / "bag"))
    bag.validate()
    assert bag.info["Payload-Oxum"] == bag.info["Payload-Oxum"].strip()
    assert len(bag.payload_entries()) == 4
    (next((tmp_path / "bag" / "data").rglob("*.csv"))).write_bytes(b"other")
    with pytest.raises(bagit.BagValidationError):
        bag.validate()


def test_both_manifests_and_tag_manifests_agree_with_the_members(office: SmallOffice, tmp_path: Path) -> None:
    build_package(office.source(), tmp_path / "p.evp")
    with zipfile.ZipFile(tmp_path / "p.evp") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for algorithm in ("sha256", "sm3"):
        lines = (
            (content[f"manifest-{algorithm}.txt"] + content[f"tagmanifest-{algorithm}.txt"])
            .decode()
            .splitlines()
        )
        listed = {
            name.replace("%25", "%"): digest for digest, name in (line.split("  ", 1) for line in lines)
        }
        unlisted = {"tagmanifest-sha256.txt", "tagmanifest-sm3.txt", "signature.note"}
        assert set(listed) == set(content) - unlisted
        assert all(
            hashlib.new(algorithm, content[name]).hexdigest() == digest for name, digest in listed.items()
        )


def test_the_office_signs_the_digests_of_both_tag_manifests(office: SmallOffice, tmp_path: Path) -> None:
    outcome = build_package(office.source(), tmp_path / "p.evp")
    with zipfile.ZipFile(tmp_path / "p.evp") as archive:
        note = archive.read("signature.note")
        sha256 = hashlib.sha256(archive.read("tagmanifest-sha256.txt")).hexdigest()
        sm3 = hashlib.new("sm3", archive.read("tagmanifest-sm3.txt")).hexdigest()
    opened = open_note(note, (VerifierKey.parse(office.package_key.public.vkey()),))
    assert opened.text == outcome.text == f"qingyuan-evp/2\nE2026-0001\nsha256 {sha256}\nsm3 {sm3}\n"


def test_the_description_of_the_package_says_what_it_holds(office: SmallOffice, tmp_path: Path) -> None:
    build_package(office.source(), tmp_path / "p.evp")
    with zipfile.ZipFile(tmp_path / "p.evp") as archive:
        described = json.loads(archive.read("evidence/package.json"))
        transfer = json.loads(archive.read("evidence/events.jsonl").splitlines()[-1])["payload"]
        keys = [json.loads(line) for line in archive.read("trust/keys.jsonl").splitlines()]
        page = archive.read("说明.md").decode()
        assert (
            transfer["exhibits_sha256"] == hashlib.sha256(archive.read("evidence/exhibits.jsonl")).hexdigest()
        )
        assert transfer["manifest_sm3"] == digest_bytes(archive.read("manifest-sm3.txt")).sm3
    assert described["v"] == 2
    assert (described["events"], described["exhibits"], described["withheld"]) == (5, 4, [])
    assert described["made_at"] == "2026-03-09T17:00:00+08:00"
    assert len(base64.b64decode(described["log"]["root"])) == 32
    assert {key["role"] for key in keys} == {"log", "officer", "package"}
    assert page.index("不能证明什么") < page.index("What it cannot prove")
    assert all(e.signed.manifest.id in page for e in office.exhibits)


def test_an_exhibit_may_be_withheld_and_is_then_named_with_the_reason(
    office: SmallOffice, tmp_path: Path
) -> None:
    office.exhibits[1] = PackageExhibit(
        office.exhibits[1].signed, withheld=Withheld("涉及未成年人", "a minor")
    )
    office.transfer("E2026-0002")
    build_package(office.source("E2026-0002"), tmp_path / "p.evp")
    with zipfile.ZipFile(tmp_path / "p.evp") as archive:
        described = json.loads(archive.read("evidence/package.json"))
        assert described["exhibits"] == 4
        assert sum(n.startswith("data/") for n in archive.namelist()) == 3
    manifest = office.exhibits[1].signed.manifest
    assert described["withheld"] == [
        {"exhibit": manifest.id, "reason_zh": "涉及未成年人", "reason_en": "a minor"}
    ]


def test_content_is_streamed_out_of_sealed_files(
    office: SmallOffice, tmp_path: Path, keyring: Keyring
) -> None:
    key, sealed, plain = keyring.scope_key("L2026-0001"), io.BytesIO(), office.exhibits[2]
    assert plain.open is not None
    seal(plain.open(), sealed, key.key, key.id, bytes)
    office.exhibits[2] = replace(plain, open=lambda: SealedReader(io.BytesIO(sealed.getvalue()), key.key))
    one = built(office.source(), tmp_path / "sealed.evp")
    office.exhibits[2] = plain
    assert built(office.source(), tmp_path / "plain.evp") == one


class _Failing(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def _no_such_file() -> BinaryIO:
    raise FileNotFoundError(2, "No such file or directory")


@pytest.mark.parametrize(
    ("opener", "code"),
    [
        (lambda: io.BytesIO(pattern(3 << 20)[:-1] + b"?"), "evidence.content-differs"),
        (lambda: io.BytesIO(pattern(3 << 20)[:-1]), "evidence.content-differs"),
        (lambda: io.BytesIO(pattern(3 << 20) + b"?"), "evidence.content-differs"),
        (lambda: io.BytesIO(b""), "evidence.content-differs"),
        (_Failing, "evidence.content-unreadable"),
        (_no_such_file, "evidence.content-unreadable"),
        (lambda: SealedReader(io.BytesIO(b"QYSEAL"), bytes(32)), "evidence.content-unreadable"),
    ],
)
def test_content_that_is_not_what_was_logged_stops_the_build_and_leaves_nothing(
    office: SmallOffice, tmp_path: Path, opener: Callable[[], BinaryIO], code: str
) -> None:
    office.exhibits[2] = replace(office.exhibits[2], open=opener)
    (tmp_path / "p.evp").write_bytes(b"an older package")
    with pytest.raises(PackageError) as caught:
        build_package(office.source(), tmp_path / "p.evp")
    assert caught.value.code == code
    assert caught.value.where == f"exhibit {office.exhibits[2].signed.manifest.id}"
    assert [p.name for p in tmp_path.iterdir()] == ["p.evp"]
    assert (tmp_path / "p.evp").read_bytes() == b"an older package"


def _refused(source: PackageSource, tmp_path: Path) -> EvidenceError:
    with pytest.raises(EvidenceError) as caught:
        build_package(source, tmp_path / "p.evp")
    assert not list(tmp_path.iterdir())
    return caught.value


def test_an_exhibit_added_after_the_transfer_was_logged_is_refused(
    office: SmallOffice, tmp_path: Path
) -> None:
    office.take(b"late", "late.txt")
    assert "new package id" in _refused(office.source(), tmp_path).en


def test_a_package_without_its_transfer_event_is_refused(office: SmallOffice, tmp_path: Path) -> None:
    assert _refused(office.source("E2026-0009"), tmp_path).where == "package E2026-0009"


def test_an_exhibit_that_was_never_logged_is_refused(office: SmallOffice, tmp_path: Path) -> None:
    other = SmallOffice(office.keyring)
    other.take(b"unlogged", signer=office.officer)
    office.exhibits += other.exhibits
    office.transfer("E2026-0002")
    error = _refused(office.source("E2026-0002"), tmp_path)
    assert error.where == f"exhibit {other.exhibits[0].signed.manifest.id}"


def test_events_that_do_not_join_or_do_not_fit_their_leaves_are_refused(
    office: SmallOffice, tmp_path: Path
) -> None:
    source = office.source()
    first, *rest = source.events
    assert _refused(replace(source, events=rest), tmp_path).where == "event 1"
    assert _refused(replace(source, events=[first, *source.events]), tmp_path).where == "event 0"
    altered = replace(first, payload={**first.payload, "path": "/elsewhere"})
    assert "commitments" in _refused(replace(source, events=[altered, *rest]), tmp_path).en
    misplaced = replace(first, proof=rest[0].proof)
    assert "proof" in _refused(replace(source, events=[misplaced, *rest]), tmp_path).en
    headless = replace(source, log=replace(source.log, origin="other.example"))
    assert _refused(headless, tmp_path).where == "log"


def test_a_manifest_signed_by_another_key_is_refused(office: SmallOffice, tmp_path: Path) -> None:
    signed = office.exhibits[0].signed
    other = office.keyring.new_signer("officer", actor="P003")
    office.exhibits[0] = replace(
        office.exhibits[0], signed=msgspec.structs.replace(signed, key=other.public.id)
    )
    office.transfer("E2026-0002")
    with pytest.raises(ManifestError, match="signature"):
        build_package(office.source("E2026-0002"), tmp_path / "p.evp")


def test_what_was_signed_must_be_the_text_given(office: SmallOffice, tmp_path: Path) -> None:
    error = _refused(office.source(sign_note=lambda text: text.encode()), tmp_path)
    assert error.where == "signature.note"


def test_the_digests_of_the_transfer_need_no_content(office: SmallOffice) -> None:
    unread = [replace(e, open=_no_such_file) for e in office.exhibits]
    assert transfer_digests(unread) == transfer_digests(office.exhibits[::-1])
