"""What became of the money of a case: the sums follow from the events."""

from __future__ import annotations

from datetime import date

import pytest

from qingyuan.cases import CasesError, property_record
from tests.cases._world import told

CASE = "C2026-0002"


def test_what_was_owed_received_moved_used_and_given_back() -> None:
    world = told("effective")
    for day, verb, args in (
        (2, "fix-compensation", {"fen": 5000, "payer": "某云仓有限公司", "kind": "loss", "basis": "judgment"}),
        (3, "receive-compensation", {"fen": 4000, "payer": "某云仓有限公司", "account": "代管账户", "receipt": "D0006"}),
        (4, "transfer-compensation", {"fen": 3000, "account": "代管账户", "fund": "公益基金专户", "receipt": "D0007"}),
        (5, "use-compensation", {"fen": 500, "purpose": "宣传", "receipt": "D0008"}),
        (6, "return-compensation", {"fen": 100, "payee": "被侵权人01", "reason": "另案获赔", "account": "代管账户", "receipt": "D0009"}),
        (7, "recover-property", {"fen": 700, "kind": "unlawful-gain", "from": "某云仓有限公司", "to": "国库", "receipt": "D0010"}),
    ):  # fmt: skip
        world.act(verb, {"case": CASE, **args}, date(2026, 7, day))
    found = property_record(world.docket, CASE)
    assert (found.owed, found.received, found.used, found.returned) == (5000, 4000, 500, 100)
    assert (found.recovered, found.balance, found.outstanding) == (700, 3400, 1000)
    assert found.accounts == {"代管账户": 900, "公益基金专户": 2500}
    assert [row.balance for row in found.rows] == [0, 4000, 4000, 3500, 3400, 3400]
    assert found.rows[3].account == "公益基金专户", "money is taken from the account that came last"


def test_a_case_without_money_has_an_empty_record_and_one_that_is_not_is_refused() -> None:
    docket = told("effective").docket
    assert property_record(docket, CASE).rows == ()
    with pytest.raises(CasesError):
        property_record(docket, "C2026-0099")
