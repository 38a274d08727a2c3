"""The keyring: one encrypted file with the scope keys and the signing keys of an office.

A scope key seals the material of one lead or matter. Destroying it makes that material unreadable
for ever while the log, which holds only commitments, stays whole. (Copies of an older keyring file
still hold the key: backups of keyrings must be destroyed with it.)

The file is canonical JSON: how the encrypting key is derived, the public keys in clear, and one
AES-256-GCM box with everything else. Each time it is written a fresh 32-byte salt gives a fresh
box key and nonce (HKDF-SHA256), and everything in clear is associated data of the box.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qingyuan.evidence._atomic import atomic_writer
from qingyuan.evidence._entropy import Entropy, draw
from qingyuan.evidence._kek import Kdf, Kek
from qingyuan.evidence._wire import b64, canonical, unb64
from qingyuan.evidence.errors import KeyringError
from qingyuan.evidence.sealing import KEY_SIZE
from qingyuan.evidence.sources import unreadable
from qingyuan.ledger import Algorithm, NoteSigner, VerifierKey

#: What a signing key is for (section 8 of the package format).
Role = Literal["log", "package", "officer", "device"]

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


class PublicKey(msgspec.Struct, frozen=True):
    """The public half of a signing key, as ``trust/keys.jsonl`` lists it.

    Attributes:
        id: Identifier: the first 16 hex digits of SHA-256 over ``"qingyuan-key/1"``, a line feed and the key.
        role: What it is for.
        actor: Identifier of the person or device; empty for a log or package key.
        name: Key name in signed notes; empty for an officer's or device's key.
        public: Base64 of the raw Ed25519 public key.
    """

    id: str
    role: Role
    actor: str
    name: str
    public: str

    def raw(self) -> bytes:
        """Return the 32 bytes of the key."""
        return unb64(self.public, where=f"key {self.id}")

    def vkey(self) -> str:
        """Return the key as a C2SP verifier key, for a log or package key.

        Raises:
            FormatError: It has no name, or one that notes cannot carry.
        """
        return VerifierKey(self.name, Algorithm.ED25519, self.raw()).encode()


class Signer:
    """A signing key: its public half and the act of signing; its text form never shows the secret."""

    def __init__(self, public: PublicKey, seed: bytes) -> None:
        """Wrap the 32-byte Ed25519 ``seed`` of ``public``."""
        self.public = public
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        """Return the public half."""
        return f"Signer({self.public!r})"

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature (RFC 8032) of ``data``."""
        return self._key.sign(data)

    def note_signer(self) -> NoteSigner:
        """Return the same key as a signer of notes and checkpoints under its name.

        Raises:
            FormatError: It has no name, or one that notes cannot carry.
        """
        return NoteSigner(self.public.name, self._seed)


