"""A workbook behind a password: ECMA-376 agile encryption with all randomness passed in.

Source: [MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15. The compound file around the two streams is written by
msoffcrypto, which stamps it with the clock; the stamps are cleared afterwards ([MS-CFB] 2.6.1 allows zero).
"""

from __future__ import annotations

import hashlib
import hmac
import io
import struct
from base64 import b64encode
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.method.container.ecma376_encrypted import ECMA376Encrypted

_SPINS = 10_000
_SEGMENT = 4096
_BLOCK_INPUT = bytes.fromhex("fea7d2763b4b9e79")
_BLOCK_VALUE = bytes.fromhex("d7aa0f6d3061344e")
_BLOCK_KEY = bytes.fromhex("146e0be7abacd0d6")
_BLOCK_HMAC_KEY = bytes.fromhex("5fb2ad010cb9e1f6")
_BLOCK_HMAC_VALUE = bytes.fromhex("a0677f02b22c8433")
_SHAPE = (
    'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" '
    'cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"'
)
_NS = "http://schemas.microsoft.com/office/2006"
_ENTRY, _STAMPS = 128, slice(100, 116)


def _sha(*parts: bytes) -> bytes:
    return hashlib.sha512(b"".join(parts)).digest()


def _aes(key: bytes, iv: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv[:16])).encryptor()
    return encryptor.update(data + bytes(-len(data) % 16)) + encryptor.finalize()


def _package(data: bytes, key: bytes, salt: bytes) -> bytes:
    segments = [
        _aes(key, _sha(salt, struct.pack("<I", number)), data[at : at + _SEGMENT])
        for number, at in enumerate(range(0, len(data), _SEGMENT))
    ]
    return struct.pack("<Q", len(data)) + b"".join(segments)


def _without_stamps(compound: bytes) -> bytes:
    out = bytearray(compound)
    at = out.index("Root Entry\0".encode("utf-16-le"))
    # A name length of zero ends the directory entries in use.
    while out[at + 64 : at + 66] != b"\0\0":
        out[at + _STAMPS.start : at + _STAMPS.stop] = bytes(16)
        at += _ENTRY
    return bytes(out)


def locked(data: bytes, *, password: str, entropy: Callable[[int], bytes]) -> bytes:
    """Return ``data``, an OOXML file, encrypted with ``password`` as an office program would do it.

    Args:
        data: The plain file.
        password: The password.
        entropy: Source of salts and keys: returns as many bytes as asked.
    """
    salt, password_salt, key, probe, mac_key = (entropy(size) for size in (16, 16, 32, 16, 64))
    digest = _sha(password_salt, password.encode("utf-16-le"))
    for turn in range(_SPINS):
        digest = _sha(struct.pack("<I", turn), digest)

    def wrap(block: bytes, value: bytes) -> str:
        return b64encode(_aes(_sha(digest, block)[:32], password_salt, value)).decode()

    package = _package(data, key, salt)
    mac = hmac.digest(mac_key, package, "sha512")
    sealed_key = b64encode(_aes(key, _sha(salt, _BLOCK_HMAC_KEY), mac_key)).decode()
    sealed_mac = b64encode(_aes(key, _sha(salt, _BLOCK_HMAC_VALUE), mac)).decode()
    descriptor = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        f'<encryption xmlns="{_NS}/encryption" xmlns:p="{_NS}/keyEncryptor/password">'
        f'<keyData {_SHAPE} saltValue="{b64encode(salt).decode()}"/>'
        f'<dataIntegrity encryptedHmacKey="{sealed_key}" encryptedHmacValue="{sealed_mac}"/>'
        f'<keyEncryptors><keyEncryptor uri="{_NS}/keyEncryptor/password">'
        f'<p:encryptedKey spinCount="{_SPINS}" {_SHAPE} saltValue="{b64encode(password_salt).decode()}" '
        f'encryptedVerifierHashInput="{wrap(_BLOCK_INPUT, probe)}" '
        f'encryptedVerifierHashValue="{wrap(_BLOCK_VALUE, _sha(probe))}" '
        f'encryptedKeyValue="{wrap(_BLOCK_KEY, key)}"/>'
        "</keyEncryptor></keyEncryptors></encryption>"
    )
    info = struct.pack("<HHI", 4, 4, 0x40) + descriptor.encode()
    buffer = io.BytesIO()
    ECMA376Encrypted(package, info).write_to(buffer)
    return _without_stamps(buffer.getvalue())
