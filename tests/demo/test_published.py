"""What the demonstration leaves published is all that its log holds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from qingyuan.demo.yiwu import play
from qingyuan.office.clock import CHINA
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home


def test_the_published_heads_hold_the_desk_of_today_as_well(tmp_path: Path) -> None:
    play(
        tmp_path / "home",
        seed=7,
        rows=500,
        tell=lambda *_: None,
        now=datetime(2026, 11, 23, 9, 30, tzinfo=CHINA),
    )
    with Home.open(tmp_path / "home") as home:
        with home.database.read() as connection:
            size = connection.execute(sa.text("SELECT count(*) FROM ledger_entry")).scalar_one()
        for folder in ("log", "log-sm3"):
            assert (home.path / folder / "checkpoint").read_text(encoding="utf-8").split("\n")[1] == str(size)
        assert list(check_home(home)) == []
