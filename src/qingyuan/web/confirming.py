"""Showing once more who one is: forms of what cannot be taken back ask for the password when that was long ago."""

from __future__ import annotations

from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, too_many

#: Attempts that a person has in a minute.
_TRIES = 10


def confirm(ask: Ask) -> None:
    """Take the password that came with a form, unless the person signed in or confirmed a short while ago.

    Raises:
        WebError: ``web.wrong-password`` or ``web.too-many``; nothing was done.
    """
    if not ask.fresh:
        take_password(ask)


def count_guess(ask: Ask) -> None:
    """Count that somebody who is signed in gives their password once more, at whichever form.

    Raises:
        WebError: ``web.too-many``.
    """
    if wait := ask.desk.tries.take(f"confirm {ask.person}", _TRIES, 60):
        raise too_many(wait)


def take_password(ask: Ask) -> None:
    """Take the password of who asks, and note that they showed who they are.

    Raises:
        WebError: ``web.wrong-password`` or ``web.too-many``.
    """
    account = ask.account
    assert account is not None
    count_guess(ask)
    if ask.desk.people.check(account.name, ask.field("password")) is None:
        raise bad_request(
            "请输入现在的密码以确认；密码不对，没有办理",
            "enter your present password to confirm; it was wrong, and nothing was done",
            code="web.wrong-password",
        )
    ask.desk.sessions.confirm(ask.session)
