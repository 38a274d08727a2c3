"""Trusted timestamps (RFC 3161): asking for them, reading them strictly, judging them at the time they name.

Pure functions: bytes and moments come in, judgements go out. ``docs/timestamps.md`` gives the rules.
"""

from qingyuan.evidence.timestamp.ageing import RENEW_BEFORE, Age, Ageing, ageing_of
from qingyuan.evidence.timestamp.certificate import Certificate, read_certificate, read_certificates
from qingyuan.evidence.timestamp.chain import Path, Trust, find_path
from qingyuan.evidence.timestamp.errors import (
    BrokenTimestampError,
    RefusedTimestampError,
    TimestampError,
    UnsupportedTimestampError,
)
from qingyuan.evidence.timestamp.issuing import (
    TEST_NAME,
    TEST_POLICY,
    Issuer,
    TrialAuthority,
    answer,
    ca_extensions,
    issue_certificate,
    refusal,
    tsa_extensions,
)
from qingyuan.evidence.timestamp.records import Over, StoredTimestamp, checkpoint_message, operators
from qingyuan.evidence.timestamp.request import NONCE_SIZE, TimestampRequest, new_request, read_request
from qingyuan.evidence.timestamp.revocation import PathRevocation, Revocation, Revoked, path_revocation
from qingyuan.evidence.timestamp.second import Agreement, Opinion, second_opinion
from qingyuan.evidence.timestamp.signing import SigningKey, Sm2Key, SoftwareKey
from qingyuan.evidence.timestamp.token import SignerInfo, Token, TstInfo, read_response
from qingyuan.evidence.timestamp.verify import (
    Judgement,
    Note,
    Standing,
    Timestamp,
    TokenIdentity,
    identity_of,
    judge_timestamp,
    verify_timestamp,
)

__all__ = [
    "NONCE_SIZE",
    "RENEW_BEFORE",
    "TEST_NAME",
    "TEST_POLICY",
    "Age",
    "Ageing",
    "Agreement",
    "BrokenTimestampError",
    "Certificate",
    "Issuer",
    "Judgement",
    "Note",
    "Opinion",
    "Over",
    "Path",
    "PathRevocation",
    "RefusedTimestampError",
    "Revocation",
    "Revoked",
    "SignerInfo",
    "SigningKey",
    "Sm2Key",
    "SoftwareKey",
    "Standing",
    "StoredTimestamp",
    "Timestamp",
    "TimestampError",
    "TimestampRequest",
    "Token",
    "TokenIdentity",
    "TrialAuthority",
    "Trust",
    "TstInfo",
    "UnsupportedTimestampError",
    "ageing_of",
    "answer",
    "ca_extensions",
    "checkpoint_message",
    "find_path",
    "identity_of",
    "issue_certificate",
    "judge_timestamp",
    "new_request",
    "operators",
    "path_revocation",
    "read_certificate",
    "read_certificates",
    "read_request",
    "read_response",
    "refusal",
    "second_opinion",
    "tsa_extensions",
    "verify_timestamp",
]
