"""Whether a record takes material in, and for which lead or matter it is sealed."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from qingyuan.cases import CaseStage, LeadStage
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.register import read_docket
from qingyuan.office.streams import docket_streams


class Receiving(msgspec.Struct, frozen=True):
    """A record that takes material in.

    Attributes:
        scope: The lead or matter that the material is sealed for.
        title: Its title.
        closed: Whether every case of it is closed; material may still come, for a look-back or a reopening.
    """

    scope: str
    title: str
    closed: bool


def receiving(home: Home, record: str) -> Receiving:
    """Return where material for a record goes: a lead, or the matter; for a case its matter.

    Raises:
        OfficeError: There is no such record, or it is not ours to add to any more: ``office.moved-record``.
        KeyringError: ``evidence.key-destroyed``.
    """
    with home.database.read() as connection:
        return _receiving(home, connection, record)


def _receiving(home: Home, connection: sa.Connection, record: str) -> Receiving:
    docket = read_docket(connection, docket_streams(connection, record))[0]
    lead, case = docket.leads.get(record), docket.cases.get(record)
    if lead is not None and lead.stage in {LeadStage.TRANSFERRED, LeadStage.MERGED}:
        raise _moved(record, lead.stage is LeadStage.MERGED, lead.settled_to)
    if case is not None and case.stage is CaseStage.TRANSFERRED:
        raise _moved(record, False, case.transferred_to)
    matter = docket.matter
    scope = record if lead is not None or matter is None else matter.id
    if scope in home.keyring.destroyed_scopes():
        home.scope_key(scope)
    title = lead.registered.title if lead is not None else matter.title if matter is not None else record
    closed = bool(docket.cases) and all(one.closed_on is not None for one in docket.cases.values())
    return Receiving(scope, title, closed)


def _moved(record: str, merged: bool, to: str) -> OfficeError:
    zh, en = ("已并入另一条线索", "was merged into another lead") if merged else ("已移送", "was transferred")
    remedy_zh, remedy_en = (
        ("请在并入的线索中添加；合并有误的，先办理“撤销重复线索合并”", "add it to that lead; or undo the merging first")
        if merged
        else ("请将材料移交受移送单位", "hand the material to the office that took it")
    )  # fmt: skip
    return OfficeError(
        "office.moved-record",
        zh=f"{record} {zh}{to}，不再添加材料",
        en=f"{record} {en}{f' to {to}' if to else ''}; nothing is added to it",
        where=record,
        remedy_zh=remedy_zh,
        remedy_en=remedy_en,
    )
