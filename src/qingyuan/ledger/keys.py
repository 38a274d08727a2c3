"""Keys of notes: names, key IDs, the text forms of verifier and signer keys, and the signatures.

Sources: c2sp.org/signed-note (types ``0x01`` and ``0xff``), c2sp.org/tlog-cosignature (types ``0x04`` and ``0x06``),
RFC 8032, FIPS 204, ``docs/sm-profile.md`` (SM2), and golang.org/x/mod/sumdb/note for the text form of a signer
key.
"""

from __future__ import annotations

import enum
import hashlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from qingyuan.ledger._ed25519 import ed25519_verify, is_ed25519_public
from qingyuan.ledger._text import b64decode, b64encode, is_key_name
from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import FormatError, SignatureError
from qingyuan.ledger.sm2 import SM2_PUBLIC_SIZE, SM2_SIGNATURE_SIZE, is_sm2_public, sm2_verify
from qingyuan.ledger.tree import MAX_SIZE

_TIME_SIZE = 8
_ID_DIGITS = 8
_LONGEST_NAME = 255  # opaque<1..2^8-1>
_SKEY_PREFIX = "PRIVATE+KEY+"


class Algorithm(enum.IntEnum):
    """Signature type identifier bytes of c2sp.org/signed-note that this room understands."""

    ED25519 = 0x01
    """Ed25519 over the note text: what a log signs with."""
    COSIGNATURE = 0x04
    """Time-stamped Ed25519 of a witness over a checkpoint, ``cosignature/v1``."""
    ML_DSA_44 = 0x06
    """Time-stamped ML-DSA-44 of a log or witness over a checkpoint, ``subtree/v1``."""
    SM2 = 0xFF
    """SM2 with SM3 over the note text, ``sm2-sm3/v1``: the one type without a byte of its own known here."""

    @property
    def prefix(self) -> bytes:
        """What stands before the key in its text form and key ID: the type byte and any longer identifier."""
        return bytes((self,)) + _IDENTIFIERS.get(self, b"")


#: Bytes of a public key and of a signature (without the time stamp) by algorithm.
_SIZES = {
    Algorithm.ED25519: (32, 64),
    Algorithm.COSIGNATURE: (32, 64),
    Algorithm.ML_DSA_44: (1312, 2420),
    Algorithm.SM2: (SM2_PUBLIC_SIZE, SM2_SIGNATURE_SIZE),
}

#: The longer identifiers that follow the type byte 0xff, as c2sp.org/signed-note recommends.
_IDENTIFIERS = {Algorithm.SM2: b"sm2-sm3/v1"}


class KeyHolder(Protocol):
    """A private key under a name, wherever it is kept."""

    @property
    def name(self) -> str:
        """The key name."""

    @property
    def key(self) -> VerifierKey:
        """The public key under its name."""

    @property
    def key_id(self) -> int:
        """The key ID as an unsigned integer."""


class CheckpointCosigner(KeyHolder, Protocol):
    """A private key that cosigns checkpoints as a witness, wherever it is kept."""

    def covers(self, checkpoint: Checkpoint) -> bool:
        """Say whether this kind of cosignature can stand for the checkpoint."""

    def cosign(self, text: str, time: int) -> bytes:
        """Return the time-stamped signature over the text of a checkpoint, without the key ID."""


class TextSigner(KeyHolder, Protocol):
    """A private key that signs the text of notes, wherever it is kept."""

    def sign(self, text: str) -> bytes:
        """Return the signature over the note text, without the key ID."""


