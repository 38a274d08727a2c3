"""Medians, ratios, turns and tables of the benchmarks."""

from __future__ import annotations

import gc
import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bench._harness import (
    Context,
    Row,
    SkippedError,
    Times,
    in_turns,
    markdown_table,
    number,
    one_core,
    run_process,
    text_table,
    width,
)


def ticking(*steps: float) -> Callable[[], float]:
    """Return a clock whose n-th interval, of two readings each, is the n-th step."""
    readings = [at for step in steps for at in (100.0, 100.0 + step)]
    return lambda: readings.pop(0)


def test_the_actions_take_turns_and_every_second_round_goes_backwards() -> None:
    ran: list[str] = []
    actions = {name: lambda name=name: ran.append(name) for name in "abc"}
    in_turns(actions, 3, warm=False)
    assert "".join(ran) == "abccbaabc"


def test_warming_runs_each_action_once_more_and_is_not_timed() -> None:
    ran: list[str] = []
    times = in_turns({"a": lambda: ran.append("a")}, 2, clock=ticking(1.0, 2.0))
    assert ran == ["a", "a", "a"]
    assert times.seconds == {"a": pytest.approx([1.0, 2.0])}


def test_seconds_belong_to_the_action_that_took_them() -> None:
    times = in_turns(
        {"a": lambda: None, "b": lambda: None}, 3, warm=False, clock=ticking(1, 10, 20, 2, 3, 30)
    )
    assert times.seconds == {"a": pytest.approx([1, 2, 3]), "b": pytest.approx([10, 20, 30])}
    assert times.median("a") == pytest.approx(2)
    assert times.median("b") == pytest.approx(20)


def test_one_slow_round_does_not_move_the_median_but_shows_in_the_spread() -> None:
    times = Times({"a": [1.0, 1.0, 9.0], "b": [4.0]})
    assert times.median("a") == 1.0
    assert times.spread("a") == 9.0
    assert times.spread("b") is None


def test_the_collector_rests_while_an_action_is_timed_and_works_again_afterwards() -> None:
    seen: list[bool] = []
    in_turns({"a": lambda: seen.append(gc.isenabled())}, 1, warm=False)
    assert seen == [False]
    assert gc.isenabled()


def test_the_collector_works_again_after_an_action_that_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        in_turns({"a": lambda: 1 / 0}, 1, warm=False)
    assert gc.isenabled()


def test_no_round_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="0"):
        in_turns({"a": lambda: None}, 0)


def test_the_ratio_of_rates_is_ours_over_theirs() -> None:
    times = Times({"ours": [2.0], "theirs": [0.5]})
    row = times.rate("x", "ours", 100, "MB/s", against="peer", peer="theirs")
    assert (row.figure, row.other, row.ratio) == (50.0, 200.0, 0.25)


def test_a_peer_on_a_slice_is_scaled_by_what_it_did() -> None:
    times = Times({"ours": [2.0], "theirs": [0.5]})
    row = times.rate("x", "ours", 100, "MB/s", against="peer", peer="theirs", peer_amount=5)
    assert (row.other, row.ratio) == (10.0, 5.0)


def test_the_ratio_of_durations_is_ours_over_theirs_in_the_same_unit() -> None:
    times = Times({"ours": [0.3, 0.1, 0.2], "floor": [0.1, 0.1, 0.1]})
    row = times.duration("x", "ours", against="floor", peer="floor", unit="ms")
    assert row.figure == pytest.approx(200)
    assert row.other == pytest.approx(100)
    assert row.ratio == pytest.approx(2)
    assert row.runs == 3


def test_a_duration_of_one_thing_is_its_share_of_the_round() -> None:
    assert Times({"a": [2.0]}).duration("x", "a", per=1000, unit="ms").figure == pytest.approx(2)


def test_a_row_without_a_peer_has_no_ratio_and_one_of_nothing_an_infinite_one() -> None:
    assert Row("x", 1.0, "s").ratio is None
    assert Row("x", 1.0, "s", "y", 0.0).ratio == math.inf


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (math.inf, "∞"),
        (0, "0"),
        (0.0123456, "0.0123"),
        (1.0, "1.00"),
        (12.345, "12.3"),
        (123.4, "123"),
        (1234.0, "1,230"),
        (1_234_567.0, "1,230,000"),
    ],
)
def test_figures_show_the_three_digits_that_count(value: float | None, text: str) -> None:
    assert number(value) == text


def test_the_tables_hold_the_figures_and_the_ratio() -> None:
    rows = [Row("封存 seal", 50.0, "MB/s", "a|b", 200.0, 3), Row("alone", 2.0, "s")]
    lines = markdown_table(rows).splitlines()
    assert lines[2] == "| 封存 seal | 50.0 MB/s | a\\|b | 200 MB/s | 0.250 × | 3 |"
    assert lines[3] == "| alone | 2.00 s | — | — | — | 1 |"
    text = text_table(rows).splitlines()
    assert len({width(line) for line in text}) == 1
    assert "0.250 ×" in text[1]


def test_wide_characters_take_two_columns() -> None:
    assert width("清源 ab") == 7


def test_a_row_can_be_written_as_json() -> None:
    row = Times({"a": [1.0, 2.0], "b": [4.0, 4.0]}).rate("x", "a", 3, "/s", against="y", peer="b")
    assert json.loads(json.dumps(row.as_dict())) == {
        "what": "x",
        "figure": 2.0,
        "unit": "/s",
        "against": "y",
        "against_figure": 0.75,
        "ratio": pytest.approx(8 / 3),
        "runs": 2,
        "spread": 2.0,
    }


def test_quick_picks_the_small_size() -> None:
    assert [Context(Path(), quick=quick).pick(10, 1) for quick in (False, True)] == [10, 1]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system cannot pin")
def test_one_core_is_one_core_and_all_are_given_back() -> None:
    before = os.sched_getaffinity(0)
    with one_core():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_a_process_that_fails_is_a_reason_to_skip_with_what_it_said() -> None:
    assert run_process([sys.executable, "-c", "print(7)"]) == "7\n"
    with pytest.raises(SkippedError, match="exit code 3: so it is"):
        run_process([sys.executable, "-c", "import sys; print('so it is', file=sys.stderr); sys.exit(3)"])
