"""What a provider of OpenID Connect says: its description, its keys, and the token of a sign-in, each checked before it is believed.

Authorisation code with PKCE (RFC 7636), state and nonce (OpenID Connect Core 1.0 §3.1), issuer of the answer (RFC 9207). Tokens are signed with
RSA or an elliptic curve only; a key that is not known is looked for once more, so that a provider may change its keys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from math import isfinite
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from qingyuan.office.requesting import answered
from qingyuan.shapes import from_json
from qingyuan.web.errors import WebError

#: Signatures that are taken: none that a client's secret or nothing at all could make.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_SECONDS = 10.0
_LARGEST = 1 << 20
#: So long are description and keys believed.
_KEPT = 3600.0
#: What two clocks may differ by.
_LEEWAY = 60
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Described(msgspec.Struct, frozen=True):
    """What a provider says about itself (OpenID Connect Discovery 1.0 §3).

    Attributes:
        issuer: Its name.
        authorization_endpoint: Where browsers are sent.
        token_endpoint: Where codes are exchanged.
        jwks_uri: Where its keys are.
        token_endpoint_auth_methods_supported: How clients may show who they are.
        authorization_response_iss_parameter_supported: Whether its answers name it.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Remote:
    """A provider.

    Args:
        issuer: Its name, an https address; http on this machine only.

    Raises:
        WebError: ``web.provider`` when that is no such address.
    """

    def __init__(self, issuer: str) -> None:
        """Use ``issuer``; nothing is fetched yet."""
        _check_address(issuer)
        self.issuer = issuer
        self._described: tuple[float, Described] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def described(self) -> Described:
        """Return its description, fetched when it is not known or old.

        Raises:
            WebError: ``web.provider``.
        """
        if self._described is None or self._described[0] < time.monotonic() - _KEPT:
            address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                found = from_json(_fetch(address), Described)
            except msgspec.MsgspecError as error:
                raise failed("its description cannot be read") from error
            if found.issuer != self.issuer:
                raise failed("its description is another's")
            for one in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                _check_address(one)
            self._described = time.monotonic(), found
        return self._described[1]

    def address(self, client: str, back: str, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser is sent to sign in.

        Args:
            client: Identifier of ours.
            back: Where it comes back to.
            state: What it has to bring back.
            nonce: What the token has to hold.
            verifier: What the code will be exchanged with.
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "scope": "openid",
            "client_id": client,
            "redirect_uri": back,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        base = self.described().authorization_endpoint
        return f"{base}{'&' if urlsplit(base).query else '?'}{urlencode(query)}"

    def subject(self, client: str, secret: str, *, code: str, back: str, verifier: str, nonce: str) -> str:
        """Exchange a code and return who signed in, as the provider names them.

        Args:
            client: Identifier of ours.
            secret: Our secret; ``""`` when we have none.
            code: What the browser brought.
            back: Where it was sent back to.
            verifier: What the challenge was made of.
            nonce: What the token has to hold.

        Raises:
            WebError: ``web.provider``.
        """
        described = self.described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        headers = {}
        if secret and "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        else:
            form |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        body = _fetch(described.token_endpoint, urlencode(form).encode(), headers)
        try:
            token = json.loads(body)["id_token"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise failed("it gave no token") from error
        return self._checked(token, client, nonce)

    def _checked(self, token: object, client: str, nonce: str) -> str:
        if not isinstance(token, str):
            raise failed("it gave no token")
        try:
            claims = self._opened(token).claims
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY,
                iss={"essential": True, "value": self.issuer},
                sub={"essential": True},
                aud={"essential": True, "value": client},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise failed(f"its token is not good ({type(error).__name__})") from error
        parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        subject = claims["sub"]
        other = claims.get("azp", client if len(parties) == 1 else None) != client
        if not all(_is_moment(claims[name]) for name in ("exp", "iat")):
            raise failed("its token says no time")
        if other or not isinstance(subject, str) or not 0 < len(subject) <= 255:  # noqa: PLR2004 - Core §2
            raise failed("its token is for another")
        return subject

    def _opened(self, token: str) -> jwt.Token:
        """Open a token with the keys that are known, and once more with those that there are now."""
        keys, fresh = self._known_keys()
        try:
            return jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            if fresh:
                raise
        self._keys = None
        return jwt.decode(token, self._known_keys()[0], algorithms=list(ALGORITHMS))

    def _known_keys(self) -> tuple[KeySet, bool]:
        """Return the keys, and whether they were fetched just now."""
        if self._keys is not None and self._keys[0] > time.monotonic() - _KEPT:
            return self._keys[1], False
        try:
            told = json.loads(_fetch(self.described().jwks_uri))
            usable = [
                key for key in told["keys"] if key.get("kty") != "oct" and key.get("use", "sig") == "sig"
            ]
            found = KeySet.import_key_set(cast("Any", {"keys": usable}))
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise failed("its keys cannot be read") from error
        self._keys = time.monotonic(), found
        return found, True


def _is_moment(value: object) -> bool:
    """Return whether a claim is a time: what is no number is before and after nothing."""
    return type(value) in {int, float} and isfinite(cast("float", value))


def _fetch(address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    _check_address(address)
    request = urllib.request.Request(address, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310 - checked
    try:
        with answered(request, silence=_SECONDS, whole=_SECONDS) as answer:
            found = answer.read(_LARGEST + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise failed(f"it answered {error.code}") from error
    except (OSError, HTTPException) as error:
        raise failed(f"it did not answer ({type(error).__name__})") from error
    if len(found) > _LARGEST:
        raise failed("its answer is too long")
    return found


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        raise failed("an address of it cannot be read") from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)
    if not safe or not host or parts.username is not None or parts.fragment:
        raise failed("an address of it is not https")


def failed(why: str) -> WebError:
    """Return the error of a sign-in at a provider that cannot be believed."""
    return WebError(
        "web.provider",
        400,
        zh="统一认证没有完成",
        en=f"the sign-in at the provider was not completed: {why}",
        remedy_zh="请重新登录；多次出现时请告知本院管理员，也可以用密码登录",
        remedy_en="sign in again; tell the administrator if it comes back, or use your password",
    )
