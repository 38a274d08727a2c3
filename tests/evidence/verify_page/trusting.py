"""Keys, trust files and role files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from qingyuan.ledger import (
    NoteSigner,
    Sm2NoteSigner,
    Sm2PrivateKey,
    TextSigner,
    sign_note,
)
from tests.evidence.verify_page.trees import (
    Json,
    b64,
    canonical,
    seed,
)

ORIGIN = "log.example/jcy"


TWIN = f"{ORIGIN}/sm3"


OPENED = "2026-03-02T10:00:00+08:00"


@dataclass
class Key:
    """An Ed25519 or SM2 key with a name, as trust files list it."""

    name: str
    role: str = "officer"
    sm2: bool = False
    actor: str = ""

    @property
    def signer(self) -> TextSigner:
        if self.sm2:
            return Sm2NoteSigner(self.name, Sm2PrivateKey(b"\x01" + seed(self.name)[1:]))
        return NoteSigner(self.name, seed(self.name))

    @property
    def public(self) -> bytes:
        return self.signer.key.public

    @property
    def id(self) -> str:
        return hashlib.sha256(b"qingyuan-key/1\n" + self.public).hexdigest()[:16]

    @property
    def vkey(self) -> str:
        return self.signer.key.encode()

    def sign(self, message: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(seed(self.name)).sign(message)

    def entry(self, valid_from: int = 0, revoked_at: int | None = None) -> Json:
        named = self.role in ("log", "package")
        shown = {"vkey": self.vkey} if named else {"public": b64(self.public)}
        return {
            "id": self.id, "role": self.role, "actor": self.actor, "valid_from": valid_from, "revoked_at": revoked_at, **shown,
        }  # fmt: skip


LOG = Key(ORIGIN, "log")


TWIN_LOG = Key(TWIN, "log", sm2=True)


PACKAGE = Key(f"{ORIGIN}/package", "package")


OFFICER = Key("officer", "officer", actor="P001")


DEVICE = Key("device", "device", actor="D001")


ROOTS = [Key(f"root{n}.example", "root", sm2=n == 2) for n in range(3)]


def trust_of(**changes: Any) -> Json:
    keys = [PACKAGE.entry(), OFFICER.entry(), DEVICE.entry()]
    logs = [{"origin": ORIGIN, "vkey": LOG.vkey}, {"origin": TWIN, "vkey": TWIN_LOG.vkey}]
    return {"v": 2, "office": {"id": "1101", "name": "某市人民检察院"}, "logs": logs, "keys": keys, **changes}


def roots_of(threshold: int = 2, keys: list[Key] | None = None) -> Json:
    return {"threshold": threshold, "keys": [key.vkey for key in (ROOTS if keys is None else keys)]}


def role_file(version: int, signers: list[Key], **changes: Any) -> bytes:
    """A role file with the lists of ``trust_of``."""
    lists = {n: v for n, v in trust_of().items() if n != "v"}
    value = {**lists, "version": version, "issued_at": OPENED, "roots": None, **changes}
    return sign_note(f"qingyuan-roles/1\n{canonical(value).decode()}\n", [key.signer for key in signers])
