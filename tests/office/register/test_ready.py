"""A register that has to be built is built once, however many ask for it at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

from qingyuan.office.casework import Argument, act
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.register import leads
from qingyuan.store.register import set_state

NOW = datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=8)))
MANY = 40


def test_everybody_who_asks_while_it_is_built_gets_the_whole_list(tmp_path: Path) -> None:
    office = OfficeInfo("330782", "义乌市人民检察院", "330782", "county")
    with Home.open(tmp_path / "home", create=True, office=office, clock=FixedClock(NOW)) as home:
        args: dict[str, Argument] = {"title": "线索", "source": "media", "field": "personal-information"}
        act(home, "lead-register", None, {**args, "received_on": "2026-07-01"}, actor="P1")
        with home.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM register")
            set_state(connection, "law", "another law")
        together = threading.Barrier(MANY)

        def ask(_: int) -> int:
            together.wait(300)
            return len(leads(home).rows)

        with ThreadPoolExecutor(MANY) as pool:
            assert list(pool.map(ask, range(MANY))) == [1] * MANY
