"""The path to an anchor is judged at the time the token names, and each obstacle has its name."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest
from asn1crypto import core, x509

from qingyuan.evidence.timestamp import (
    Issuer,
    Trust,
    ca_extensions,
    find_path,
    issue_certificate,
    read_certificate,
    tsa_extensions,
)
from qingyuan.evidence.timestamp.chain import MAX_PATH
from tests.evidence.timestamp.world import AT, DAY, KINDS, certificate, key, usual, world

FAR = AT + 10_000 * DAY
UNKNOWN = core.ParsableOctetString(b"\x05\x00")


def extension(name: str, value: core.Asn1Value, *, critical: bool = True) -> dict[str, object]:
    return {"extn_id": name, "critical": critical, "extn_value": value}


def purposes(*names: str, critical: bool = True) -> dict[str, object]:
    return extension("extended_key_usage", x509.ExtKeyUsageSyntax(names), critical=critical)


def usage(*names: str) -> dict[str, object]:
    return extension("key_usage", x509.KeyUsage(set(names)))


def test_a_certificate_that_expired_since_counts_when_it_was_valid_at_that_time() -> None:
    place = world(tsa_span=(AT - DAY, AT + DAY))
    response = place.answer(at=AT)
    assert place.verify(response, now=FAR).trusted
    assert place.verify(place.answer(at=AT + DAY)).trusted  # the last second counts


@pytest.mark.parametrize(
    ("at", "trust"), [(AT + 2 * DAY, Trust.EXPIRED), (AT - 2 * DAY, Trust.NOT_YET_VALID)]
)
def test_a_certificate_that_is_valid_now_does_not_count_at_another_time(at: datetime, trust: Trust) -> None:
    place = world(tsa_span=(AT - DAY, AT + DAY))
    found = place.verify(place.answer(at=at), now=AT)
    assert (found.trust, found.path.subject) == (trust, "Common Name: TEST TSA")
    assert place.verify(place.answer(at=at), anchors=[place.tsa]).trust is trust


def test_an_intermediate_that_had_expired_breaks_the_path_and_is_named() -> None:
    place = world(middle_span=(AT - 100 * DAY, AT - DAY))
    found = place.verify(place.answer())
    assert (found.trust, found.path.subject) == (Trust.EXPIRED, "Common Name: TEST INTERMEDIATE")


@pytest.mark.parametrize("kind", KINDS)
def test_root_intermediate_and_signer_may_each_be_the_anchor(kind: str) -> None:
    place = usual(kind)
    response = place.answer()
    for anchor, length in ((place.root, 3), (place.middle, 2), (place.tsa, 1)):
        found = place.verify(response, anchors=[anchor])
        assert found.trusted
        assert len(found.chain) == length
        assert found.chain[-1] == anchor


def test_without_an_anchor_or_with_another_there_is_no_trust() -> None:
    place = usual()
    response = place.answer()
    assert place.verify(response, anchors=[]).trust is Trust.NO_ANCHOR
    stranger = Issuer("TEST ROOT", key("ec", 77))
    lookalike = certificate("TEST ROOT", stranger.key, stranger, extensions=ca_extensions())
    assert place.verify(response, anchors=[lookalike]).trust is Trust.SIGNATURE
    named = Issuer("SOMEBODY", key("ec", 1))
    assert (
        place.verify(
            response, anchors=[certificate("SOMEBODY", named.key, named, extensions=ca_extensions())]
        ).trust
        is Trust.NO_PATH
    )


def test_a_path_with_a_missing_intermediate_is_completed_by_the_caller() -> None:
    place = usual().with_authority(carried=())
    response = place.answer()
    assert place.verify(response).trust is Trust.NO_PATH
    assert place.verify(response, others=[place.middle]).trusted


@pytest.mark.parametrize(
    "extensions",
    [
        [],
        [purposes("time_stamping", critical=False)],
        [purposes("time_stamping", "code_signing")],
        [purposes("code_signing")],
        [purposes("any_extended_key_usage")],
    ],
)
def test_a_signer_without_the_one_critical_purpose_is_no_authority(
    extensions: list[dict[str, object]],
) -> None:
    place = world(tsa=extensions)
    for anchor in (place.root, place.tsa):
        assert place.verify(place.answer(), anchors=[anchor]).trust is Trust.NOT_A_TSA


def test_a_signer_whose_key_is_not_for_signing_is_refused() -> None:
    place = world(tsa=[purposes("time_stamping"), usage("key_encipherment")])
    assert place.verify(place.answer()).trust is Trust.KEY_USAGE
    assert world(tsa=[purposes("time_stamping"), usage("non_repudiation")]).kind == "ec"
    good = world(tsa=[purposes("time_stamping"), usage("non_repudiation")])
    assert good.verify(good.answer()).trusted


@pytest.mark.parametrize(
    ("middle", "trust"),
    [
        ([], Trust.NOT_AN_AUTHORITY),
        (tsa_extensions(), Trust.NOT_AN_AUTHORITY),
        ([*ca_extensions()[:1], usage("crl_sign")], Trust.KEY_USAGE),
        ([*ca_extensions(), purposes("server_auth")], Trust.PURPOSE),
        (
            [
                *ca_extensions(),
                extension("subject_alt_name", x509.GeneralNames([x509.GeneralName("dns_name", "a.example")])),
            ],
            Trust.EXTENSION,
        ),
        ([*ca_extensions(), extension("1.2.3.4", UNKNOWN)], Trust.EXTENSION),
        (
            [
                *ca_extensions(),
                extension("policy_constraints", x509.PolicyConstraints({"require_explicit_policy": 0})),
            ],
            Trust.EXTENSION,
        ),
    ],
)
def test_what_an_intermediate_may_not_be(middle: list[dict[str, object]], trust: Trust) -> None:
    place = world(middle=middle)
    found = place.verify(place.answer())
    assert (found.trust, found.path.subject) == (trust, "Common Name: TEST INTERMEDIATE")


@pytest.mark.parametrize(
    "more",
    [
        extension("1.2.3.4", UNKNOWN, critical=False),
        purposes("time_stamping"),
        purposes("any_extended_key_usage"),
        extension("certificate_policies", x509.CertificatePolicies([{"policy_identifier": "2.5.29.32.0"}])),
    ],
)
def test_what_an_intermediate_may_have(more: dict[str, object]) -> None:
    place = world(middle=[*ca_extensions(0), more])
    assert place.verify(place.answer()).trusted


def test_a_path_may_not_be_longer_than_a_certificate_allows() -> None:
    place = world(root=ca_extensions(0))
    found = place.verify(place.answer())
    assert (found.trust, found.path.subject) == (Trust.PATH_LENGTH, "Common Name: TEST ROOT")
    assert world(root=ca_extensions(1)).verify(world(root=ca_extensions(1)).answer()).trusted


def test_limits_on_names_are_not_evaluated_and_so_not_passed_over() -> None:
    subtree = {"base": x509.GeneralName("dns_name", "example")}
    limit = x509.NameConstraints({"permitted_subtrees": [subtree]})
    for critical in (True, False):
        place = world(middle=[*ca_extensions(), extension("name_constraints", limit, critical=critical)])
        assert place.verify(place.answer()).trust is Trust.EXTENSION


def test_a_short_key_is_not_believed_anywhere_in_the_path() -> None:
    weak, strong = key("rsa1024"), key("ec", 1)
    root = Issuer("TEST ROOT", strong)
    top = certificate("TEST ROOT", strong, root, extensions=ca_extensions())
    between = certificate("WEAK", weak, root, serial=2, extensions=ca_extensions())
    leaf = certificate("TEST TSA", key("ec"), Issuer("WEAK", weak), serial=3, extensions=tsa_extensions())
    assert find_path(leaf, [between], [top], AT).trust is Trust.WEAK_KEY
    assert find_path(leaf, [], [leaf], AT).trust is Trust.TRUSTED


def test_hostile_circles_and_crowds_end() -> None:
    a, b = Issuer("A", key("ec", 1)), Issuer("B", key("ec", 2))
    circle = [
        certificate("A", a.key, b, serial=1, extensions=ca_extensions()),
        certificate("B", b.key, a, serial=2, extensions=ca_extensions()),
    ]
    leaf = certificate("TEST TSA", key("ec"), a, serial=3, extensions=tsa_extensions())
    anchor = usual().root
    assert find_path(leaf, circle, [anchor], AT).trust is Trust.NO_PATH
    crowd = [
        certificate("A", key("ec", number), b, serial=number, extensions=ca_extensions())
        for number in range(2, 80)
    ]
    assert find_path(leaf, crowd, [anchor], AT).trust is Trust.SIGNATURE
    many = [certificate("A", a.key, a, serial=number, extensions=ca_extensions()) for number in range(2, 14)]
    assert find_path(leaf, many, [anchor], AT).certificates == ()


def test_a_path_has_a_greatest_length() -> None:
    issuers = [Issuer(f"LEVEL {level}", key("ec", level)) for level in range(1, MAX_PATH + 2)]
    top = certificate(issuers[-1].name, issuers[-1].key, issuers[-1], extensions=ca_extensions())
    steps = [
        certificate(below.name, below.key, above, serial=2, extensions=ca_extensions())
        for below, above in itertools.pairwise(issuers)
    ]
    leaf = certificate("TEST TSA", key("ec"), issuers[0], serial=3, extensions=tsa_extensions())
    assert find_path(leaf, steps, [steps[MAX_PATH - 2]], AT).trust is Trust.TRUSTED
    assert find_path(leaf, steps, [top], AT).trust is not Trust.TRUSTED


def test_an_extension_that_comes_twice_makes_a_certificate_unreadable() -> None:
    top = Issuer("TEST ROOT", key("ec", 1))
    der = issue_certificate(
        "TEST ROOT",
        top.key.public,
        top,
        serial=1,
        not_before=AT,
        not_after=FAR,
        extensions=[*ca_extensions(), *ca_extensions(0)],
    )
    with pytest.raises(Exception, match="twice"):
        read_certificate(der)


def test_a_certificate_of_an_unknown_signature_algorithm_is_only_no_path() -> None:
    place = usual()
    der = place.middle.der.replace(
        bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040309")
    )
    middle = read_certificate(der)
    assert middle.algorithm is None
    other = place.with_authority(carried=(der,))
    assert other.verify(other.answer()).trust is Trust.ALGORITHM
    assert other.verify(other.answer(), anchors=[middle]).trusted  # an anchor's own signature proves nothing
