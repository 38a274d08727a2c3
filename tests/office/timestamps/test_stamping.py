"""An office has its heads, exhibits and old timestamps stamped by authorities over real HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.evidence.timestamp import Age, Agreement, Note, Standing, TrialAuthority
from qingyuan.evidence.timestamp._schema import Response
from qingyuan.ledger import parse_checkpoint, parse_note
from qingyuan.office.clock import FixedClock
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.serving import Reply, Request
from qingyuan.office.timestamps.review import ageing, review
from qingyuan.office.timestamps.stamping import restamp, stamp_exhibit
from qingyuan.office.timestamps.test_authority import TestingTsa, found_authority
from qingyuan.store import EventDraft
from qingyuan.store.registry import exhibits
from qingyuan.store.timestamps import for_exhibits, for_origins, renewals_of, timestamps
from tests.office.running import material
from tests.office.timestamps.authorities import (
    DAY,
    NOW,
    Altered,
    authority,
    codes,
    configure,
    entry,
    opened,
    serving,
    stamp,
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    yield from opened(tmp_path)


def set_clock(home: Home, at: timedelta) -> None:
    assert isinstance(home.clock, FixedClock)
    home.clock.set(NOW + at)


def test_two_operators_stamp_the_heads_of_both_logs_once(home: Home) -> None:
    with authority("ec") as (one, first), authority("sm2") as (two, second):
        configure(home.path, entry("a", one, first), entry("b", two, second, hash="sm3"))
        report = stamp(home)
        again = stamp(home)
    assert report.failed == ()
    assert report.operators == {"A", "B"}
    assert home.twin is not None
    origins = [home.log.origin, home.twin.origin]
    with home.database.read() as connection:
        rows = for_origins(connection, origins)
    assert [(row.tsa, row.subject) for row in rows] == [("a", origins[0]), ("a", origins[1]), ("b", origins[0]), ("b", origins[1])]  # fmt: skip
    assert {row.gen_time for row in rows} == {"2026-11-22T09:30:00Z"}
    head = home.head()
    assert head is not None
    checkpoint = parse_checkpoint(parse_note(head.note).text)
    assert rows[0].checkpoint() == f"{checkpoint.origin}\n{checkpoint.size}\n".encode() + checkpoint.text().splitlines()[2].encode() + b"\n"  # fmt: skip
    agreements = [each.opinion.agreement for each in report.stamped]
    assert agreements == [Agreement.AGREE] * 2 + [Agreement.CANNOT_JUDGE] * 2
    assert (len(again.stamped), len(again.present)) == (0, 4)
    assert again.operators == {"A", "B"}
    assert {each.judged.standing for each in review(home)} == {Standing.TRUSTED}


def test_an_authority_that_is_down_fails_alone_after_several_attempts(home: Home) -> None:
    waited: list[float] = []
    with authority() as (url, made):
        closed = entry("down", "http://127.0.0.1:1/tsr", made)
        configure(home.path, closed, entry("up", url, made))
        report = stamp(home, waited)
    assert codes(report) == ["office.tsa-unreachable"] * 2  # for both logs, and asked only for the first
    assert waited == [1.0, 2.0, 4.0]
    assert report.operators == {"UP"}


def test_an_authority_that_is_busy_for_a_while_is_asked_again(home: Home) -> None:
    def busy(number: int, request: Request, reply: Reply) -> Reply:
        return Reply(503, b"busy") if number <= 2 else reply

    made = found_authority(now=NOW)
    site = Altered(TestingTsa(made.authority, FixedClock(NOW)), busy)
    waited: list[float] = []
    with serving(site) as url:
        configure(home.path, entry("a", url, made))
        report = stamp(home, waited)
    assert (report.failed, waited, site.asked) == ((), [1.0, 2.0], 4)


def test_a_clock_in_the_future_is_kept_and_said(home: Home) -> None:
    with authority(clock=FixedClock(NOW + DAY)) as (url, made):
        configure(home.path, entry("a", url, made))
        report = stamp(home)
    assert {each.notes for each in report.stamped} == {(Note.FUTURE,)}
    assert {each.offset for each in report.stamped} == {DAY}


@pytest.mark.parametrize("at", [-2 * DAY, 400 * DAY])
def test_a_certificate_that_is_not_valid_at_that_time_gives_nothing(home: Home, at: timedelta) -> None:
    with authority(clock=FixedClock(NOW + at)) as (url, made):
        configure(home.path, entry("a", url, made))
        report = stamp(home)
    assert codes(report) == ["office.tsa-not-trusted"] * 2
    with home.database.read() as connection:
        assert timestamps(connection) == []


def test_another_anchor_or_policy_gives_nothing(home: Home) -> None:
    with authority() as (url, made), authority(name="2") as (_, other):
        configure(home.path, entry("a", url, other), entry("b", url, made, policy="1.2.3"))
        report = stamp(home)
    assert codes(report) == ["office.tsa-not-trusted"] * 2 + ["timestamp.refused"] * 2


def test_a_replayed_answer_is_refused(home: Home) -> None:
    kept: list[Reply] = []

    def replay(number: int, request: Request, reply: Reply) -> Reply:
        kept.append(reply)
        return kept[0]

    made = found_authority(now=NOW)
    with serving(Altered(TestingTsa(made.authority, FixedClock(NOW)), replay)) as url:
        configure(home.path, entry("a", url, made))
        assert codes(stamp(home)) == [
            "timestamp.imprint"
        ]  # the second log is answered with the first one's token
        configure(home.path, entry("b", url, made))
        assert codes(stamp(home))[0] == "timestamp.nonce"


def test_a_serial_number_that_comes_again_is_refused(home: Home) -> None:
    made = found_authority(now=NOW)
    for expected in ([], ["timestamp.serial-reused"] * 2):
        with authority(found=made) as (url, _):  # counts from 1 each time
            configure(home.path, entry("a", url, made))
            assert codes(stamp(home)) == expected
        home.append([EventDraft("office", "office.tried", {})], actor="D001")


def test_a_disagreement_of_the_readers_is_kept_shown_and_logged(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    # Attributes that are not in order, as some send them: ours looks at the order that was signed, the second reader refuses them.
    made = found_authority(now=NOW)

    def alter(number: int, request: Request, reply: Reply) -> Reply:
        signer = Response.load(reply.body)["time_stamp_token"]["content"]["signer_infos"][0]
        raw = [each.dump() for each in signer["signed_attrs"]]
        turned = reply.body.replace(b"".join(raw), b"".join(reversed(raw)))
        assert turned != reply.body
        return Reply(200, turned, reply.content_type)

    with (
        caplog.at_level(logging.WARNING),
        serving(Altered(TestingTsa(made.authority, FixedClock(NOW)), alter)) as url,
    ):
        configure(home.path, entry("a", url, made))
        report = stamp(home)
    assert len(report.disagreements) == len(report.stamped) == 2
    assert "second reader refuses" in caplog.text
    assert {each.opinion.agreement for each in review(home)} == {Agreement.DISAGREE}


def test_an_exhibit_is_stamped_over_its_manifest(home: Home) -> None:
    intake(home, [material(home.path.parent / "material", 1)], workers=0)
    with home.database.read() as connection:
        row = exhibits(connection, ["L2026-0001"])[0]
    with authority() as (url, made):
        configure(home.path, entry("a", url, made))
        report = stamp_exhibit(home, row.id)
        with pytest.raises(OfficeError, match="no exhibit"):
            stamp_exhibit(home, "X0000000000000000")
    assert report.subjects[0].message == row.manifest
    with home.database.read() as connection:
        assert for_exhibits(connection, [row.id]) == [each.row for each in report.stamped]
    assert [each.judged.standing for each in review(home)] == [Standing.TRUSTED]


def test_ageing_timestamps_are_renewed_once_and_the_renewals_in_their_turn(home: Home) -> None:
    short = found_authority(now=NOW, lifetime=100 * DAY, name="short")
    long = found_authority("rsa", now=NOW, lifetime=1000 * DAY, name="long")
    with authority(found=short) as (url, _):
        configure(home.path, entry("a", url, short))
        stamp(home)
    assert ageing(home) == []
    set_clock(home, 20 * DAY)
    due = ageing(home)
    assert [each.reasons[0].age for each in due] == [Age.EXPIRES] * 2
    with authority(found=long, clock=FixedClock(NOW + 20 * DAY)) as (url, _):
        configure(home.path, entry("b", url, long), entry("a", "http://127.0.0.1:1/", short))
        report = restamp(home, pause=list[float]().append)
    assert [each.row.over for each in report.stamped] == ["timestamp"] * 2
    assert ageing(home) == []
    set_clock(home, 950 * DAY)
    assert [each.row.tsa for each in ageing(home)] == ["b", "b"]
    assert [each.row.id for each in ageing(home, older_than=930 * DAY)] == [
        row.row.id for row in report.stamped
    ]
    with home.database.read() as connection:
        first = timestamps(connection)[0]
        assert [row.subject for row in renewals_of(connection, [first.id])] == [str(first.id)]
    assert {each.judged.standing for each in review(home)} == {
        Standing.TRUSTED
    }  # long expired, judged at genTime


def test_what_no_anchor_confirms_is_listed_and_not_renewed(home: Home) -> None:
    with authority() as (url, made), authority(name="2") as (_, other):
        configure(home.path, entry("a", url, made))
        stamp(home)
        configure(home.path, entry("a", url, other))
        due = ageing(home)
        assert {each.reasons[0].age for each in due} == {Age.NOT_TRUSTED}
        assert not any(each.renewable for each in due)
        assert restamp(home).subjects == ()


def test_a_stored_answer_that_was_changed_is_found(home: Home) -> None:
    with authority() as (url, made):
        configure(home.path, entry("a", url, made))
        stamp(home)
        with home.database.write() as connection:
            connection.execute(sa.text("UPDATE timestamp SET size = size + 1 WHERE id = 1"))
            connection.execute(sa.text("UPDATE timestamp SET token = x'3000' WHERE id = 2"))
        errors = [each.judged.error for each in review(home)]
        assert [error and error.code for error in errors] == ["timestamp.imprint", "timestamp.malformed"]
        assert codes(stamp(home)) == []


def test_a_timestamp_whose_subject_is_gone_is_named_and_the_others_are_judged(home: Home) -> None:
    with authority() as (url, made):
        configure(home.path, entry("a", url, made))
        stamp(home)
    changes = ("over = 'exhibit'", "over = 'timestamp'", "over = 'timestamp', subject = '99'", "root = NULL")
    for change in changes:
        with home.database.write() as connection:
            connection.execute(sa.text(f"UPDATE timestamp SET {change} WHERE id = 1"))
        first, second = review(home)
        assert first.judged.error is not None
        assert first.judged.error.code == "timestamp.no-message"
        assert first.opinion.agreement is Agreement.CANNOT_JUDGE
        assert second.judged.standing is Standing.TRUSTED
        assert [each.reasons[0].age for each in ageing(home)] == [Age.BROKEN]


def test_a_home_without_authorities_says_what_to_write(home: Home) -> None:
    with pytest.raises(OfficeError) as caught:
        stamp(home)
    assert caught.value.code == "office.no-tsa"


def test_the_test_authority_says_test_in_its_names() -> None:
    made = found_authority(now=NOW)
    assert isinstance(made.authority, TrialAuthority)
    assert b"TEST TSA, NOT AN AUTHORITY" in made.root
    assert b"TEST TSA, NOT AN AUTHORITY" in made.authority.certificate
