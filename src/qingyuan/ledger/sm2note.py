"""Notes signed with SM2: the profile ``sm2-sm3/v1`` of signature type ``0xff`` (``docs/sm-profile.md``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from qingyuan.ledger.errors import FormatError, SignatureError
from qingyuan.ledger.keys import Algorithm, join_signer_key
from qingyuan.ledger.signers import NamedKey
from qingyuan.ledger.sm2 import Sm2PrivateKey, Sm2Signer


class Sm2NoteSigner(NamedKey):
    """An SM2 private key that signs notes under a name, held here or in a device.

    Args:
        name: Name to sign under; of a log, its origin.
        signer: The private key.

    Raises:
        FormatError: ``ledger.key`` when the name is not one, or the public key not a point.
    """

    algorithm = Algorithm.SM2

    def __init__(self, name: str, signer: Sm2Signer) -> None:
        """Bind a name to a private key."""
        self._signer = signer
        super().__init__(name, signer.public)

    @classmethod
    def generate(cls, name: str, entropy: Callable[[int], bytes]) -> Self:
        """Return a new key from ``entropy``, a source such as ``os.urandom``."""
        return cls(name, Sm2PrivateKey.generate(entropy))

    @classmethod
    def _of_secret(cls, name: str, secret: bytes) -> Self:
        return cls(name, Sm2PrivateKey(secret))

    def skey(self) -> str:
        """Return the text form. It is the secret: store it sealed, never log it.

        Raises:
            FormatError: ``ledger.key`` when the key is in a device.
        """
        if not isinstance(self._signer, Sm2PrivateKey):
            raise _bad_key("私钥在设备中，不能导出", "the private key is in a device and cannot leave it")
        return join_signer_key(self.key, self._signer.private_bytes())

    def sign(self, text: str) -> bytes:
        """Return the 64-byte SM2 signature over the note text.

        A key in this process gives the same bytes for the same text; a device may draw a new nonce each time.
        Then the stored head is the one to publish. What a device returns is verified first.

        Raises:
            SignatureError: ``ledger.sm2-device`` when what came back is not a signature over the text: a fault of the
                device must not become a stored head.
        """
        signature = self._signer.sign(text.encode())
        if not isinstance(self._signer, Sm2PrivateKey) and not self.key.verifies(text, signature):
            raise SignatureError(
                "ledger.sm2-device",
                zh="签名设备返回的 SM2 签名不能通过验证",
                en="the SM2 signature that the key returned does not verify",
                where=self.name,
                remedy_zh="检查密码设备的密钥、用户标识和签名格式",
                remedy_en="check key, user identity and signature format of the device",
            )
        return signature


def _bad_key(zh: str, en: str) -> FormatError:
    return FormatError("ledger.key", zh=f"密钥不可用：{zh}", en=f"not a usable key: {en}")
