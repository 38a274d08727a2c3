"""Payloads are strict, survive the journal, and are never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from qingyuan.cases import CasesError, Foreign, decode, encode, read_event
from qingyuan.cases.events import TYPES
from tests.cases._world import moment, stories, told

FILED = {
    "matter": "M2026-0001",
    "track": "civil",
    "office": "县院",
    "jurisdiction": "pil-rules-civil-place",
    "basis": "personal-information",
    "harm": "受侵害",
    "violation": "违法",
    "approval": {"by": "P009", "on": "2026-03-05"},
}


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(CasesError) as caught:
        decode("case.telepathised", {})
    assert caught.value.code == "cases.unknown-event"
    assert "case.telepathised" in caught.value.zh


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"track": "criminal"},
        {"approval": {"by": "P009"}},
        {"approval": {"by": "P009", "on": "2026-02-30"}},
        {"respondents": "县邮政管理局"},
    ],
)
def test_a_payload_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(CasesError) as caught:
        decode("case.filed", {**FILED, **change})
    assert caught.value.code == "cases.bad-payload"
    assert caught.value.where == "case.filed"


def test_a_missing_member_is_refused() -> None:
    with pytest.raises(CasesError) as caught:
        decode("case.filed", {key: value for key, value in FILED.items() if key != "harm"})
    assert "harm" in caught.value.en


def test_the_journal_holds_only_builtins_without_floats_and_with_ascii_names() -> None:
    def check(value: object) -> None:
        assert isinstance(value, (str, int, bool, list, dict)) or value is None
        if isinstance(value, dict):
            assert all(name.isascii() for name in value)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(item)

    seen = set()
    for story in stories():
        for event in told(story).events:
            if not isinstance(event.payload, Foreign):
                body = encode(event.payload)
                check(body)
                assert decode(event.type, msgspec.json.decode(msgspec.json.encode(body))) == event.payload
                seen.add(event.type)
    assert len(seen) >= 19


def test_names_of_types_are_namespaced_and_unique() -> None:
    assert all(name.split(".")[0] in {"lead", "matter", "case", "measure"} for name in TYPES)
    assert len(TYPES) == len(set(TYPES.values())) == 43


def test_a_type_of_another_room_is_kept_as_it_is() -> None:
    event = read_event("L2026-0001", 0, "document.issued", moment(date(2026, 3, 2)), "P001", {"id": "D0001"})
    assert event.payload == Foreign({"id": "D0001"})


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(CasesError) as caught:
        read_event("L2026-0001", 0, "document.issued", "2026-03-02T10:00:00", "P001", {})
    assert caught.value.code == "cases.naive-time"
    read = read_event("L2026-0001", 0, "document.issued", "2026-03-02T10:00:00+08:00", "P001", {})
    assert read.at == datetime(2026, 3, 2, 2, tzinfo=UTC)
