"""A time-stamp token that does not stamp what its line says is told, and every algorithm of the format is known."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.evidence.verify.checking import check, codes, paths
from tests.evidence.verify.maker import Maker
from tests.evidence.verify.noting import b64
from tests.evidence.verify.stamped import (
    ROOT,
    TSA,
    Bend,
    Pair,
    message_of,
    over_checkpoint,
    stamped,
    trusting,
)
from tests.evidence.verify.stamping import NULL, Key, Party, Stamp, authority, der, integer, oid, seq

TRUSTED = trusting(ROOT)
TOKEN = "timestamps/0.tsr"
LIST = "evidence/timestamps.jsonl"

KINDS = ["rsa", "pss", "p256", "p384", "ed25519", "sm2"]


@pytest.mark.parametrize("root_kind", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_token_and_its_chain_verify_in_every_algorithm(kind: str, root_kind: str) -> None:
    root, tsa = authority(kind, root_kind=root_kind)
    name = {"p384": "sha384", "ed25519": "sha512", "sm2": "sm3"}.get(kind, "sha256")
    maker = stamped(lambda s: s.but(hash=name), tsa=tsa, twin=kind == "sm2")
    report = check(maker.build(), trusting(root, operators=1))
    assert report.verdict == "pass", report.reasons
    assert paths(report, "time") == {TOKEN}
    assert report.timestamps == (
        {
            "n": 0, "over": "checkpoint", "size": 20, "gen_time": "2026-03-02T02:00:00Z",
            "tsa": root.common, "operator": "某授时机构", "trusted": True, "revocation": "unknown",
        },
    )  # fmt: skip


@pytest.mark.parametrize("hashed", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["rsa", "pss", "p256", "p384"])
def test_every_pair_of_key_and_hash_verifies(kind: str, hashed: str) -> None:
    root, tsa = authority(kind, hashed=hashed)
    maker = stamped(lambda s: s.but(hash=hashed), tsa=tsa)
    assert check(maker.build(), trusting(root)).verdict == "pass"


@pytest.mark.parametrize("identifiers", [("v1",), ("v2",), ("sha512",), ("sm3",), ("v1", "sha384")])
def test_the_signing_certificate_may_be_named_in_every_way(identifiers: tuple[str, ...]) -> None:
    assert check(stamped(lambda s: s.but(identifiers=identifiers)).build(), TRUSTED).verdict == "pass"
    other = stamped(lambda s: s.but(identifiers=identifiers, certified=b"other"))
    assert codes(check(other.build(), TRUSTED)) == {"timestamp"}


def swapped(stamp: Stamp) -> Stamp:
    return stamp.but(signer=Party("TSA 1", Key("p256", 9), ROOT, TSA.extensions, serial=1))


BROKEN: list[tuple[str, Bend]] = [
    ("another imprint", lambda s: s.but(imprint=bytes(32))),
    ("a short imprint", lambda s: s.but(imprint=b"")),
    ("another message", lambda s: s.but(message=b"x")),
    ("a request that was refused", lambda s: s.but(status=2)),
    ("no content type", lambda s: s.but(drop=frozenset({"type"}))),
    ("no message digest", lambda s: s.but(drop=frozenset({"digest"}))),
    ("another message digest", lambda s: s.but(content_digest=bytes(32))),
    ("no signing certificate", lambda s: s.but(identifiers=())),
    ("another signing certificate", lambda s: s.but(certified=ROOT.certificate)),
    ("a false signature", lambda s: s.but(signature=seq(integer(5), integer(6)))),
    ("a signature that is no DER", lambda s: s.but(signature=b"\x30\x06\x02\x01\x05")),
    ("an empty signature", lambda s: s.but(signature=b"")),
    ("a signature by another key of the same name", lambda s: swapped(s).but(certificates=s.certificates)),
    ("a later version of TSTInfo", lambda s: s.but(version=2)),
    ("two signers", lambda s: s.but(infos=2)),
    ("no signer", lambda s: s.but(infos=0)),
    ("a time in no calendar", lambda s: s.but(time=b"20260230020000Z")),
    ("a time without its zone", lambda s: s.but(time=b"20260302020000")),
    ("a fraction that ends with zero", lambda s: s.but(time=b"20260302020000.50Z")),
    ("a fraction of nothing", lambda s: s.but(time=b"20260302020000.Z")),
    ("something unknown in TSTInfo", lambda s: s.but(tail=(oid("1.2.3"),))),
    ("PSS without parameters", lambda s: s.but(algorithm=seq(oid("1.2.840.113549.1.1.10")))),
    (
        "something that is no certificate among them",
        lambda s: s.but(certificates=(*s.certificates, seq(NULL))),
    ),
    ("a signature of another algorithm", lambda s: s.but(algorithm=Key("rsa").algorithm)),
]


@pytest.mark.parametrize("bend", [c[1] for c in BROKEN], ids=[c[0] for c in BROKEN])
def test_a_broken_token_fails_whether_it_is_trusted_or_not(bend: Bend) -> None:
    for trust in (TRUSTED, trusting()):
        report = check(stamped(bend).build(), trust)
        assert (report.verdict, codes(report)) == ("fail", {"timestamp"})
        assert paths(report, "timestamp") == {TOKEN}
        assert report.timestamps == ()
        assert "ok-timestamps" not in {r.code for r in report.reasons}


FINE: list[tuple[str, Bend]] = [
    ("granted with modifications", lambda s: s.but(status=1)),
    ("named by its key identifier", lambda s: s.but(by_key_identifier=True)),
    ("with its whole chain in any order", lambda s: s.but(certificates=(ROOT.certificate, *s.certificates))),
    ("without certificates, known from the trust file", lambda s: s),
    ("with accuracy, ordering and nonce", lambda s: s.but(tail=(seq(integer(1)), b"\x01\x01\xff", integer(2**70)))),
    ("with the name of the authority", lambda s: s.but(tail=(der(0xA0, der(0x82, b"tsa.example")),))),
    ("with an attribute certificate beside it", lambda s: s.but(certificates=(*s.certificates, der(0xA2, NULL)))),
]  # fmt: skip


@pytest.mark.parametrize("bend", [c[1] for c in FINE], ids=[c[0] for c in FINE])
def test_a_token_may_have_every_form_the_standards_allow(bend: Bend) -> None:
    report = check(stamped(bend).build(), TRUSTED)
    assert (report.verdict, codes(report)) == ("pass", {"time"})


def test_a_fraction_of_a_second_is_kept_as_it_stands() -> None:
    report = check(stamped(lambda s: s.but(time=b"20260302020000.0625Z")).build(), TRUSTED)
    assert report.timestamps[0]["gen_time"] == "2026-03-02T02:00:00.0625Z"


def test_a_token_whose_signer_is_nowhere_is_not_broken_but_untrusted() -> None:
    def alone(stamp: Stamp) -> Stamp:
        return stamp.but(certificates=(), signature=b"anything")

    report = check(stamped(alone).build(), TRUSTED)
    assert (report.verdict, codes(report)) == ("pass", {"untrusted-time"})
    assert report.timestamps[0] == {**report.timestamps[0], "tsa": None, "operator": None, "trusted": False}
    listed = check(stamped(lambda s: s.but(certificates=())).build(), trusting(TSA))
    assert codes(listed) == {"time"}, "the trust file may hold the signer's certificate"


UNKNOWN: list[tuple[str, Bend]] = [
    ("a digest by SHA-1", lambda s: s.but(hash="sha1")),
    ("an unknown algorithm of signature", lambda s: s.but(algorithm=seq(oid("1.2.3.4.5")))),
    ("a curve that is not of the format", lambda s: s.but(signer=Party("k", Key("secp256k1"), extensions=TSA.extensions))),
    ("a short RSA key", lambda s: s.but(signer=Party("k", Key("rsa", 60), extensions=TSA.extensions))),
    ("PSS with its defaults, which are SHA-1", lambda s: s.but(algorithm=seq(oid("1.2.840.113549.1.1.10"), seq()))),
]  # fmt: skip


@pytest.mark.parametrize("bend", [c[1] for c in UNKNOWN], ids=[c[0] for c in UNKNOWN])
def test_an_algorithm_that_is_not_known_leaves_the_verdict_open(bend: Bend) -> None:
    def bent(stamp: Stamp) -> Stamp:
        changed = bend(stamp)
        return changed.but(certificates=(changed.signer.certificate,))

    report = check(stamped(bent).build(), TRUSTED)
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})
    assert paths(report, "unsupported") == {TOKEN}


def test_what_breaks_a_token_is_told_beside_an_algorithm_that_is_not_known() -> None:
    bent = stamped(lambda s: s.but(imprint=bytes(32), algorithm=seq(oid("1.2.3.4.5"))))
    report = check(bent.build(), TRUSTED)
    assert (report.verdict, codes(report)) == ("fail", {"timestamp", "unsupported"})


def test_too_many_certificates_and_too_long_a_token_are_unsupported() -> None:
    many = stamped(lambda s: s.but(certificates=s.certificates + (ROOT.certificate,) * 16))
    long = stamped(lambda s: s.but(certificates=(*s.certificates, seq(der(4, bytes(66_000))))))
    for maker in (many, long):
        report = check(maker.build(), TRUSTED)
        assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})
        assert paths(report, "unsupported") == {TOKEN}
    assert (
        check(stamped(lambda s: s.but(certificates=s.certificates * 16)).build(), TRUSTED).verdict == "pass"
    )


def test_a_token_made_by_openssl_is_trusted(tmp_path: Path) -> None:
    """The whole way with a program that is not ours: certificates and token by OpenSSL."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=tmp_path, check=True, capture_output=True)

    usage = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=critical,timeStamping\n"
    (tmp_path / "ext").write_text(usage, encoding="ascii")
    (tmp_path / "conf").write_text(
        "[ts]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3\ndigests=sha256,sha512\n"
        "accuracy=secs:1,millisecs:5\nordering=yes\ntsa_name=yes\ness_cert_id_alg=sha256\n",
        encoding="ascii",
    )
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=CA", "-days", "30")  # fmt: skip
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tsa.key",
            "-out", "tsa.csr", "-subj", "/CN=TSA")  # fmt: skip
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "3",
            "-out", "tsa.pem", "-extfile", "ext", "-days", "20")  # fmt: skip
    openssl("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der")

    def stamps(maker: Maker) -> list[Pair]:
        line = over_checkpoint(maker, 20)
        (tmp_path / "text").write_bytes(message_of(maker, line, []))
        openssl("ts", "-query", "-data", "text", "-sha512", "-cert", "-out", "q")
        openssl("ts", "-reply", "-config", "conf", "-section", "ts", "-queryfile", "q", "-signer", "tsa.pem",
                "-inkey", "tsa.key", "-chain", "ca.pem", "-out", "r.tsr")  # fmt: skip
        return [(line, (tmp_path / "r.tsr").read_bytes())]

    listed = {"name": "CA", "operator": "O", "certificate": b64((tmp_path / "ca.der").read_bytes())}
    report = check(Maker(stamps=stamps).build(), trusting(listed, operators=1))
    assert (report.verdict, codes(report)) == ("pass", {"time"})
    json.dumps(report.as_dict())
