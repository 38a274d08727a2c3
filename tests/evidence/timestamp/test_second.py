"""The second reader: where it can judge it says the same, and where it cannot that is said."""

from __future__ import annotations

import dataclasses

import pytest
from asn1crypto import tsp, x509
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.timestamp import (
    Agreement,
    Certificate,
    Issuer,
    Judgement,
    Opinion,
    Standing,
    TrialAuthority,
    answer,
    ca_extensions,
    judge_timestamp,
    refusal,
    second_opinion,
    tsa_extensions,
)
from qingyuan.evidence.timestamp._schema import Response
from tests.evidence.timestamp.world import AT, DAY, MESSAGE, World, certificate, changed, key, usual, world


def both(
    response: bytes,
    anchors: list[Certificate],
    *,
    others: list[Certificate] | None = None,
    message: bytes = MESSAGE,
) -> tuple[Judgement, Opinion]:
    ours = judge_timestamp(response, message, anchors=anchors, others=others or [])
    return ours, second_opinion(response, message, ours, anchors=anchors, others=others or [])


@pytest.mark.parametrize("kind", ["ec", "ec384", "ec521", "rsa"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sm3"])
def test_both_readers_accept_a_good_token(kind: str, algorithm: str) -> None:
    place = usual(kind)
    ours, theirs = both(place.answer(algorithm=algorithm), [place.root])
    assert ours.standing is Standing.TRUSTED
    assert theirs == Opinion(Agreement.AGREE, "")


def test_both_readers_refuse_what_is_wrong() -> None:
    place = usual()
    response = place.answer()
    late = world(tsa_span=(AT - DAY, AT - DAY / 2))
    forged = changed(response, key("ec", 9))
    cases: list[tuple[bytes, World, bytes]] = [
        (response, place, b"other"),
        (late.answer(), late, MESSAGE),
        (forged, place, MESSAGE),
        (response[:-1], place, MESSAGE),
        (refusal("bad_alg", "no"), place, MESSAGE),
        (response, usual("rsa"), MESSAGE),
    ]
    for response_given, trusted, message in cases:
        ours, theirs = both(response_given, [trusted.root], message=message)
        assert ours.standing in {Standing.BROKEN, Standing.NOT_TRUSTED}
        assert theirs.agreement is Agreement.AGREE
        assert theirs.said


def test_a_token_without_its_certificate_is_judged_with_the_one_given() -> None:
    place = usual()
    request = dataclasses.replace(place.request(), certificates=False)
    response = answer(request.encode(), place.authority, at=AT, serial=9)
    ours, theirs = both(response, [place.root], others=[place.tsa, place.middle])
    assert ours.standing is Standing.TRUSTED
    assert theirs.agreement is Agreement.AGREE
    assert both(response, [place.root])[1].agreement is Agreement.CANNOT_JUDGE


def test_unsorted_certificates_are_sorted_for_it_first() -> None:
    place = usual()
    for held in ((place.middle.der, place.root.der), (place.root.der, place.middle.der)):
        other = place.with_authority(sorted_set=False, carried=held)
        ours, theirs = both(other.answer(), [place.root])
        assert ours.standing is Standing.TRUSTED
        assert theirs == Opinion(Agreement.AGREE, "")


def test_a_carried_certificate_that_cannot_be_read_is_beyond_it() -> None:
    place = usual().with_authority(
        sorted_set=False, carried=(b"\x30\x03\x02\x01\x00", usual().middle.der, b"\x30\x00")
    )
    ours, theirs = both(place.answer(), [place.root])
    assert ours.standing is Standing.TRUSTED
    assert theirs.agreement is Agreement.CANNOT_JUDGE


@pytest.mark.parametrize("above", ["pss", "ed25519", "sm2", "rsa", "ec384"])
def test_it_judges_paths_of_mixed_keys_unless_they_are_national(above: str) -> None:
    root = Issuer("TEST ROOT", key(above, 1))
    top = certificate("TEST ROOT", root.key, root, extensions=ca_extensions())
    leaf = certificate("TEST TSA", key("ec"), root, serial=3, extensions=tsa_extensions())
    response = answer(usual().request().encode(), TrialAuthority(key("ec"), leaf.der), at=AT, serial=1)
    ours, theirs = both(response, [top])
    assert ours.standing is Standing.TRUSTED
    assert theirs.agreement is (Agreement.CANNOT_JUDGE if above == "sm2" else Agreement.AGREE)


@pytest.mark.parametrize("kind", ["pss", "ed25519", "sm2"])
def test_signatures_that_it_does_not_know_are_not_counted_as_a_no(kind: str) -> None:
    place = usual(kind)
    ours, theirs = both(place.answer(), [place.root])
    assert ours.standing is Standing.TRUSTED
    assert theirs.agreement is Agreement.CANNOT_JUDGE
    assert theirs.said == {"pss": "rsa-pss"}.get(kind, kind)


def test_an_anchor_that_is_no_root_and_a_modified_grant_are_beyond_it() -> None:
    place = usual()
    for anchor in (place.middle, place.tsa):
        ours, theirs = both(place.answer(), [anchor])
        assert ours.standing is Standing.TRUSTED
        assert theirs.agreement is Agreement.CANNOT_JUDGE
    modified = Response.load(place.answer())
    modified["status"]["status"] = "granted_with_mods"
    assert both(modified.dump(), [place.root])[1].agreement is Agreement.CANNOT_JUDGE


def test_a_disagreement_is_seen() -> None:
    # RFC 3161, 2.4.2: the name in the token must be one of its certificate. We look at it, the other reader does not.
    place = usual()

    def rename(info: tsp.TSTInfo) -> None:
        info["tsa"] = x509.GeneralName("directory_name", x509.Name.build({"common_name": "SOMEBODY"}))

    ours, theirs = both(changed(place.answer(), key("ec"), info=rename), [place.root])
    assert ours.standing is Standing.NOT_TRUSTED
    assert theirs == Opinion(Agreement.DISAGREE, "")


@settings(max_examples=40)
@given(st.data())
def test_damaged_answers_give_an_opinion(data: st.DataObject) -> None:
    place = usual()
    response = bytearray(place.answer())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(response) - 1))
        response[at] = data.draw(st.integers(0, 255))
    ours, theirs = both(bytes(response), [place.root])
    assert (theirs.agreement is Agreement.AGREE) <= (
        (ours.standing is Standing.TRUSTED) == (theirs.said == "")
    )
