"""The privacy rate of waybills: counted exactly, bounded when sampled, judged on the lower bound."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.law import load
from qingyuan.pii import rates
from qingyuan.pii._kernel.flags import KINDS, LANDLINE, MOBILE, NAME, PRIVACY_NUMBER
from qingyuan.pii.rates import CLEAR, LEVELS, MASKED, NONE, PRIVACY, UNSURE, Rate, Shown

ROLES = ("remark", "sender", "recipient")
READINGS = {reading.id: reading for reading in rates.rate_rules().readings}


def reference(hits: int, total: int, confidence: float) -> tuple[float, float]:
    """Return the shares that a score test would not reject, by bisection of its statistic."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = hits / total

    def rejected(p: float) -> bool:
        return abs(share - p) > z * math.sqrt(p * (1 - p) / total)

    def edge(outer: float) -> float:
        if not rejected(outer):
            return outer
        inside, outside = share, outer
        for _ in range(200):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if rejected(middle) else (middle, outside)
        return inside

    return edge(0.0), edge(1.0)


@given(st.integers(1, 5000), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_bounds_are_those_of_the_score_test(total: int, part: float, confidence: float) -> None:
    hits = round(total * part)
    low, high = rates.wilson(hits, total, confidence)
    wanted = reference(hits, total, confidence)
    assert low == pytest.approx(wanted[0], abs=1e-9)
    assert high == pytest.approx(wanted[1], abs=1e-9)
    assert 0 <= low <= hits / total <= high <= 1


@pytest.mark.parametrize(
    ("hits", "total", "confidence"), [(1, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)]
)
def test_impossible_numbers_are_refused(hits: int, total: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=str(hits)):
        rates.wilson(hits, total, confidence)


#: ``(record, kind, role, masked, sure)``.
VALUES = st.lists(
    st.tuples(
        st.integers(0, 7), st.sampled_from([MOBILE, LANDLINE, PRIVACY_NUMBER, NAME]), st.integers(0, 2),
        st.booleans(), st.booleans(),
    ),
    max_size=30,
)  # fmt: skip


def shown(values: list[tuple[int, int, int, bool, bool]], reading: str, size: int = 8) -> list[int]:
    columns = list(zip(*values, strict=True)) or [(), (), (), (), ()]
    found: list[int] = rates.levels(
        np.array(columns[0], np.int64), size, np.array(columns[1], np.uint8), ROLES, np.array(columns[2], np.int64),
        np.array(columns[3], np.bool_), np.array(columns[4], np.bool_), READINGS[reading],
    ).tolist()  # fmt: skip
    return found


@given(VALUES)
def test_a_waybill_is_as_bad_as_the_worst_it_shows(values: list[tuple[int, int, int, bool, bool]]) -> None:
    for name, found in ((name, shown(values, name)) for name in READINGS):
        reading = READINGS[name]
        wanted = [NONE] * 8
        for record, kind, role, masked, sure in values:
            if KINDS[kind] in reading.kinds and ROLES[role] in reading.roles:
                level = PRIVACY if kind == PRIVACY_NUMBER else MASKED if masked else CLEAR if sure else UNSURE
                wanted[record] = max(wanted[record], level)
        assert found == wanted


LABELS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from("甲乙"), st.sampled_from(["2026-06-01", ""])), max_size=40
)


@given(LABELS, st.integers(0, 40))
def test_parts_in_any_order_add_up_to_the_whole(rows: list[tuple[int, str, str]], cut: int) -> None:
    def of(some: list[tuple[int, str, str]]) -> Shown:
        labels: dict[rates.Dimension, list[str]] = {
            "carrier": [r[1] for r in some],
            "day": [r[2] for r in some],
        }
        return rates.tally("telephone", np.array([r[0] for r in some], np.uint8), labels)

    whole = of(rows)
    assert of(rows[cut:]) + of(rows[:cut]) == whole
    for (_, dimension, name), counts in whole.counts.items():
        at = {"": None, "carrier": 1, "day": 2}[dimension]
        chosen = [r[0] for r in rows if at is None or r[at] == name]
        assert counts == tuple(chosen.count(level) for level in range(len(LEVELS)))


def one(counts: tuple[int, ...], *, sampled: bool = False, unread: bool = False) -> Rate:
    (rate,) = rates.rates(Shown({("telephone", "", ""): counts}, unread), sampled=sampled)
    return rate


def test_a_whole_count_is_judged_as_it_is() -> None:
    assert one((5, 60, 30, 0, 10)).verdict == "met"
    assert one((0, 60, 29, 0, 11)).verdict == "not-met"
    rate = one((5, 60, 30, 0, 10))
    assert (rate.share, rate.low, rate.high, rate.none) == (0.9, 0.9, 0.9, 5)


def test_a_sample_is_judged_on_the_lower_bound() -> None:
    assert one((0, 91, 0, 0, 9), sampled=True).verdict == "cannot-tell"
    assert one((0, 9100, 0, 0, 900), sampled=True).verdict == "met"
    assert one((0, 70, 0, 0, 30), sampled=True).verdict == "not-met"


def test_what_is_unsure_or_unread_is_never_passed() -> None:
    assert one((0, 90, 0, 10, 0)).verdict == "met"
    assert one((0, 85, 0, 10, 5)).verdict == "cannot-tell"
    assert one((0, 100, 0, 0, 0), unread=True).verdict == "cannot-tell"
    assert one((0, 0, 0, 0, 100), unread=True).verdict == "cannot-tell"
    assert one((7, 0, 0, 0, 0)) == Rate(
        "telephone", "", "", 0, 0, 0, 0, 7, None, None, None, False, "cannot-tell"
    )


def test_the_bar_says_where_it_comes_from() -> None:
    bar = rates.rate_rules().bar
    assert not bar.verified
    assert load().cite(bar.rule).article
    assert one((0, 80, 0, 0, 20)).verdict == "not-met"
    assert (
        rates.rates(Shown({("telephone", "", ""): (0, 80, 0, 0, 20)}), sampled=False, bar=0.8)[0].verdict
        == "met"
    )


def test_columns_are_known_by_their_names() -> None:
    columns = ["运单号", "快递公司", "下单时间", "揽收时间", "网点", "收件人"]
    assert rates.column_dimensions(columns) == {"carrier": 1, "day": 2, "site": 4}
    assert rates.column_dimensions(["carrier", "ship_date", "branch"]) == {"carrier": 0, "day": 1, "site": 2}
    assert rates.column_dimensions(["$", "$.carrier", "$.carrier.name", "$.carrier.site"]) == {
        "carrier": 2,
        "site": 3,
    }
    assert not rates.column_dimensions(["姓名", "手机"])


@pytest.mark.parametrize(
    ("dimension", "value", "wanted"),
    [
        ("carrier", "顺丰速运", "顺丰"),
        ("carrier", "ZTO Express", "中通"),
        ("carrier", "义乌某物流", "义乌某物流"),
        ("carrier", "张三丰", "其他"),
        ("day", "2026-06-01 08:00:00", "2026-06-01"),
        ("day", "2026/6/1", "2026-06-01"),
        ("day", "2026年6月1日", "2026-06-01"),
        ("day", "20260601", "2026-06-01"),
        ("day", "昨天", ""),
        ("site", "义乌江东网点", "义乌江东网点"),
        ("site", "张三丰", "（未显示）"),
        ("site", "网点13800138000", "（未显示）"),
        ("site", "", ""),
    ],
)
def test_labels_are_shown_in_one_form(dimension: rates.Dimension, value: str, wanted: str) -> None:
    assert rates.label(dimension, value) == wanted
