"""ML-DSA-44 cosignatures (type ``0x06`` of c2sp.org/tlog-cosignature), where the installed library can make them.

They commit to the name of the witness and to origin, size and root; extension lines they do not cover, so a checkpoint
that has some is not cosigned in this way.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm

from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import FormatError, SignatureError
from qingyuan.ledger.keys import (
    Algorithm,
    VerifierKey,
    encode_time,
    join_signer_key,
    split_signer_key,
    subtree_message,
)

_SEED_SIZE = 32

#: Seconds by which the time of a cosignature may differ from the reader's clock without remark.
CLOCK_SKEW = 300


class _Public(Protocol):
    def public_bytes_raw(self) -> bytes: ...


class _Private(Protocol):
    def public_key(self) -> _Public: ...

    def sign(self, data: bytes) -> bytes: ...


class MlDsaCosigner:
    """An ML-DSA-44 private key that cosigns checkpoints as a witness.

    Args:
        name: Name of the witness.
        seed: The 32-byte seed ``ξ`` of FIPS 204.

    Raises:
        FormatError: ``ledger.key`` when the name or the length of the seed is wrong.
        SignatureError: ``ledger.algorithm`` when the installed library has no ML-DSA-44.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        """Bind a name to a private key."""
        if len(seed) != _SEED_SIZE:
            raise _bad_key("私钥种子不是 32 字节", "the seed of the private key is not 32 bytes")
        self._seed = seed
        self._private = _private(name, seed)
        public = self._private.public_key().public_bytes_raw()
        self.key = VerifierKey(name, Algorithm.ML_DSA_44, public)
        self.key_id = self.key.key_id

    def __repr__(self) -> str:
        """Show the name and key ID, never the key."""
        return f"<{type(self).__name__} {self.name}+{self.key_id:08x}>"

    @property
    def name(self) -> str:
        """The key name."""
        return self.key.name

    @classmethod
    def generate(cls, name: str, entropy: Callable[[int], bytes]) -> MlDsaCosigner:
        """Return a new key from ``entropy``, a source such as ``os.urandom``."""
        return cls(name, entropy(_SEED_SIZE))

    @classmethod
    def parse(cls, skey: str) -> MlDsaCosigner:
        """Read the text form ``PRIVATE+KEY+name+hex key ID+base64(0x06 ‖ seed)``.

        Raises:
            FormatError: ``ledger.key`` when malformed, for another algorithm, or when the key ID is not that
                of the key. The text is secret and never repeated in the error.
        """
        name, stated, algorithm, seed = split_signer_key(skey)
        if algorithm is not Algorithm.ML_DSA_44:
            raise _bad_key("私钥的算法不符", "the private key is for another algorithm")
        signer = cls(name, seed)
        if signer.key_id != stated:
            raise _bad_key("密钥编号与私钥不符", "the key ID is not that of the key")
        return signer

    def skey(self) -> str:
        """Return the text form. It is the secret: store it sealed, never log it."""
        return join_signer_key(self.key, self._seed)

    def covers(self, checkpoint: Checkpoint) -> bool:
        """Say whether the checkpoint can be cosigned: no extension lines, and an origin of at most 255 bytes."""
        return subtree_message(self.name, checkpoint, 0) is not None

    def cosign(self, text: str, time: int) -> bytes:
        """Return the time-stamped signature over a checkpoint.

        Two signatures over one checkpoint differ: FIPS 204 lets the signer add randomness.

        Args:
            text: Text of the checkpoint.
            time: Seconds since the Epoch, 0 to 2^63 − 1; a witness states one, 0 says nothing of the time.

        Returns:
            Eight bytes of big-endian time and 2,420 bytes of signature.

        Raises:
            FormatError: ``ledger.checkpoint`` when ``text`` is not a checkpoint, ``ledger.time`` when the time is
                out of range, ``ledger.cosignature`` when it has extension lines or a name is too long.
        """
        stamp = encode_time(time)
        message = subtree_message(self.name, parse_checkpoint(text), time)
        if message is None:
            raise FormatError(
                "ledger.cosignature",
                zh="ML-DSA-44 会签不包括扩展行，名称不得超过 255 字节：此检查点不能如此会签",
                en="an ML-DSA-44 cosignature does not cover extension lines, nor names beyond 255 bytes: "
                "this checkpoint cannot be cosigned so",
                where=self.name,
            )
        return stamp + self._private.sign(message)


def ml_dsa_available() -> bool:
    """Say whether the installed library can make and check ML-DSA-44 signatures."""
    try:
        _private("probe", bytes(_SEED_SIZE))
    except SignatureError:
        return False
    return True


def off_clock(times: Iterable[tuple[str, int | None]], now: int, slack: int = CLOCK_SKEW) -> dict[str, int]:
    """Return the witnesses whose clock, by their cosignatures, is far from ours.

    Meant for cosignatures just made; one over an old checkpoint is old, which says nothing about a clock, so only
    times that lie ahead are telling there.

    Args:
        times: Name and stated time of each cosignature; ``None`` states none.
        now: Our time, seconds since the Epoch.
        slack: Seconds of difference without remark.

    Returns:
        Name to difference in seconds, positive when the witness is ahead of us.
    """
    differences = {name: time - now for name, time in times if time is not None}
    return {name: seconds for name, seconds in differences.items() if abs(seconds) > slack}


def _private(name: str, seed: bytes) -> _Private:
    try:
        mldsa = importlib.import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
        private: _Private = mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
    except (ImportError, UnsupportedAlgorithm) as error:
        raise SignatureError(
            "ledger.algorithm",
            zh="本机的密码库不能使用 ML-DSA-44",
            en="the cryptographic library of this machine has no ML-DSA-44",
            where=name,
            remedy_zh="升级 cryptography 库，或只用 Ed25519",
            remedy_en="upgrade the cryptography package, or use Ed25519 only",
        ) from error
    return private


def _bad_key(zh: str, en: str) -> FormatError:
    return FormatError("ledger.key", zh=f"密钥不可用：{zh}", en=f"not a usable key: {en}")
