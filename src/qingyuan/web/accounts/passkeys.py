"""Passkeys (WebAuthn Level 2): several an account, named, removable; the person is verified by the device each time.

The library checks signatures, flags and counters; here challenges are kept and taken once, and what it accepts is matched to
an account. The handle that a device stores for an account is derived from a secret of the server and tells nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from qingyuan.web.accounts.ceremonies import Ceremonies
from qingyuan.web.accounts.people import Account, People
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.state import PASSKEY, State

_SECONDS = 300
_MOST = 20
_LABEL = 60


class Passkey(msgspec.Struct, frozen=True):
    """A passkey as listed.

    Attributes:
        id: Identifier that its device gave it, base64url.
        label: What its owner calls it.
        created: Seconds since the epoch.
        used: The same, of the last sign-in; 0 for none.
    """

    id: str
    label: str
    created: int
    used: int


class Passkeys:
    """The passkeys of a home.

    Args:
        state: Where they are kept.
        people: The accounts.
        ceremonies: Where challenges wait.
        now: Seconds since the epoch.
        origin: How browsers name us; its host is the relying party.
        secret: Key of the handles.
    """

    def __init__(
        self,
        state: State,
        people: People,
        ceremonies: Ceremonies,
        now: Callable[[], int],
        *,
        origin: str,
        secret: bytes,
    ) -> None:
        """Use ``state``."""
        self._state = state
        self._people = people
        self._ceremonies = ceremonies
        self._now = now
        self._origin = origin
        self._rp = urlsplit(origin).hostname or "localhost"
        self._secret = secret

    def of(self, person: str) -> list[Passkey]:
        """Return the passkeys of a person, the oldest first."""
        with self._state.read() as connection:
            rows = connection.execute(
                sa.select(PASSKEY).where(PASSKEY.c.person == person).order_by(PASSKEY.c.created, PASSKEY.c.id)
            )
            return [Passkey(bytes_to_base64url(r.id), r.label, r.created, r.used) for r in rows]

    def any(self) -> bool:
        """Return whether anybody has a passkey."""
        with self._state.read() as connection:
            return connection.execute(sa.select(PASSKEY.c.id).limit(1)).first() is not None

    def begin_adding(self, account: Account, session: str) -> dict[str, Any]:
        """Return the options for ``navigator.credentials.create``; their challenge waits for this session.

        Raises:
            WebError: ``web.too-many-passkeys``.
        """
        known = self.of(account.person)
        if len(known) >= _MOST:
            raise bad_request(
                f"每个账号最多 {_MOST} 个通行密钥",
                f"an account has {_MOST} passkeys at most",
                code="web.too-many-passkeys",
            )
        options = generate_registration_options(
            rp_id=self._rp,
            rp_name="Qingyuan",
            user_name=account.name,
            user_id=self._handle(account.person),
            user_display_name=account.display,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one.id)) for one in known],
        )
        challenge = {"challenge": options.challenge.hex(), "person": account.person}
        self._ceremonies.begin("passkey-add", session, challenge, _SECONDS)
        return _plain(options_to_json(options))

    def add(self, account: Account, session: str, credential: str, label: str) -> None:
        """Take a new passkey in.

        Args:
            account: Whose.
            session: The session that began.
            credential: What the browser gave, as JSON.
            label: What its owner calls it.

        Raises:
            WebError: ``web.bad-passkey``.
        """
        waiting = self._ceremonies.take("passkey-add", session)
        if waiting is None or waiting["person"] != account.person:
            raise _refused("the challenge is not there any more")
        try:
            verified = verify_registration_response(
                credential=credential,
                expected_challenge=bytes.fromhex(waiting["challenge"]),
                expected_rp_id=self._rp,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _WRONG as error:
            raise _refused(str(error)) from error
        with self._state.write() as connection:
            same = PASSKEY.c.id == verified.credential_id
            if connection.execute(sa.select(PASSKEY.c.person).where(same)).first() is not None:
                raise _refused("it is known already")
            connection.execute(
                sa.insert(PASSKEY).values(
                    id=verified.credential_id,
                    person=account.person,
                    public_key=verified.credential_public_key,
                    sign_count=verified.sign_count,
                    label=_label(label),
                    created=self._now(),
                    used=0,
                )
            )

    def rename(self, person: str, identifier: str, label: str) -> None:
        """Give a passkey of a person another name; another's is left alone."""
        with self._state.write() as connection:
            connection.execute(
                sa.update(PASSKEY).where(*_own(person, identifier)).values(label=_label(label))
            )

    def drop(self, person: str, identifier: str) -> None:
        """Remove a passkey of a person; another's is left alone."""
        with self._state.write() as connection:
            connection.execute(sa.delete(PASSKEY).where(*_own(person, identifier)))

    def begin_using(self, browser: str) -> dict[str, Any]:
        """Return the options for ``navigator.credentials.get``; their challenge waits for this browser."""
        options = generate_authentication_options(
            rp_id=self._rp, user_verification=UserVerificationRequirement.REQUIRED
        )
        self._ceremonies.begin("passkey-use", browser, {"challenge": options.challenge.hex()}, _SECONDS)
        return _plain(options_to_json(options))

    def use(self, browser: str, credential: str) -> Account:
        """Return the account that a passkey opens.

        Args:
            browser: The browser that began.
            credential: What it gave, as JSON.

        Raises:
            WebError: ``web.bad-passkey``: whatever is wrong is answered alike.
        """
        waiting = self._ceremonies.take("passkey-use", browser)
        try:
            given = parse_authentication_credential_json(credential)
        except _WRONG as error:
            raise _refused(str(error)) from error
        with self._state.write() as connection:
            chosen = PASSKEY.c.id == given.raw_id
            row = connection.execute(sa.select(PASSKEY).where(chosen)).first()
            if waiting is None or row is None:
                raise _refused("unknown challenge or passkey")
            try:
                verified = verify_authentication_response(
                    credential=given,
                    expected_challenge=bytes.fromhex(waiting["challenge"]),
                    expected_rp_id=self._rp,
                    expected_origin=self._origin,
                    credential_public_key=row.public_key,
                    credential_current_sign_count=row.sign_count,
                    require_user_verification=True,
                )
            except _WRONG as error:
                raise _refused(str(error)) from error
            handle = given.response.user_handle
            if handle is not None and not hmac.compare_digest(handle, self._handle(row.person)):
                raise _refused("the handle is another account's")
            connection.execute(
                sa.update(PASSKEY).where(chosen).values(sign_count=verified.new_sign_count, used=self._now())
            )
        account = self._people.get(row.person)
        if account is None or account.disabled:
            raise _refused("the account was ended")
        return account

    def _handle(self, person: str) -> bytes:
        return hmac.digest(self._secret, f"passkey {person}".encode(), "sha256")


#: What the library raises for input that is wrong in any way.
_WRONG = (WebAuthnException, ValueError, TypeError, KeyError, RecursionError)


def _own(person: str, identifier: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    try:
        raw = base64url_to_bytes(identifier)
    except ValueError:
        raw = b""
    return PASSKEY.c.person == person, PASSKEY.c.id == raw


def _label(label: str) -> str:
    return "".join(c for c in label if c.isprintable()).strip()[:_LABEL] or "passkey"


def _plain(options: str) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(options)
    return plain


def _refused(why: str) -> WebError:
    """Return the error; why it was refused is for the tests and the log of a debugger, not for who asked."""
    error = WebError(
        "web.bad-passkey",
        400,
        zh="通行密钥未被接受",
        en="the passkey was not accepted",
        remedy_zh="请重试；或者用密码登录，在“我的账号”页查看通行密钥",
        remedy_en="try again, or sign in with your password and look at the passkeys of your account",
    )
    error.add_note(why)
    return error
