"""Signing in at a provider of OpenID Connect: which one, and which account is whose there.

An account is linked by its owner, signed in and asked again; whoever the provider names and nobody linked is not let in, and no account is ever made.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

import msgspec
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qingyuan.office.home import Home
from qingyuan.web.accounts.ceremonies import Ceremonies
from qingyuan.web.accounts.oidc import Remote, failed
from qingyuan.web.accounts.people import Account, People
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.state import IDENTITY, PROVIDER, State

#: Where browsers come back to.
BACK = "/sign-in/provider/back"
_SCOPE = "provider"
_ONE = "one"
_SECONDS = 600
_NONCE = 12


class Provider(msgspec.Struct, frozen=True):
    """The provider of a home.

    Attributes:
        issuer: Its name, an address.
        client: Our identifier there.
        label: What it is called on the sign-in page.
    """

    issuer: str
    client: str
    label: str


class Begun(msgspec.Struct, frozen=True):
    """What comes of a sign-in at the provider.

    Attributes:
        account: Who signed in.
        next: The page they wanted.
        linked: Whether the account was linked just now, by who was signed in already.
    """

    account: Account
    next: str
    linked: bool


class Providers:
    """The provider of a home, and who is who there.

    Args:
        state: Where they are kept.
        home: Whose key seals the secret.
        people: The accounts.
        ceremonies: What was begun.
        now: Seconds since the epoch.
        origin: Scheme, host and port as browsers name them.
    """

    def __init__(
        self,
        state: State,
        home: Home,
        people: People,
        ceremonies: Ceremonies,
        now: Callable[[], int],
        *,
        origin: str,
    ) -> None:
        """Use ``state``."""
        self._state = state
        self._home = home
        self._people = people
        self._ceremonies = ceremonies
        self._now = now
        self.back = origin + BACK
        self._remote: Remote | None = None

    def get(self) -> Provider | None:
        """Return the provider, or ``None``."""
        with self._state.read() as connection:
            row = connection.execute(sa.select(PROVIDER)).first()
        return None if row is None else Provider(row.issuer, row.client, row.label)

    def set(self, issuer: str, client: str, secret: str, label: str) -> None:
        """Take a provider, after it was asked for its description; links to another one are void.

        Args:
            issuer: Its name, an https address.
            client: Our identifier there.
            secret: Our secret there; ``""`` keeps the one that is known for the same issuer and client.
            label: What it is called.

        Raises:
            WebError: It does not answer as a provider does, or the identifier is missing.
        """
        if not client or len(client) > 200 or len(secret) > 1000:  # noqa: PLR2004 - bounds
            raise bad_request("请填写客户端编号", "give the client identifier", code="web.bad-provider")
        remote = Remote(issuer)
        remote.described()
        known = self.get()
        same = known is not None and (known.issuer, known.client) == (issuer, client)
        with self._state.write() as connection:
            row = connection.execute(sa.select(PROVIDER.c.secret)).first()
            sealed = bytes(row.secret) if row is not None and same and not secret else self._sealed(secret)
            connection.execute(sa.delete(PROVIDER))
            connection.execute(sa.delete(IDENTITY).where(IDENTITY.c.issuer != issuer))
            connection.execute(
                sa.insert(PROVIDER).values(
                    id=_ONE, issuer=issuer, client=client, secret=sealed, label=label.strip()[:80] or issuer
                )
            )
        self._remote = remote

    def drop(self) -> None:
        """Forget the provider and every link to it."""
        with self._state.write() as connection:
            connection.execute(sa.delete(IDENTITY))
            connection.execute(sa.delete(PROVIDER))
        self._remote = None

    def linked(self, person: str) -> bool:
        """Return whether an account is linked."""
        with self._state.read() as connection:
            found = connection.execute(
                sa.select(IDENTITY.c.person).where(IDENTITY.c.person == person)
            ).first()
        return found is not None

    def unlink(self, person: str) -> None:
        """End the link of an account."""
        with self._state.write() as connection:
            connection.execute(sa.delete(IDENTITY).where(IDENTITY.c.person == person))

    def begin(self, browser: str, after: str, *, person: str = "") -> str:
        """Return where a browser is sent to sign in.

        Args:
            browser: Name of the browser; only the same one may come back.
            after: The page that is wanted.
            person: Who is signed in and wants to be linked; ``""`` for a sign-in.

        Raises:
            WebError: There is no provider, or it does not answer.
        """
        provider, remote = self._here()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        kept = {
            "nonce": nonce,
            "verifier": verifier,
            "next": after,
            "person": person,
            "issuer": provider.issuer,
        }
        self._ceremonies.begin("provider", f"{state}\n{browser}", kept, _SECONDS)
        return remote.address(provider.client, self.back, state, nonce, verifier)

    def finish(self, browser: str, state: str, code: str, issuer: str, *, person: str = "") -> Begun:
        """Return who came back from the provider.

        Args:
            browser: Name of the browser.
            state: What it brought back.
            code: The same.
            issuer: The same; ``""`` when the answer names none.
            person: Who is signed in.

        Raises:
            WebError: ``web.provider`` when the answer is not believed; ``web.not-linked`` when nobody linked an account.
        """
        kept = self._ceremonies.take("provider", f"{state}\n{browser}")
        provider, remote = self._here()
        if kept is None or kept["issuer"] != provider.issuer:
            raise failed("nothing of the kind was begun here, or it was used, or too long ago")
        named = remote.described().authorization_response_iss_parameter_supported
        if (issuer or named) and issuer != provider.issuer:
            raise failed("the answer is of another provider")
        if not code:
            raise failed("it brought no code")
        subject = remote.subject(
            provider.client,
            self._secret(),
            code=code,
            back=self.back,
            verifier=kept["verifier"],
            nonce=kept["nonce"],
        )
        if kept["person"]:
            if kept["person"] != person:
                raise failed("somebody else is signed in meanwhile")
            self._link(provider.issuer, subject, person)
        return Begun(self._account(provider.issuer, subject), kept["next"], bool(kept["person"]))

    def _account(self, issuer: str, subject: str) -> Account:
        with self._state.read() as connection:
            row = connection.execute(
                sa.select(IDENTITY.c.person).where(
                    IDENTITY.c.issuer == issuer, IDENTITY.c.subject == _hash(subject)
                )
            ).first()
        account = self._people.get(row.person) if row is not None else None
        if account is None or account.disabled:
            raise WebError(
                "web.not-linked",
                403,
                zh="统一认证的身份没有关联本系统的账号，或账号已停用",
                en="nobody linked this identity to an account, or the account is disabled",
                remedy_zh="请先用密码登录，在“我的账号”页关联统一认证",
                remedy_en="sign in with your password first, and link it on your account page",
            )
        return account

    def _link(self, issuer: str, subject: str, person: str) -> None:
        """Link an account to who the provider named; an identity of another account stays with it."""
        chosen = sa.and_(IDENTITY.c.issuer == issuer, IDENTITY.c.subject == _hash(subject))
        with self._state.write() as connection:
            row = connection.execute(sa.select(IDENTITY.c.person).where(chosen)).first()
            if row is not None and row.person != person:
                raise WebError(
                    "web.linked-elsewhere",
                    409,
                    zh="该身份已关联其他账号",
                    en="this identity is linked to another account",
                )
            connection.execute(sa.delete(IDENTITY).where(IDENTITY.c.person == person))
            connection.execute(
                sa.insert(IDENTITY).values(
                    issuer=issuer, subject=_hash(subject), person=person, created=self._now()
                )
            )

    def _here(self) -> tuple[Provider, Remote]:
        provider = self.get()
        if provider is None:
            raise failed("there is no provider")
        if self._remote is None or self._remote.issuer != provider.issuer:
            self._remote = Remote(provider.issuer)
        return provider, self._remote

    def _sealed(self, secret: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._home.scope_key(_SCOPE).key).encrypt(
            nonce, secret.encode(), _SCOPE.encode()
        )

    def _secret(self) -> str:
        with self._state.read() as connection:
            sealed = bytes(connection.execute(sa.select(PROVIDER.c.secret)).scalar_one())
        try:
            key = AESGCM(self._home.scope_key(_SCOPE).key)
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], _SCOPE.encode()).decode()
        except InvalidTag as error:
            raise failed("its secret cannot be opened; the administrator enters it again") from error


def _hash(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).digest()
