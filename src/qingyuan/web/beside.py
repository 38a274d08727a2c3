"""What is said beside the fields of a form that came back, so that nobody has to look for what is wrong."""

from __future__ import annotations

from qingyuan.cases import Missing, Refused
from qingyuan.errors import QingyuanError

#: By the code of an error, the field of the form that it is about.
_FIELDS = {
    "office.bad-device": "device",
    "office.bad-recipient": "key",
    "parties.nameless": "name",
    "parties.no-ground": "ground",
    "parties.unknown-body": "body",
    "web.bad-division": "division",
    "web.bad-hook": "url",
    "web.bad-id": "id",
    "web.bad-kind": "kind",
    "web.bad-level": "level",
    "web.bad-name": "name",
    "web.bad-provider": "client",
    "web.bad-seconds": "seconds",
    "web.bad-width": "width",
    "web.name-taken": "name",
    "web.no-accepted": "accepted",
    "web.no-addresses": "urls",
    "web.no-exhibit": "also",
    "web.no-party": "party",
    "web.no-reason": "reason",
    "web.no-summary": "summary",
    "web.no-text": "text",
    "web.no-values": "values",
    "web.nobody": "to",
    "web.passwords-differ": "again",
    "web.same-person": "second",
    "web.taken": "id",
    "web.unconfirmed": "again",
    "web.weak-password": "password",
    "web.wrong-password": "old",
}
_BAD_ARGUMENT = "cases.bad-argument"


def beside(error: object) -> dict[str, QingyuanError | Missing]:
    """Return by the name of a field what is wrong with it, as an error tells; the first thing where there are several."""
    if isinstance(error, Refused):
        told = zip(error.about, error.missing, strict=True)
        return {name: said for name, said in reversed(list(told)) if name}
    if not isinstance(error, QingyuanError):
        return {}
    if error.code == _BAD_ARGUMENT and error.where:
        return {error.where.rpartition(" ")[2]: error}
    return {_FIELDS[error.code]: error} if error.code in _FIELDS else {}
