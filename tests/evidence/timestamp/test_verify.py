"""A token over a message: what is believed, and each way in which it is not."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from asn1crypto import cms, tsp, x509

from qingyuan.evidence.timestamp import (
    BrokenTimestampError,
    Note,
    RefusedTimestampError,
    Standing,
    TimestampError,
    Trust,
    answer,
    judge_timestamp,
    refusal,
)
from qingyuan.evidence.timestamp._schema import Response
from qingyuan.evidence.timestamp.verify import MAX_CERTIFICATES
from tests.evidence.timestamp.world import AT, DAY, KINDS, MESSAGE, NONCE, changed, key, usual, world


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(TimestampError) as caught:
        call()
    error = caught.value
    assert all((error.zh, error.en, error.remedy_zh, error.remedy_en))
    return error.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_of_every_kind_of_key_is_trusted_and_says_what_it_says(kind: str) -> None:
    place = usual(kind).with_authority(named=True, ordering=True, accuracy=timedelta(milliseconds=1500))
    found = place.verify(place.answer(), nonce=int.from_bytes(NONCE, "big"), now=AT)
    assert found.trusted
    assert found.chain == (place.tsa, place.middle, place.root)
    assert (found.gen_time, found.serial, found.policy) == (AT, 5, "1.3.6.1.4.1.32473.1")
    assert (found.accuracy, found.ordering) == (timedelta(milliseconds=1500), True)
    assert found.imprint_algorithm == ("sm3" if kind == "sm2" else "sha256")
    assert found.tsa == found.token.info.tsa == "Common Name: TEST TSA"
    assert found.notes == ()


@pytest.mark.parametrize("kind", ["ec", "sm2"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512", "sm3"])
def test_every_imprint_goes_with_every_key_and_with_no_other_message(kind: str, algorithm: str) -> None:
    place = usual(kind)
    response = place.answer(algorithm=algorithm)
    assert place.verify(response).trusted
    assert code_of(lambda: place.verify(response, MESSAGE + b"\n")) == "timestamp.imprint"


def test_an_answer_to_another_request_is_known_by_its_nonce() -> None:
    place = usual()
    assert code_of(lambda: place.verify(place.answer(), nonce=1)) == "timestamp.nonce"
    silent = dataclasses.replace(place.request(), nonce=None)
    response = answer(silent.encode(), place.authority, at=AT, serial=1)
    assert code_of(lambda: place.verify(response, nonce=1)) == "timestamp.nonce"
    assert place.verify(response).trusted


def test_a_policy_that_was_not_demanded_is_refused() -> None:
    place = usual()
    assert place.verify(place.answer(), policy="1.3.6.1.4.1.32473.1").trusted
    assert code_of(lambda: place.verify(place.answer(), policy="1.3.6.1.4.1.32473.2")) == "timestamp.policy"


def test_a_replayed_token_and_a_serial_number_used_twice_are_known() -> None:
    place = usual()
    first = place.answer()
    seen = [place.verify(first).identity]
    assert code_of(lambda: place.verify(first, seen=seen)) == "timestamp.replayed"
    other = place.answer(b"other", at=AT + DAY)
    assert code_of(lambda: place.verify(other, b"other", seen=seen)) == "timestamp.serial-reused"
    assert place.verify(place.answer(serial=6), seen=seen).trusted


def test_a_refusal_is_named_with_what_the_authority_says() -> None:
    with pytest.raises(RefusedTimestampError) as caught:
        usual().verify(refusal("bad_alg", "no SM3 here\x1b[31m"))
    assert (caught.value.status, caught.value.failures) == (2, ("bad_alg",))
    assert "no SM3 here" in caught.value.en
    assert "\x1b" not in caught.value.en


def test_a_token_from_the_future_is_trusted_and_says_so() -> None:
    place = usual().with_authority(accuracy=timedelta(seconds=30))
    response = place.answer(at=AT + DAY)
    assert place.verify(response, now=AT).notes == (Note.FUTURE,)
    assert place.verify(response, now=AT).trusted
    assert place.verify(response, now=AT + DAY - timedelta(seconds=30)).notes == ()


def test_certificates_in_any_order_are_taken_as_they_come() -> None:
    place = usual()
    one = place.with_authority(sorted_set=False, carried=(place.middle.der, place.root.der))
    two = place.with_authority(sorted_set=False, carried=(place.root.der, place.middle.der))
    found = [each.verify(each.answer()) for each in (one, two)]
    assert all(each.trusted for each in found)
    assert any(Note.UNSORTED in each.notes for each in found)


def test_a_signer_certificate_that_is_missing_may_be_given() -> None:
    place = usual()
    request = dataclasses.replace(place.request(), certificates=False)
    response = answer(request.encode(), place.authority, at=AT, serial=9)
    alone = place.verify(response)
    assert (alone.trust, alone.signer, alone.chain) == (Trust.SIGNER_MISSING, None, ())
    assert place.verify(response, others=[place.tsa, place.middle]).trusted
    assert place.verify(response, anchors=[place.tsa]).trusted


def test_injected_certificates_do_no_harm() -> None:
    place = usual()
    twin = world("ec384").tsa  # the same names and numbers, another key
    junk = b"\x30\x03\x02\x01\x00"
    for injected in ((twin.der,), (junk,), (twin.der, junk, place.root.der), (place.root.der,) * 10):
        other = place.with_authority(carried=(*injected, place.middle.der), sorted_set=False)
        found = other.verify(other.answer())
        assert found.trusted
        assert found.signer == place.tsa
        assert (Note.UNREADABLE_CERTIFICATE in found.notes) == (junk in injected)


def test_a_crowd_of_certificates_is_read_up_to_a_limit_and_said() -> None:
    place = usual()
    crowd = place.with_authority(
        carried=(*(place.root.der,) * MAX_CERTIFICATES, place.middle.der), sorted_set=False
    )
    found = crowd.verify(crowd.answer())
    assert (found.trust, Note.UNREADABLE_CERTIFICATE in found.notes) == (Trust.NO_PATH, True)
    assert crowd.verify(crowd.answer(), others=[place.middle]).trusted


def test_a_certificate_in_the_place_of_the_signers_is_a_contradiction() -> None:
    place, twin = usual(), world("ec384")
    other = twin.with_authority(carried=(twin.middle.der,))
    forged = changed(
        other.answer(), key("ec384"), attributes=lambda held: [*held[:2], _reference(place.tsa.der)]
    )
    assert code_of(lambda: twin.verify(forged)) == "timestamp.signing-certificate"


def _reference(der: bytes) -> cms.CMSAttribute:
    value = tsp.SigningCertificateV2(
        {
            "certs": [
                {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(der).digest()},
            ]
        }
    )
    return cms.CMSAttribute({"type": "signing_certificate_v2", "values": [value]})


def test_the_old_reference_by_sha1_counts_and_is_noted() -> None:
    place = usual().with_authority(sha1_reference=True)
    found = place.verify(place.answer())
    assert found.trusted
    assert found.notes == (Note.SHA1_REFERENCE,)


def test_a_reference_with_the_wrong_issuer_is_a_contradiction() -> None:
    place = usual()

    def with_issuer(name: str) -> Callable[[list[cms.CMSAttribute]], list[cms.CMSAttribute]]:
        issuer = x509.GeneralName("directory_name", x509.Name.build({"common_name": name}))

        def change(held: list[cms.CMSAttribute]) -> list[cms.CMSAttribute]:
            reference = _reference(place.tsa.der)
            reference["values"][0]["certs"][0]["issuer_serial"] = {"issuer": [issuer], "serial_number": 3}
            return [each for each in held if "certificate" not in each["type"].native] + [reference]

        return change

    good = changed(place.answer(), key("ec"), attributes=with_issuer("TEST INTERMEDIATE"))
    bad = changed(place.answer(), key("ec"), attributes=with_issuer("ANOTHER"))
    assert place.verify(good).trusted
    assert code_of(lambda: place.verify(bad)) == "timestamp.signing-certificate"


@pytest.mark.parametrize("dropped", ["content_type", "message_digest", "signing_certificate_v2"])
def test_a_signed_attribute_that_is_missing_or_twice_is_refused(dropped: str) -> None:
    place = usual()

    def without(held: list[cms.CMSAttribute]) -> list[cms.CMSAttribute]:
        return [each for each in held if each["type"].native != dropped]

    def twice(held: list[cms.CMSAttribute]) -> list[cms.CMSAttribute]:
        return [*held, *(each for each in held if each["type"].native == dropped)]

    for change in (without, twice):
        response = changed(place.answer(), key("ec"), attributes=change)
        assert code_of(lambda given=response: place.verify(given)) == "timestamp.attributes"  # type: ignore[misc]


def test_a_content_that_its_digest_does_not_fit_and_a_foreign_signature_are_told_apart() -> None:
    place = usual()

    def later(info: tsp.TSTInfo) -> None:
        info["gen_time"] = AT - DAY

    wrong_digest = cms.CMSAttribute({"type": "message_digest", "values": [bytes(32)]})
    response = changed(place.answer(), key("ec"), attributes=lambda held: [held[0], wrong_digest, *held[2:]])
    assert code_of(lambda: place.verify(response)) == "timestamp.message-digest"
    assert code_of(lambda: place.verify(changed(place.answer(), key("ec"), info=later, sign=False))) == (
        "timestamp.signature"
    )
    assert place.verify(changed(place.answer(), key("ec"), info=later)).gen_time == AT - DAY
    assert code_of(lambda: place.verify(changed(place.answer(), key("ec", 9), info=later))) == (
        "timestamp.signature"
    )


def test_two_signers_are_refused() -> None:
    place = usual()

    def double(data: cms.SignedData) -> None:
        data["signer_infos"] = [data["signer_infos"][0], data["signer_infos"][0].copy()]

    response = changed(place.answer(), key("ec"), signed=double)
    assert code_of(lambda: place.verify(response)) == "timestamp.signers"


def test_signed_attributes_sent_unsorted_are_checked_in_the_form_that_was_signed() -> None:
    place = usual()
    found = Response.load(place.answer())
    signer = found["time_stamp_token"]["content"]["signer_infos"][0]
    raw = [each.dump() for each in signer["signed_attrs"]]
    response = place.answer().replace(b"".join(raw), b"".join(reversed(raw)))
    assert response != place.answer()
    assert place.verify(response).trusted


def test_a_name_that_is_not_in_the_certificate_is_not_trusted() -> None:
    place = usual()

    def rename(info: tsp.TSTInfo) -> None:
        info["tsa"] = x509.GeneralName("directory_name", x509.Name.build({"common_name": "SOMEBODY"}))

    assert place.verify(changed(place.answer(), key("ec"), info=rename)).trust is Trust.TSA_NAME


def test_a_grant_with_modifications_is_noted() -> None:
    place = usual()
    found = Response.load(place.answer())
    found["status"]["status"] = "granted_with_mods"
    assert place.verify(found.dump()).notes == (Note.MODIFIED,)


def test_a_judgement_never_raises_and_keeps_broken_apart_from_not_trusted() -> None:
    place = usual()
    response = place.answer()
    trusted = judge_timestamp(response, MESSAGE, anchors=[place.root])
    assert (trusted.standing, trusted.error) == (Standing.TRUSTED, None)
    stranger = judge_timestamp(response, MESSAGE, anchors=[usual("rsa").root])
    assert stranger.standing is Standing.NOT_TRUSTED
    assert stranger.timestamp is not None
    other = judge_timestamp(response, b"other", anchors=[place.root])
    assert other.standing is Standing.BROKEN
    assert isinstance(other.error, BrokenTimestampError)
    refused = judge_timestamp(refusal("system_failure", ""), MESSAGE, anchors=[place.root])
    assert refused.standing is Standing.BROKEN
    unknown = response.replace(
        bytes.fromhex("0609608648016503040201"), bytes.fromhex("0609608648016503040209")
    )
    assert judge_timestamp(unknown, MESSAGE, anchors=[place.root]).standing is Standing.UNSUPPORTED


def test_an_unreadable_certificate_by_the_signers_name_is_broken_and_another_is_not() -> None:
    place = usual()
    purpose = bytes.fromhex("06082b06010505070308")  # inside an extension, where only a closer look finds it
    spoilt = place.tsa.der.replace(purpose, b"\x05" + purpose[1:])
    assert len(place.tsa.der) == len(spoilt) != 0
    response = place.answer()
    assert code_of(lambda: place.verify(response.replace(place.tsa.der, spoilt))) == "timestamp.not-der"
    elsewhere = place.with_authority(
        carried=(spoilt.replace(b"INTERMEDIATE", b"intermediate"), place.middle.der)
    )
    found = elsewhere.verify(elsewhere.answer())
    assert found.trusted
    assert found.notes == (Note.UNREADABLE_CERTIFICATE,)
