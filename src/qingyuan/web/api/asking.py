"""What every request of a program goes through: its token, scope, how often it asks, and the policies about the record it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from qingyuan.office.casework import Argument
from qingyuan.store.register import Scope
from qingyuan.web.access import Permission
from qingyuan.web.accounts import SCOPES
from qingyuan.web.asking import network_of
from qingyuan.web.desk import Desk
from qingyuan.web.errors import WebError, forbidden, too_many

_BEARER = HTTPBearer(auto_error=False, description="A token of one's account page")
Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
Name = Annotated[str, Path(min_length=1, max_length=64)]
Word = Annotated[str, Query(max_length=64)]


def needs(desk: Desk, scope: str) -> Callable[[Request, Given], None]:
    """Return the check of a scope: the token has it, its owner may do something of the kind, and it was not used too often."""

    def check(request: Request, given: Given) -> None:
        opened = desk.tokens.open(given.credentials) if given is not None else None
        if opened is None:
            _count(desk, f"no-token {network_of(request.client.host if request.client else '')}")
            raise WebError(
                "web.no-token",
                401,
                zh="令牌缺失、无效或已过期",
                en="the token is missing, invalid or has expired",
                remedy_zh="在“我的账号”页建立令牌，以 Authorization: Bearer 发送",
                remedy_en="make one on your account page and send it as Authorization: Bearer",
            )
        assert given is not None
        _count(desk, f"token {given.credentials}")
        account, scopes = opened
        if scope not in scopes:
            raise forbidden(f"令牌没有“{scope}”范围", f"the token lacks the scope {scope!r}")
        if SCOPES[scope] not in desk.posts.permissions(account.person):
            raise desk.guard.refusal(SCOPES[scope])
        request.state.person = account.person

    return check


def _count(desk: Desk, name: str) -> None:
    if wait := desk.asking.take(name):
        raise too_many(wait)


def ask(
    desk: Desk,
    request: Request,
    need: Permission,
    identifier: str,
    given: Mapping[str, Argument] | None = None,
) -> None:
    """Ask the policies about the record of the address, and those that the body names."""
    values = [(name, text) for name, value in (given or {}).items() for text in _texts(value)]
    desk.guard.check(request.state.person, need, {"identifier": identifier}, values)


def scope_of(desk: Desk, request: Request) -> Scope:
    """Return the dockets that the owner of the token sees."""
    return desk.posts.scope(request.state.person)


def _texts(value: Argument) -> list[str]:
    return [value] if isinstance(value, str) else value if isinstance(value, list) else []
