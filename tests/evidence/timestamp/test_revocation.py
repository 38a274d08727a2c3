"""Revoked certificates of time-stamping authorities: lists and answers made by ``cryptography``, read by us."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from asn1crypto import cms, core
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as schema
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509 import ocsp

from qingyuan.evidence.timestamp import (
    Agreement,
    Certificate,
    Issuer,
    Revocation,
    Standing,
    Trust,
    judge_timestamp,
    second_opinion,
)
from qingyuan.evidence.timestamp._schema import Response
from qingyuan.evidence.verify import verify_evp
from tests.evidence.timestamp.world import AT, DAY, MESSAGE, World, certificate, key, world

Flags = x509.ReasonFlags


@pytest.fixture(scope="module")
def tested() -> World:
    return world()


def signing_key(owner: Certificate) -> ec.EllipticCurvePrivateKey:
    public = load_der_public_key(owner.public)
    for number in range(12):
        private = ec.derive_private_key(1000 + number, ec.SECP256R1())
        if private.public_key() == public:
            return private
    raise AssertionError(owner)


def crl(
    issuer: Certificate,
    *entries: tuple[int, datetime, Flags | None],
    since: datetime = AT - DAY,
    until: datetime | None = AT + DAY,
    signer: ec.EllipticCurvePrivateKey | None = None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    entry_extension: x509.ExtensionType | None = None,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(x509.load_der_x509_certificate(issuer.der).subject)
        .last_update(since)
        .next_update(until or since + timedelta(seconds=1))
    )
    for serial, date, reason in entries:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(date)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        if entry_extension is not None:
            entry = entry.add_extension(entry_extension, critical=True)
        builder = builder.add_revoked_certificate(entry.build())
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer or signing_key(issuer), hashes.SHA256()).public_bytes(Encoding.DER)


def answer(
    about: Certificate,
    issuer: Certificate,
    *,
    revoked: datetime | None = None,
    reason: Flags | None = None,
    since: datetime = AT - DAY,
    until: datetime = AT + DAY,
    status: ocsp.OCSPCertStatus | None = None,
    by: tuple[Certificate, ec.EllipticCurvePrivateKey] | None = None,
) -> bytes:
    load = x509.load_der_x509_certificate
    responder, private = by or (issuer, signing_key(issuer))
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=load(about.der),
            issuer=load(issuer.der),
            algorithm=hashes.SHA1(),
            cert_status=status or (ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD),
            this_update=since,
            next_update=until,
            revocation_time=revoked,
            revocation_reason=reason,
        )
        .responder_id(
            ocsp.OCSPResponderEncoding.HASH if by else ocsp.OCSPResponderEncoding.NAME, load(responder.der)
        )
    )
    if by:
        builder = builder.certificates([load(responder.der)])
    return builder.sign(private, hashes.SHA256()).public_bytes(Encoding.DER)


def standing(tested: World, *lists: bytes, at: datetime = AT) -> tuple[Revocation, Trust]:
    found = tested.verify(tested.answer(at=at), lists=lists)
    return found.revocation.standing, found.trust


GOOD = (Revocation.GOOD, Trust.TRUSTED)
UNKNOWN = (Revocation.UNKNOWN, Trust.TRUSTED)
REVOKED = (Revocation.REVOKED, Trust.REVOKED)


def test_without_lists_it_is_unknown_and_the_token_is_judged_as_before(tested: World) -> None:
    assert standing(tested) == UNKNOWN


def test_every_certificate_but_the_anchor_needs_somebody_to_speak_for_it(tested: World) -> None:
    assert standing(tested, crl(tested.middle)) == UNKNOWN
    assert standing(tested, crl(tested.root)) == UNKNOWN
    assert standing(tested, crl(tested.middle), crl(tested.root)) == GOOD
    assert standing(tested, answer(tested.tsa, tested.middle), crl(tested.root)) == GOOD
    pem = x509.load_der_x509_crl(crl(tested.root)).public_bytes(Encoding.PEM)
    assert standing(tested, crl(tested.middle), pem) == GOOD


# RFC 3161, section 4: the token outlives the certificate only where the list says it was ended for no ill.
@pytest.mark.parametrize(
    ("reason", "before", "after"),
    [
        (None, REVOKED, REVOKED),
        (Flags.key_compromise, REVOKED, REVOKED),
        (Flags.ca_compromise, REVOKED, REVOKED),
        (Flags.unspecified, UNKNOWN, REVOKED),
        (Flags.affiliation_changed, UNKNOWN, REVOKED),
        (Flags.superseded, UNKNOWN, REVOKED),
        (Flags.cessation_of_operation, UNKNOWN, REVOKED),
    ],
)
def test_what_the_reason_means_for_tokens_given_before_and_after(
    tested: World, reason: Flags | None, before: object, after: object
) -> None:
    for date, expected in ((AT + DAY, before), (AT - DAY, after)):
        listed = crl(tested.middle, (tested.tsa.serial, date, reason), since=AT + 2 * DAY, until=AT + 3 * DAY)
        assert standing(tested, listed) == expected
        answered = answer(
            tested.tsa, tested.middle, revoked=date, reason=reason, since=AT + 2 * DAY, until=AT + 3 * DAY
        )
        assert standing(tested, answered) == expected


def test_an_authority_above_counts_from_its_date_on_unless_its_key_was_taken(tested: World) -> None:
    for reason, date in product((None, Flags.superseded, Flags.key_compromise), (AT - DAY, AT + DAY)):
        listed = crl(tested.root, (tested.middle.serial, date, reason))
        taken = date < AT or reason is Flags.key_compromise
        assert standing(tested, listed) == (REVOKED if taken else UNKNOWN)


def test_a_list_speaks_for_its_own_time_and_a_later_one_too(tested: World) -> None:
    root = crl(tested.root)
    late = tested.tsa.not_after
    for since, until, expected in (
        (AT - 2 * DAY, AT - DAY, UNKNOWN),  # old news at that time
        (AT - DAY, AT, GOOD),
        (AT + DAY, AT + 2 * DAY, GOOD),
        (late + DAY, late + 2 * DAY, UNKNOWN),  # by then it may have been taken off
    ):
        assert standing(tested, root, crl(tested.middle, since=since, until=until)) == expected
        said = answer(tested.tsa, tested.middle, since=since, until=until)
        assert standing(tested, root, said) == expected


def test_lists_by_others_and_lists_that_cannot_be_read_say_nothing(tested: World) -> None:
    serial = tested.tsa.serial
    wrong = ec.derive_private_key(4711, ec.SECP256R1())
    revoking = (serial, AT - DAY, None)
    damaged = bytearray(crl(tested.middle, revoking))
    damaged[-3] ^= 1
    for listed in (
        crl(tested.middle, revoking, signer=wrong),
        crl(tested.root, revoking),  # a serial number of another issuer
        bytes(damaged),
        crl(tested.middle, revoking)[:-1],
        crl(tested.middle, revoking) + b"\0",
        b"",
        b"\x30\x00",
        crl(tested.middle, revoking, extensions=((x509.DeltaCRLIndicator(1), True),)),
        crl(tested.middle, revoking, entry_extension=x509.CertificateIssuer([x509.DNSName("a.invalid")])),
        answer(tested.tsa, tested.middle, revoked=AT - DAY, by=(tested.root, signing_key(tested.root))),
        answer(tested.tsa, tested.middle, status=ocsp.OCSPCertStatus.UNKNOWN),
        ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(
            Encoding.DER
        ),
    ):
        assert standing(tested, listed) == UNKNOWN


def test_a_list_written_in_another_way_than_der_says_nothing(tested: World) -> None:
    good = crl(tested.middle), crl(tested.root)
    assert standing(tested, *good)[0] is Revocation.GOOD
    assert good[0][:2] == b"\x30\x81"
    longer = b"\x30\x82\x00" + good[0][2:]
    endless = b"\x30\x80" + good[0][3:] + bytes(2)
    for other in (longer, endless, good[0] + b"\0"):
        assert standing(tested, other, good[1])[0] is Revocation.UNKNOWN
        with pytest.raises(verify_evp._Misfit):
            verify_evp._parse_list(other)
    many = crl(tested.middle, *((number, AT, None) for number in range(1000, 5000)))
    assert len(many) > 1 << 16
    assert standing(tested, many, good[1])[0] is Revocation.GOOD


@pytest.mark.parametrize("wide", [True, False])
def test_a_list_about_a_part_names_whom_it_names_and_clears_nobody(tested: World, wide: bool) -> None:
    place = [x509.UniformResourceIdentifier("http://crl.invalid/part")]
    scope = x509.IssuingDistributionPoint(
        full_name=None if wide else place,
        relative_name=None,
        only_contains_user_certs=wide,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    root, extensions = crl(tested.root), ((scope, True),)
    assert standing(tested, root, crl(tested.middle, extensions=extensions)) == (GOOD if wide else UNKNOWN)
    revoking = crl(tested.middle, (tested.tsa.serial, AT - DAY, None), extensions=extensions)
    assert standing(tested, revoking) == REVOKED


def test_a_responder_with_a_certificate_for_that_may_answer_and_no_other(tested: World) -> None:
    root = crl(tested.root)
    issuer = Issuer("TEST INTERMEDIATE", key("ec", 2))
    private, owner = ec.derive_private_key(1009, ec.SECP256R1()), key("ec", 9)
    for purpose, span, expected in (
        ("ocsp_signing", (AT - 9 * DAY, AT + 900 * DAY), GOOD),
        ("ocsp_signing", (AT - 9 * DAY, AT - 8 * DAY), UNKNOWN),
        ("time_stamping", (AT - 9 * DAY, AT + 900 * DAY), UNKNOWN),
    ):
        extension = {
            "extn_id": "extended_key_usage",
            "critical": False,
            "extn_value": schema.ExtKeyUsageSyntax([purpose]),
        }
        held = certificate("RESPONDER", owner, issuer, serial=77, extensions=[extension], span=span)
        # The builder states the present as the time of the answer.
        assert standing(tested, root, answer(tested.tsa, tested.middle, by=(held, private))) == expected


def _carrying(response: bytes, *, listed: bytes = b"", answered: bytes = b"", beside: bytes = b"") -> bytes:
    found = Response.load(response)
    signed = found["time_stamp_token"]["content"]
    choices = []
    if listed:
        choices.append(cms.RevocationInfoChoice.load(listed))
    if answered:
        other = {
            "other_rev_info_format": "1.3.6.1.5.5.7.16.2",
            "other_rev_info": asn1_ocsp.OCSPResponse.load(answered),
        }
        choices.append(cms.RevocationInfoChoice("other", other))
    if choices:
        signed["crls"] = cms.RevocationInfoChoices(choices)
    if beside:
        inner = core.Sequence.load(_der(0x30, _der(0xA0, _der(0x30, beside))))
        attribute = cms.CMSAttribute({"type": "1.2.840.113549.1.9.16.2.24", "values": [inner]})
        signed["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
    return bytes(found.dump(force=True))


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    if 128 <= size < 256:
        length = bytes([0x81, size])
    return bytes([tag]) + length + body


def test_a_token_may_carry_its_lists(tested: World) -> None:
    middle, root = crl(tested.middle), crl(tested.root)
    for response in (
        _carrying(tested.answer(), listed=middle),
        _carrying(tested.answer(), beside=middle),
        _carrying(tested.answer(), answered=answer(tested.tsa, tested.middle)),
    ):
        assert tested.verify(response).revocation.standing is Revocation.UNKNOWN
        assert tested.verify(response, lists=[root]).revocation.standing is Revocation.GOOD
        verify_evp._parse_token(response)  # the stand-alone verifier passes over them
        judged = judge_timestamp(response, MESSAGE, anchors=[tested.root])
        assert judged.standing is Standing.TRUSTED
        opinion = second_opinion(response, MESSAGE, judged, anchors=[tested.root])
        assert opinion.agreement is not Agreement.DISAGREE
    revoking = crl(tested.middle, (tested.tsa.serial, AT - DAY, Flags.key_compromise))
    for response in (
        _carrying(tested.answer(), listed=revoking),
        _carrying(tested.answer(), beside=revoking),
        _carrying(tested.answer(), answered=answer(tested.tsa, tested.middle, revoked=AT - DAY)),
    ):
        assert tested.verify(response).trust is Trust.REVOKED


def test_the_second_reader_is_not_asked_what_it_does_not_look_at(tested: World) -> None:
    revoking = crl(tested.middle, (tested.tsa.serial, AT - DAY, None))
    response, anchors = tested.answer(), [tested.root]
    judged = judge_timestamp(response, MESSAGE, anchors=anchors, lists=[revoking])
    assert judged.standing is Standing.NOT_TRUSTED
    opinion = second_opinion(response, MESSAGE, judged, anchors=anchors)
    assert (opinion.agreement, opinion.said) == (Agreement.CANNOT_JUDGE, "revocation")