class _Body(msgspec.Struct):
    scopes: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)  # scope: (key id, base64 key)
    destroyed: dict[str, str] = msgspec.field(default_factory=dict)  # scope: key id
    seeds: dict[str, str] = msgspec.field(default_factory=dict)  # signing key id: base64 seed


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
        file = _decode_file(path)
        kek_bytes = kek.derive(file.kdf, unb64(file.kdf.salt, where=where), where=where)
        box_key, nonce, check = _box_keys(kek_bytes, unb64(file.salt, where=where))
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
            clear = AESGCM(box_key).decrypt(nonce, unb64(file.box, where=where), _associated(file))
            ring = cls(entropy, file.kdf, kek_bytes)
            ring._body = msgspec.json.decode(clear, type=_Body)
        except (InvalidTag, msgspec.MsgspecError) as error:
            raise _damaged(where) from error
        ring._public = file.public
        return ring

    def save(self, path: Path) -> None:
        """Write the keyring; the old file is replaced whole or not at all.

        Two writers must not work at once: the later one would drop the keys of the earlier.

        Raises:
            EvidenceError: The file cannot be written.
        """
        salt = draw(self._entropy, 32)
        box_key, nonce, check = _box_keys(self._kek_bytes, salt)
        file = _File(1, "qingyuan-keyring/1", self._kdf, self._public, b64(salt), b64(check), "")
        clear = canonical(msgspec.to_builtins(self._body))
        file.box = b64(AESGCM(box_key).encrypt(nonce, clear, _associated(file)))
        with atomic_writer(path) as target:
            target.write(canonical(msgspec.to_builtins(file)) + b"\n")

    def rekey(self, kek: Kek) -> None:
        """Let ``kek`` open the keyring from the next :meth:`save` on, and the old secret no more."""
        salt = draw(self._entropy, 32)
        self._kdf = kek.new_kdf(b64(salt))
        self._kek_bytes = kek.derive(self._kdf, salt, where="keyring")

    def scope_key(self, scope: str) -> ScopeKey:
        """Return the key of ``scope``, made now if there is none; save the keyring before sealing.

        Raises:
            KeyringError: The key of this scope was destroyed.
        """
        if scope in self._body.destroyed:
            raise _destroyed(scope)
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
                raise _destroyed(scope)
        raise _unknown(key_id)

    def scopes(self) -> tuple[str, ...]:
        """Return the scopes that have a key, sorted."""
        return tuple(sorted(self._body.scopes))

    def destroy_scope(self, scope: str) -> str:
        """Forget the key of ``scope`` for ever and return its identifier; takes effect with :meth:`save`.

        Raises:
            KeyringError: There is no such key, or it was destroyed before.
        """
        if scope in self._body.destroyed:
            raise _destroyed(scope)
        if scope not in self._body.scopes:
            raise _unknown(scope)
        key_id, _ = self._body.scopes.pop(scope)
        self._body.destroyed[scope] = key_id
        return key_id

    def new_signer(self, role: Role, *, actor: str = "", name: str = "") -> Signer:
        """Make a signing key.

        Args:
            role: What it is for.
            actor: Identifier of the person or device it belongs to.
            name: Key name in signed notes, for a log or package key.
        """
        seed = draw(self._entropy, 32)
        raw = (
            Ed25519PrivateKey.from_private_bytes(seed)
            .public_key()
            .public_bytes(Encoding.Raw, PublicFormat.Raw)
        )
        public = PublicKey(key_id(raw), role, actor, name, b64(raw))
        self._body.seeds[public.id] = b64(seed)
        self._public = tuple(sorted((*self._public, public), key=lambda p: (p.role, p.actor, p.name, p.id)))
        return Signer(public, seed)

    def signer(self, identifier: str) -> Signer:
        """Return the signing key with this identifier.

        Raises:
            KeyringError: The keyring does not hold it.
        """
        for public in self._public:
            if public.id == identifier and identifier in self._body.seeds:
                return Signer(public, unb64(self._body.seeds[identifier], where=f"key {identifier}"))
        raise _unknown(identifier)

    def public_keys(self, role: Role | None = None) -> tuple[PublicKey, ...]:
        """Return the public keys, of ``role`` only if given, in a fixed order."""
        return tuple(public for public in self._public if role is None or public.role == role)


def key_id(public: bytes) -> str:
    """Return the identifier of a raw Ed25519 public key."""
    return hashlib.sha256(b"qingyuan-key/1\n" + public).hexdigest()[:16]


def read_public_keys(path: Path) -> tuple[PublicKey, ...]:
    """Return the public keys in a keyring file without opening it; they are not authenticated so.

    Raises:
        KeyringError: The file is no keyring.
        SourceError: The file cannot be read.
    """
    return _decode_file(path).public


def _decode_file(path: Path) -> _File:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_LIMIT + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        decoded = msgspec.json.decode(data[:_FILE_LIMIT], type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(str(path)) from error
    if canonical(msgspec.to_builtins(decoded)) + b"\n" != data:
        raise _damaged(str(path))
    return decoded


def _associated(file: _File) -> bytes:
    return _INFO + canonical(msgspec.to_builtins(msgspec.structs.replace(file, box="")))


def _box_keys(kek: bytes, salt: bytes) -> tuple[bytes, bytes, bytes]:
    derived = HKDF(SHA256(), 60, salt, _INFO).derive(kek)
    return derived[:32], derived[32:44], derived[44:]


def _damaged(where: str) -> KeyringError:
    return KeyringError(
        "evidence.bad-keyring",
        zh="不是密钥环文件，或文件已被改动或损坏",
        en="not a keyring, or one that was altered or damaged",
        where=where,
        remedy_zh="请从备份恢复密钥环",
        remedy_en="restore the keyring from a backup",
    )


def _destroyed(scope: str) -> KeyringError:
    return KeyringError(
        "evidence.key-destroyed",
        zh="该范围的密钥已销毁，其封存内容不可恢复",
        en="the key of this scope was destroyed; what it sealed cannot be recovered",
        where=scope,
        remedy_zh="销毁记录见日志；如需继续收取材料，请使用新的线索编号",
        remedy_en="see the log for the destruction; to collect more, use a new lead",
    )


def _unknown(what: str) -> KeyringError:
    return KeyringError(
        "evidence.unknown-key",
        zh="密钥环中没有该密钥",
        en="the keyring does not hold this key",
        where=what,
        remedy_zh="请确认使用的是本院当前的密钥环",
        remedy_en="make sure that this is the office's current keyring",
    )
