"""A provider of OpenID Connect for the tests: a small one that speaks HTTP, checks what it is asked and signs with keys of its own.

It signs in whoever :attr:`Provider.subject` names, without asking; what it says can be bent, to see that it is not believed then.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

CLIENT, SECRET = "qingyuan-test", "a secret of the client/with+signs"


class Provider:
    """A provider; it runs while it is :func:`provided`."""

    def __init__(self) -> None:
        self.issuer = ""
        self.subject = "subject-1"
        self.keys: list[Key] = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})]
        self.codes: dict[str, dict[str, str]] = {}
        self.exchanged = 0
        #: Changes the claims of the next tokens.
        self.bend: Callable[[dict[str, Any]], None] = lambda _: None
        self.forges = ""
        self.signs_with: Key | None = None
        self.names_itself = True
        self.says_issuer = ""
        #: Seconds between two bytes of a token, and of the head of every answer.
        self.drips = 0.0
        self.drips_head = 0.0

    def rotate(self) -> None:
        """Forget every key and take a new one, of another kind."""
        self.keys = [ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"})]

    def description(self) -> dict[str, object]:
        return {
            "issuer": self.says_issuer or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": self.names_itself,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**query, "sub": self.subject}
        more = {"iss": self.issuer} if self.names_itself else {}
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], **more})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, object]]:
        """Exchange a code, once."""
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        good = (
            asked is not None
            and [unquote(one) for one in pair] == [CLIENT, SECRET]
            and asked["redirect_uri"] == form["redirect_uri"]
            and asked["code_challenge"] == challenge.rstrip(b"=").decode()
        )
        if not good or asked is None:
            return 400, {"error": "invalid_grant"}
        self.exchanged += 1
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": asked["sub"], "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": asked["nonce"],
        }  # fmt: skip
        self.bend(claims)
        if self.forges:
            return 200, {"id_token": self.forged(claims)}
        key = self.signs_with or self.keys[0]
        algorithm = {"RSA": "RS256", "EC": "ES256"}[key.key_type]
        token = jwt.encode({"alg": algorithm, "kid": self.keys[0].kid}, claims, key, algorithms=[algorithm])
        return 200, {"id_token": token, "access_token": "x", "token_type": "Bearer"}

    def key_set(self) -> dict[str, object]:
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def forged(self, claims: dict[str, Any]) -> str:
        """Return a token that anybody could make: unsigned, or signed with our public key as if it were a secret (RFC 8725 §2.1)."""
        header = {"alg": self.forges, "kid": self.keys[0].kid}
        signed = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
        known = self.keys[0]
        assert isinstance(known, RSAKey)
        public = known.as_pem(private=False)
        return f"{signed}.{_b64(hmac.digest(public, signed.encode(), 'sha256')) if self.forges != 'none' else ''}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def drip(file: BufferedIOBase, data: bytes, seconds: float) -> None:
    """Write byte by byte, so many seconds apart, until nobody reads any more."""
    with suppress(OSError):
        for at in range(len(data)):
            file.write(data[at : at + 1])
            time.sleep(seconds)


@contextmanager
def provided() -> Iterator[Provider]:
    """Run a provider on this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == "/.well-known/openid-configuration":
                self.answer(200, provider.description())
            elif parts.path == "/keys":
                self.answer(200, provider.key_set())
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.answer(*provider.token(form, self.headers.get("Authorization", "")))

        def answer(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            if provider.drips_head:
                drip(self.wfile, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600, provider.drips_head)
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if provider.drips and "id_token" in str(body):
                drip(self.wfile, data, provider.drips)
                return
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
