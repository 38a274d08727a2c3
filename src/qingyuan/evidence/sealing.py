"""Sealed files: content encrypted in chunks, so that it can be read anywhere and changed nowhere.

Layout, all integers big-endian::

    magic "QYSEAL"  layout 0x00
    algorithm       1 byte: 0x01 AES-256-GCM, 0x02 SM4-GCM
    chunk size      4 bytes
    nonce prefix    7 bytes
    salt            32 bytes
    check           16 bytes
    key id length   1 byte, then the key id in ASCII
    chunks          each: ciphertext of up to "chunk size" bytes, then a 16-byte tag

HKDF of the scope's key with the salt gives the file key and the 16-byte check value, which commits to
the key and tells a wrong key from damage. Chunk ``i`` is encrypted under the file key with the nonce ``prefix | i (4 bytes) | 1 for the last chunk, else 0`` and the whole header
as associated data (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). A
changed, moved, missing or added chunk therefore does not open. Empty content is one empty last chunk.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag

from qingyuan.evidence._atomic import atomic_writer
from qingyuan.evidence._ciphers import NUMBERED, SUITES, TAG, ChunkCipher, SealAlgorithm, Suite
from qingyuan.evidence._entropy import Entropy, draw
from qingyuan.evidence.digests import BLOCK, Hasher
from qingyuan.evidence.errors import SealError
from qingyuan.evidence.sources import open_source

#: Name of the construction, as ``evidence.stored`` events give it, unless another is chosen.
ALGORITHM = SUITES["aes-256-gcm"].title
#: Content bytes in every chunk but the last.
CHUNK = BLOCK
#: Bytes of a scope key.
KEY_SIZE = 32

_MAGIC = b"QYSEAL\x00"
_FIXED = struct.Struct(">7sBI7s32s16sB")
_CHUNK_LIMIT = 64 << 20
_KEY_ID_LIMIT = 64
_COUNTER_LIMIT = 1 << 32


class SealHeader(msgspec.Struct, frozen=True):
    """What stands in front of the chunks.

    Attributes:
        chunk: Content bytes in every chunk but the last.
        key_id: Identifier of the key that opens the file.
        prefix: Nonce prefix, 7 bytes.
        salt: Salt of the file key, 32 bytes.
        check: Commitment to the key, 16 bytes.
        algorithm: Which cipher.
    """

    chunk: int
    key_id: str
    prefix: bytes
    salt: bytes
    check: bytes
    algorithm: SealAlgorithm = "aes-256-gcm"

    @property
    def title(self) -> str:
        """Return the name of the construction, as ``evidence.stored`` events give it."""
        return SUITES[self.algorithm].title

    def encoded(self) -> bytes:
        """Return the bytes of the header."""
        key_id = self.key_id.encode("ascii")
        number = SUITES[self.algorithm].number
        fixed = _FIXED.pack(_MAGIC, number, self.chunk, self.prefix, self.salt, self.check, len(key_id))
        return fixed + key_id


class Sealed(msgspec.Struct, frozen=True):
    """What one pass of sealing found out.

    Attributes:
        size: Bytes of the content.
        sha256: SHA-256 of the content, lower-case hex.
        sm3: SM3 of the content, lower-case hex.
        sealed_size: Bytes of the sealed file.
        sealed_sha256: SHA-256 of the sealed file, lower-case hex.
        chunk: Content bytes in every chunk but the last.
        mtime: The source's own (claimed) time stamp, or ``None`` when it has none.
        alg: Name of the construction.
    """

    size: int
    sha256: str
    sm3: str
    sealed_size: int
    sealed_sha256: str
    chunk: int = CHUNK
    mtime: str | None = None
    alg: str = ALGORITHM


def seal(
    src: BinaryIO,
    dst: BinaryIO,
    key: bytes,
    key_id: str,
    entropy: Entropy,
    *,
    chunk: int = CHUNK,
    algorithm: SealAlgorithm = "aes-256-gcm",
) -> Sealed:
    """Encrypt ``src`` into ``dst`` and digest both on the way; memory use does not grow with size.

    Args:
        src: The content, read once from where it stands to its end.
        dst: Where the sealed file goes; every write must be complete, as those of buffered files are.
        key: The scope key, 32 bytes.
        key_id: Its identifier: 1 to 64 printable ASCII characters, written in clear.
        entropy: Source of randomness.
        chunk: Content bytes a chunk.
        algorithm: Which cipher.

    Raises:
        SealError: The key, its identifier or the chunk size is out of bounds, or there is more
            content than chunks can be counted.
    """
    _check_parameters(key_id, chunk)
    salt, prefix = draw(entropy, 32), draw(entropy, 7)
    suite = _suite(algorithm)
    cipher, check = _derive(suite, key, key_id, salt)
    header = SealHeader(chunk, key_id, prefix, salt, check, suite.name).encoded()
    sealed_hash = hashlib.sha256(header)
    sealed_size = len(header)
    dst.write(header)
    with Hasher() as hasher:
        for number, (block, last) in enumerate(_chunks(src, chunk)):
            if number >= _COUNTER_LIMIT:
                raise _seal_error("evidence.too-large", "内容太大，无法封存", "too large to be sealed")
            hasher.update(block)
            box = cipher.encrypt(_nonce(prefix, number, last=last), block, header)
            sealed_hash.update(box)
            sealed_size += len(box)
            dst.write(box)
        found = hasher.digests()
    return Sealed(
        found.size,
        found.sha256,
        found.sm3,
        sealed_size,
        sealed_hash.hexdigest(),
        chunk,
        alg=suite.title,
    )


def seal_to(
    src: BinaryIO,
    target: Path,
    key: bytes,
    key_id: str,
    entropy: Entropy,
    *,
    chunk: int = CHUNK,
    algorithm: SealAlgorithm = "aes-256-gcm",
) -> Sealed:
    """Seal ``src`` as the file ``target``, which appears whole and synced or not at all.

    Raises:
        SealError: As for :func:`seal`.
        EvidenceError: ``target`` cannot be written.
    """
    with atomic_writer(target) as file:
        return seal(src, file, key, key_id, entropy, chunk=chunk, algorithm=algorithm)


def seal_file(
    source: Path,
    target: Path,
    key: bytes,
    key_id: str,
    entropy: Entropy,
    *,
    chunk: int = CHUNK,
    algorithm: SealAlgorithm = "aes-256-gcm",
) -> Sealed:
    """Seal the plain file ``source`` as ``target``, which appears whole and synced or not at all.

    Raises:
        SourceError: ``source`` cannot be read, is no plain file, or changed while it was read.
        SealError: As for :func:`seal`.
        EvidenceError: ``target`` cannot be written.
    """
    with atomic_writer(target) as file, open_source(source) as opened:  # a change undoes the target
        sealed = seal(opened.stream, file, key, key_id, entropy, chunk=chunk, algorithm=algorithm)
        mtime = opened.mtime
    return msgspec.structs.replace(sealed, mtime=mtime)


def read_header(stream: BinaryIO, *, where: str = "sealed file") -> SealHeader:
    """Return the header of a sealed file and leave ``stream`` at its first chunk.

    Raises:
        SealError: It is no sealed file, one of an unknown layout or algorithm, or cut off inside its header.
    """
    fixed = _read_fully(stream, _FIXED.size)
    if fixed[: len(_MAGIC)] != _MAGIC[: len(fixed)] or not fixed:
        raise _seal_error("evidence.not-sealed", "不是封存文件", "not a sealed file", where)
    if len(fixed) < _FIXED.size:
        raise _truncated(where)
    _, number, chunk, prefix, salt, check, length = _FIXED.unpack(fixed)
    if number not in NUMBERED:
        raise SealError(
            "evidence.unknown-seal-algorithm",
            zh=f"封存文件的算法编号 {number} 不认识",
            en=f"the sealed file is of the unknown algorithm {number}",
            where=where,
            remedy_zh="请用更新的程序打开；若由本程序封存，则文件已被改动，请从备份恢复",
            remedy_en="open it with a newer program; if this one sealed it, the file was altered: restore a backup",
        )
    key_id = _read_fully(stream, length)
    if len(key_id) < length:
        raise _truncated(where)
    name = NUMBERED[number].name
    header = SealHeader(chunk, key_id.decode("ascii", "replace"), prefix, salt, check, name)
    _check_parameters(header.key_id, chunk, where)
    return header


def open_chunk_cipher(header: SealHeader, key: bytes, *, where: str) -> ChunkCipher:
    """Return the cipher of the file with this header.

    Raises:
        SealError: ``key`` is another key than the file was sealed with, or the header was changed.
    """
    cipher, check = _derive(SUITES[header.algorithm], key, header.key_id, header.salt)
    if check != header.check:
        raise SealError(
            "evidence.wrong-key",
            zh=f"密钥不对，或封存文件头被改动（文件要求密钥 {header.key_id}）",
            en=f"wrong key, or the header was changed (the file asks for key {header.key_id})",
            where=where,
            remedy_zh="请使用封存时的密钥环；若密钥无误，则文件已被改动，请核对其摘要",
            remedy_en="use the keyring it was sealed with; if the key is right, the file was altered: check its digest",
        )
    return cipher


def open_chunk(
    cipher: ChunkCipher, header: SealHeader, number: int, box: bytes, *, last: bool
) -> bytes | None:
    """Return the content of chunk ``number``, or ``None`` when it does not authenticate as such."""
    try:
        return cipher.decrypt(_nonce(header.prefix, number, last=last), box, header.encoded())
    except InvalidTag:
        return None


def sealed_size(size: int, key_id: str, *, chunk: int = CHUNK) -> int:
    """Return the bytes of the sealed file of ``size`` bytes of content."""
    return _FIXED.size + len(key_id) + size + TAG * max(1, -(-size // chunk))


def _chunks(src: BinaryIO, chunk: int) -> Iterator[tuple[bytes, bool]]:
    block = _read_fully(src, chunk)
    while True:
        following = _read_fully(src, chunk) if len(block) == chunk else b""
        yield block, not following
        if not following:
            return
        block = following


def _read_fully(stream: BinaryIO, count: int) -> bytes:
    block = stream.read(count)
    if len(block) == count or not block:
        return block
    parts = [block]
    missing = count - len(block)
    while missing and (block := stream.read(missing)):
        parts.append(block)
        missing -= len(block)
    return b"".join(parts)


def _suite(algorithm: str) -> Suite:
    if algorithm not in SUITES:
        raise _seal_error(
            "evidence.unknown-seal-algorithm",
            f"没有名为“{algorithm}”的封存算法，可用：{'、'.join(SUITES)}",
            f"there is no sealing algorithm {algorithm!r}; there are: {', '.join(SUITES)}",
        )
    return SUITES[algorithm]


def _derive(suite: Suite, key: bytes, key_id: str, salt: bytes) -> tuple[ChunkCipher, bytes]:
    if len(key) != KEY_SIZE:
        raise _seal_error("evidence.bad-key", "封存密钥须为 32 字节", "a scope key has 32 bytes")
    return suite.derive(key, key_id, salt)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _check_parameters(key_id: str, chunk: int, where: str | None = None) -> None:
    printable = key_id.isascii() and key_id.isprintable() and 0 < len(key_id) <= _KEY_ID_LIMIT
    if not printable or not 0 < chunk <= _CHUNK_LIMIT:
        raise _seal_error(
            "evidence.bad-seal-header",
            "封存文件头的密钥标识或分块大小不合要求",
            "the key identifier or chunk size of the seal is out of bounds",
            where,
        )


def _truncated(where: str) -> SealError:
    return _seal_error("evidence.sealed-truncated", "封存文件被截断", "the sealed file is cut off", where)


def _seal_error(code: str, zh: str, en: str, where: str | None = None) -> SealError:
    return SealError(
        code,
        zh=zh,
        en=en,
        where=where,
        remedy_zh="请核对文件来源，必要时从备份恢复",
        remedy_en="check where the file came from; restore it from a backup if need be",
    )
