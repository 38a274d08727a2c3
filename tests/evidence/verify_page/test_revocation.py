"""Revocation lists in a package: the page and the stand-alone program beside the reader at the door."""

from __future__ import annotations

import io
import json
from datetime import UTC, timedelta
from typing import TypeAlias

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as schema
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from qingyuan.evidence.timestamp import Certificate, Issuer, judge_timestamp
from qingyuan.evidence.verify import verify_stream
from tests.evidence.timestamp.test_revocation import answer, crl, signing_key
from tests.evidence.timestamp.world import AT, DAY, MESSAGE, World, certificate, key, world
from tests.evidence.verify.stamping import der, integer, seq
from tests.evidence.verify_page.making import Matter, Stamp
from tests.evidence.verify_page.node import Node, findings
from tests.evidence.verify_page.trees import b64
from tests.evidence.verify_page.trusting import trust_of

LINES = "evidence/timestamps.jsonl"
HERE: World = world()
MIDDLE, ROOT = crl(HERE.middle), crl(HERE.root)
Flags = x509.ReasonFlags
Responder: TypeAlias = tuple[Certificate, ec.EllipticCurvePrivateKey]
SECOND = timedelta(seconds=1)
PARTIAL = x509.IssuingDistributionPoint(
    full_name=[x509.UniformResourceIdentifier("http://crl.invalid/part")], relative_name=None,
    only_contains_user_certs=False, only_contains_ca_certs=False, only_some_reasons=None, indirect_crl=False,
    only_contains_attribute_certs=False,
)  # fmt: skip


def of_signer(days: int, reason: x509.ReasonFlags | None = None, **more: object) -> bytes:
    return crl(HERE.middle, (HERE.tsa.serial, AT + days * DAY, reason), **more)  # type: ignore[arg-type]


def of_middle(days: int, reason: x509.ReasonFlags | None = None) -> bytes:
    return crl(HERE.root, (HERE.middle.serial, AT + days * DAY, reason))


def revoked(days: int, reason: Flags | None = None) -> bytes:
    return answer(HERE.tsa, HERE.middle, revoked=AT + days * DAY, reason=reason)


def responder(purpose: str, last: int = 900, of: Certificate = HERE.middle) -> Responder:
    """A certificate of an authority, and its key."""
    extension = {
        "extn_id": "extended_key_usage",
        "critical": False,
        "extn_value": schema.ExtKeyUsageSyntax([purpose]),
    }
    issuer = Issuer(
        "TEST INTERMEDIATE" if of is HERE.middle else "TEST ROOT", key("ec", 2 if of is HERE.middle else 1)
    )
    held = certificate(
        "RESPONDER",
        key("ec", 9),
        issuer,
        serial=77,
        extensions=[extension],
        span=(AT - 9 * DAY, AT + last * DAY),
    )
    return held, ec.derive_private_key(1009, ec.SECP256R1())


def bare(response: bytes) -> bytes:
    """The BasicOCSPResponse in an answer."""
    return bytes(asn1_ocsp.OCSPResponse.load(response)["response_bytes"]["response"].parsed.dump())


def flipped(response: bytes) -> bytes:
    at = response.index(b"\x18\x0f") + 5  # a digit of producedAt
    return response[:at] + bytes((response[at] ^ 1,)) + response[at + 1 :]


def with_fraction() -> bytes:
    """A list whose entry has a time with a fraction, which RFC 5280, 5.1.2.6, does not allow."""
    tbs = asn1_crl.CertificateList.load(MIDDLE)["tbs_cert_list"]
    algorithm, *rest = (tbs[name].dump() for name in ("signature", "issuer", "this_update", "next_update"))
    at = (AT - DAY).astimezone(UTC).strftime("%Y%m%d%H%M%S.5Z").encode()
    signed = seq(integer(1), algorithm, *rest, seq(seq(integer(HERE.tsa.serial), der(0x18, at))))
    signature = signing_key(HERE.middle).sign(signed, ec.ECDSA(hashes.SHA256()))
    return seq(signed, algorithm, der(3, b"\0" + signature))