def key_id(name: str, algorithm: int, public: bytes) -> int:
    """Return the key ID: the first four bytes of ``SHA-256(name ‖ LF ‖ algorithm ‖ public)``.

    Args:
        name: Key name.
        algorithm: Signature type; of an :class:`Algorithm` that has one, the longer identifier is added.
        public: Raw public key.
    """
    kind = Algorithm(algorithm).prefix if algorithm in _SIZES else bytes((algorithm,))
    digest = hashlib.sha256(name.encode() + b"\n" + kind + public).digest()
    return int.from_bytes(digest[:4], "big")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key by the name it signs under.

    Attributes:
        name: Key name; of a log, its origin.
        algorithm: Signature type.
        public: Raw public key: 32 bytes of Ed25519, 1,312 of ML-DSA-44, 65 of SM2 (uncompressed).
    """

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        """Refuse a name or key that no signature line could carry."""
        if not is_key_name(self.name):
            raise bad_key("密钥名为空，或含空白、加号", "the key name is empty or has a space or a plus sign")
        if len(self.public) != _SIZES[self.algorithm][0]:
            raise bad_key("公钥长度与算法不符", "the length of the public key does not fit its algorithm")
        if self.algorithm in (Algorithm.ED25519, Algorithm.COSIGNATURE) and not is_ed25519_public(
            self.public
        ):
            raise bad_key(
                "Ed25519 公钥不是规范编码，或阶数过小",
                "an Ed25519 public key must be canonical and not of small order",
            )
        if self.algorithm is Algorithm.SM2 and not is_sm2_public(self.public):
            raise bad_key("SM2 公钥不是曲线上的点", "an SM2 public key must be a point on the curve")

    @property
    def key_id(self) -> int:
        """The four-byte key ID as an unsigned integer."""
        return key_id(self.name, self.algorithm, self.public)

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Read the text form ``name+hex key ID+base64(algorithm ‖ public key)``.

        Raises:
            FormatError: ``ledger.key`` when malformed, of an unknown algorithm, or when the key ID is not that
                of the key.
        """
        name, stated, algorithm, public = split_key(vkey)
        key = cls(name, algorithm, public)
        if key.key_id != stated:
            raise bad_key("密钥编号与公钥不符", "the key ID is not that of the key")
        return key

    def encode(self) -> str:
        """Return the text form, known as a vkey."""
        return f"{self.name}+{self.key_id:08x}+{b64encode(self.algorithm.prefix + self.public)}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Say whether ``signature`` (without the key ID) is this key's over the note text.

        Raises:
            SignatureError: ``ledger.algorithm`` when the installed library cannot check the algorithm.
        """
        if self.algorithm is Algorithm.ED25519:
            return self._ed25519(text.encode(), signature)
        if self.algorithm is Algorithm.SM2:
            return sm2_verify(self.public, text.encode(), signature)
        time, raw = int.from_bytes(signature[:_TIME_SIZE], "big"), signature[_TIME_SIZE:]
        if len(signature) < _TIME_SIZE or time > MAX_SIZE:
            return False
        try:
            checkpoint = parse_checkpoint(text)
        except FormatError:  # a cosignature says nothing about other notes
            return False
        if self.algorithm is Algorithm.COSIGNATURE:
            return self._ed25519(cosigned_message(text, time), raw)
        return self._subtree(checkpoint, time, raw)

    def _subtree(self, checkpoint: Checkpoint, time: int, raw: bytes) -> bool:
        message = subtree_message(self.name, checkpoint, time)
        return message is not None and self._ml_dsa_44(message, raw)

    def _ed25519(self, message: bytes, signature: bytes) -> bool:
        return ed25519_verify(self.public, message, signature)

    def _ml_dsa_44(self, message: bytes, signature: bytes) -> bool:
        try:
            mldsa = importlib.import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
            public = mldsa.MLDSA44PublicKey.from_public_bytes(self.public)
        except (ImportError, UnsupportedAlgorithm) as error:
            raise SignatureError(
                "ledger.algorithm",
                zh="本机的密码库不能验证 ML-DSA-44 签名",
                en="the cryptographic library of this machine cannot check ML-DSA-44",
                where=self.name,
                remedy_zh="升级 cryptography 库后再验证",
                remedy_en="upgrade the cryptography package and check again",
            ) from error
        return len(signature) == _SIZES[self.algorithm][1] and _holds(
            lambda: public.verify(signature, message)
        )


def cosigned_message(text: str, time: int) -> bytes:
    """Return what a ``cosignature/v1`` signs (c2sp.org/tlog-cosignature)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def subtree_message(name: str, checkpoint: Checkpoint, time: int) -> bytes | None:
    """Return what an ML-DSA-44 cosignature over a whole tree signs: ``cosigned_message`` of c2sp.org/tlog-cosignature.

    Args:
        name: Key name of the cosigner.
        checkpoint: The tree head.
        time: Seconds since the Epoch, 0 to 2^63 − 1; 0 when nothing is said of the time.

    Returns:
        The message; or ``None`` when there is none, because a name is longer than 255 bytes or the checkpoint has
        extension lines: the message would not cover them, and a reader could take them for witnessed.
    """
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    if checkpoint.extensions or max(len(cosigner), len(origin)) > _LONGEST_NAME:
        return None
    parts = (
        b"subtree/v1\n\x00",
        bytes((len(cosigner),)) + cosigner,
        time.to_bytes(_TIME_SIZE, "big"),
        bytes((len(origin),)) + origin,
        bytes(8),  # start: a checkpoint is the subtree from the first entry
        checkpoint.size.to_bytes(8, "big"),
        checkpoint.root,
    )
    return b"".join(parts)


