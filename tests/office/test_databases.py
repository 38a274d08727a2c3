"""A home keeps the same promises on SQLite and on PostgreSQL: the golden path, two clerks, kill -9 during an act."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from qingyuan.cases import fold
from qingyuan.documents import DocumentError
from qingyuan.office.casework import act, case_events, load, newest
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import ConflictError, OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.paperwork import record_number
from qingyuan.office.register import cases, deadlines, rebuild, search, timeline
from qingyuan.store import EventDraft, StoreError
from tests.cases._world import moment
from tests.office.register.playing import Player, steps
from tests.office.test_holdings import check_figures
from tests.store.postgres import Cluster

CASE = "C2026-0001"
_MEASURE = {"text": "逐网点检查面单", "owner": "县邮政管理局", "due": "2026-05-20", "test": "抽查合格"}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database; ``""`` for the file in the home."""
    if request.param == "sqlite":
        return ""
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.new_database()


@pytest.fixture
def player(tmp_path: Path, url: str) -> Iterator[Player]:
    made = Player(tmp_path / "home", database_url=url)
    yield made
    made.home.close()


def _troubles(home: Home) -> list[str]:
    # The stories name exhibits that nobody sealed.
    return [
        str(trouble)
        for trouble in check_home(home)
        if "exhibit" not in trouble.en and trouble.where != "exhibits"
    ]


def test_the_golden_path(player: Player, tmp_path: Path, url: str) -> None:
    player.play("closed")
    home = player.home
    home.publish()
    assert load(home, CASE).docket.cases[CASE].stage == "closed"
    assert [row.stage for row in cases(home).rows] == ["closed"]
    assert search(home, "快递面单").rows[0].id == "M2026-0001"
    assert len(timeline(home, CASE, limit=500).lines) > 15
    check_figures(home)
    assert rebuild(home).unread == ()
    assert _troubles(home) == []
    assert (tmp_path / "home" / "qingyuan.db").exists() == (not url)
    with Home.open(tmp_path / "home", clock=player.clock) as again:
        assert load(again, CASE).docket == load(home, CASE).docket


def test_a_clerk_who_looked_before_another_acted_is_told_what_changed_and_by_whom(player: Player) -> None:
    home = player.home
    player.play("rectifying")
    seen = newest(load(home, CASE), CASE)
    assert seen == cases(home).rows[0].changed
    act(home, "add-measure", CASE, _MEASURE, actor="P002", expected=seen)
    with pytest.raises(ConflictError, match="P002") as refused:
        act(home, "add-measure", CASE, _MEASURE, actor="P003", expected=seen)
    assert refused.value.code == "office.conflict"
    assert [(line.actor, line.type) for line in refused.value.changes] == [("P002", "measure.entered")]
    assert "逐网点检查面单" in refused.value.text("zh")
    assert len(load(home, CASE).docket.cases[CASE].measures) == 1
    act(home, "add-measure", CASE, _MEASURE, actor="P003", expected=cases(home).rows[0].changed)
    assert len(load(home, CASE).docket.cases[CASE].measures) == 2


def test_of_many_clerks_with_the_same_page_one_acts(player: Player, tmp_path: Path) -> None:
    player.play("rectifying")
    seen = newest(load(player.home, CASE), CASE)

    def clerk(number: int) -> str:
        with Home.open(tmp_path / "home", clock=FixedClock(moment(date(2026, 4, 1)))) as home:
            try:
                act(home, "add-measure", CASE, _MEASURE, actor=f"P00{number}", expected=seen)
            except ConflictError as error:
                return error.code
            return "done"

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(clerk, range(1, 5)))
    assert results == ["done", *["office.conflict"] * 3]
    assert len(load(player.home, CASE).docket.cases[CASE].measures) == 1


