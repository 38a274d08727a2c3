"""ML-DSA-44 cosignatures (type ``0x06`` of c2sp.org/tlog-cosignature), where the installed library can make them.

They commit to the name of the witness and to origin, size and root; extension lines they do not cover, so a checkpoint
that has some is not cosigned in this way.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm

from qingyuan.ledger.checkpoint import Checkpoint, parse_checkpoint
from qingyuan.ledger.errors import FormatError, SignatureError
from qingyuan.ledger.keys import Algorithm, encode_time, subtree_message
from qingyuan.ledger.signers import SeedKey

#: Seconds by which the time of a cosignature may differ from the reader's clock without remark.
CLOCK_SKEW = 300


class _Public(Protocol):
    def public_bytes_raw(self) -> bytes: ...


class _Private(Protocol):
    def public_key(self) -> _Public: ...

    def sign(self, data: bytes) -> bytes: ...


class MlDsaCosigner(SeedKey):
    """An ML-DSA-44 private key that cosigns checkpoints as a witness.

    Args:
        name: Name of the witness.
        seed: The 32-byte seed ``ξ`` of FIPS 204.

    Raises:
        FormatError: ``ledger.key`` when the name or the length of the seed is wrong.
        SignatureError: ``ledger.algorithm`` when the installed library has no ML-DSA-44.
    """

    algorithm = Algorithm.ML_DSA_44

    def _grow(self, seed: bytes) -> bytes:
        self._private = _private(seed)
        return self._private.public_key().public_bytes_raw()

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
        _private(bytes(32))
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


def _private(seed: bytes) -> _Private:
    try:
        mldsa = importlib.import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
        private: _Private = mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
    except (ImportError, UnsupportedAlgorithm) as error:
        raise SignatureError(
            "ledger.algorithm",
            zh="本机的密码库不能使用 ML-DSA-44",
            en="the cryptographic library of this machine has no ML-DSA-44",
            remedy_zh="升级 cryptography 库，或只用 Ed25519",
            remedy_en="upgrade the cryptography package, or use Ed25519 only",
        ) from error
    return private
