"""The gate of a server: the same answers as the policies one by one, kept until the log grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest

from qingyuan.office.access import Gate, access_of, change_docket, change_register, docket_of, list_scope
from qingyuan.office.casework import act
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.parties import PartiesError, Record, Resource, actions, appoint, assign, recuse

DAY = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=8)))
OWN = "procuratorate-330782"
POSTS = {"P1": "prosecutor", "P2": "chief", "P3": "technician", "P4": "auditor", "P5": "administrator"}
REASON = "核对明文"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    office = OfficeInfo(OWN, "义乌市人民检察院", "330782", "county")
    with Home.open(tmp_path / "home", create=True, office=office, clock=FixedClock(NOW)) as made:
        for person, role in POSTS.items():
            change_register(made, partial(appoint, person=person, body=OWN, role=role, since=DAY), actor="P2")
        for _ in range(2):
            args = {"title": "线索", "source": "media", "field": "personal-information"}
            act(made, "lead-register", None, args, actor="P1")
        give(made, "L2026-0001", "P1")
        give(made, "L2026-0001", "P3")
        yield made


def give(home: Home, lead: str, person: str) -> None:
    change_docket(home, lead, lambda known, m: assign(known, m, person, duty="handler", on=DAY), actor="P2")


def test_the_gate_answers_as_the_policies_do(home: Home) -> None:
    gate = Gate(home)
    with home.database.read() as connection:
        asking = gate.ask(connection, on=DAY)
        plain = access_of(home, connection, gate.policies)
        for person in (*POSTS, "P404"):
            for action in actions().values():
                if action.resource == "Item":
                    continue
                for lead in ("L2026-0001", "L2026-0002"):
                    matter = docket_of(home, connection, lead)
                    resource: Resource = gate.body if action.resource == "Body" else matter
                    if action.resource == "Record":
                        resource = Record(lead, matter)
                    what = "" if action.resource == "Body" else lead
                    expected = plain.authorize(
                        person, action.id, resource, on=DAY, context={"reason": REASON}
                    )
                    for _ in range(2):
                        assert asking.decide(person, action.id, what, reason=REASON) == expected
            assert asking.lists(person) == list_scope(home, connection, plain, person, on=DAY)


def test_what_a_server_asks_before_there_is_a_docket(home: Home) -> None:
    gate = Gate(home)
    with home.database.read() as connection:
        asking = gate.ask(connection, on=DAY)
        enter = {person: asking.may(person, "enter") for person in (*POSTS, "P404")}
        receive = {person: asking.may(person, "receive") for person in POSTS}
        other = asking.decide("P1", "receive", "procuratorate-330700")
    assert enter == {**dict.fromkeys(POSTS, True), "P404": False}
    assert receive == {"P1": True, "P2": False, "P3": True, "P4": False, "P5": False}
    assert not other.allowed
    assert "receiving" in {ruling.policy for ruling in other.would}


def test_exhibits_are_for_those_assigned_and_what_is_of_a_minor_is_shielded(home: Home) -> None:
    gate = Gate(home)
    with home.database.read() as connection:
        asking = gate.ask(connection, on=DAY)
        assert asking.may("P1", "inspect", "L2026-0001")
        assert asking.may("P3", "inspect", "L2026-0001")
        assert not asking.may("P1", "inspect", "L2026-0002")
        assert not asking.may("P2", "inspect", "L2026-0001")
        shielded = asking.decide("P2", "inspect", "L2026-0001", minor=True)
        assert {ruling.policy for ruling in shielded.rulings} == {"minor-shield"}
        buttons = asking.each("P1", ["read", "write", "decide"], "L2026-0001")
        assert {name: decision.allowed for name, decision in buttons.items()} == {
            "read": True,
            "write": True,
            "decide": False,
        }


def test_what_is_recorded_holds_from_the_next_request_on(home: Home) -> None:
    gate = Gate(home)
    with home.database.read() as connection:
        before = gate.ask(connection, on=DAY)
        assert not before.may("P1", "read", "L2026-0002")
        assert before.lists("P1").records == ("L2026-0001",)
    give(home, "L2026-0002", "P1")
    change_docket(
        home, "L2026-0001", lambda _, m: recuse(m, "P1", on=DAY, by="P2", ground="近亲属"), actor="P2"
    )
    change_register(home, partial(appoint, person="P6", body=OWN, role="chief", since=DAY), actor="P2")
    with home.database.read() as connection:
        after = gate.ask(connection, on=DAY)
        assert after.may("P1", "read", "L2026-0002")
        assert not after.may("P1", "read", "L2026-0001")
        assert after.lists("P1").recused == ("L2026-0001",)
        assert after.may("P6", "decide", "L2026-0001")


def test_what_there_is_not_is_said(home: Home) -> None:
    gate = Gate(home)
    with home.database.read() as connection:
        asking = gate.ask(connection, on=DAY)
        with pytest.raises(OfficeError):
            asking.decide("P1", "read", "L2026-0404")
        with pytest.raises(PartiesError) as caught:
            asking.decide("P1", "peek", "L2026-0001")
        assert caught.value.code == "parties.unknown-action"
        with pytest.raises(PartiesError) as caught:
            asking.decide("P1", "enter", "nowhere")
        assert caught.value.code == "parties.unknown-body"


def test_a_page_of_decisions_takes_milliseconds(home: Home) -> None:
    gate = Gate(home)
    wanted = [each.id for each in actions().values() if each.resource == "Matter"]
    with home.database.read() as connection:
        gate.ask(connection, on=DAY).each("P1", wanted, "L2026-0001")
        started = time.process_time()
        for _ in range(100):
            gate.ask(connection, on=DAY).each("P1", wanted, "L2026-0001")
        assert (time.process_time() - started) / 100 < 0.01


def test_what_is_known_of_the_log_is_answered_without_reading_it_and_never_older_than_it(home: Home) -> None:
    gate = Gate(home)

    def asked() -> tuple[bool, bool, tuple[str, ...]]:
        with gate.asking(on=DAY) as asking:
            return (
                asking.may("P1", "write", "L2026-0001"),
                asking.may("P1", "write", "L2026-0002"),
                asking.lists("P1").records,
            )

    first = asked()
    assert first == asked() == (True, False, ("L2026-0001",))
    with gate.asking(on=DAY) as asking:
        assert asking.may("P1", "write", "L2026-0001")
        give(home, "L2026-0002", "P1")
        # Not known before the event: read now, with all that came meanwhile.
        assert asking.lists("P1", "read").records == ("L2026-0001", "L2026-0002")
        assert asking.may("P1", "write", "L2026-0002")
    assert asked() == (True, True, ("L2026-0001", "L2026-0002"))
    change_docket(
        home, "L2026-0001", lambda _, m: recuse(m, "P1", on=DAY, by="P2", ground="近亲属"), actor="P2"
    )
    assert asked()[:2] == (False, True)
