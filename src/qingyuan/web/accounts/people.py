"""The people of the office and their passwords.

Passwords are hashed with Argon2id (RFC 9106, the library's memory-hard defaults). Ten wrong ones lock an account for a
time that doubles; the answer for a wrong name, a wrong password and a locked account is the same and takes as long.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from qingyuan.web.access import FORMER, ROLES
from qingyuan.web.errors import WebError, bad_request, not_found
from qingyuan.web.posts import Posts
from qingyuan.web.state import ACCOUNT, SESSION, State

#: Shortest password (NIST SP 800-63B-4 asks for 15 where a password stands alone; ASVS 5.0 for 8 at least).
MIN_PASSWORD = 12
_MAX_PASSWORD = 256
_TRIES = 10
_LOCK_SECONDS = 60
_LONGEST_LOCK = 3600
#: Letters of a code that nobody mistakes for another; twenty of them have 99 bits.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE = 20
#: Posts that can appoint others.
_APPOINTS = frozenset({"chief", "administrator"})
_NAME = re.compile(r"[\w.@-]{2,64}\Z")


class Account(msgspec.Struct, frozen=True):
    """A person of the office.

    Attributes:
        person: Identifier as in events, ``"P001"``.
        name: What is typed to sign in.
        display: What is shown.
        roles: Posts held in the office; see :data:`qingyuan.web.access.ROLES`.
        disabled: Whether signing in is refused.
    """

    person: str
    name: str
    display: str
    roles: tuple[str, ...]
    disabled: bool = False


class People:
    """The accounts of a home.

    Args:
        state: Where they are kept.
        now: Seconds since the epoch.
        posts: Who holds which post; the register of parties says it, the accounts do not.
    """

    def __init__(self, state: State, now: Callable[[], int], posts: Posts) -> None:
        """Use ``state``; accounts of earlier versions, which said themselves what they may do, get posts."""
        self._state = state
        self._now = now
        self._posts = posts
        with state.read() as connection:
            rows = connection.execute(sa.select(ACCOUNT.c.person, ACCOUNT.c.roles)).all()
        for row in rows:
            if not posts.known(row.person):
                posts.set(row.person, json.loads(row.roles), actor=row.person)
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash("a password that nobody has")

    def any(self) -> bool:
        """Return whether there is an account at all."""
        with self._state.read() as connection:
            return connection.execute(sa.select(ACCOUNT.c.person).limit(1)).first() is not None

    def all(self) -> list[Account]:
        """Return every account, by identifier."""
        with self._state.read() as connection:
            return [
                self._account(row)
                for row in connection.execute(sa.select(ACCOUNT).order_by(ACCOUNT.c.person))
            ]

    def get(self, person: str) -> Account | None:
        """Return one account."""
        with self._state.read() as connection:
            row = connection.execute(sa.select(ACCOUNT).where(ACCOUNT.c.person == person)).first()
        return None if row is None else self._account(row)

    def add(
        self,
        name: str,
        display: str,
        roles: Sequence[str],
        password: str,
        *,
        first: bool = False,
        actor: str = "",
    ) -> Account:
        """Make an account with the next identifier.

        Args:
            name: What is typed to sign in.
            display: What is shown; the name when blank.
            roles: At least one.
            password: At least :data:`MIN_PASSWORD` characters.
            first: Refuse when there is an account already.
            actor: Who makes it; the person itself when blank.

        Raises:
            WebError: A value is not acceptable, or the name is taken.
        """
        name = self.check_name(name)
        chosen = _roles(roles)
        check_password(password, name)
        hashed = self._hasher.hash(password)
        with self._state.write() as connection:
            known = connection.execute(sa.select(ACCOUNT.c.person, ACCOUNT.c.name)).all()
            if first and known:
                raise not_found()
            if name.casefold() in {row.name.casefold() for row in known}:
                raise WebError(
                    "web.name-taken", 400, zh="该登录名已被使用", en="that sign-in name is taken", where=name
                )
            number = max((int(row.person[1:]) for row in known), default=0) + 1
            account = Account(f"P{number:03d}", name, display.strip() or name, chosen)
            connection.execute(
                sa.insert(ACCOUNT).values(
                    person=account.person,
                    name=name,
                    display=account.display,
                    roles=json.dumps(chosen),
                    password=hashed,
                    created=self._now(),
                    disabled=0,
                    failed=0,
                    locked_until=0,
                )
            )
        self._posts.set(account.person, chosen, actor=actor or account.person)
        return account

    def change(self, person: str, *, roles: Sequence[str], disabled: bool, actor: str = "") -> None:
        """Change what an account may do; its sessions end.

        Args:
            person: Whose account.
            roles: The posts, at least one.
            disabled: Whether signing in is refused.
            actor: Who changes it; the person itself when blank.

        Raises:
            WebError: No such account, an unknown role, or nobody would be left who manages the office.
        """
        chosen = _roles(roles)
        with self._state.write() as connection:
            rows = [self._account(row) for row in connection.execute(sa.select(ACCOUNT))]
            if person not in {row.person for row in rows}:
                raise not_found(person)
            managing = [r for r in rows if _APPOINTS & {*r.roles} and not r.disabled and r.person != person]
            if not managing and (not _APPOINTS & {*chosen} or disabled):
                raise bad_request(
                    "至少保留一名检察长或者系统管理员",
                    "one chief or administrator has to stay",
                    code="web.last-admin",
                )
            connection.execute(
                sa.update(ACCOUNT)
                .where(ACCOUNT.c.person == person)
                .values(roles=json.dumps(chosen), disabled=int(disabled))
            )
            connection.execute(sa.delete(SESSION).where(SESSION.c.person == person))
        self._posts.set(person, chosen, actor=actor or person)

    def set_password(self, person: str, password: str) -> None:
        """Replace a password; every session of the account ends.

        Raises:
            WebError: It is too short, or there is no such account.
        """
        account = self.get(person)
        if account is None:
            raise not_found(person)
        check_password(password, account.name)
        hashed = self._hasher.hash(password)
        with self._state.write() as connection:
            connection.execute(
                sa.update(ACCOUNT)
                .where(ACCOUNT.c.person == person)
                .values(password=hashed, failed=0, locked_until=0)
            )
            connection.execute(sa.delete(SESSION).where(SESSION.c.person == person))

    @staticmethod
    def check_name(name: str) -> str:
        """Return a sign-in name without blanks around it.

        Raises:
            WebError: ``web.bad-name``.
        """
        if not _NAME.match(name.strip()):
            raise bad_request(
                "登录名应为 2–64 个字母、数字、汉字或 . _ - @",
                "a sign-in name has 2–64 letters, digits or . _ - @",
                code="web.bad-name",
            )
        return name.strip()

    @staticmethod
    def check_new(password: str, name: str) -> None:
        """Refuse a password that is not acceptable; see :func:`check_password`."""
        check_password(password, name)

    def forget_password(self, person: str) -> tuple[Account, str]:
        """Make the password of an account open nothing, end its sessions, and return a code to hand over.

        Raises:
            WebError: There is no such account.
        """
        account = self.get(person)
        if account is None:
            raise not_found(person)
        self.set_password(person, secrets.token_urlsafe(48))
        return account, "".join(secrets.choice(_LETTERS) for _ in range(_CODE))

    def check(self, name: str, password: str) -> Account | None:
        """Return the account that name and password open, or ``None``; wrong ones are counted."""
        now = self._now()
        with self._state.read() as connection:
            row = connection.execute(
                sa.select(ACCOUNT).where(sa.func.lower(ACCOUNT.c.name) == name.strip().lower())
            ).first()
        good = self._matches(row.password if row is not None else self._nobody, password)
        if row is None:
            return None
        if row.locked_until > now or row.disabled:
            return None
        with self._state.write() as connection:
            if not good:
                # As it is now: several may be guessing at once.
                counted = sa.select(ACCOUNT.c.failed).where(ACCOUNT.c.person == row.person)
                failed = int(connection.execute(counted).scalar_one()) + 1
                locked = min(_LOCK_SECONDS << max(0, failed // _TRIES - 1), _LONGEST_LOCK)
                connection.execute(
                    sa.update(ACCOUNT)
                    .where(ACCOUNT.c.person == row.person)
                    .values(failed=failed, locked_until=now + locked if failed % _TRIES == 0 else 0)
                )
                return None
            connection.execute(
                sa.update(ACCOUNT).where(ACCOUNT.c.person == row.person).values(failed=0, locked_until=0)
            )
        return self._account(row)

    def named(self, person: object, name: object, display: object, disabled: object) -> Account | None:
        """Return the account of a row that was read, or ``None`` when it is disabled."""
        if disabled:
            return None
        return Account(str(person), str(name), str(display), self._posts.roles(str(person)))

    def _account(self, row: sa.Row[tuple[object, ...]]) -> Account:
        return Account(row.person, row.name, row.display, self._posts.roles(row.person), bool(row.disabled))

    def _matches(self, hashed: str, password: str) -> bool:
        if len(password) > _MAX_PASSWORD:
            return False
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str, name: str) -> None:
    """Refuse a password that is too short, too long or the sign-in name.

    Raises:
        WebError: ``web.weak-password``.
    """
    if (
        len(password) < MIN_PASSWORD
        or len(password) > _MAX_PASSWORD
        or name.casefold() in password.casefold()
    ):
        raise bad_request(
            f"密码至少 {MIN_PASSWORD} 个字符，且不含登录名；可用几个词组成的长句",
            f"a password has at least {MIN_PASSWORD} characters and not the sign-in name; a sentence is fine",
            code="web.weak-password",
        )


def _roles(roles: Sequence[str]) -> tuple[str, ...]:
    wanted = {FORMER.get(role, role) for role in roles}
    chosen = tuple(role for role in ROLES if role in wanted)
    if not chosen or wanted - {*ROLES}:
        raise bad_request("请选择至少一个角色", "choose at least one role", code="web.bad-role")
    return chosen
