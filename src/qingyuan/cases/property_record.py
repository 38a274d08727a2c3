"""Money and property of a case: what is owed, what came in, to which account, what it was used for, what was given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from qingyuan.cases._data import label
from qingyuan.cases.errors import no_case
from qingyuan.cases.events.act import CaseActed
from qingyuan.cases.state import Case, Docket

#: Who or what stands on the other side of a row, by act.
_OTHER = {
    "compensation-owed": "payer",
    "compensation": "payer",
    "compensation-transfer": "fund",
    "compensation-use": "purpose",
    "compensation-return": "payee",
    "property-recovered": "from",
}
_SPENT = frozenset({"compensation-use", "compensation-return"})


class PropertyRow(msgspec.Struct, frozen=True):
    """One entry.

    Attributes:
        on: Its day.
        act: Name of the act, e.g. ``"compensation-use"``.
        zh: Its Chinese name.
        en: Its English name.
        fen: Amount or value, in fen (1/100 CNY).
        other: Payer, fund, purpose, payee, or from whom property came.
        account: The account it went to or came from; ``""`` where none was recorded.
        receipt: Exhibit or document that proves it.
        balance: What is left of the compensation after it, in fen.
    """

    on: date
    act: str
    zh: str
    en: str
    fen: int
    other: str
    account: str
    receipt: str
    balance: int


class PropertyRecord(msgspec.Struct, frozen=True):
    """All entries of a case, by day, and their sums, in fen.

    Attributes:
        rows: The entries.
        owed: Compensation owed.
        received: Compensation received.
        used: Compensation used.
        returned: Compensation given back.
        recovered: Value of property recovered.
        balance: Received and neither used nor given back.
        outstanding: Owed and not received yet; 0 when more came in, or when nothing was registered as owed.
        accounts: What each account holds; the fund is one of them.
    """

    rows: tuple[PropertyRow, ...]
    owed: int
    received: int
    used: int
    returned: int
    recovered: int
    balance: int
    outstanding: int
    accounts: Mapping[str, int]


def property_record(docket: Docket, case: str) -> PropertyRecord:
    """Return the money and property of a case.

    Raises:
        CasesError: There is no such case in the docket.
    """
    found = docket.cases.get(case)
    if found is None:
        raise no_case(docket.cases, case)
    return record_of(found)


def record_of(case: Case) -> PropertyRecord:
    """Return the money and property of a case."""
    sums: Counter[str] = Counter()
    accounts: Counter[str] = Counter()
    rows = []
    for one in _entries(case):
        fen = _fen(one)
        sums[one.act] += fen
        account = _account(one, accounts)
        _book(one, fen, account, accounts)
        name = label("act", one.act)
        rows.append(
            PropertyRow(
                on=one.on,
                act=one.act,
                zh=name.zh,
                en=name.en,
                fen=fen,
                other=str(one.fields.get(_OTHER[one.act], "")),
                account=account,
                receipt=str(one.fields.get("receipt", one.fields.get("document", ""))),
                balance=sums["compensation"] - sum(sums[act] for act in _SPENT),
            )
        )
    received, used, returned = (
        sums["compensation"],
        sums["compensation-use"],
        sums["compensation-return"],
    )
    return PropertyRecord(
        rows=tuple(rows),
        owed=sums["compensation-owed"],
        received=received,
        used=used,
        returned=returned,
        recovered=sums["property-recovered"],
        balance=received - used - returned,
        outstanding=max(0, sums["compensation-owed"] - received),
        accounts={name: held for name, held in accounts.items() if name},
    )


def _entries(case: Case) -> Iterator[CaseActed]:
    """Yield the acts on money and property by day; of one day in the order of recording."""
    yield from sorted((one for one in case.acts if one.act in _OTHER), key=lambda one: one.on)


def _fen(one: CaseActed) -> int:
    fen = one.fields.get("fen", 0)
    return fen if isinstance(fen, int) else 0


def _account(one: CaseActed, accounts: Counter[str]) -> str:
    """Return the account of an entry: the one recorded; money that was spent without one is taken from the account that came last."""
    named = str(
        one.fields.get("account", one.fields.get("to", "") if one.act == "property-recovered" else "")
    )
    return named or (next(reversed(accounts), "") if one.act in _SPENT else "")


def _book(one: CaseActed, fen: int, account: str, accounts: Counter[str]) -> None:
    if one.act == "compensation":
        accounts[account] += fen
    elif one.act in _SPENT:
        accounts[account] -= fen
    elif one.act == "compensation-transfer":
        accounts[account] -= fen
        accounts[str(one.fields["fund"])] += fen
