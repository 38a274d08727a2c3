"""``tsa.yaml``: what it may say, and what a trust file takes from it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from asn1crypto import pem

from qingyuan.office.errors import OfficeError
from qingyuan.office.timestamps.settings import demanded_operators, demands_clearing, read_tsas, trust_entries
from qingyuan.office.timestamps.test_authority import found_authority
from tests.evidence.timestamp.test_revocation import answer, crl
from tests.evidence.timestamp.world import usual, world
from tests.office.timestamps.authorities import NOW, configure, entry


def armored(*ders: bytes) -> str:
    return b"".join(pem.armor("CERTIFICATE", der) for der in ders).decode()


def test_no_file_means_no_authority(tmp_path: Path) -> None:
    assert read_tsas(tmp_path) == ()
    assert trust_entries(tmp_path) == []


def test_how_many_operators_readers_should_demand_is_said_in_the_file(tmp_path: Path) -> None:
    assert demanded_operators(tmp_path) == 0
    (tmp_path / "tsa.yaml").write_text("tsas: []\noperators: 2\n", encoding="utf-8")
    assert demanded_operators(tmp_path) == 2
    assert not demands_clearing(tmp_path)
    (tmp_path / "tsa.yaml").write_text("tsas: []\ncleared: true\n", encoding="utf-8")
    assert demands_clearing(tmp_path)
    (tmp_path / "tsa.yaml").write_text("tsas: []\noperators: -1\n", encoding="utf-8")
    with pytest.raises(OfficeError, match=r"office\.bad-tsa|operators|Expected"):
        demanded_operators(tmp_path)


def test_certificates_come_inline_or_from_a_file_beside(tmp_path: Path) -> None:
    place = usual()
    (tmp_path / "root.pem").write_text(armored(place.root.der), encoding="ascii")
    (tmp_path / "root.der").write_bytes(place.root.der)
    url = "https://tsa.example/"
    shape = {"operator": "A", "url": url}
    configure(
        tmp_path,
        {"name": "inline", "certificate": armored(place.root.der), **shape},
        {"name": "pem", "certificate": "root.pem", **shape, "hash": "sm3"},
        {"name": "der", "certificate": "root.der", **shape, "policy": "1.2.3"},
    )
    inline, in_pem, in_der = read_tsas(tmp_path)
    assert inline.anchors == in_pem.anchors == in_der.anchors == (place.root,)
    assert (inline.hash, in_pem.hash, in_der.policy) == ("sha256", "sm3", "1.2.3")


def test_revocation_lists_are_files_beside_and_must_be_such(tmp_path: Path) -> None:
    place = usual()
    listed, said = crl(place.root), answer(place.tsa, place.middle)
    (tmp_path / "root.crl").write_bytes(listed)
    (tmp_path / "said.der").write_bytes(said)
    (tmp_path / "other").write_bytes(place.root.der)
    one = {
        "name": "a",
        "operator": "A",
        "url": "https://tsa.example/",
        "certificate": armored(place.root.der),
    }
    configure(tmp_path, {**one, "revocation": ["root.crl", "said.der"]})
    assert read_tsas(tmp_path)[0].lists == (listed, said)
    for name in ("other", "missing"):
        configure(tmp_path, {**one, "revocation": [name]})
        with pytest.raises(OfficeError) as caught:
            read_tsas(tmp_path)
        assert caught.value.code == "office.bad-tsa"
        assert name in str(caught.value.where) + caught.value.en


def test_a_trust_file_gets_anchors_and_what_they_issued_but_nothing_else(tmp_path: Path) -> None:
    place, stranger = usual(), world("ec384")
    configure(
        tmp_path,
        {
            "name": "a",
            "operator": "甲",
            "url": "https://tsa.example/",
            "certificate": armored(place.root.der),
            "chain": armored(place.tsa.der, stranger.tsa.der, place.middle.der),
        },
    )
    listed = [base64.b64decode(each["certificate"]) for each in trust_entries(tmp_path)]
    assert listed == [place.root.der, place.tsa.der, place.middle.der]
    assert {(each["name"], each["operator"]) for each in trust_entries(tmp_path)} == {("a", "甲")}


@pytest.mark.parametrize(
    "text",
    [
        "tsas: [",
        "tsas: {}",
        "others: []",
        "tsas: [{name: a, operator: b, url: c}]",
        "tsas: [{name: a, operator: b, url: c, certificate: missing.pem}]",
        "tsas: [{name: a, operator: b, url: c, certificate: tsa.yaml}]",
        "tsas: [{name: a, operator: b, url: c, certificate: tsa.yaml, hash: md5}]",
        "tsas: [{name: a, operator: b, url: c, certificate: tsa.yaml, typo: 1}]",
        "\xff",
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "tsa.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(OfficeError) as caught:
        read_tsas(tmp_path)
    assert caught.value.code == "office.bad-tsa"


def test_two_authorities_of_one_name_are_refused(tmp_path: Path) -> None:
    made = found_authority(now=NOW)
    configure(tmp_path, entry("a", "https://a.example/", made), entry("a", "https://b.example/", made))
    with pytest.raises(OfficeError, match="name, operator"):
        read_tsas(tmp_path)
