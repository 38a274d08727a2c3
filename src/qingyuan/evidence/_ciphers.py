"""The two ciphers of sealed files: AES-256-GCM, and SM4-GCM for those who must use the national algorithms.

Both take a 12-byte nonce and add a tag of 16 bytes. The keys follow from the 32-byte scope key and the salt of the
file: by HKDF-SHA256 for AES-256, by HKDF-SM3 for SM4 (GB/T 32907-2016), under different labels, so that a scope key
never gives the same bytes to both. Sixteen bytes more commit to the key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SM3, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: Bytes that the tag adds to every chunk.
TAG = 16
_CHECK = 16

#: The algorithms by the names that people choose.
SealAlgorithm = Literal["aes-256-gcm", "sm4-gcm"]


class ChunkCipher(Protocol):
    """Encrypts and decrypts single chunks."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Return the ciphertext and the tag after it."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Return the content; raises ``InvalidTag`` when anything was changed."""


class Suite(msgspec.Struct, frozen=True):
    """One way to seal.

    Attributes:
        name: As people choose it.
        number: As the header of a sealed file says it.
        title: As ``evidence.stored`` events say it.
        hash: Hash of the key derivation.
        label: First part of the derivation's ``info``.
        key_size: Bytes of the cipher's key.
        cipher: Makes the cipher from its key.
    """

    name: SealAlgorithm
    number: int
    title: str
    hash: type[HashAlgorithm]
    label: bytes
    key_size: int
    cipher: Callable[[bytes], ChunkCipher]

    def derive(self, key: bytes, key_id: str, salt: bytes) -> tuple[ChunkCipher, bytes]:
        """Return the cipher of one file, and the 16 bytes that commit to its key."""
        info = self.label + key_id.encode("utf-8", "replace")
        derived = HKDF(self.hash(), self.key_size + _CHECK, salt, info).derive(key)
        return self.cipher(derived[: self.key_size]), derived[self.key_size :]


class _Sm4Gcm:
    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        box = encryptor.update(data) + encryptor.finalize()
        return box + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-TAG:].rjust(TAG, b"\0"))).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(data[:-TAG]) + decryptor.finalize()


#: The suites by name.
SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite("aes-256-gcm", 1, "qyseal-1/AES-256-GCM", SHA256, b"qingyuan-seal/1\n", 32, AESGCM),
        Suite("sm4-gcm", 2, "qyseal-1/SM4-GCM", SM3, b"qingyuan-seal/1 sm4-gcm\n", 16, _Sm4Gcm),
    )
}
#: The suites by the number in the header.
NUMBERED: dict[int, Suite] = {suite.number: suite for suite in SUITES.values()}