def encode_time(time: int) -> bytes:
    """Return the time of a cosignature, seconds since the Epoch, as eight big-endian bytes.

    Raises:
        FormatError: ``ledger.time`` when it is not between 0 and 2^63 − 1.
    """
    if not 0 <= time <= MAX_SIZE:
        raise FormatError(
            "ledger.time", zh="会签时间超出范围", en="the time of the cosignature is out of range"
        )
    return time.to_bytes(_TIME_SIZE, "big")


def split_signer_key(skey: str) -> tuple[str, int, Algorithm, bytes]:
    """Return name, stated key ID, algorithm and secret of the text form of a signer key, unchecked.

    Raises:
        FormatError: ``ledger.key``, without repeating the secret.
    """
    if not skey.startswith(_SKEY_PREFIX):
        raise bad_key("不是签名私钥的文本形式", "not the text form of a signer key")
    return split_key(skey.removeprefix(_SKEY_PREFIX))


def join_signer_key(key: VerifierKey, secret: bytes) -> str:
    """Return the text form of the signer key that belongs to ``key``. It is the secret."""
    return f"{_SKEY_PREFIX}{key.name}+{key.key_id:08x}+{b64encode(key.algorithm.prefix + secret)}"


def split_key(encoded: str) -> tuple[str, int, Algorithm, bytes]:
    """Return name, stated key ID, algorithm and key material of the text form of a key, unchecked.

    Raises:
        FormatError: ``ledger.key`` when malformed or of an unknown algorithm.
    """
    parts = encoded.split("+", 2)  # the base64 may hold plus signs, the name cannot
    if len(parts) != 3:  # noqa: PLR2004
        raise bad_key("缺少名称、编号或密钥", "the name, the key ID or the key is missing")
    name, stated, material = parts
    data = b64decode(material)
    if len(stated) != _ID_DIGITS or not all(char in "0123456789abcdefABCDEF" for char in stated) or not data:
        raise bad_key(
            "密钥编号不是 8 位十六进制，或密钥不是规范的 base64",
            "the key ID is not 8 hex digits, or the key is not canonical base64",
        )
    if data[0] not in _SIZES:
        raise bad_key(f"不认识的签名算法 {data[0]:#04x}", f"unknown signature type {data[0]:#04x}")
    algorithm = Algorithm(data[0])
    if not data.startswith(algorithm.prefix):
        raise bad_key("不认识的 0xff 类签名算法", "an unknown signature type under 0xff")
    return name, int(stated, 16), algorithm, data.removeprefix(algorithm.prefix)


def _holds(check: Callable[[], object]) -> bool:
    try:
        check()
    except (InvalidSignature, ValueError):  # ValueError: not a point or not a length of the algorithm
        return False
    return True


def bad_key(zh: str, en: str) -> FormatError:
    """Return the error about a key that cannot be used."""
    return FormatError("ledger.key", zh=f"密钥不可用：{zh}", en=f"not a usable key: {en}")