def test_of_clerks_who_give_one_number_to_papers_of_two_dockets_one_is_first_and_the_others_are_told(
    player: Player, tmp_path: Path
) -> None:
    player.play("filed")
    exhibit = "X00000000000000c1"
    player.home.append([EventDraft("L2026-0002", "evidence.extracted", {"exhibit": exhibit})], actor="P001")
    for step in steps("filed"):  # the same affair again, as a second docket
        given = {
            name: (value.replace("2026-0001", "2026-0002") if isinstance(value, str) else value)
            for name, value in step.get("with", {}).items()
        }
        given |= {"leads": ["L2026-0002"]} if "leads" in given else {}
        if "do" in step:
            player.do(step["do"], given | ({"exhibits": [exhibit]} if "exhibits" in given else {}))
    papers = [(CASE, "filing-decision"), (CASE, "investigation-plan"), ("C2026-0002", "filing-decision")]
    together = threading.Barrier(len(papers))

    def clerk(paper: tuple[str, str]) -> str:
        with Home.open(tmp_path / "home", clock=player.clock) as home:
            together.wait()
            try:
                record_number(home, paper[1], paper[0], "清检公建〔2026〕1号", actor="P001")
            except DocumentError as error:
                return error.en
            return ""

    with ThreadPoolExecutor(len(papers)) as pool:
        told = list(pool.map(clerk, papers))
    assert told.count("") == 1
    first, form = papers[told.index("")]
    assert all(first in one for one in told if one)
    record_number(
        player.home, form, first, "清检公建〔2026〕1号", actor="P001"
    )  # the same paper may say it again


_CLERK = """
import sys
from datetime import datetime
from pathlib import Path
from qingyuan.office.casework import act
from qingyuan.office.clock import FixedClock
from qingyuan.office.home import Home

with Home.open(Path(sys.argv[1]), clock=FixedClock(datetime.fromisoformat("2026-04-01T10:00:00+08:00"))) as home:
    print("ready", flush=True)
    for number in range(10_000):
        given = {"text": f"第{number}项", "owner": "局", "due": "2026-05-20", "test": "合格"}
        stored = act(home, "add-measure", "C2026-0001", given, actor="P001")
        print(stored[-1].payload["measure"], flush=True)
"""


def _killed(home: Path, after: int, more: float) -> list[str]:
    """Let a clerk enter measures one after the other and kill the process; return what it said was done."""
    with subprocess.Popen(
        [sys.executable, "-c", _CLERK, str(home)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        said = [process.stdout.readline().strip() for _ in range(after)]
        time.sleep(more)
        process.send_signal(signal.SIGKILL)
        return said + process.stdout.read().split()


@pytest.mark.slow
def test_an_act_killed_at_any_moment_is_fully_there_or_not_at_all(player: Player, tmp_path: Path) -> None:
    player.play("rectifying")
    choose = random.Random(9)
    acknowledged: list[str] = []
    for _ in range(4):
        acknowledged += _killed(tmp_path / "home", choose.randrange(1, 4), choose.uniform(0, 0.05))
        loaded = load(player.home, CASE)
        measures = list(loaded.docket.cases[CASE].measures)
        assert set(acknowledged) <= set(measures)
        assert len(acknowledged) == len(set(acknowledged))
        assert fold(case_events(loaded.events)) == loaded.docket
        assert sum(row.key.startswith("measure") for row in deadlines(player.home, limit=500).rows) == len(
            measures
        )
    assert acknowledged
    assert _troubles(player.home) == []


def test_a_database_of_another_home_is_refused(postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.new_database()
    office = OfficeInfo("a", "甲县人民检察院", "330782", "county")
    Home.open(tmp_path / "one", create=True, office=office, database_url=url).close()
    with pytest.raises(OfficeError, match="another home"):
        Home.open(tmp_path / "two", create=True, office=office, database_url=url)
    assert not (tmp_path / "two" / "office.json").exists()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:secret@host/db",
        "postgresql+psycopg://u@/db?password=secret",
        "mysql://u@host/db",
        "sqlite:///x.db",
        "nothing",
    ],
)
def test_a_url_with_a_password_or_of_another_kind_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(OfficeError, match="without a password") as refused:
        Home.open(tmp_path / "home", create=True, database_url=url)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_away_is_named(tmp_path: Path, postgres: Cluster) -> None:
    Home.open(tmp_path / "home", create=True, database_url=postgres.new_database()).close()
    settings = tmp_path / "home" / "office.json"
    told = json.loads(settings.read_text(encoding="utf-8"))
    told["database"] = f"postgresql+psycopg://test@/postgres?host={tmp_path}"
    settings.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be reached") as refused:
        Home.open(tmp_path / "home")
    assert refused.value.code == "store.away"


def test_a_lead_is_registered_by_hand_where_nothing_was_before(player: Player) -> None:
    args = {"title": "面单明文", "source": "casework", "field": "express-waybill"}
    (event,) = act(player.home, "lead-register", None, args, actor="P001")
    assert load(player.home, event.stream).docket.leads[event.stream].registered.title == "面单明文"
