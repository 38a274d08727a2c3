"""TimeStampReq: what is sent to an authority (RFC 3161, section 2.4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import tsp

from qingyuan.evidence.timestamp._schema import DIGEST_OIDS, DIGESTS, decode, load
from qingyuan.evidence.timestamp.errors import broken, unsupported
from qingyuan.evidence.timestamp.signatures import digest_of

#: Bytes of a nonce: 64 bits, as the RFC asks.
NONCE_SIZE = 8


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """A request.

    Attributes:
        algorithm: Name of the digest: ``"sha256"``, ``"sha384"``, ``"sha512"`` or ``"sm3"``.
        imprint: The digest of what is to be stamped.
        nonce: A number the answer must repeat; ``None`` for none.
        policy: Identifier of the policy asked for; ``None`` for the authority's own.
        certificates: Whether the answer is to hold the authority's certificate.
    """

    algorithm: str
    imprint: bytes
    nonce: int | None
    policy: str | None = None
    certificates: bool = True

    def encode(self) -> bytes:
        """Return the DER of the request."""
        fields: dict[str, object] = {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": DIGEST_OIDS[self.algorithm]},
                "hashed_message": self.imprint,
            },
            "cert_req": self.certificates,
        }
        if self.policy is not None:
            fields["req_policy"] = self.policy
        if self.nonce is not None:
            fields["nonce"] = self.nonce
        data: bytes = tsp.TimeStampReq(fields).dump()
        return data


def new_request(
    message: bytes, *, algorithm: str = "sha256", nonce: bytes | None = None, policy: str | None = None
) -> TimestampRequest:
    """Return a request over ``message`` that asks for the certificate too.

    Args:
        message: What is to be stamped.
        algorithm: Name of the digest.
        nonce: :data:`NONCE_SIZE` random bytes; ``None`` asks without.
        policy: Identifier of a policy, or ``None``.

    Raises:
        UnsupportedTimestampError: The digest is none of ours.
    """
    if algorithm not in DIGEST_OIDS:
        raise unsupported("摘要算法", "digest algorithm", algorithm)
    number = None if nonce is None else int.from_bytes(nonce, "big")
    return TimestampRequest(algorithm, digest_of(algorithm, message), number, policy)


def read_request(data: bytes) -> TimestampRequest:
    """Read a request, strictly.

    Raises:
        BrokenTimestampError: It is no request.
        UnsupportedTimestampError: Its digest is none of ours, or it has an extension.
    """
    found = load(tsp.TimeStampReq, data, "malformed")
    return decode(lambda: _read(found), "malformed")


def read_imprint(found: tsp.MessageImprint) -> tuple[str, bytes]:
    """Return name of the digest and the imprint.

    Raises:
        BrokenTimestampError: ``timestamp.imprint-length``.
        UnsupportedTimestampError: The digest is none of ours.
    """
    oid = found["hash_algorithm"]["algorithm"].dotted
    if oid not in DIGESTS:
        raise unsupported("摘要算法", "digest algorithm", oid)
    name, size = DIGESTS[oid]
    imprint: bytes = found["hashed_message"].native
    if len(imprint) != size:
        raise broken("imprint-length")
    return name, imprint


def _read(found: tsp.TimeStampReq) -> TimestampRequest:
    found.native  # noqa: B018 - decodes all of it now
    if found["version"].native != "v1":
        raise broken("version", "TimeStampReq")
    if found["extensions"].native is not None:
        raise unsupported("扩展", "extension", found["extensions"][0]["extn_id"].dotted)
    name, imprint = read_imprint(found["message_imprint"])
    return TimestampRequest(
        name, imprint, found["nonce"].native, found["req_policy"].native, bool(found["cert_req"].native)
    )
