"""Manifests carry their own identifier and a signature; what the record lacks is named."""

from __future__ import annotations

import base64
import hashlib
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from qingyuan.evidence import (
    AcquisitionRecord,
    Collected,
    Digests,
    Keyring,
    Manifest,
    ManifestError,
    canonical,
    check_manifest,
    missing_facts,
    new_manifest,
    read_signed_manifest,
    requirements,
    sign_manifest,
    verify_manifest,
)
from tests.evidence.making import collected, manifest_of

MEMBERS = {
    "v", "id", "scope", "name", "path", "media_type", "size", "sha256", "sm3", "origin", "parents", "collected",
}  # fmt: skip


def test_a_manifest_has_exactly_the_members_of_the_format() -> None:
    body = json.loads(manifest_of(b"abc").canonical())
    assert set(body) == MEMBERS
    assert set(body["collected"]) == {
        "by", "second", "method", "source", "device", "tool", "started", "ended", "mono_ns", "file_mtime",
    }  # fmt: skip


def test_the_identifier_follows_from_everything_else() -> None:
    manifest = manifest_of(b"abc")
    body = json.loads(manifest.canonical())
    del body["id"]
    expected = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert manifest.id == "X" + hashlib.sha256(expected).hexdigest()[:16]
    assert manifest_of(b"abc") == manifest
    assert manifest_of(b"abd").id != manifest.id


def test_a_signature_covers_the_prefix_and_the_manifest(keyring: Keyring) -> None:
    signer = keyring.new_signer("officer", actor="P001")
    signed = sign_manifest(manifest_of(b"abc"), signer)
    verify_manifest(signed, signer.public.raw())
    line = json.loads(signed.line())
    assert set(line) == {"key", "manifest", "sig"}
    Ed25519PublicKey.from_public_bytes(signer.public.raw()).verify(
        base64.b64decode(line["sig"]), b"qingyuan-exhibit/1\n" + canonical(line["manifest"])
    )
    assert read_signed_manifest(signed.line()) == signed


def test_another_key_or_another_manifest_is_not_signed(keyring: Keyring) -> None:
    signer, other = keyring.new_signer("officer", actor="P001"), keyring.new_signer("officer", actor="P002")
    signed = sign_manifest(manifest_of(b"abc"), signer)
    with pytest.raises(ManifestError, match="signature"):
        verify_manifest(signed, other.public.raw())
    moved = msgspec.structs.replace(signed, manifest=manifest_of(b"abd"))
    with pytest.raises(ManifestError, match="signature"):
        verify_manifest(moved, signer.public.raw())


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", "X0000000000000000"),
        ("scope", ""),
        ("name", ""),
        ("size", -1),
        ("sha256", "A" * 64),
        ("sm3", "0" * 63),
        ("parents", ("X0000000000000000",)),
        ("origin", "derived"),
        ("collected", collected(by="")),
        ("collected", collected(second="P001")),
        ("collected", collected(second="")),
        ("collected", collected(mono_ns=-1)),
        ("collected", collected(started="2026-03-02 09:30:00")),
        ("collected", collected(started="2026-03-02T09:30:00Z")),
        ("collected", collected(ended="2026-03-02T09:29:59+08:00")),
        ("collected", collected(file_mtime="yesterday")),
    ],
)
def test_a_member_that_is_not_as_it_must_be_is_named(member: str, value: object) -> None:
    manifest: Manifest = msgspec.structs.replace(manifest_of(b"abc"), **{member: value})
    with pytest.raises(ManifestError) as caught:
        check_manifest(manifest)
    assert member in caught.value.en


def test_a_line_that_is_not_canonical_or_has_other_members_is_refused(keyring: Keyring) -> None:
    signed = sign_manifest(manifest_of(b"abc"), keyring.new_signer("officer", actor="P001"))
    line = json.loads(signed.line())
    for broken in (
        json.dumps(line).encode(),
        canonical({**line, "more": 1}),
        canonical({**line, "manifest": {**line["manifest"], "more": 1}}),
        canonical({**line, "manifest": {**line["manifest"], "size": 4}}),
        b"\xff",
        b"",
    ):
        with pytest.raises(ManifestError):
            read_signed_manifest(broken)


def test_names_that_are_no_text_are_spelt_out() -> None:
    content = Digests(0, "0" * 64, "0" * 64)
    manifest = new_manifest(
        scope="L1",
        name="a\udcff",
        path="/x/a\udcff",
        media_type="text/plain",
        content=content,
        collected=collected(),
    )
    assert (manifest.name, manifest.path) == ("a\\udcff", "/x/a\\udcff")


def test_a_missing_second_collector_is_reported_with_its_article_and_not_refused() -> None:
    record = AcquisitionRecord(collected=collected(second=None))
    missing = {m.fact: m for m in missing_facts(record)}
    assert missing["collected.second"].article == "第三十六条"
    assert "人民检察院公益诉讼办案规则" in missing["collected.second"].zh
    assert missing["collected.second"].binding
    assert "collected.second" not in {m.fact for m in missing_facts(AcquisitionRecord(collected=collected()))}


def test_a_reason_stands_in_for_what_could_not_be_had() -> None:
    lacking = {m.fact for m in missing_facts(AcquisitionRecord(collected=collected()))}
    assert {"medium | no_medium_reason", "witnesses | no_witness_reason"} <= lacking
    record = AcquisitionRecord(collected=collected(), no_medium_reason="云服务器", witnesses=("P009",))
    assert not {"medium | no_medium_reason", "witnesses | no_witness_reason"} & {
        m.fact for m in missing_facts(record)
    }


def test_what_is_wanted_depends_on_the_method_and_on_the_day() -> None:
    page = {m.fact for m in missing_facts(AcquisitionRecord(collected=collected(method="web-capture")))}
    assert {"network", "access", "recordings", "steps"} <= page
    assert "medium | no_medium_reason" not in page
    early = collected(started="2021-06-30T23:59:59+08:00", ended="2026-03-02T09:30:05+08:00", second=None)
    assert "collected.second" not in {m.fact for m in missing_facts(AcquisitionRecord(collected=early))}
    later = collected(started="2021-07-01T00:00:00+08:00", ended="2026-03-02T09:30:05+08:00", second=None)
    assert "collected.second" in {m.fact for m in missing_facts(AcquisitionRecord(collected=later))}


def test_a_full_record_lacks_nothing_and_binding_rules_come_first() -> None:
    texts = dict.fromkeys(("cause", "place", "access", "environment", "cleanliness", "medium", "copy_source", "copy_process", "provider", "notice", "changes", "category", "remarks"), "x")  # fmt: skip
    full = AcquisitionRecord(
        collected=collected(),
        clock_offset_ms=0,
        steps=("x",),
        network=("x",),
        witnesses=("P009",),
        recordings=("X1",),
        **texts,
    )
    for method in ("file-copy", "web-capture", "disclosure"):
        assert missing_facts(msgspec.structs.replace(full, collected=collected(method=method))) == ()
    binding = [m.binding for m in missing_facts(AcquisitionRecord(collected=collected(method="web-capture")))]
    assert binding == sorted(binding, reverse=True)
    assert set(binding) == {True, False}


def test_the_record_is_canonical_json_that_can_be_sealed() -> None:
    record = AcquisitionRecord(collected=collected(), place="杭州", steps=("打开网页",))
    assert msgspec.json.decode(record.as_bytes(), type=AcquisitionRecord) == record
    assert isinstance(record.collected, Collected)
    assert all(r.zh and r.en and r.article.startswith("第") for r in requirements())
