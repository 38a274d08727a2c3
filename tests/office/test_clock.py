"""Time and randomness that are handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.office.clock import FixedClock, parse_time, seeded_entropy
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home


def test_a_time_without_an_offset_is_legal_time_in_china() -> None:
    assert parse_time("2026-03-02", where="x").isoformat() == "2026-03-02T00:00:00+08:00"
    assert parse_time("2026-03-02T01:00:00+00:00", where="x").isoformat() == "2026-03-02T01:00:00+00:00"
    with pytest.raises(OfficeError) as caught:
        parse_time("yesterday", where="QINGYUAN_CLOCK")
    assert caught.value.where == "QINGYUAN_CLOCK"


def test_a_fixed_clock_never_goes_back() -> None:
    clock = FixedClock(parse_time("2026-03-02", where="x"))
    clock.set(parse_time("2026-03-03", where="x"))
    with pytest.raises(OfficeError):
        clock.set(parse_time("2026-03-02", where="x"))
    assert clock.now() == parse_time("2026-03-03", where="x")


def test_the_environment_sets_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGYUAN_CLOCK", "2026-03-02T09:00")
    with Home.open(tmp_path / "home", create=True) as home:
        assert home.clock.now() == parse_time("2026-03-02T09:00", where="x")


def test_seeded_bytes_repeat_for_a_seed_and_position_and_for_nothing_else() -> None:
    drawn = {
        (seed, position): seeded_entropy(seed, position)(40) for seed in ("a", "b") for position in (0, 1)
    }
    assert len(set(drawn.values())) == 4
    again = seeded_entropy("a", 0)
    assert again(40) == drawn["a", 0]
    assert again(40) != drawn["a", 0]
