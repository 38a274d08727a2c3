"""SM2 signatures over SM3: made by libcrypto, checked by libcrypto or by our own code.

Sources: GB/T 32918.2-2016 (the algorithm), GB/T 32918.5-2017 (the curve and its example), GM/T 0009-2012 (the
default user identity). Signing is deterministic: the nonce is drawn as RFC 6979 section 3.2 says, with SM3 as the
hash and the SM2 digest as the message hash, so that signing the same head twice gives the same bytes and no
signature depends on a random generator. Without SM2 in libcrypto, checking goes on in Python and
signing is refused: Python integers would leak the key through their timing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, Protocol

from qingyuan.ledger import _sm2_curve as curve
from qingyuan.ledger.errors import FormatError, SignatureError
from qingyuan.ledger.hashes import sm3

if TYPE_CHECKING:
    from qingyuan.ledger._sm2_openssl import Libcrypto

#: The user identity that GM/T 0009-2012 prescribes where none is agreed.
DEFAULT_USER_ID = b"1234567812345678"

#: Bytes of a private key, an uncompressed public key (``04 ‖ x ‖ y``) and a signature (``r ‖ s``).
SM2_PRIVATE_SIZE = 32
SM2_PUBLIC_SIZE = 65
SM2_SIGNATURE_SIZE = 64

#: Quicker than libcrypto, giving ``r ‖ s`` or ``None`` where the standard asks for another nonce; filled by ``quick.quicken``:
#: ``sign(nonce, digest, inverse of 1 + d)``, and ``first(private, digest, inverse of 1 + d)`` by the first nonce.
QUICK: dict[str, Callable[[bytes, bytes, bytes], bytes | None]] = {}

_SIZE = 32
_ONE = (1).to_bytes(_SIZE, "big")
_UNCOMPRESSED = 0x04
_MAX_USER_ID = 0xFFFF // 8
_ORDER = curve.N.to_bytes(_SIZE, "big")
#: The two pads of HMAC: what a byte of the key becomes, and what stands for the bytes it lacks to a block.
_INNER, _OUTER = (bytes(each ^ pad for each in range(256)) for pad in (0x36, 0x5C))
_INNER_REST, _OUTER_REST = (bytes((pad,)) * (64 - _SIZE) for pad in (0x36, 0x5C))
_DOMAIN = b"".join(value.to_bytes(_SIZE, "big") for value in (curve.A, curve.B, *curve.G))

# The example of GB/T 32918.5-2017, appendix A.2: private and public key, nonce and signature.
_EXAMPLE_MESSAGE = b"message digest"
_EXAMPLE_PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
_EXAMPLE_PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_EXAMPLE_NONCE = bytes.fromhex("59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21")
_EXAMPLE_SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


class Sm2Signer(Protocol):
    """Where an SM2 private key lives: in this process, or in a device behind PKCS#11 or SDF (GM/T 0018).

    An adapter of a device that signs a digest and not a message gives it :func:`sm2_digest`.
    """

    @property
    def public(self) -> bytes:
        """The uncompressed public key, 65 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature ``r ‖ s`` of 64 bytes over ``message`` under the default user identity."""


class Sm2PrivateKey:
    """An SM2 private key held in this process.

    Args:
        private: The number d as 32 bytes, 1 to n − 2.

    Raises:
        FormatError: ``ledger.key`` when the number is out of range.
        SignatureError: ``ledger.sm2-unavailable`` when libcrypto offers no SM2.
    """

    def __init__(self, private: bytes) -> None:
        """Take the key and compute its public point."""
        # GB/T 32918.1, 6.1: n − 1 is excluded, since 1 + d must have an inverse.
        if len(private) != SM2_PRIVATE_SIZE or not 1 <= int.from_bytes(private, "big") <= curve.N - 2:
            raise _bad_key("SM2 私钥不是 1 到 n−2 的 32 字节数", "an SM2 private key is 32 bytes, 1 to n − 2")
        self._private = private
        self._public = _require_libcrypto().public(private)
        self._identities: dict[bytes, bytes] = {}
        #: ``(1 + d)⁻¹``, once a quick signature of this key has been found to be that of libcrypto.
        self._inverse: bytes | None = None

    def __repr__(self) -> str:
        """Show the public key, never the private one."""
        return f"<{type(self).__name__} {self._public.hex()[:18]}…>"

    @property
    def public(self) -> bytes:
        """The uncompressed public key, 65 bytes."""
        return self._public

    @classmethod
    def generate(cls, entropy: Callable[[int], bytes]) -> Sm2PrivateKey:
        """Return a new key from ``entropy``, a source such as ``os.urandom``."""
        while True:
            private = entropy(SM2_PRIVATE_SIZE)
            if 1 <= int.from_bytes(private, "big") <= curve.N - 2:  # misses once in 2^32 times
                return cls(private)

    def private_bytes(self) -> bytes:
        """Return the private key, 32 bytes. It is the secret: store it sealed, never log it."""
        return self._private

    def sign(self, message: bytes, user_id: bytes = DEFAULT_USER_ID) -> bytes:
        """Return the signature ``r ‖ s``, 64 bytes; the same message gives the same bytes.

        Raises:
            FormatError: ``ledger.sm2-user-id`` when the user identity is too long.
        """
        if user_id not in self._identities:
            self._identities[user_id] = _identity(self._public, user_id)
        digest = sm3(self._identities[user_id] + message)
        if self._inverse is not None and "first" in QUICK:
            quick = QUICK["first"](self._private, digest, self._inverse)
            if quick is not None:
                return quick
        for nonce in _nonces(self._private, digest):
            signature = self._by(nonce, digest)
            if signature is not None:
                return signature
        raise AssertionError  # the nonces never end

    def _by(self, nonce: bytes, digest: bytes) -> bytes | None:
        """Return the signature by one nonce, or ``None`` when the standard asks for another."""
        if self._inverse is not None and "sign" in QUICK:
            return QUICK["sign"](nonce, digest, self._inverse)
        library = _require_libcrypto()
        signature = _sign_with(library, self._private, digest, nonce)
        if QUICK:
            inverse = library.scalar(self._private, _ONE, bytes(_SIZE))
            ways = QUICK["sign"](nonce, digest, inverse), QUICK["first"](self._private, digest, inverse)
            if ways == (signature, signature):
                self._inverse = inverse
        return signature


def sm2_verify(public: bytes, message: bytes, signature: bytes, user_id: bytes = DEFAULT_USER_ID) -> bool:
    """Say whether ``signature`` is one over ``message`` by the owner of ``public`` (GB/T 32918.2, 7.1).

    Strict: 64 bytes, r and s within 1 to n − 1, and a public key that is a point on the curve; anything else
    is no signature.

    Args:
        public: Uncompressed public key, 65 bytes.
        message: The message itself.
        signature: ``r ‖ s``, big-endian, 64 bytes.
        user_id: The identity the signer signed under.

    Raises:
        FormatError: ``ledger.sm2-user-id`` when the user identity is too long.
    """
    if len(signature) != SM2_SIGNATURE_SIZE or not is_sm2_public(public):
        return False
    r, s = (int.from_bytes(part, "big") for part in (signature[:_SIZE], signature[_SIZE:]))
    t = (r + s) % curve.N
    if not (1 <= r < curve.N and 1 <= s < curve.N and t):
        return False
    point = _combine(s, t, public)
    if point is None:
        return False
    e = int.from_bytes(sm2_digest(public, message, user_id), "big")
    return (e + point) % curve.N == r


def is_sm2_public(public: bytes) -> bool:
    """Say whether ``public`` is an uncompressed point of the SM2 curve, 65 bytes."""
    if len(public) != SM2_PUBLIC_SIZE or public[0] != _UNCOMPRESSED:
        return False
    return curve.on_curve(_affine(public))


def sm2_digest(public: bytes, message: bytes, user_id: bytes = DEFAULT_USER_ID) -> bytes:
    """Return the 32 bytes that are signed: ``SM3(Z ‖ message)``.

    ``Z = SM3(bit length of the identity as 2 bytes ‖ identity ‖ a ‖ b ‖ G ‖ public point)``
    (GB/T 32918.2, 5.5).

    Raises:
        FormatError: ``ledger.sm2-user-id`` when the identity exceeds 8,191 bytes, ``ledger.key`` when ``public`` is
            not a point on the curve.
    """
    return sm3(_identity(public, user_id) + message)


def _identity(public: bytes, user_id: bytes) -> bytes:
    """Return ``Z``, the hash of user identity, curve and public key."""
    if len(user_id) > _MAX_USER_ID:
        raise FormatError(
            "ledger.sm2-user-id",
            zh=f"SM2 用户标识长 {len(user_id)} 字节，超过上限 {_MAX_USER_ID} 字节",
            en=f"an SM2 user identity of {len(user_id)} bytes exceeds the limit of {_MAX_USER_ID}",
            remedy_zh="无约定时使用标准的默认标识",
            remedy_en="use the default identity of the standard where none is agreed",
        )
    if not is_sm2_public(public):
        raise _bad_key("SM2 公钥不是曲线上的点", "an SM2 public key must be a point on the curve")
    identity = (len(user_id) * 8).to_bytes(2, "big") + user_id
    return sm3(identity + _DOMAIN + public[1:])


def sm2_backend() -> Literal["openssl", "python"]:
    """Say what computes SM2: libcrypto, or for checking only our own Python code.

    Libcrypto is used when it has the curve and gives the example of GB/T 32918.5-2017, appendix A.2, both
    ways: the published signature from the published nonce, and its verification.
    """
    return "openssl" if _libcrypto() is not None else "python"


@functools.cache
def _libcrypto() -> Libcrypto | None:
    from qingyuan.ledger._sm2_openssl import load  # noqa: PLC0415 - ctypes only where SM2 is used

    found = load()
    if found is None or found.public(_EXAMPLE_PRIVATE) != _EXAMPLE_PUBLIC:
        return None
    digest = sm2_digest(_EXAMPLE_PUBLIC, _EXAMPLE_MESSAGE)
    if _sign_with(found, _EXAMPLE_PRIVATE, digest, _EXAMPLE_NONCE) != _EXAMPLE_SIGNATURE:
        return None
    r, s = (int.from_bytes(part, "big") for part in (_EXAMPLE_SIGNATURE[:_SIZE], _EXAMPLE_SIGNATURE[_SIZE:]))
    t = (r + s) % curve.N
    point = found.combine(_EXAMPLE_SIGNATURE[_SIZE:], t.to_bytes(_SIZE, "big"), _EXAMPLE_PUBLIC)
    expected = (r - int.from_bytes(digest, "big")) % curve.N
    if point is None or int.from_bytes(point[1 : 1 + _SIZE], "big") % curve.N != expected:
        return None
    return found


def _require_libcrypto() -> Libcrypto:
    found = _libcrypto()
    if found is None:
        raise SignatureError(
            "ledger.sm2-unavailable",
            zh="本机的 libcrypto 不提供 SM2，不能签名（仍可验证）",
            en="the libcrypto of this machine offers no SM2: it cannot sign, though signatures can be checked",
            remedy_zh="使用带 SM2 的 OpenSSL 3，或改用密码设备签名",
            remedy_en="use an OpenSSL 3 with SM2, or sign with a cryptographic device",
        )
    return found


def _combine(s: int, t: int, public: bytes) -> int | None:
    """Return the x coordinate of ``[s]G + [t]public``, or ``None`` for the point at infinity."""
    library = _libcrypto()
    if library is None:
        found = curve.combine(s, t, _affine(public))
        return None if found is None else found[0]
    point = library.combine(s.to_bytes(_SIZE, "big"), t.to_bytes(_SIZE, "big"), public)
    return None if point is None else int.from_bytes(point[1 : 1 + _SIZE], "big")


def _sign_with(library: Libcrypto, private: bytes, digest: bytes, nonce: bytes) -> bytes | None:
    """Return the signature by one nonce, or ``None`` when the standard asks for another (6.1, A5 and A6)."""
    x = int.from_bytes(library.public(nonce)[1 : 1 + _SIZE], "big")
    r = (int.from_bytes(digest, "big") + x) % curve.N
    if not r:
        return None
    first = r.to_bytes(_SIZE, "big")
    return _unless_excluded(first + library.scalar(private, nonce, first))


def _unless_excluded(signature: bytes) -> bytes | None:
    """Return a signature, or ``None`` for one that 6.1, A5 and A6 exclude."""
    r, s = int.from_bytes(signature[:_SIZE], "big"), int.from_bytes(signature[_SIZE:], "big")
    # r + k = n makes s = −r, so that s + r = 0: the case A5 excludes, seen without looking at k.
    return signature if r and s and r + s != curve.N else None


def gives_the_example(quick: Callable[[bytes, bytes, bytes], bytes | None]) -> bool:
    """Say whether a quick way of signing gives the signature of GB/T 32918.5-2017, appendix A.2."""
    inverse = _require_libcrypto().scalar(_EXAMPLE_PRIVATE, _ONE, bytes(_SIZE))
    digest = sm2_digest(_EXAMPLE_PUBLIC, _EXAMPLE_MESSAGE)
    return quick(_EXAMPLE_NONCE, digest, inverse) == _EXAMPLE_SIGNATURE


def _nonces(private: bytes, digest: bytes) -> Iterator[bytes]:
    """Yield nonces as RFC 6979 section 3.2 does, with HMAC-SM3."""
    reduced = (int.from_bytes(digest, "big") % curve.N).to_bytes(_SIZE, "big")
    order = _ORDER
    key, value = bytes(_SIZE), b"\x01" * _SIZE
    for mark in (b"\x00", b"\x01"):
        key = _hmac(key, value + mark + private + reduced)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        if bytes(_SIZE) < value < order:
            yield value
        key = _hmac(key, value + b"\x00")
        value = _hmac(key, value)


def _hmac(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SM3 (RFC 2104) under a key of 32 bytes; :mod:`hmac` looks the algorithm up anew each time."""
    inner = sm3(key.translate(_INNER) + _INNER_REST + data)
    return sm3(key.translate(_OUTER) + _OUTER_REST + inner)


def _affine(public: bytes) -> curve.Affine:
    return int.from_bytes(public[1 : 1 + _SIZE], "big"), int.from_bytes(public[1 + _SIZE :], "big")


def _bad_key(zh: str, en: str) -> FormatError:
    return FormatError("ledger.key", zh=f"密钥不可用：{zh}", en=f"not a usable key: {en}")
