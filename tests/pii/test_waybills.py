"""The rate on material whose truth is known."""

from __future__ import annotations

from pathlib import Path

from qingyuan.demo import generate
from qingyuan.pii.rates import Shown, rates
from qingyuan.pii.readers import read
from qingyuan.pii.waybills import waybills
from tests.pii.generator import Maker
from tests.pii.material import KEY, prose, table

M = Maker(77)
COLUMNS = ["运单号", "快递公司", "网点", "收件人", "收件电话", "寄件电话"]


def of(*rows: list[str]) -> Shown:
    return waybills([table(COLUMNS, list(rows))], KEY)


def test_recipient_and_whole_label_are_judged_apart() -> None:
    found = of(
        ["1", "中通", "江东网点", "张*", "138****1234", M.mobile()],
        ["2", "中通", "江东网点", "张*", "9501312345678转1234", "139****1234"],
        ["3", "顺丰", "江东网点", "张三", M.mobile(), "139****1234"],
        ["4", "顺丰", "稠江网点", "", "", ""],
    )
    assert found.counts["telephone", "", ""] == (1, 1, 1, 0, 1)
    assert found.counts["telephone", "carrier", "中通"] == (0, 1, 1, 0, 0)
    assert found.counts["telephone", "site", "稠江网点"] == (1, 0, 0, 0, 0)
    assert found.counts["every-field", "", ""] == (1, 0, 1, 0, 2)


def test_tables_of_other_things_and_text_are_no_waybills() -> None:
    assert waybills([table(["姓名", "手机号"], [["张三", M.mobile()]]), prose([M.mobile()])], KEY) == Shown()


def test_files_and_tables_add_up() -> None:
    rows = [[str(n), "圆通", "江东网点", M.name(), M.mobile(), "139****1234"] for n in range(20)]
    whole = of(*rows)
    assert of(*rows[:7]) + of(*rows[7:]) == whole
    two = [table(COLUMNS, rows[:7], name="a"), table(COLUMNS, rows[7:], name="b")]
    assert waybills(two, KEY) == whole


def test_the_rate_of_generated_waybills_is_exact(tmp_path: Path) -> None:
    truth = generate(tmp_path / "leak", rows=600, truth=tmp_path / "truth.parquet")
    total: dict[str, list[int]] = {}
    for path in sorted(p for p in (tmp_path / "leak").rglob("*") if p.is_file()):
        with path.open("rb") as file:
            found = waybills(read(file, path.name), KEY, path.name)
        for rate in rates(found, sampled=False):
            if rate.reading == "telephone" and rate.dimension == "carrier" and rate.label:
                held = total.setdefault(rate.label, [0, 0, 0])
                for i, value in enumerate((rate.clear + rate.unsure, rate.masked, rate.privacy)):
                    held[i] += value
    wanted = {name: [r.clear, r.masked, r.privacy] for name, r in truth.recipients.items()}
    assert total == wanted
