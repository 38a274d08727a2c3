"""The keyring keeps keys, shows none, and opens with one secret only."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence import EvidenceError, Kek, Keyring, KeyringError, SourceError, key_id, read_public_keys
from qingyuan.ledger import VerifierKey, open_note, sign_note
from qingyuan.ledger.sm2 import sm2_verify
from tests.evidence.making import counter_entropy

Entropy = Callable[[int], bytes]
RAW = Kek.raw(hashlib.sha256(b"kek").digest())
CHEAP = 10


def test_a_saved_keyring_comes_back_the_same(tmp_path: Path, entropy: Entropy) -> None:
    ring = Keyring.create(entropy, RAW)
    key, officer = ring.scope_key("L2026-0001"), ring.new_signer("officer", actor="P001")
    ring.save(tmp_path / "keys")
    again = Keyring.open(tmp_path / "keys", RAW, entropy)
    assert again.scope_key("L2026-0001") == key == again.key_by_id(key.id)
    assert again.public_keys() == (officer.public,) == read_public_keys(tmp_path / "keys")
    assert again.signer(officer.public.id).sign(b"x") == officer.sign(b"x")
    assert again.scopes() == ("L2026-0001",)


def test_a_passphrase_opens_whatever_normal_form_it_was_typed_in(tmp_path: Path, entropy: Entropy) -> None:
    Keyring.create(entropy, Kek.passphrase("clé 密码", log2_n=CHEAP)).save(tmp_path / "keys")
    ring = Keyring.open(tmp_path / "keys", Kek.passphrase("cle\u0301 密码"), entropy)
    assert ring.scopes() == ()


@pytest.mark.parametrize(
    ("kek", "code"),
    [
        (Kek.passphrase("wrong", log2_n=CHEAP), "evidence.wrong-kek"),
        (RAW, "evidence.wrong-kind-of-kek"),
    ],
)
def test_another_secret_does_not_open_it(tmp_path: Path, entropy: Entropy, kek: Kek, code: str) -> None:
    Keyring.create(entropy, Kek.passphrase("right", log2_n=CHEAP)).save(tmp_path / "keys")
    with pytest.raises(KeyringError) as caught:
        Keyring.open(tmp_path / "keys", kek, entropy)
    assert caught.value.code == code


def test_a_new_secret_replaces_the_old_one(tmp_path: Path, entropy: Entropy) -> None:
    ring = Keyring.create(entropy, RAW)
    key = ring.scope_key("L2026-0001")
    ring.rekey(Kek.passphrase("new", log2_n=CHEAP))
    ring.save(tmp_path / "keys")
    assert Keyring.open(tmp_path / "keys", Kek.passphrase("new"), entropy).scope_key("L2026-0001") == key
    with pytest.raises(KeyringError):
        Keyring.open(tmp_path / "keys", RAW, entropy)


def test_a_destroyed_key_is_gone_for_ever_and_its_scope_gets_no_other(
    tmp_path: Path, entropy: Entropy
) -> None:
    ring = Keyring.create(entropy, RAW)
    key, other = ring.scope_key("L2026-0001"), ring.scope_key("L2026-0002")
    assert ring.destroy_scope("L2026-0001") == key.id
    ring.save(tmp_path / "keys")
    again = Keyring.open(tmp_path / "keys", RAW, entropy)
    for ask in (
        lambda: again.scope_key("L2026-0001"),
        lambda: again.key_by_id(key.id),
        lambda: again.destroy_scope("L2026-0001"),
    ):
        with pytest.raises(KeyringError) as caught:
            ask()
        assert caught.value.code == "evidence.key-destroyed"
    assert again.scope_key("L2026-0002") == other


def test_what_it_does_not_hold_is_called_unknown(keyring: Keyring) -> None:
    for ask in (
        lambda: keyring.key_by_id("k0"),
        lambda: keyring.signer("00"),
        lambda: keyring.destroy_scope("L"),
    ):
        with pytest.raises(KeyringError) as caught:
            ask()
        assert caught.value.code == "evidence.unknown-key"


def test_no_secret_is_in_the_file_or_in_any_text_form(tmp_path: Path, entropy: Entropy) -> None:
    ring = Keyring.create(entropy, Kek.passphrase("correct horse", log2_n=CHEAP))
    key, signer = ring.scope_key("L2026-0001"), ring.new_signer("device", actor="D01")
    ring.save(tmp_path / "keys")
    written = (tmp_path / "keys").read_bytes()
    shown = repr((ring, key, signer, Kek.passphrase("correct horse"))).encode()
    for secret in (key.key, signer._seed, b"correct horse"):
        for form in (
            secret,
            secret.hex().encode(),
            base64.b64encode(secret)[:-2],
            repr(secret).encode()[2:-1],
        ):
            assert form not in written
            assert form not in shown
    assert b"L2026-0001" not in written
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


def test_any_changed_byte_of_the_file_is_detected(tmp_path: Path, entropy: Entropy) -> None:
    ring = Keyring.create(entropy, RAW)
    ring.scope_key("L2026-0001")
    ring.new_signer("officer", actor="P001")
    ring.save(tmp_path / "keys")
    saved = (tmp_path / "keys").read_bytes()

    @given(st.integers(0, len(saved) - 1), st.integers(1, 255))
    def check(place: int, change: int) -> None:
        altered = saved[:place] + bytes([saved[place] ^ change]) + saved[place + 1 :]
        (tmp_path / "altered").write_bytes(altered)
        with pytest.raises(EvidenceError):
            Keyring.open(tmp_path / "altered", RAW, counter_entropy())

    check()


def test_a_keyring_must_not_make_us_allocate_without_bound(tmp_path: Path, entropy: Entropy) -> None:
    Keyring.create(entropy, Kek.passphrase("x", log2_n=CHEAP)).save(tmp_path / "keys")
    content = json.loads((tmp_path / "keys").read_bytes())
    content["kdf"]["log2_n"] = 40
    (tmp_path / "keys").write_bytes(
        json.dumps(content, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    )
    with pytest.raises(KeyringError, match="out of bounds"):
        Keyring.open(tmp_path / "keys", Kek.passphrase("x"), entropy)


def test_an_absent_file_is_named(tmp_path: Path, entropy: Entropy) -> None:
    with pytest.raises(SourceError) as caught:
        Keyring.open(tmp_path / "absent", RAW, entropy)
    assert caught.value.where == str(tmp_path / "absent")


def test_secrets_that_are_none_are_refused() -> None:
    makers: list[Callable[[], Kek]] = [
        lambda: Kek.passphrase("  "),
        lambda: Kek.raw(b"short"),
        lambda: Kek.passphrase("x", log2_n=4),
    ]
    for make in makers:
        with pytest.raises(KeyringError):
            make()


def test_signatures_are_those_of_the_public_key(keyring: Keyring) -> None:
    signer = keyring.new_signer("officer", actor="P001")
    Ed25519PublicKey.from_public_bytes(signer.public.raw()).verify(signer.sign(b"data"), b"data")
    assert signer.public.id == key_id(signer.public.raw())


def test_a_named_key_signs_notes_under_its_name(keyring: Keyring) -> None:
    signer = keyring.new_signer("package", name="jcy.example/ledger/package")
    note = sign_note("text\n", (signer.note_signer(),))
    assert open_note(note, (VerifierKey.parse(signer.public.vkey()),)).text == "text\n"


def test_an_sm2_key_is_kept_like_any_other_and_signs_as_the_profile_says(
    tmp_path: Path, entropy: Entropy
) -> None:
    ring = Keyring.create(entropy, RAW)
    signer = ring.new_signer("log", name="jcy.example/log/sm3", algorithm="sm2")
    ring.save(tmp_path / "keys")
    again = Keyring.open(tmp_path / "keys", RAW, entropy)
    public = again.public_key(signer.public.id)
    assert public == signer.public
    assert len(public.raw()) == 65
    assert public.id == hashlib.sha256(b"qingyuan-key/1\n" + public.raw()).hexdigest()[:16]
    assert sm2_verify(public.raw(), b"data", again.signer(public.id).sign(b"data"))
    note = sign_note("text\n", (again.signer(public.id).note_signer(),))
    assert open_note(note, (VerifierKey.parse(public.vkey()),)).text == "text\n"


def test_a_keyring_written_before_there_were_other_algorithms_still_opens(
    tmp_path: Path, entropy: Entropy
) -> None:
    ring = Keyring.create(entropy, RAW)
    ring.new_signer("officer", actor="P001")
    ring.save(tmp_path / "keys")
    listed = json.loads((tmp_path / "keys").read_bytes())["public"][0]
    assert set(listed) == {"id", "role", "actor", "name", "public"}


def test_the_key_that_is_to_follow_is_made_once(tmp_path: Path, entropy: Entropy) -> None:
    ring = Keyring.create(entropy, RAW)
    old = ring.new_signer("officer", actor="P001").public
    new = ring.successor(old.id)
    assert (new.role, new.actor, new.algorithm) == ("officer", "P001", "ed25519")
    ring.save(tmp_path / "keys")
    again = Keyring.open(tmp_path / "keys", RAW, entropy)
    assert again.successor(old.id) == new
    assert again.successors() == {old.id: new.id}


def test_a_key_in_a_device_is_listed_without_a_secret(keyring: Keyring) -> None:
    old = keyring.new_signer("package", name="jcy.example/package").public
    outside = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32).public_key()
    new = keyring.follow(old.id, outside.public_bytes_raw())
    assert keyring.follow(old.id, outside.public_bytes_raw()) == new
    assert new in keyring.public_keys("package")
    assert not keyring.can_sign(new.id)
    made = keyring.successor(old.id)
    assert made != new
    assert keyring.can_sign(made.id)
    assert set(keyring.public_keys("package")) == {old, made}  # what never followed is left out
    assert keyring.follow(old.id, outside.public_bytes_raw()) == new
    assert set(keyring.public_keys("package")) == {old, new}
    assert not keyring.can_sign(made.id)


def test_a_forgotten_key_keeps_its_public_half_and_signs_no_more(tmp_path: Path, entropy: Entropy) -> None:
    ring = Keyring.create(entropy, RAW)
    public = ring.new_signer("officer", actor="P001").public
    assert ring.forget(public.id)
    assert not ring.forget(public.id)
    ring.save(tmp_path / "keys")
    again = Keyring.open(tmp_path / "keys", RAW, entropy)
    assert again.public_key(public.id) == public
    with pytest.raises(KeyringError) as caught:
        again.signer(public.id)
    assert caught.value.code == "evidence.key-retired"


def test_a_keyring_knows_whether_it_was_saved(tmp_path: Path, entropy: Entropy) -> None:
    ring = Keyring.create(entropy, RAW)
    public = ring.new_signer("device", actor="D01").public
    ring.scope_key("L1")
    changes: list[Callable[[], object]] = [
        lambda: ring.new_signer("device", actor="D02"),
        lambda: ring.scope_key("L2"),
        lambda: ring.destroy_scope("L1"),
        lambda: ring.successor(public.id),
        lambda: ring.forget(public.id),
        lambda: ring.rekey(Kek.passphrase("x", log2_n=CHEAP)),
        lambda: ring.rekey(RAW),
        lambda: ring.rekey(Kek.raw(bytes(32))),
    ]
    states: list[bool] = [ring.changed]
    for change in changes:
        ring.save(tmp_path / "keys")
        states.append(ring.changed)
        change()
        states.append(ring.changed)
    assert states == [True, *(False, True) * len(changes)]
    assert ring.destroyed_scopes().keys() == {"L1"}
