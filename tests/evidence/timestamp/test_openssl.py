"""``openssl ts`` beside our own code: its tokens are verified here, and ours there."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import pem
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qingyuan.evidence.timestamp import (
    Certificate,
    Issuer,
    Note,
    SoftwareKey,
    TimestampError,
    TrialAuthority,
    Trust,
    answer,
    ca_extensions,
    new_request,
    read_request,
    tsa_extensions,
    verify_timestamp,
)
from tests.evidence.timestamp.world import DAY, MESSAGE, NONCE, certificate, usual

NOW = datetime.now(UTC)
SPAN = (NOW - 10 * DAY, NOW + 300 * DAY)

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
certs = {folder}/chain.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.32473.2
digests = sha256, sha384, sha512, sm3
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = {named}
ess_cert_id_chain = {chain}
ess_cert_id_alg = {reference}
"""


class OpensslTsa:
    """An authority made of ``openssl ts`` in a folder."""

    def __init__(
        self, folder: Path, kind: str, *, reference: str = "sha256", chain: str = "no", named: str = "yes"
    ) -> None:
        private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
        private = (
            rsa.generate_private_key(65537, 2048)
            if kind == "rsa"
            else ec.generate_private_key(ec.SECP384R1())
        )
        self.folder = folder
        self.key = SoftwareKey(private)
        root = Issuer("TEST ROOT", SoftwareKey(ec.generate_private_key(ec.SECP256R1())))
        self.root = certificate("TEST ROOT", root.key, root, extensions=ca_extensions(), span=SPAN)
        self.tsa = certificate("TEST TSA", self.key, root, serial=7, extensions=tsa_extensions(), span=SPAN)
        (folder / "key.pem").write_bytes(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        for name, held in (("tsa", self.tsa), ("root", self.root), ("chain", self.root)):
            (folder / f"{name}.pem").write_bytes(pem.armor("CERTIFICATE", held.der))
        (folder / "serial").write_text("0A\n")
        (folder / "ts.cnf").write_text(
            CONFIG.format(folder=folder, reference=reference, chain=chain, named=named)
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["openssl", "ts", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )

    def reply(self, request: bytes) -> bytes:
        (self.folder / "request.tsq").write_bytes(request)
        done = self.run(
            "-reply", "-config", "ts.cnf", "-queryfile", "request.tsq", "-signer", "tsa.pem",
            "-inkey", "key.pem", "-out", "answer.tsr",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return (self.folder / "answer.tsr").read_bytes()

    def verify(self, response: bytes, message: bytes, anchor: Certificate, *more: str) -> bool:
        (self.folder / "given.tsr").write_bytes(response)
        (self.folder / "given.txt").write_bytes(message)
        (self.folder / "anchor.pem").write_bytes(pem.armor("CERTIFICATE", anchor.der))
        done = self.run(
            "-verify", "-data", "given.txt", "-in", "given.tsr", "-CAfile", "anchor.pem", *more
        )  # fmt: skip
        return done.returncode == 0 and "Verification: OK" in done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sm3"])
def test_tokens_of_openssl_are_trusted_here(folder: Path, kind: str, algorithm: str) -> None:
    tsa = OpensslTsa(folder, kind)
    request = new_request(MESSAGE, algorithm=algorithm, nonce=NONCE)
    response = tsa.reply(request.encode())
    found = verify_timestamp(response, MESSAGE, anchors=[tsa.root], nonce=request.nonce)
    assert found.trusted
    assert (found.serial, found.policy, found.ordering) == (11, "1.3.6.1.4.1.32473.2", True)
    assert found.imprint_algorithm == algorithm
    with pytest.raises(TimestampError, match="imprint"):
        verify_timestamp(response, b"other", anchors=[tsa.root])
    flipped = bytearray(response)
    flipped[-5] ^= 1
    with pytest.raises(TimestampError, match="signature"):
        verify_timestamp(bytes(flipped), MESSAGE, anchors=[tsa.root])


@pytest.mark.parametrize(("reference", "chain"), [("sha1", "no"), ("sha1", "yes"), ("sha512", "yes")])
def test_each_way_in_which_openssl_names_its_certificate_is_understood(
    folder: Path, reference: str, chain: str
) -> None:
    tsa = OpensslTsa(folder, "ec", reference=reference, chain=chain, named="no")
    found = verify_timestamp(tsa.reply(new_request(MESSAGE).encode()), MESSAGE, anchors=[tsa.root])
    assert found.trusted
    assert (Note.SHA1_REFERENCE in found.notes) == (reference == "sha1")


def test_a_request_of_openssl_is_read_and_answered_here(folder: Path) -> None:
    tsa = OpensslTsa(folder, "ec")
    (folder / "given.txt").write_bytes(MESSAGE)
    done = tsa.run("-query", "-data", "given.txt", "-sha384", "-cert", "-out", "made.tsq")
    assert done.returncode == 0, done.stderr
    made = (folder / "made.tsq").read_bytes()
    assert read_request(made).algorithm == "sha384"
    response = answer(made, TrialAuthority(tsa.key, tsa.tsa.der), at=NOW, serial=1)
    (folder / "given.tsr").write_bytes(response)
    done = tsa.run("-verify", "-queryfile", "made.tsq", "-in", "given.tsr", "-CAfile", "root.pem")
    assert "Verification: OK" in done.stdout, done.stderr


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
@pytest.mark.parametrize("old", [False, True])
def test_openssl_verifies_our_tokens(folder: Path, kind: str, algorithm: str, old: bool) -> None:
    tsa = OpensslTsa(folder, kind)
    authority = TrialAuthority(tsa.key, tsa.tsa.der, (tsa.root.der,), named=True, sha1_reference=old)
    request = new_request(MESSAGE, algorithm=algorithm, nonce=NONCE)
    response = answer(request.encode(), authority, at=NOW, serial=12)
    assert tsa.verify(response, MESSAGE, tsa.root)
    assert not tsa.verify(response, b"other", tsa.root)


def test_where_openssl_looks_at_the_present_and_we_at_the_time_of_the_token(folder: Path) -> None:
    tsa = OpensslTsa(folder, "ec")
    authority = TrialAuthority(tsa.key, tsa.tsa.der)
    early = answer(new_request(MESSAGE).encode(), authority, at=NOW - 20 * DAY, serial=1)
    assert tsa.verify(early, MESSAGE, tsa.root)
    assert verify_timestamp(early, MESSAGE, anchors=[tsa.root]).trust is Trust.NOT_YET_VALID
    good = answer(new_request(MESSAGE).encode(), authority, at=NOW, serial=2)
    later = str(int((NOW + 400 * DAY).timestamp()))
    assert not tsa.verify(good, MESSAGE, tsa.root, "-attime", later)
    assert verify_timestamp(good, MESSAGE, anchors=[tsa.root], now=NOW + 400 * DAY).trusted


def test_openssl_verifies_our_sm2_certificates(folder: Path) -> None:
    place = usual("sm2")
    for name, held in (("root", place.root), ("middle", place.middle), ("tsa", place.tsa)):
        (folder / f"{name}.pem").write_bytes(pem.armor("CERTIFICATE", held.der))
    # The identity given by -vfyopt reaches the last certificate alone, so each link is tried by itself.
    words = ["openssl", "verify", "-partial_chain", "-no_check_time", "-vfyopt", "distid:1234567812345678"]
    for issuer, name in (("root", "middle"), ("middle", "tsa")):
        done = subprocess.run(
            [*words, "-CAfile", f"{issuer}.pem", f"{name}.pem"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout == f"{name}.pem: OK\n", done.stderr
