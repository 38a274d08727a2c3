"""Keys of pseudonyms, drawn from one master key that stays in a keyring.

Each kind and method has a key of its own, so that what is known about the pseudonyms of one kind says nothing about another.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from qingyuan.pii.errors import PiiError

#: Shortest master key, in bytes.
MIN_KEY = 32
_INFO = "qingyuan-deidentify/1"


class Keys:
    """The keys of one master key.

    Args:
        master: At least 32 secret bytes.
    """

    def __init__(self, master: bytes) -> None:
        """Take the master key.

        Raises:
            PiiError: It is too short.
        """
        if len(master) < MIN_KEY:
            raise PiiError(
                "pii.short-key",
                zh=f"去标识化密钥至少 {MIN_KEY} 字节，实际 {len(master)} 字节",
                en=f"the de-identification key must have at least {MIN_KEY} bytes, not {len(master)}",
                remedy_zh="请使用随机生成的 32 字节密钥，或用 --home 使用本院密钥环",
                remedy_en="use 32 random bytes, or the office's keyring with --home",
            )
        self._master = master

    @property
    def id(self) -> str:
        """Public identifier: says which key it is and nothing about it."""
        return "d" + hashlib.sha256(self._derive("identifier")).hexdigest()[:16]

    def of(self, method: str, kind: str) -> bytes:
        """Return the 32-byte key of a method and kind."""
        return self._derive(f"{method} {kind}")

    def _derive(self, purpose: str) -> bytes:
        hkdf = HKDF(SHA256(), 32, None, f"{_INFO} {purpose}".encode())
        return hkdf.derive(self._master)

    def __repr__(self) -> str:
        """Describe without the key."""
        return f"Keys(id={self.id!r})"
