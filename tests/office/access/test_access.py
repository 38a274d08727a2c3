"""Access in a real home: what lists show is what the policies permit, and events are written first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.office.access import (
    access_of,
    change_docket,
    change_register,
    docket_of,
    list_scope,
    own_body,
    read_policies,
    register_of,
    unmask,
)
from qingyuan.office.casework import act
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.register import leads, rebuild
from qingyuan.parties import Policies, appoint, assign, entrust, recuse
from qingyuan.store import events

DAY = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=8)))
PEOPLE = {
    "P1": ("procuratorate-330782", "prosecutor"),
    "P2": ("procuratorate-330782", "chief"),
    "P3": ("procuratorate-330700", "chief"),
    "P4": ("procuratorate-330000", "department-head"),
    "P5": ("procuratorate-330110", "chief"),
    "P6": ("procuratorate-330000", "auditor"),
    "P7": ("procuratorate-330782", "case-management"),
    "P8": ("procuratorate-330000", "administrator"),
    "P9": ("spp", "chief"),
    "J1": ("court-330782", "judge"),
}
PLACES = ["", "杭州市余杭区人民检察院", "330700", "procuratorate-330000", "330782"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("access") / "home"
    office = OfficeInfo("zhejiang", "浙江省人民检察院", "330000", "province")
    with Home.open(folder, create=True, office=office, clock=FixedClock(NOW)) as home:
        for person, (body, role) in PEOPLE.items():
            change_register(
                home, partial(appoint, person=person, body=body, role=role, since=DAY), actor="P4"
            )
        for place in PLACES:
            args = {"title": "线索", "source": "media", "field": "personal-information", "office": place}
            act(home, "lead-register", None, {k: v for k, v in args.items() if v}, actor="P4")
        change_docket(
            home, "L2026-0002", lambda known, m: assign(known, m, "P1", duty="handler", on=DAY), actor="P5"
        )
        change_docket(
            home, "L2026-0003", lambda known, m: assign(known, m, "P1", duty="approver", on=DAY), actor="P3"
        )
        change_docket(
            home, "L2026-0005", lambda _, m: recuse(m, "P2", on=DAY, by="P9", ground="近亲属"), actor="P3"
        )
        change_docket(
            home,
            "L2026-0005",
            lambda known, m: entrust(known, m, "procuratorate-330110", how="designated", on=DAY),
            actor="P3",
        )
        yield home


@pytest.fixture(scope="module")
def policies(made: Home) -> Policies:
    return read_policies(made)


def listed(home: Home, policies: Policies, person: str) -> set[str]:
    with home.database.read() as connection:
        scope = list_scope(home, connection, access_of(home, connection, policies), person, on=DAY)
    return {record.id for record in leads(home, scope).rows}


@pytest.mark.parametrize("person", [*PEOPLE, "P404"])
def test_the_list_shows_what_the_policies_permit_one_by_one(
    made: Home, policies: Policies, person: str
) -> None:
    with made.database.read() as connection:
        gate = access_of(made, connection, policies)
        dockets = [docket_of(made, connection, f"L2026-000{n}") for n in range(1, len(PLACES) + 1)]
    permitted = {m.id for m in dockets if gate.authorize(person, "list", m, on=DAY).allowed}
    assert listed(made, policies, person) == permitted


def test_the_lists_are_not_all_alike(made: Home, policies: Policies) -> None:
    assert listed(made, policies, "P1") == {"L2026-0002", "L2026-0003"}
    assert listed(made, policies, "P2") == set()
    assert listed(made, policies, "P7") == {"L2026-0005"}
    assert listed(made, policies, "P3") == {"L2026-0003", "L2026-0005"}
    assert listed(made, policies, "P5") == {"L2026-0002", "L2026-0005"}
    assert len(listed(made, policies, "P9")) == len(PLACES)
    assert listed(made, policies, "J1") == listed(made, policies, "P8") == set()


def test_rebuilding_the_register_gives_the_same_lists(made: Home, policies: Policies) -> None:
    before = {person: listed(made, policies, person) for person in PEOPLE}
    with made.database.write() as connection:
        connection.execute(sa.text("DELETE FROM standing"))
    assert listed(made, policies, "P1") == set()
    assert rebuild(made).unread == ()
    assert {person: listed(made, policies, person) for person in PEOPLE} == before


def test_a_value_is_seen_only_after_the_event(made: Home, policies: Policies) -> None:
    denied = unmask(made, policies, "P2", "E1", "L2026-0002", minor=False, reason="核对", on=DAY)
    assert not denied.allowed
    allowed = unmask(made, policies, "P1", "E1", "L2026-0002", minor=True, reason="核对", on=DAY)
    assert allowed.allowed
    with made.database.read() as connection:
        seen = [each for each in events(connection, ["L2026-0002"]) if each.type == "access.unmasked"]
    assert [(each.actor, each.payload["reason"], each.payload["minor"]) for each in seen] == [
        ("P1", "核对", True)
    ]


def test_this_office_is_that_of_the_law_data_or_its_own(made: Home, tmp_path: Path) -> None:
    assert own_body(made).id == "procuratorate-330000"
    other = OfficeInfo("new", "新区人民检察院", "", "county")
    with Home.open(tmp_path / "home", create=True, office=other, clock=FixedClock(NOW)) as home:
        assert own_body(home).name == "新区人民检察院"
        with home.database.read() as connection:
            assert "new" in register_of(home, connection).bodies


def test_a_policy_that_the_register_cannot_list_by_lists_nothing(made: Home, tmp_path: Path) -> None:
    (tmp_path / "x.cedar").write_text(
        '@id("x") @zh("x") @en("x") @article("pil-rules-leadership")\n'
        'forbid (principal, action == Action::"list", resource is Matter) when { resource.office == principal.body };',
        encoding="utf-8",
    )
    with pytest.raises(OfficeError) as caught:
        listed(made, Policies(made.law, tmp_path), "P2")
    assert caught.value.code == "office.unlistable"


def test_the_home_is_whole(made: Home) -> None:
    assert [*check_home(made)] == []
