"""The key that encrypts a keyring: from a passphrase, or handed in by a key service."""

from __future__ import annotations

import hashlib
import unicodedata

import msgspec

from qingyuan.evidence.errors import KeyringError

#: Cost of deriving a key from a passphrase: scrypt with N = 2^17, r = 8, p = 1 takes 128 MiB and about half a second.
LOG2_N = 17
_R = 8
_P = 1
_COST_RANGE = range(10, 21)  # a keyring from elsewhere must not make us allocate more than 1 GiB
_KEK_SIZE = 32


class Kdf(msgspec.Struct, frozen=True):
    """How the key of a keyring comes about, as its file says.

    Attributes:
        name: ``"scrypt"`` or ``"raw"``.
        salt: Base64 of the scrypt salt; empty for a raw key.
        log2_n: Binary logarithm of scrypt's N; 0 for a raw key.
    """

    name: str
    salt: str = ""
    log2_n: int = 0


class Kek:
    """A secret that opens keyrings; its text form never shows it."""

    def __init__(self, secret: bytes, *, is_passphrase: bool, log2_n: int = 0) -> None:
        """Use :meth:`passphrase` or :meth:`raw` instead."""
        self._secret = secret
        self._is_passphrase = is_passphrase
        self._log2_n = log2_n

    @classmethod
    def passphrase(cls, text: str, *, log2_n: int = LOG2_N) -> Kek:
        """Return the secret that follows from a passphrase (NFC, UTF-8, scrypt).

        Args:
            text: The passphrase.
            log2_n: Binary logarithm of scrypt's N for keyrings created or rewritten with it.

        Raises:
            KeyringError: The passphrase is empty or the cost out of bounds.
        """
        if not text.strip() or log2_n not in _COST_RANGE:
            raise KeyringError(
                "evidence.bad-passphrase",
                zh="口令为空或派生强度超出范围",
                en="the passphrase is empty or its cost out of bounds",
                remedy_zh="请设置非空口令",
                remedy_en="set a passphrase",
            )
        return cls(unicodedata.normalize("NFC", text).encode(), is_passphrase=True, log2_n=log2_n)

    @classmethod
    def raw(cls, key: bytes) -> Kek:
        """Return a ready 32-byte key, for example from a hardware module.

        Raises:
            KeyringError: It has not 32 bytes.
        """
        if len(key) != _KEK_SIZE:
            raise KeyringError(
                "evidence.bad-kek",
                zh="密钥环主密钥须为 32 字节",
                en="the key of a keyring has 32 bytes",
                remedy_zh="请检查密钥来源",
                remedy_en="check where the key comes from",
            )
        return cls(key, is_passphrase=False)

    def __repr__(self) -> str:
        """Return the kind only."""
        return f"Kek({'passphrase' if self._is_passphrase else 'raw'})"

    def new_kdf(self, salt: str) -> Kdf:
        """Return the derivation for a new keyring; ``salt`` is base64."""
        return Kdf("scrypt", salt, self._log2_n) if self._is_passphrase else Kdf("raw")

    def derive(self, kdf: Kdf, salt: bytes, *, where: str) -> bytes:
        """Return the 32-byte key for a keyring whose file says ``kdf``.

        Raises:
            KeyringError: The file wants the other kind of secret, or a cost out of bounds.
        """
        if kdf.name != ("scrypt" if self._is_passphrase else "raw"):
            raise KeyringError(
                "evidence.wrong-kind-of-kek",
                zh="该密钥环须用" + ("口令" if kdf.name == "scrypt" else "主密钥") + "打开",
                en=f"this keyring is opened with a {'passphrase' if kdf.name == 'scrypt' else 'raw key'}",
                where=where,
                remedy_zh="请提供相应的口令或密钥",
                remedy_en="give that kind of secret",
            )
        if not self._is_passphrase:
            return self._secret
        if kdf.log2_n not in _COST_RANGE:
            raise KeyringError(
                "evidence.bad-keyring",
                zh="密钥环的派生参数超出范围",
                en="the keyring's derivation cost is out of bounds",
                where=where,
                remedy_zh="文件可能被改动，请从备份恢复",
                remedy_en="the file may have been altered; restore it from a backup",
            )
        n = 1 << kdf.log2_n
        return hashlib.scrypt(
            self._secret, salt=salt, n=n, r=_R, p=_P, maxmem=(128 * _R * n) + (1 << 20), dklen=_KEK_SIZE
        )
