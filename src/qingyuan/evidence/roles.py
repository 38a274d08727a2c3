"""Role files: what an office's offline roots sign, and rotations of keys, as messages that anyone can check.

A role file says which keys, logs and time-stamping authorities count (``docs/evidence-format.md`` section 9). It is a
C2SP signed note over ``qingyuan-roles/1``, a line feed, canonical JSON, a line feed. Nothing here knows where
files are kept or what the time is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

import msgspec

from qingyuan.evidence._root_key import new_root_key, open_root_key, read_root_public
from qingyuan.evidence._signers import PublicKey, key_id
from qingyuan.evidence._wire import canonical, parse_time, unb64
from qingyuan.evidence.errors import EvidenceError
from qingyuan.ledger import (
    Algorithm,
    FormatError,
    Note,
    Signature,
    TextSigner,
    VerifierKey,
    add_signatures,
    parse_note,
)
from qingyuan.ledger.sm2 import sm2_verify
from qingyuan.shapes import convert, from_json

_HEADING = "qingyuan-roles/1\n"
_ROTATION = b"qingyuan-key-rotation/1\n"

#: Bounds of section 11: bytes of a role file, and root keys.
MAX_ROLES_SIZE = 4 << 20
MAX_ROOTS = 32


class RootSet(msgspec.Struct, frozen=True):
    """The root keys of an office and how many must agree.

    Attributes:
        threshold: How many different keys must sign.
        keys: Verifier keys (Ed25519 or SM2) with different names.
    """

    threshold: int
    keys: tuple[str, ...]

    def verifiers(self) -> tuple[VerifierKey, ...]:
        """Return the keys, after checking the set.

        Raises:
            EvidenceError: ``evidence.bad-roots``.
        """
        try:
            found = tuple(map(VerifierKey.parse, self.keys))
        except FormatError as error:
            raise _bad_roots(error.zh, error.en) from error
        if not 1 <= self.threshold <= len(found) <= MAX_ROOTS:
            raise _bad_roots(
                f"门限须在 1 与密钥数之间，密钥不超过 {MAX_ROOTS} 把",
                f"the threshold is from 1 to the number of keys, of which there are at most {MAX_ROOTS}",
            )
        if len({key.name for key in found}) != len(found) or len({key.public for key in found}) != len(found):
            raise _bad_roots("密钥名称和公钥不得重复", "no two root keys may share a name or be the same key")
        if any(key.algorithm not in {Algorithm.ED25519, Algorithm.SM2} for key in found):
            raise _bad_roots("根密钥须为 Ed25519 或 SM2", "a root key is Ed25519 or SM2")
        return found


class Roles(msgspec.Struct, frozen=True):
    """A role file that is well formed; its signatures are not judged.

    Attributes:
        version: From 1, each higher than the one before.
        issued_at: Time, RFC 3339.
        roots: The roots from now on, or ``None``: as before.
        content: All its members, as builtins.
    """

    version: int
    issued_at: str
    roots: RootSet | None
    content: dict[str, object]

    @property
    def text(self) -> str:
        """The text that roots sign."""
        return roles_text(self.content)


class Approval(msgspec.Struct, frozen=True):
    """Which roots signed a role file.

    Attributes:
        signed: Names of the keys whose signature verifies, in the order of the set.
        wanted: How many there must be.
    """

    signed: tuple[str, ...]
    wanted: int

    @property
    def enough(self) -> bool:
        """Whether the threshold is met."""
        return len(self.signed) >= self.wanted


def roles_text(content: Mapping[str, object]) -> str:
    """Return the text of a role file.

    Raises:
        EvidenceError: ``evidence.bad-roles`` when the members are not those of a role file.
    """
    text = _HEADING + canonical(dict(content)).decode() + "\n"
    read_roles(text)
    return text


def read_roles(text: str) -> Roles:
    """Read the text of a role file.

    Raises:
        EvidenceError: ``evidence.bad-roles`` or ``evidence.bad-roots``.
    """
    body = text.removeprefix(_HEADING).removesuffix("\n")
    if text != f"{_HEADING}{body}\n" or len(text.encode()) > MAX_ROLES_SIZE:
        raise _bad_roles(
            "首行不是 qingyuan-roles/1，或过大", "its first line is not qingyuan-roles/1, or it is too large"
        )
    try:
        content = from_json(body, dict[str, object])
        form = convert(content, _Form)
    except msgspec.MsgspecError as error:
        raise _bad_roles(str(error), str(error)) from error
    if (
        canonical(content).decode() != body
        or form.version < 1
        or "v" in content
        or "roles_version" in content
    ):
        raise _bad_roles(
            "不是规范 JSON，或成员不符", "it is not canonical JSON, or has members of another file"
        )
    parse_time(form.issued_at, where="issued_at")
    if form.roots is not None:
        form.roots.verifiers()
    return Roles(form.version, form.issued_at, form.roots, content)


def read_signed_roles(data: bytes) -> tuple[Roles, Note]:
    """Read a role file: a note with any signatures.

    Raises:
        EvidenceError: ``evidence.bad-roles`` or ``evidence.bad-roots``.
        FormatError: ``ledger.note`` when it is no note.
    """
    note = parse_note(data)
    return read_roles(note.text), note


def sign_roles(data: bytes, signer: TextSigner) -> bytes:
    """Return a role file with the signature of one more root key; an earlier one of the same key is replaced.

    Args:
        data: The unsigned text, or a note that others signed.
        signer: The root key.

    Raises:
        EvidenceError: ``evidence.bad-roles`` or ``evidence.bad-roots``.
        FormatError: ``ledger.note``.
    """
    note = unsigned(data)
    read_roles(note.text)
    return add_signatures(note, (Signature(signer.name, signer.key_id, signer.sign(note.text)),))


def unsigned(data: bytes) -> Note:
    """Return a role file as a note, also when it is text that nobody signed yet.

    Raises:
        EvidenceError: ``evidence.bad-roles`` when it is not UTF-8.
        FormatError: ``ledger.note`` when it has signature lines that are malformed.
    """
    if b"\n\n" in data:
        return parse_note(data)
    try:
        return Note(data.decode(), ())
    except UnicodeDecodeError as error:
        raise _bad_roles("不是 UTF-8", "it is not UTF-8") from error


def approval(note: Note, roots: RootSet) -> Approval:
    """Return which of ``roots`` signed a role file.

    Raises:
        EvidenceError: ``evidence.bad-roots``, or ``evidence.bad-root-signature`` when a signature claims one of the keys
            and does not verify.
    """
    signed: list[str] = []
    for key in roots.verifiers():
        for line in note.signatures:
            if (line.name, line.key_id) != (key.name, key.key_id):
                continue
            if not key.verifies(note.text, line.data):
                raise EvidenceError(
                    "evidence.bad-root-signature",
                    zh="根密钥的签名与内容不符",
                    en="the signature of a root key does not fit the text",
                    where=f"{key.name}+{key.key_id:08x}",
                    remedy_zh="请由该密钥保管人重新签名",
                    remedy_en="have the holder of that key sign again",
                )
            if key.name not in signed:
                signed.append(key.name)
    return Approval(tuple(signed), roots.threshold)


def newest_roles(files: Iterable[bytes], roots: RootSet) -> Roles | None:
    """Return the role file that counts, as a verifier that starts from ``roots`` finds it; ``None`` when none does.

    Args:
        files: The role files, by rising version.
        roots: The roots that the reader trusts.

    Raises:
        EvidenceError: A file is malformed, out of order or wrongly signed.
        FormatError: A file is no note.
    """
    last: Roles | None = None
    for data in files:
        roles, note = read_signed_roles(data)
        if last is not None and roles.version <= last.version:
            raise _bad_roles("版本号没有递增", "the versions do not rise")
        if not all(approval(note, each).enough for each in (roots, roles.roots or roots)):
            return last
        roots, last = roles.roots or roots, roles
    return last


def differences(stated: object, expected: object, path: str = "") -> list[str]:
    """Return where two JSON values differ, as paths such as ``keys[2].revoked_at``, sorted as they stand."""
    if isinstance(stated, Mapping) and isinstance(expected, Mapping):
        return [
            found
            for name in sorted({*stated, *expected})
            for found in (
                differences(stated[name], expected[name], f"{path}.{name}".lstrip("."))
                if name in stated and name in expected
                else [f"{path}.{name}".lstrip(".")]
            )
        ]
    if _is_list(stated) and _is_list(expected) and len(stated) == len(expected):
        return [
            found
            for at, (one, other) in enumerate(zip(stated, expected, strict=True))
            for found in differences(one, other, f"{path}[{at}]")
        ]
    return [] if type(stated) is type(expected) and stated == expected else [path]


def rotation_message(payload: Mapping[str, object]) -> bytes:
    """Return what both keys sign when one replaces the other.

    Args:
        payload: That of ``office.key_rotated``; its two signatures are left out.
    """
    stated = {name: value for name, value in payload.items() if name not in {"sig_old", "sig_new"}}
    return _ROTATION + canonical(stated) + b"\n"


def check_rotation(payload: Mapping[str, object], old: PublicKey, *, revoked: bool) -> list[str]:
    """Return which members of an ``office.key_rotated`` payload do not hold, none when all is in order.

    Args:
        payload: The payload.
        old: The key that is replaced.
        revoked: Whether that key had been revoked before; then its signature is neither needed nor worth anything.
    """
    message = rotation_message(payload)
    public = _raw(payload.get("public"))
    algorithm = str(payload.get("algorithm"))
    wrong = [name for name, value in (("old", old.id), ("new", key_id(public))) if payload.get(name) != value]
    if not _verifies(algorithm, public, message, payload.get("sig_new")):
        wrong.append("sig_new")
    if revoked and payload.get("sig_old") is None:
        return wrong
    if not _verifies(old.algorithm, old.raw(), message, payload.get("sig_old")):
        wrong.append("sig_old")
    return wrong


class _Form(msgspec.Struct):
    version: int
    issued_at: str
    office: dict[str, str]
    logs: list[dict[str, object]]
    keys: list[dict[str, object]]
    roots: RootSet | None = None


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _verifies(algorithm: str, public: bytes, message: bytes, signature: object) -> bool:
    raw = _raw(signature)
    if algorithm == "sm2":
        return sm2_verify(public, message, raw)
    try:
        return VerifierKey("rotation", Algorithm.ED25519, public).verifies(message.decode(), raw)
    except FormatError:
        return False


def _raw(text: object) -> bytes:
    try:
        return unb64(text, where="rotation") if isinstance(text, str) else b""
    except EvidenceError:
        return b""


def _bad_roles(zh: str, en: str) -> EvidenceError:
    return EvidenceError(
        "evidence.bad-roles",
        zh=f"不是角色文件：{zh}",
        en=f"not a role file: {en}",
        remedy_zh="请用 qingyuan key roles draft 重新起草",
        remedy_en="draft it again with qingyuan key roles draft",
    )


def _bad_roots(zh: str, en: str) -> EvidenceError:
    return EvidenceError(
        "evidence.bad-roots",
        zh=f"根密钥集合不成立：{zh}",
        en=f"not a set of root keys: {en}",
        remedy_zh="请核对各根密钥的公钥与门限",
        remedy_en="check the public keys and the threshold",
    )


__all__ = [
    "Approval",
    "Roles",
    "RootSet",
    "approval",
    "check_rotation",
    "differences",
    "new_root_key",
    "newest_roles",
    "open_root_key",
    "read_roles",
    "read_root_public",
    "read_signed_roles",
    "roles_text",
    "rotation_message",
    "sign_roles",
    "unsigned",
]
