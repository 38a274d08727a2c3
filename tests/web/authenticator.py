"""A passkey in software, built from the WebAuthn specification, so that tests can also make wrong ones."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Authenticator:
    """One credential on one device; its fields may be bent before it is used."""

    def __init__(self, rp: str = "testserver", origin: str = "http://testserver:80") -> None:
        self.rp = rp
        self.origin = origin
        self.id = secrets.token_bytes(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0
        self.flags = PRESENT | VERIFIED
        self.handle: bytes = b""

    def client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def data(self, *, attested: bytes = b"") -> bytes:
        flags = self.flags | (ATTESTED if attested else 0)
        rp = hashlib.sha256(self.rp.encode()).digest()
        return rp + bytes([flags]) + self.count.to_bytes(4, "big") + attested

    def create(self, options: dict[str, object]) -> str:
        user = options["user"]
        assert isinstance(user, dict)
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self.data(attested=attested)})
        from base64 import urlsafe_b64decode

        self.handle = urlsafe_b64decode(str(user["id"]) + "==")
        response = {
            "clientDataJSON": b64(self.client_data("webauthn.create", str(options["challenge"]))),
            "attestationObject": b64(attestation),
        }
        return self._credential(response)

    def get(self, challenge: str, *, kind: str = "webauthn.get") -> str:
        self.count += 1
        client, data = self.client_data(kind, challenge), self.data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(self.handle),
        }
        return self._credential(response)

    def _credential(self, response: dict[str, str]) -> str:
        return json.dumps(
            {
                "id": b64(self.id),
                "rawId": b64(self.id),
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
