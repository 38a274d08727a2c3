"""What somebody typed into a form that was refused outright: shown again, so that nothing written is lost."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qingyuan.errors import QingyuanError
from qingyuan.web.asking import TOKEN_FIELD, Ask

#: Never shown again.
_SECRET = frozenset({TOKEN_FIELD, "password", "again", "old", "secret", "code", "credential"})
#: Choices, numbers and identifiers: nobody typed them.
_CHOSEN = re.compile(r"[A-Za-z0-9._:-]*\Z")
_MOST_VALUES, _LONGEST = 40, 20_000
#: Refusals after which the very same form may be sent again.
_AGAIN = frozenset({"web.too-many", "web.unexpected"})


def texts(ask: Ask) -> list[str]:
    """Return what was written by hand in the form of a request, in its order."""
    return [value for _, value in _kept(ask) if not _CHOSEN.match(value)]


def resend(ask: Ask, error: QingyuanError) -> Sequence[tuple[str, str]]:
    """Return the fields of a form that can be sent again as it is; none when it held files or secrets, or would be refused again."""
    if error.code not in _AGAIN or ask.request.method != "POST":
        return ()
    held = {name for name, _ in ask.form.multi_items()}
    if held & (_SECRET - {TOKEN_FIELD}) or any(ask.uploads(name) for name in held):
        return ()
    return _kept(ask)


def _kept(ask: Ask) -> list[tuple[str, str]]:
    if ask.request.method != "POST":
        return []
    found = [
        (name, value)
        for name, value in ask.form.multi_items()
        if isinstance(value, str) and name not in _SECRET and value.strip()
    ]
    return [(name, value[:_LONGEST]) for name, value in found[:_MOST_VALUES]]
