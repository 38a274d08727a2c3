"""Role files and rotations: what roots sign, and what a reader who holds only the roots makes of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence import EvidenceError, Kek, Keyring, KeyringError, PublicKey
from qingyuan.evidence.roles import (
    RootSet,
    approval,
    check_rotation,
    differences,
    new_root_key,
    newest_roles,
    open_root_key,
    read_roles,
    read_root_public,
    read_signed_roles,
    roles_text,
    rotation_message,
    sign_roles,
    unsigned,
)
from qingyuan.ledger import FormatError, NoteSigner, Sm2NoteSigner, TextSigner
from tests.evidence.making import counter_entropy

Entropy = Callable[[int], bytes]
CHEAP = 10


def root(number: int) -> TextSigner:
    if number == 3:
        return Sm2NoteSigner.generate("root-3", counter_entropy("root"))
    return NoteSigner(f"root-{number}", bytes([number]) * 32)


def roots(*numbers: int, threshold: int = 2) -> RootSet:
    return RootSet(threshold, tuple(root(number).key.encode() for number in numbers))


def content(version: int, new: RootSet | None = None) -> dict[str, object]:
    return {
        "version": version,
        "issued_at": "2026-03-02T09:00:00+08:00",
        "office": {"id": "jcy", "name": "某检察院"},
        "logs": [],
        "keys": [{"id": "00", "role": "officer", "valid_from": 0}],
        "roots": None if new is None else {"threshold": new.threshold, "keys": list(new.keys)},
    }


def signed(version: int, *by: int, new: RootSet | None = None) -> bytes:
    data = roles_text(content(version, new)).encode()
    for number in by:
        data = sign_roles(data, root(number))
    return data


def code(call: Callable[[], object]) -> str:
    with pytest.raises((EvidenceError, FormatError)) as caught:
        call()
    assert caught.value.zh
    return caught.value.code


def test_a_role_file_has_the_text_that_the_format_says() -> None:
    text = roles_text(content(7))
    heading, body, end = text.split("\n")
    assert (heading, end) == ("qingyuan-roles/1", "")
    assert json.loads(body)["version"] == 7
    assert body == json.dumps(content(7), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert read_roles(text).text == text


def test_signatures_are_added_and_an_earlier_one_of_the_same_key_is_replaced() -> None:
    once = signed(1, 1, 3)
    roles, note = read_signed_roles(sign_roles(once, root(1)))
    assert roles.version == 1
    assert sorted(line.name for line in note.signatures) == ["root-1", "root-3"]
    assert approval(note, roots(1, 2, 3)).signed == ("root-1", "root-3")
    assert unsigned(roles.text.encode()).signatures == ()


def test_the_threshold_counts_different_roots_only() -> None:
    _, note = read_signed_roles(signed(1, 1))
    twice = unsigned(note.encode() + note.encode().rsplit(b"\n", 2)[1] + b"\n")
    assert not approval(twice, roots(1, 2, 3)).enough
    assert approval(read_signed_roles(signed(1, 1, 2))[1], roots(1, 2, 3)).enough
    assert approval(read_signed_roles(signed(1, 1, 2))[1], roots(2, 3)).signed == ("root-2",)


def test_a_signature_that_claims_a_root_and_does_not_verify_is_refused() -> None:
    data = signed(1, 1)
    line = data.rsplit(b"\n", 2)[1]
    name, _, encoded = line[4:].partition(b" ")
    raw = bytearray(base64.b64decode(encoded))
    raw[-1] ^= 1
    broken = data.replace(line, "— ".encode() + name + b" " + base64.b64encode(raw))
    _, note = read_signed_roles(broken)
    assert code(lambda: approval(note, roots(1, 2))) == "evidence.bad-root-signature"
    assert approval(note, roots(2, 3)).signed == ()


def test_role_files_are_followed_through_a_change_of_the_roots() -> None:
    first, later = roots(1, 2, 3), roots(3, 4, 5)
    files = [signed(1, 1, 2), signed(2, 1, 3, 4, new=later), signed(5, 4, 5)]
    newest = newest_roles(files, first)
    assert newest is not None
    assert newest.version == 5
    assert newest_roles(files, later) is None
    assert newest_roles([], first) is None


@pytest.mark.parametrize(
    "by",
    [(1,), (1, 3), (4, 5), (3, 4, 5)],
    ids=["too few of the old", "the old only", "the new only", "one of the old"],
)
def test_new_roots_need_the_old_ones_and_themselves(by: tuple[int, ...]) -> None:
    files = [signed(1, 1, 2), signed(2, *by, new=roots(3, 4, 5)), signed(3, 1, 2)]
    newest = newest_roles(files, roots(1, 2, 3))
    assert newest is not None
    assert newest.version == 1  # with it, everything after it is not used


def test_versions_must_rise() -> None:
    assert code(lambda: newest_roles([signed(2, 1, 2), signed(2, 1, 2)], roots(1, 2))) == "evidence.bad-roles"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("roles/1", "roles/2"),
        lambda text: text[:-1],
        lambda text: text.replace('"version":3', '"version":0'),
        lambda text: text.replace('"version":3', '"version":"3"'),
        lambda text: text.replace('{"issued', '{ "issued'),
        lambda text: text.replace('"version":3', '"v":2,"version":3'),
        lambda text: text.replace('"logs":[],', ""),
        lambda text: text.replace("{", "["),
    ],
)
def test_text_that_is_no_role_file_is_refused(spoil: Callable[[str], str]) -> None:
    text = spoil(roles_text(content(3)))
    assert text != roles_text(content(3))
    assert code(lambda: read_roles(text)) == "evidence.bad-roles"


@pytest.mark.parametrize(
    ("threshold", "keys"),
    [
        (0, (1, 2)),
        (3, (1, 2)),
        (1, ()),
        (1, (1, 1)),
        (1, tuple(range(10, 43))),
    ],
)
def test_a_set_of_roots_that_could_not_decide_is_refused(threshold: int, keys: tuple[int, ...]) -> None:
    found = RootSet(threshold, tuple(root(key).key.encode() for key in keys))
    assert code(found.verifiers) == "evidence.bad-roots"


def test_one_key_under_two_names_is_one_root_only() -> None:
    keys = tuple(NoteSigner(name, b"\x01" * 32).key.encode() for name in ("a", "b"))
    assert code(RootSet(1, keys).verifiers) == "evidence.bad-roots"
    assert code(RootSet(1, ("nonsense",)).verifiers) == "evidence.bad-roots"


@pytest.mark.parametrize("algorithm", ["ed25519", "sm2"])
def test_a_root_key_file_opens_with_its_passphrase_only(tmp_path: Path, algorithm: str) -> None:
    path, kek = tmp_path / "root.key", Kek.passphrase("离线口令", log2_n=CHEAP)
    key = new_root_key(path, "root-a", kek, counter_entropy(), algorithm=algorithm)  # type: ignore[arg-type]
    assert read_root_public(path) == key
    assert open_root_key(path, kek).key == key
    assert key.verifies("x\n", open_root_key(path, kek).sign("x\n"))
    with pytest.raises(KeyringError) as wrong:
        open_root_key(path, Kek.passphrase("另一个", log2_n=CHEAP))
    assert wrong.value.code == "evidence.wrong-kek"
    with pytest.raises(KeyringError) as again:
        new_root_key(path, "root-b", kek, counter_entropy())
    assert again.value.code == "evidence.root-exists"
    assert path.stat().st_mode & 0o077 == 0


def test_any_changed_byte_of_a_root_key_file_is_detected(tmp_path: Path) -> None:
    path, kek = tmp_path / "root.key", Kek.passphrase("x", log2_n=CHEAP)
    new_root_key(path, "root-a", kek, counter_entropy())
    data = path.read_bytes()
    for place in range(0, len(data), 3):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises((EvidenceError, FormatError)):
            open_root_key(path, kek)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_differences_are_found_exactly_where_there_are_any(one: object, other: object) -> None:
    assert differences(one, one) == []
    found = differences(one, other)
    assert (not found) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))
    assert differences({"k": [0, one]}, {"k": [0, other]}) == [
        f"k[1]{'' if not at or at.startswith('[') else '.'}{at}" for at in found
    ]


def _rotation(keyring: Keyring) -> tuple[dict[str, object], PublicKey]:
    old = keyring.new_signer("officer", actor="P001").public
    new = keyring.successor(old.id)
    payload: dict[str, object] = {
        "origin": "jcy.example/log",
        "role": "officer",
        "actor": "P001",
        "old": old.id,
        "new": new.id,
        "public": new.public,
        "algorithm": "ed25519",
    }
    message = rotation_message(payload)
    for name, key in (("sig_old", old), ("sig_new", new)):
        payload[name] = base64.b64encode(keyring.signer(key.id).sign(message)).decode()
    return payload, old


def test_a_rotation_holds_when_both_keys_signed_it(keyring: Keyring) -> None:
    payload, old = _rotation(keyring)
    assert check_rotation(payload, old, revoked=False) == []
    without = {**payload, "sig_old": None}
    assert check_rotation(without, old, revoked=False) == ["sig_old"]
    assert check_rotation(without, old, revoked=True) == []
    for name in ("origin", "role", "actor"):
        assert check_rotation({**payload, name: "other"}, old, revoked=False) == ["sig_new", "sig_old"]
    assert "new" in check_rotation({**payload, "new": "00"}, old, revoked=False)
    assert "sig_new" in check_rotation({**payload, "sig_new": payload["sig_old"]}, old, revoked=False)
    assert "sig_new" in check_rotation({**payload, "public": "AA=="}, old, revoked=False)