#: What it is, the lists, and what the two verifiers and the reader at the door say.
CASES: list[tuple[str, list[bytes], str, str]] = [
    ("nothing", [], "unknown", "unknown"),
    ("one of two", [MIDDLE], "unknown", "unknown"),
    ("both", [ROOT, MIDDLE], "good", "good"),
    ("of that very second", [ROOT, crl(HERE.middle, since=AT - DAY, until=AT)], "good", "good"),
    ("past", [ROOT, crl(HERE.middle, since=AT - DAY, until=AT - SECOND)], "unknown", "unknown"),
    ("later", [ROOT, crl(HERE.middle, since=AT + 2 * DAY, until=AT + 3 * DAY)], "good", "good"),
    ("after the certificate ended", [ROOT, crl(HERE.middle, since=HERE.tsa.not_after + DAY, until=HERE.tsa.not_after + 2 * DAY)], "unknown", "unknown"),
    ("the signer before", [ROOT, of_signer(-1, Flags.superseded)], "revoked", "revoked"),
    ("the signer later, for no ill", [ROOT, of_signer(1, Flags.superseded)], "good", "good"),
    ("the signer later, with no reason", [ROOT, of_signer(1)], "revoked", "revoked"),
    ("the signer later, its key taken", [ROOT, of_signer(1, Flags.key_compromise)], "revoked", "revoked"),
    ("the issuer later", [of_middle(1), MIDDLE], "good", "good"),
    ("the issuer later, its key taken", [of_middle(1, Flags.ca_compromise), MIDDLE], "revoked", "revoked"),
    ("the issuer before", [of_middle(-1)], "revoked", "revoked"),
    ("signed by another", [ROOT, crl(HERE.middle, (HERE.tsa.serial, AT, None), signer=None, extensions=()) + b"\0"], "unknown", "unknown"),
    ("of another issuer", [ROOT, crl(HERE.root, (HERE.tsa.serial, AT - DAY, None))], "unknown", "unknown"),
    ("a delta", [ROOT, MIDDLE, of_signer(-1, extensions=((x509.DeltaCRLIndicator(1), True),))], "good", "good"),
    ("a part clears nobody", [ROOT, crl(HERE.middle, extensions=((PARTIAL, True),))], "unknown", "unknown"),
    ("a part names whom it names", [ROOT, of_signer(-1, extensions=((PARTIAL, True),))], "revoked", "revoked"),
    ("an unknown extension of an entry", [ROOT, of_signer(-1, entry_extension=x509.CertificateIssuer([x509.DNSName("a.invalid")]))], "unknown", "unknown"),
    ("a date with a fraction", [ROOT, with_fraction()], "unknown", "unknown"),
    ("an answer", [ROOT, answer(HERE.tsa, HERE.middle)], "good", "good"),
    ("answers alone, one of them bare", [answer(HERE.middle, HERE.root), bare(answer(HERE.tsa, HERE.middle))], "good", "good"),
    ("an answer of that very second", [ROOT, answer(HERE.tsa, HERE.middle, until=AT)], "good", "good"),
    ("a past answer", [ROOT, answer(HERE.tsa, HERE.middle, since=AT - 2 * DAY, until=AT - SECOND)], "unknown", "unknown"),
    ("a later answer", [ROOT, answer(HERE.tsa, HERE.middle, since=AT + DAY, until=AT + 2 * DAY)], "good", "good"),
    ("an answer that knows nothing", [ROOT, answer(HERE.tsa, HERE.middle, status=ocsp.OCSPCertStatus.UNKNOWN)], "unknown", "unknown"),
    ("an answer about another", [ROOT, answer(HERE.middle, HERE.root)], "unknown", "unknown"),
    ("an answer with a changed bit", [ROOT, flipped(answer(HERE.tsa, HERE.middle))], "unknown", "unknown"),
    ("an answer that goes on", [ROOT, answer(HERE.tsa, HERE.middle) + b"\0"], "unknown", "unknown"),
    ("a refusal to answer", [ROOT, b"\x30\x03\x0a\x01\x06"], "unknown", "unknown"),
    ("an answer beside a list, revoked before", [ROOT, MIDDLE, revoked(-1, Flags.superseded)], "revoked", "revoked"),
    ("an answer, revoked later for no ill", [ROOT, revoked(1, Flags.superseded)], "good", "good"),
    ("an answer, revoked later with no reason", [ROOT, revoked(1)], "revoked", "revoked"),
    ("an answer, revoked later, its key taken", [ROOT, revoked(1, Flags.key_compromise)], "revoked", "revoked"),
    ("an answer by a responder", [ROOT, answer(HERE.tsa, HERE.middle, by=responder("ocsp_signing"))], "good", "good"),
    ("an answer by somebody for another purpose", [ROOT, answer(HERE.tsa, HERE.middle, by=responder("time_stamping"))], "unknown", "unknown"),
    ("an answer by a responder whose time was over", [ROOT, answer(HERE.tsa, HERE.middle, by=responder("ocsp_signing", -8))], "unknown", "unknown"),
    ("an answer by the responder of another authority", [ROOT, answer(HERE.tsa, HERE.middle, by=responder("ocsp_signing", of=HERE.root))], "unknown", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "lists", "verifiers", "door"), CASES, ids=[case[0] for case in CASES])
def test_lists_in_a_package(node: Node, what: str, lists: list[bytes], verifiers: str, door: str) -> None:
    matter = Matter(twin=False)
    matter.take(b"a\n", "a.csv")
    matter.transfer()
    matter.stamps = [Stamp("checkpoint", HERE.answer, size=2)]
    matter.revocation = lists
    package = matter.package()
    logs = [each for each in trust_of()["logs"] if not each["origin"].endswith("/sm3")]
    tsas = [{"name": "甲", "operator": "甲机构", "certificate": b64(HERE.root.der)}]
    for demanded in (False, True):
        trust = trust_of(logs=logs, tsas=tsas, timestamps={"operators": 1, "revocation": demanded})
        page = node.judge(package, trust)
        alone = verify_stream(io.BytesIO(package), json.dumps(trust).encode()).as_dict()
        assert page["timestamps"] == alone["timestamps"], what
        assert [each["revocation"] for each in page["timestamps"]] == [verifiers]
        short = verifiers == "revoked" or (demanded and verifiers == "unknown")
        for result in (page, alone):
            assert findings(result) == ({("no-timestamp", LINES)} if short else set())
            assert result["verdict"] == ("undetermined" if short else "pass")
    judged = judge_timestamp(HERE.answer(), MESSAGE, anchors=[HERE.root], lists=lists).timestamp
    assert judged is not None
    assert judged.revocation.standing == door


def test_what_is_no_number_or_too_long_is_said(node: Node) -> None:
    matter = Matter(twin=False)
    matter.take(b"a\n", "a.csv")
    matter.transfer()
    matter.stamps = [Stamp("checkpoint", HERE.answer, size=2)]
    matter.revocation = [bytes((1 << 20) + 1)]
    logs = [each for each in trust_of()["logs"] if not each["origin"].endswith("/sm3")]
    trust = trust_of(logs=logs)
    for result in (
        node.judge(matter.package(), trust),
        verify_stream(io.BytesIO(matter.package()), json.dumps(trust).encode()).as_dict(),
    ):
        assert findings(result) == {("unsupported", "trust/revocation/0.der")}
        assert result["verdict"] == "undetermined"
