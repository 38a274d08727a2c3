"""The keyring: one encrypted file with the scope keys and the signing keys of an office.

A scope key seals the material of one lead or matter. Destroying it makes that material unreadable
for ever while the log, which holds only commitments, stays whole. (Copies of an older keyring file
still hold the key: backups of keyrings must be destroyed with it.)

The file is canonical JSON: how the encrypting key is derived, the public keys in clear, and one
AES-256-GCM box with everything else. Each time it is written a fresh 32-byte salt gives a fresh
box key and nonce (HKDF-SHA256), and everything in clear is associated data of the box.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qingyuan.evidence._atomic import atomic_writer
from qingyuan.evidence._entropy import Entropy, draw
from qingyuan.evidence._kek import Kdf, Kek
from qingyuan.evidence._keyfile import associated, box_keys, key_file_bytes, read_key_file
from qingyuan.evidence._keyring_errors import damaged_keyring, destroyed_key, retired_key, unknown_key
from qingyuan.evidence._signers import (
    KeyAlgorithm,
    PublicKey,
    Role,
    Signer,
    key_id,
    new_public,
    new_seed,
)
from qingyuan.evidence._wire import b64, canonical, unb64
from qingyuan.evidence.errors import KeyringError
from qingyuan.evidence.sealing import KEY_SIZE
from qingyuan.shapes import from_json

_INFO = b"qingyuan-keyring/1\n"
_FILE_LIMIT = 64 << 20


class ScopeKey(msgspec.Struct, frozen=True):
    """The key that seals the material of one scope.

    Attributes:
        id: Public identifier, written into sealed files.
        scope: Identifier of the lead or matter.
        key: 32 secret bytes; never shown.
    """

    id: str
    scope: str
    key: bytes

    def __repr__(self) -> str:
        """Return the identifiers without the key."""
        return f"ScopeKey(id={self.id!r}, scope={self.scope!r})"


class _Body(msgspec.Struct):
    scopes: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)  # scope: (key id, base64 key)
    destroyed: dict[str, str] = msgspec.field(default_factory=dict)  # scope: key id
    seeds: dict[str, str] = msgspec.field(default_factory=dict)  # signing key id: base64 seed
    successors: dict[str, str] = msgspec.field(default_factory=dict)  # signing key id: that of the next


class _File(msgspec.Struct, forbid_unknown_fields=True):
    v: Literal[1]
    format: Literal["qingyuan-keyring/1"]
    kdf: Kdf
    public: tuple[PublicKey, ...]
    salt: str
    check: str
    box: str


class Keyring:
    """Scope keys and signing keys in memory; :meth:`save` writes them, always encrypted."""

    def __init__(self, entropy: Entropy, kdf: Kdf, kek_bytes: bytes) -> None:
        """Use :meth:`create` or :meth:`open` instead."""
        self._entropy = entropy
        self._kdf = kdf
        self._kek_bytes = kek_bytes
        self._body = _Body()
        self._public: tuple[PublicKey, ...] = ()
        self._saved: bytes | None = None

    def __repr__(self) -> str:
        """Return the counts only."""
        return f"Keyring(scopes={len(self._body.scopes)}, signers={len(self._public)})"

    @classmethod
    def create(cls, entropy: Entropy, kek: Kek) -> Keyring:
        """Return an empty keyring that ``kek`` will open."""
        salt = draw(entropy, 32)
        kdf = kek.new_kdf(b64(salt))
        return cls(entropy, kdf, kek.derive(kdf, salt, where="keyring"))

    @classmethod
    def open(cls, path: Path, kek: Kek, entropy: Entropy) -> Keyring:
        """Return the keyring saved at ``path``.

        Args:
            path: The keyring file.
            kek: The secret it was saved with.
            entropy: Source of randomness for new keys and for saving.

        Raises:
            KeyringError: The secret is another one, or the file is no keyring or was altered.
            SourceError: The file cannot be read.
        """
        where = str(path)
        file = read_key_file(path, _File, _FILE_LIMIT, damaged_keyring)
        kek_bytes = kek.derive(file.kdf, unb64(file.kdf.salt, where=where), where=where)
        box_key, nonce, check = box_keys(kek_bytes, unb64(file.salt, where=where), _INFO)
        if b64(check) != file.check:
            raise KeyringError(
                "evidence.wrong-kek",
                zh="口令或主密钥不对",
                en="wrong passphrase or key",
                where=where,
                remedy_zh="请核对口令（注意大小写与输入法）；若确认无误，文件可能被改动，请从备份恢复",
                remedy_en="check the passphrase; if it is right the file may have been altered: restore a backup",
            )
        try:
            clear = AESGCM(box_key).decrypt(nonce, unb64(file.box, where=where), associated(file, _INFO))
            ring = cls(entropy, file.kdf, kek_bytes)
            ring._body = from_json(clear, _Body)
        except (InvalidTag, msgspec.MsgspecError) as error:
            raise damaged_keyring(where) from error
        ring._public = file.public
        ring._saved = ring._state()
        return ring

    @property
    def changed(self) -> bool:
        """Whether there is anything that is not saved."""
        return self._saved != self._state()

    def _state(self) -> bytes:
        return msgspec.json.encode((self._kdf, self._public, self._body))

    def save(self, path: Path) -> None:
        """Write the keyring; the old file is replaced whole or not at all.

        Two writers must not work at once: the later one would drop the keys of the earlier.

        Raises:
            EvidenceError: The file cannot be written.
        """
        salt = draw(self._entropy, 32)
        box_key, nonce, check = box_keys(self._kek_bytes, salt, _INFO)
        file = _File(1, "qingyuan-keyring/1", self._kdf, self._public, b64(salt), b64(check), "")
        clear = canonical(msgspec.to_builtins(self._body))
        file.box = b64(AESGCM(box_key).encrypt(nonce, clear, associated(file, _INFO)))
        with atomic_writer(path) as target:
            target.write(key_file_bytes(file))
        self._saved = self._state()

    def rekey(self, kek: Kek) -> None:
        """Let ``kek`` open the keyring from the next :meth:`save` on, and the old secret no more."""
        salt = draw(self._entropy, 32)
        self._kdf = kek.new_kdf(b64(salt))
        self._kek_bytes = kek.derive(self._kdf, salt, where="keyring")
        self._saved = None

    def scope_key(self, scope: str) -> ScopeKey:
        """Return the key of ``scope``, made now if there is none; save the keyring before sealing.

        Raises:
            KeyringError: The key of this scope was destroyed.
        """
        if scope in self._body.destroyed:
            raise destroyed_key(scope)
        if scope not in self._body.scopes:
            key_id = "k" + draw(self._entropy, 8).hex()
            self._body.scopes[scope] = (key_id, b64(draw(self._entropy, KEY_SIZE)))
        key_id, key = self._body.scopes[scope]
        return ScopeKey(key_id, scope, unb64(key, where=f"key {key_id}"))

    def key_by_id(self, key_id: str) -> ScopeKey:
        """Return the scope key that a sealed file names.

        Raises:
            KeyringError: It was destroyed, or this keyring never held it.
        """
        for scope, (known, _) in self._body.scopes.items():
            if known == key_id:
                return self.scope_key(scope)
        for scope, known in self._body.destroyed.items():
            if known == key_id:
                raise destroyed_key(scope)
        raise unknown_key(key_id)

    def scopes(self) -> tuple[str, ...]:
        """Return the scopes that have a key, sorted."""
        return tuple(sorted(self._body.scopes))

    def destroyed_scopes(self) -> dict[str, str]:
        """Return the scopes whose key was destroyed, with the identifier the key had."""
        return dict(self._body.destroyed)

    def destroy_scope(self, scope: str) -> str:
        """Forget the key of ``scope`` for ever and return its identifier; takes effect with :meth:`save`.

        Raises:
            KeyringError: There is no such key, or it was destroyed before.
        """
        if scope in self._body.destroyed:
            raise destroyed_key(scope)
        if scope not in self._body.scopes:
            raise unknown_key(scope)
        key_id, _ = self._body.scopes.pop(scope)
        self._body.destroyed[scope] = key_id
        return key_id

    def new_signer(
        self, role: Role, *, actor: str = "", name: str = "", algorithm: KeyAlgorithm = "ed25519"
    ) -> Signer:
        """Make a signing key.

        Args:
            role: What it is for.
            actor: Identifier of the person or device it belongs to.
            name: Key name in signed notes, for a log or package key.
            algorithm: Which signature it makes.

        Raises:
            SignatureError: ``ledger.sm2-unavailable`` for an SM2 key where libcrypto offers no SM2.
        """
        seed, raw = new_seed(algorithm, self._entropy)
        public = new_public(role, actor, name, raw, algorithm)
        self._body.seeds[public.id] = b64(seed)
        self._add(public)
        return Signer(public, seed)

    def drop(self, identifier: str) -> None:
        """Leave out a key that nothing was ever signed with and nobody was told of; takes effect with :meth:`save`."""
        self._drop(identifier)

    def _drop(self, waiting: str | None) -> None:
        """Leave out a key that was to follow another and never did: nobody was told of it."""
        self._public = tuple(key for key in self._public if key.id != waiting)
        self._body.seeds.pop(waiting or "", None)

    def _add(self, public: PublicKey) -> None:
        self._public = tuple(sorted((*self._public, public), key=lambda p: (p.role, p.actor, p.name, p.id)))

    def successor(self, identifier: str) -> PublicKey:
        """Return the key that is to follow ``identifier``, the current one, in its role; made now if there is none.

        A key that was made for a rotation that was cut off is used by the next attempt.

        Raises:
            KeyringError: The keyring never held the key.
        """
        old = self.public_key(identifier)
        waiting = self._body.successors.get(identifier)
        if waiting is None or not self.can_sign(waiting):
            self._drop(waiting)
            new = self.new_signer(old.role, actor=old.actor, name=old.name, algorithm=old.algorithm)
            waiting = self._body.successors[identifier] = new.public.id
        return self.public_key(waiting)

    def follow(self, identifier: str, raw: bytes) -> PublicKey:
        """Take a key whose secret half is in a device as the one that is to follow ``identifier``, which is current.

        Args:
            identifier: The key that is replaced; the algorithm stays the same.
            raw: Raw public key.

        Raises:
            KeyringError: The keyring never held the key.
        """
        old = self.public_key(identifier)
        new = new_public(old.role, old.actor, old.name, raw, old.algorithm)
        if new not in self._public:
            self._drop(self._body.successors.get(identifier))
            self._add(new)
        self._body.successors[identifier] = new.id
        return new

    def successors(self) -> dict[str, str]:
        """Return which key was made to follow which: identifiers, old to new."""
        return dict(self._body.successors)

    def forget(self, identifier: str) -> bool:
        """Forget the secret half of a signing key for ever; takes effect with :meth:`save`.

        Returns:
            Whether there was one.

        Raises:
            KeyringError: The keyring never held the key.
        """
        self.public_key(identifier)
        return self._body.seeds.pop(identifier, None) is not None

    def can_sign(self, identifier: str) -> bool:
        """Say whether the secret half of a signing key is here."""
        return identifier in self._body.seeds

    def public_key(self, identifier: str) -> PublicKey:
        """Return the public half of a key that the keyring has or had.

        Raises:
            KeyringError: It never held it.
        """
        for public in self._public:
            if public.id == identifier:
                return public
        raise unknown_key(identifier)

    def signer(self, identifier: str) -> Signer:
        """Return the signing key with this identifier.

        Raises:
            KeyringError: The keyring never held it, or no longer holds its secret half.
        """
        public = self.public_key(identifier)
        if identifier not in self._body.seeds:
            raise retired_key(identifier)
        return Signer(public, unb64(self._body.seeds[identifier], where=f"key {identifier}"))

    def public_keys(self, role: Role | None = None) -> tuple[PublicKey, ...]:
        """Return the public keys, of ``role`` only if given, in a fixed order."""
        return tuple(public for public in self._public if role is None or public.role == role)


def read_public_keys(path: Path) -> tuple[PublicKey, ...]:
    """Return the public keys in a keyring file without opening it; they are not authenticated so.

    Raises:
        KeyringError: The file is no keyring.
        SourceError: The file cannot be read.
    """
    return read_key_file(path, _File, _FILE_LIMIT, damaged_keyring).public


__all__ = [
    "KeyAlgorithm",
    "Keyring",
    "PublicKey",
    "Role",
    "ScopeKey",
    "Signer",
    "key_id",
    "read_public_keys",
]
